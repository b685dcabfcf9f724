//! How much to take at once, and how fast: sizes that follow the time the last piece took, and a limit of rows.

use std::num::NonZero;
use std::time::{Duration, Instant};

/// What keeps the work from being a burden to others.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub chunk: ChunkRows,
    /// The rest after each chunk.
    pub chunk_pause: Duration,
    /// How many jobs share a scan.
    pub jobs: NonZero<u32>,
    /// How many rows a second are read at most, by all of them together.
    pub max_rows_per_second: Option<u32>,
    /// How far the replicas may be behind while rows are changed.
    pub max_lag: Option<Duration>,
}

impl Pace {
    /// So many rows, but no more than a second may read.
    pub fn at_once(&self, rows: u32) -> u32 {
        self.max_rows_per_second.map_or(rows, |most| rows.min(most.max(1)))
    }
}

/// What decides how many rows a chunk changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkRows {
    /// As many as take about this long.
    Aim(Duration),
    /// So many.
    Fixed(u32),
}

impl ChunkRows {
    /// What a chunk aims at unless someone says otherwise.
    pub const DEFAULT: Self = Self::Aim(Duration::from_millis(250));
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            chunk: ChunkRows::DEFAULT,
            chunk_pause: Duration::ZERO,
            jobs: NonZero::<u32>::MIN,
            max_rows_per_second: None,
            max_lag: None,
        }
    }
}

/// Rows per window. A window should take about [`WindowSize::AIM`], so that no read transaction lasts a second and a
/// wish to stop is heard soon, yet be large enough that its round trip does not count.
#[derive(Debug)]
pub struct WindowSize {
    rows: u32,
    largest: u32,
    /// Wide rows take their time on the network, too.
    bytes: u64,
    /// What is known of flagged rows is held until they are told. Jobs that work side by side hold no more together.
    flagged: usize,
    least: Least,
}

/// What was read at once, and how long that took.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    pub rows: u64,
    pub bytes: u64,
    pub flagged: usize,
    pub took: Duration,
}

impl WindowSize {
    const AIM: Duration = Duration::from_millis(200);
    /// So few rows are read at once however long it takes.
    const SMALLEST: u32 = 16;
    const LARGEST: u32 = 32_768;
    const BYTES: u64 = 32 << 20;
    /// A window ends with so many bytes: rows may be a thousand times as wide as those before them.
    pub const MOST_BYTES: u64 = 2 * Self::BYTES;
    const FLAGGED: usize = 4_096;
    /// What so few bytes take is the way to the server and back, and not the bytes.
    const FEW_BYTES: u64 = 64 << 10;

    /// Begins small, since nobody knows yet how wide the rows are. All jobs together never read more at once than a
    /// second may read.
    pub fn new(pace: &Pace) -> Self {
        let jobs = pace.jobs.get();
        let largest = pace.max_rows_per_second.unwrap_or(u32::MAX).min(Self::LARGEST) / jobs;
        let largest = largest.max(1);
        let (bytes, flagged) = (Self::BYTES / u64::from(jobs), Self::FLAGGED / jobs as usize);
        Self { rows: largest.min(64), largest, bytes, flagged, least: Least::default() }
    }

    /// The most rows that the next window should read.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Learns from a window: shrinks at once to what would have fitted, and grows by doubling where much of what it might
    /// have read was there.
    pub fn learn(&mut self, read: Read) {
        let rows = u32::try_from(read.rows).unwrap_or(self.rows).min(self.rows);
        if read.bytes <= Self::FEW_BYTES {
            self.least.learn(read.took);
        }
        let aim = self.least.at_least(3, Self::AIM);
        let fullness = f64::max(read.bytes as f64 / self.bytes as f64, read.flagged as f64 / self.flagged as f64);
        if fullness > 1.0 {
            self.shrink((f64::from(rows) / fullness) as u32);
        } else if read.took > aim {
            self.shrink(fitting(rows, aim, read.took));
        } else if rows >= self.rows.div_ceil(2) && read.took <= aim / 2 && fullness <= 0.5 {
            self.rows = (self.rows * 2).min(self.largest);
        }
    }

