//! How much to take at once: sizes that follow the time the last piece took, and pauses before another try.

use std::time::Duration;

use super::events::{Event, Events};
use super::store::{StoreError, Trouble};

/// Rows per window. A window should take about [`WindowSize::AIM`], so that no read transaction lasts a second and a
/// wish to stop is heard soon, yet be large enough that its round trip does not count.
#[derive(Debug)]
pub struct WindowSize {
    rows: u32,
}

impl WindowSize {
    const AIM: Duration = Duration::from_millis(200);
    const SMALLEST: u32 = 16;
    const LARGEST: u32 = 32_768;

    /// Begins small, since nobody knows yet how wide the rows are.
    pub const fn new() -> Self {
        Self { rows: 64 }
    }

    /// The most rows that the next window should read.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Learns from a window that was full: grows by doubling, shrinks at once to what would have fitted.
    pub fn learn(&mut self, took: Duration) {
        if took <= Self::AIM / 2 {
            self.rows = (self.rows * 2).min(Self::LARGEST);
        } else if took > Self::AIM {
            let fitting = f64::from(self.rows) * Self::AIM.as_secs_f64() / took.as_secs_f64();
            self.rows = (fitting as u32).max(Self::SMALLEST);
        }
    }
}

impl Default for WindowSize {
    fn default() -> Self {
        Self::new()
    }
}

/// The most rows that one chunk changes.
pub const CHUNK_ROWS: usize = 1_000;

/// The most bytes of old values that one chunk changes. A rewrite is up to six times as long, and both are held.
pub const CHUNK_BYTES: u64 = 1 << 20;

/// How often a run says that it still lives while no chunk says it.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// How often a chunk that met another's lock is tried before the run gives up.
pub const TRIES: u32 = 8;

/// The pause before the next try, after this many failed ones: 50 ms, doubled each time, 2 s at the most.
pub fn pause_after(failures: u32) -> Duration {
    Duration::from_millis(50u64 << failures.saturating_sub(1).min(10)).min(Duration::from_secs(2))
}

/// Tries a chunk until no lock of someone else is in the way, or until the last try has failed too.
pub(super) async fn with_retries<T>(
    events: &mut impl Events,
    mut attempt: impl AsyncFnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut failures = 0;
    loop {
        match attempt().await {
            Err(error) if error.trouble == Trouble::Contended && failures + 1 < TRIES => {
                failures += 1;
                tracing::debug!("try {failures} of {TRIES}: {error}");
                events.event(&Event::Waiting { reason: "another transaction holds a lock on these rows" });
                tokio::time::sleep(pause_after(failures)).await;
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_grow_slowly_and_shrink_at_once() {
        let mut size = WindowSize::new();
        for _ in 0..20 {
            size.learn(Duration::from_millis(1));
        }
        assert_eq!(size.rows(), WindowSize::LARGEST);
        size.learn(Duration::from_secs(20));
        assert_eq!(size.rows(), WindowSize::LARGEST / 100);
        size.learn(Duration::from_secs(3600));
        assert_eq!(size.rows(), WindowSize::SMALLEST);
        size.learn(WindowSize::AIM);
        assert_eq!(size.rows(), WindowSize::SMALLEST);
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let millis: Vec<_> = [1, 2, 3, 6, 40].map(|failures| pause_after(failures).as_millis()).into();
        assert_eq!(millis, [50, 100, 200, 1600, 2000]);
    }
}