    /// A window of so many rows failed: what a smaller one should read, which may be what the server has the patience for.
    pub fn fewer(rows: u32) -> u32 {
        (rows / 8).max(Self::SMALLEST).min(rows)
    }

    /// Learns that no more rows than these could be read at once.
    pub fn shrink(&mut self, fitting: u32) {
        self.rows = fitting.max(Self::SMALLEST).min(self.rows);
    }
}

/// The least time that anything took. Most of it is the way to the server and back, several times, where that is long, and
/// fewer rows would take no less.
#[derive(Clone, Copy, Debug, Default)]
struct Least(Option<Duration>);

impl Least {
    fn learn(&mut self, took: Duration) {
        self.0 = Some(self.0.map_or(took, |least| least.min(took)));
    }

    /// What can be aimed at: a time, but no less than so many times the least.
    fn at_least(self, times: u32, aim: Duration) -> Duration {
        self.0.map_or(aim, |least| aim.max(least.saturating_mul(times)))
    }
}

/// Rows per chunk, so that nobody waits for its locks for long.
#[derive(Debug)]
pub struct ChunkSize {
    chunk: ChunkRows,
    rows: u32,
    /// The last chunk that was larger than the smallest: its rows, and how long it took.
    larger: Option<(usize, Duration)>,
    /// What the last two small chunks took beside their rows: the way to the server and back, several times. One of them
    /// may have waited for somebody's lock.
    ways: [Duration; 2],
}

impl ChunkSize {
    const FIRST: u32 = 32;
    const SMALLEST: u32 = 10;
    /// The most rows that a chunk may have, also where someone fixes it: its keys and values are held, and stand in
    /// one statement.
    pub const LARGEST: u32 = 2_048;

    /// Begins small, since nobody knows yet how fast the database writes.
    pub fn new(pace: &Pace) -> Self {
        let rows = match pace.chunk {
            ChunkRows::Aim(_) => Self::FIRST,
            ChunkRows::Fixed(rows) => rows.clamp(1, Self::LARGEST),
        };
        Self { chunk: pace.chunk, rows, larger: None, ways: [Duration::ZERO; 2] }
    }

    /// The most rows that the next chunk should change.
    pub const fn rows(&self) -> usize {
        self.rows as usize
    }

    /// Learns from a chunk of so many rows: shrinks at once to what would have fitted, unless the most of its time was the
    /// way. Where a full one left much of its time it grows by a quarter, and where it left nearly all of it, to the double.
    pub fn learn(&mut self, rows: usize, took: Duration) {
        let ChunkRows::Aim(aim) = self.chunk else { return };
        match self.larger {
            _ if rows > Self::SMALLEST as usize => self.larger = Some((rows, took)),
            Some(larger) => self.ways = [self.ways[1], way(larger, (rows, took))],
            None => {}
        }
        let [before, last] = self.ways;
        let aim = aim.max(before.min(last) * 2);
        if took > aim {
            let fitted = fitting(u32::try_from(rows).unwrap_or(self.rows), aim, took);
            self.rows = fitted.max(Self::SMALLEST).min(self.rows);
        } else if rows >= self.rows() && took <= aim / 4 * 3 {
            let growth = if took <= aim / 4 { self.rows } else { self.rows.div_ceil(4) };
            self.rows = (self.rows + growth).min(Self::LARGEST);
        }
    }
}

/// What two chunks would have taken without any row: what a smaller one does not save is the way.
fn way((more, longer): (usize, Duration), (fewer, shorter): (usize, Duration)) -> Duration {
    let (more, fewer) = (more as f64, fewer as f64);
    let seconds = (shorter.as_secs_f64() * more - longer.as_secs_f64() * fewer) / (more - fewer);
    Duration::try_from_secs_f64(seconds).unwrap_or_default().min(shorter)
}

/// How many rows would have taken the time aimed at.
fn fitting(rows: u32, aim: Duration, took: Duration) -> u32 {
    (f64::from(rows) * aim.as_secs_f64() / took.as_secs_f64()) as u32
}

/// The most bytes of old values that one chunk changes. A rewrite is up to six times as long, and both are held.
pub const CHUNK_BYTES: u64 = 1 << 20;

/// How long a row that is to be mended waits for others to share its chunk.
pub const CHUNK_WAIT: Duration = Duration::from_secs(1);

/// How often a run says that it still lives while no chunk says it.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// Spreads rows evenly over time.
#[derive(Debug)]
pub struct RowRate {
    per_second: Option<u32>,
    /// When the rows so far are paid for.
    paid: Instant,
}

impl RowRate {
    pub fn new(pace: &Pace) -> Self {
        Self { per_second: pace.max_rows_per_second, paid: Instant::now() }
    }

    /// How long to rest, now that so many more rows were read. Time that was lost waiting for something else is not
    /// made up for by a burst.
    pub fn rest(&mut self, rows: u64, now: Instant) -> Duration {
        let Some(per_second) = self.per_second else { return Duration::ZERO };
        self.paid = self.paid.max(now) + Duration::from_secs_f64(rows as f64 / f64::from(per_second.max(1)));
        self.paid.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window of so many rows of which nothing is to be said but the time that it took.
    fn read(rows: u32, took: Duration) -> Read {
        Read { rows: rows.into(), bytes: u64::from(rows) * 36, flagged: 0, took }
    }

    #[test]
    fn windows_grow_slowly_and_shrink_at_once() {
        let millisecond = Duration::from_millis(1);
        let mut size = WindowSize::new(&Pace::default());
        for _ in 0..20 {
            size.learn(read(size.rows(), millisecond));
        }
        assert_eq!(size.rows(), WindowSize::LARGEST);
        size.learn(read(WindowSize::LARGEST, Duration::from_secs(20)));
        assert_eq!(size.rows(), WindowSize::LARGEST / 100);
        size.learn(read(size.rows(), Duration::from_secs(3600)));
        assert_eq!(size.rows(), WindowSize::SMALLEST);
        size.learn(read(WindowSize::SMALLEST, WindowSize::AIM));
        assert_eq!(size.rows(), WindowSize::SMALLEST);
        size.rows = 1000;
        size.learn(Read { bytes: 10 * WindowSize::BYTES, ..read(1000, millisecond) });
        assert_eq!(size.rows(), 100);
        size.learn(Read { flagged: 2 * WindowSize::FLAGGED, ..read(100, millisecond) });
        assert_eq!(size.rows(), 50);
        assert_eq!([32_768, 100, 10, 1].map(WindowSize::fewer), [4_096, 16, 10, 1]);
    }

    #[test]
    fn a_window_that_ends_early_lets_the_next_ones_shrink_but_not_grow() {
        let mut size = WindowSize::new(&Pace::default());
        size.learn(read(31, Duration::from_millis(1)));
        assert_eq!(size.rows(), 64, "less than half of it was there");
        size.rows = WindowSize::LARGEST;
        size.learn(Read { bytes: 4 * WindowSize::BYTES, ..read(400, Duration::from_millis(1)) });
        assert_eq!(size.rows(), 100);
    }

    #[test]
    fn a_long_way_to_the_server_makes_windows_and_chunks_larger_and_not_smaller() {
        // Three round trips of 100 ms, or five, and a microsecond or a tenth of a millisecond a row.
        let window = |rows: u32| Duration::from_millis(300) + Duration::from_micros(1) * rows;
        let mut size = WindowSize::new(&Pace::default());
        for _ in 0..20 {
            size.learn(read(size.rows(), window(size.rows())));
        }
        assert_eq!(size.rows(), WindowSize::LARGEST);
        let chunk = |rows: usize| Duration::from_millis(500) + Duration::from_micros(100) * rows as u32;
        let mut size = ChunkSize::new(&Pace::default());
        for _ in 0..40 {
            size.learn(size.rows(), chunk(size.rows()));
        }
        assert_eq!(size.rows(), ChunkSize::LARGEST as usize);
    }

    #[test]
    fn a_window_never_reads_more_than_a_second_may() {
        let mut size = WindowSize::new(&Pace { max_rows_per_second: Some(10), ..Pace::default() });
        size.learn(read(10, Duration::from_millis(1)));
        assert_eq!(size.rows(), 10);
        size.learn(read(10, Duration::from_secs(3600)));
        assert_eq!(size.rows(), 10);
    }

    #[test]
    fn windows_of_several_jobs_are_no_larger_together_than_one_alone() {
        let four = NonZero::new(4).expect("not zero");
        for (limit, largest) in [(None, WindowSize::LARGEST / 4), (Some(100), 25), (Some(3), 1)] {
            let mut size = WindowSize::new(&Pace { jobs: four, max_rows_per_second: limit, ..Pace::default() });
            for _ in 0..20 {
                size.learn(read(size.rows(), Duration::from_millis(1)));
            }
            assert_eq!(size.rows(), largest);
        }
    }

    #[test]
    fn chunks_grow_slowly_and_shrink_at_once() {
        let mut size = ChunkSize::new(&Pace::default());
        for rows in [32, 64, 128] {
            size.learn(rows, Duration::from_millis(20));
        }
        assert_eq!(size.rows(), 256, "they took no time");
        size.learn(256, Duration::from_millis(180));
        assert_eq!(size.rows(), 320);
        size.learn(319, Duration::from_millis(20));
        assert_eq!(size.rows(), 320, "a chunk that was not full tells nothing of larger ones");
        size.learn(320, Duration::from_millis(2500));
        assert_eq!(size.rows(), 32);
        size.learn(32, Duration::from_secs(60));
        assert_eq!(size.rows(), 10, "there is a floor");
        size.learn(10, Duration::from_millis(249));
        assert_eq!(size.rows(), 10, "what just fits stays");
        for _ in 0..200 {
            size.learn(size.rows(), Duration::ZERO);
        }
        assert_eq!(size.rows(), ChunkSize::LARGEST as usize);
    }

    #[test]
    fn a_small_chunk_that_waited_for_a_lock_does_not_make_larger_ones_long() {
        let mut size = ChunkSize::new(&Pace::default());
        for (rows, millis) in [(32, 20), (10, 900), (10, 5)] {
            size.learn(rows, Duration::from_millis(millis));
        }
        for _ in 0..40 {
            size.learn(size.rows(), Duration::from_millis(1) * size.rows() as u32);
        }
        assert!(size.rows() <= 250, "{} rows of a millisecond in a chunk that should take 250 ms", size.rows());
    }

    #[test]
    fn slow_rows_are_not_taken_for_a_long_way_to_the_server() {
        for (millis, most) in [(20, 12), (25, 10), (100, 10)] {
            let mut size = ChunkSize::new(&Pace::default());
            for _ in 0..20 {
                size.learn(size.rows(), Duration::from_millis(millis) * size.rows() as u32);
            }
            assert!(size.rows() <= most, "{} rows of {millis} ms in a chunk that should take 250 ms", size.rows());
        }
    }

    #[test]
    fn no_more_rows_are_taken_at_once_than_a_second_may_read() {
        for (limit, rows) in [(None, 2_048), (Some(10), 10), (Some(5_000), 2_048), (Some(0), 1)] {
            assert_eq!(Pace { max_rows_per_second: limit, ..Pace::default() }.at_once(2_048), rows);
        }
    }

    #[test]
    fn a_fixed_chunk_stays() {
        let mut size = ChunkSize::new(&Pace { chunk: ChunkRows::Fixed(7), ..Pace::default() });
        size.learn(7, Duration::from_secs(60));
        size.learn(7, Duration::ZERO);
        assert_eq!(size.rows(), 7);
    }

    #[test]
    fn rows_are_spread_over_time_without_bursts() {
        let mut rate = RowRate::new(&Pace { max_rows_per_second: Some(100), ..Pace::default() });
        let start = rate.paid;
        let second = Duration::from_secs(1);
        assert_eq!(rate.rest(50, start), second / 2);
        assert_eq!(rate.rest(50, start + second / 2), second / 2);
        // Ten seconds were lost to a lock; the next rows are not for free.
        assert_eq!(rate.rest(100, start + 11 * second), second);
        assert_eq!(RowRate::new(&Pace::default()).rest(1_000_000, start), Duration::ZERO);
    }
}
