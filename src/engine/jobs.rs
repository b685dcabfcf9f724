//! Jobs: threads that read and judge windows ahead of the scan, which tells of them in the order of their keys.
//!
//! Judging is work for a processor and reading is waiting for a server, so each job has a thread, a runtime and a
//! connection of its own. Jobs go through the tables together ([`Course`]): one after the other takes the window that
//! is next, and reads it beside the others. How many there are changes nothing of what is told. Few windows are ahead
//! at any time, so memory stays flat however the threads are scheduled.

use std::collections::{BTreeMap, VecDeque};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, Semaphore};

use super::Work;
use super::events::{Event, Events, Wait};
use super::halt::Halt;
use super::pacing::{Pace, WindowSize};
use super::patience::{self, insist};
use super::stop::Stop;
use super::store::{Besides, Source, Span, StoreError, Trouble, Windows};
use super::window::{self, Window};
use crate::domain::judge::Judge;
use crate::domain::rules::Rules;
use crate::domain::target::{Key, Target};

mod course;

pub(super) use course::Leg;
use course::{Course, End, Turn};

/// How many windows there may be for each job: the one that it reads, and one that waits to be told.
const AHEAD: usize = 2;

/// The jobs of a scan, as the scan sees them.
pub(super) struct Jobs {
    messages: UnboundedReceiver<Message>,
    threads: Vec<Option<JoinHandle<()>>>,
    shared: Arc<Shared>,
    /// Windows that were read before their turn, by their numbers.
    early: BTreeMap<u64, Window>,
    /// The number of the window that is told next.
    next: u64,
    /// What ends the scan, once what is at hand before it is told.
    failure: Option<StoreError>,
}

/// What a job tells the scan.
enum Message {
    Read(u64, Window),
    Waiting(Wait),
    Failed(StoreError),
    /// The job with this number is over, one way or another.
    Over(usize),
}

impl Jobs {
    /// Starts the jobs that go through these tables.
    pub fn start<S: Source>(source: &S, work: &Work<'_>, legs: VecDeque<Leg>) -> Result<Self, StoreError> {
        let count = if legs.is_empty() { 0 } else { work.pace.jobs.get() as usize };
        let (sender, messages) = unbounded_channel();
        let (errand, course) = (Errand::of(work), Mutex::new(Course::new(legs, work.pace)));
        let shared = Arc::new(Shared { errand, course, ahead: Semaphore::new(AHEAD * count), alone: count == 1 });
        let mut jobs = Self { messages, threads: Vec::new(), shared, early: BTreeMap::new(), next: 0, failure: None };
        for number in 0..count {
            let post = Post { sender: sender.clone(), number };
            let job = Job { windows: source.windows(), shared: Arc::clone(&jobs.shared), post };
            let thread = Builder::new().name(format!("job {number}")).spawn(|| job.run());
            jobs.threads.push(Some(thread.map_err(not_started)?));
        }
        Ok(jobs)
    }

    /// The next window in the order of keys. Nothing where all were told, or where the jobs were asked to stop.
    pub async fn next(&mut self, events: &mut impl Events) -> Result<Option<Window>, Halt> {
        loop {
            if let Some(window) = self.at_hand(events) {
                return Ok(Some(window));
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure.into());
            }
            let Some(message) = self.messages.recv().await else { return Ok(None) };
            self.take(message, events);
        }
    }

    /// The next window, if it has been read already.
    pub fn at_hand(&mut self, events: &mut impl Events) -> Option<Window> {
        while !self.early.contains_key(&self.next)
            && let Ok(message) = self.messages.try_recv()
        {
            self.take(message, events);
        }
        let window = self.early.remove(&self.next)?;
        self.next += 1;
        self.shared.ahead.add_permits(1);
        Some(window)
    }

    fn take(&mut self, message: Message, events: &mut impl Events) {
        match message {
            Message::Read(number, window) => drop(self.early.insert(number, window)),
            Message::Waiting(reason) => events.event(&Event::Waiting { reason }),
            Message::Failed(error) => drop(self.failure.get_or_insert(error)),
            Message::Over(number) => self.settle(number),
        }
    }

    /// A job that panicked has lost its window, and the scan must not go on as if it had not.
    fn settle(&mut self, number: usize) {
        if let Some(Err(panic)) = self.threads[number].take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Jobs {
    /// Nobody listens any more. A job that still reads does so for nobody, and ends with its window.
    fn drop(&mut self) {
        self.shared.ahead.close();
    }
}

fn not_started(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError { source: Some(Box::new(error)), ..StoreError::new(Trouble::Other, "a job could not be started") }
}

/// What all jobs share.
struct Shared {
    errand: Errand,
    course: Mutex<Course>,
    /// Permits for windows that are not told yet.
    ahead: Semaphore,
    /// Whether there is one job only.
    alone: bool,
}

/// What jobs have to know of the work.
struct Errand {
    judge: Judge,
    rules: Rules,
    show_values: bool,
    census: bool,
    pace: Pace,
    stop: Stop,
}

impl Errand {
    fn of(work: &Work<'_>) -> Self {
        let &Work { judge, rules, targets: _, shard: _, show_values, census, pace, stop } = work;
        Self { judge: *judge, rules: rules.clone(), show_values, census, pace, stop: stop.clone() }
    }

    fn work(&self) -> Work<'_> {
        let Self { judge, rules, show_values, census, pace, stop } = self;
        let (targets, shard) = (&[], None);
        Work { judge, rules, targets, shard, show_values: *show_values, census: *census, pace: *pace, stop }
    }
}

/// One job, on its own thread.
struct Job<W> {
    windows: W,
    shared: Arc<Shared>,
    post: Post,
}

impl<W: Windows> Job<W> {
    fn run(mut self) {
        let outcome = match runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(self.all_windows()),
            Err(error) => Err(not_started(error).into()),
        };
        if outcome.is_err() {
            // Its window is missing now. Whoever waits for that to be told would wait for ever.
            self.shared.ahead.close();
        }
        if let Err(Halt::Failed(error)) = outcome {
            self.post.send(Message::Failed(error));
        }
    }

    async fn all_windows(&mut self) -> Result<(), Halt> {
        let shared = Arc::clone(&self.shared);
        let work = shared.errand.work();
        // Windows get their numbers behind their permits, so the one that is told next never waits for a permit.
        while let Ok(permit) = shared.ahead.acquire().await {
            permit.forget();
            work.go_on()?;
            let Some(rest) = self.next_window(&shared, &work).await? else { return Ok(()) };
            if !rest.is_zero() {
                patience::pause(&work, &mut self.post, Wait::Rate, rest).await?;
            }
        }
        Ok(())
    }

    /// Takes the next window, reads it, and says how long to rest then; nothing where there is none. Beside other jobs,
    /// where the window ends has to be known before it is read, so that the next one can be taken meanwhile. So it has
    /// where rows are left out: the server might have to go through all of the table for as many as it is asked for.
    async fn next_window(&mut self, shared: &Shared, work: &Work<'_>) -> Result<Option<Duration>, Halt> {
        let mut course = shared.course.lock().await;
        let Some(turn) = self.turn(&mut course, work).await? else { return Ok(self.end_table(&mut course)) };
        let besides = if turn.crowded { Besides::Facts } else { work.besides() };
        let &Turn { ref after, ref until, since, rows, .. } = &turn;
        let span = Span { after: after.as_ref(), until, since, rows, besides };
        if shared.alone && since.is_none() && !turn.target.may_leave_out_rows() {
            let mut most = rows;
            let window = self.read(turn.target, span, &mut most, work).await?;
            let rest = course.learn(&turn, &window, most, Instant::now());
            let (number, next) = course.take(window.next);
            self.post.send(Message::Read(number, Window { next, ..window }));
            return Ok(Some(rest));
        }
        let end = match course.near(&turn) {
            Some(End(end)) => end,
            None => self.look(turn.target, span, work).await?,
        };
        let (number, next) = course.take(end.clone());
        drop(course);
        let span = Span { until: end.as_ref().unwrap_or(&turn.until), ..span };
        // Rows that came since the look are few, and no reason for a window more.
        let mut most = u32::MAX;
        let mut window = self.read(turn.target, span, &mut most, work).await?;
        while let Some(behind) = window.next.take() {
            window.append(self.read(turn.target, Span { after: Some(&behind), ..span }, &mut most, work).await?);
        }
        let window = Window { next: end, ..window };
        let rest = shared.course.lock().await.learn(&turn, &window, most, Instant::now());
        self.post.send(Message::Read(number, Window { next, ..window }));
        Ok(Some(rest))
    }

    /// The window that is next, where rows are to be read; nothing where none are left, be it of this table.
    async fn turn(&mut self, course: &mut Course, work: &Work<'_>) -> Result<Option<Turn>, Halt> {
        while let Some(turn) = course.turn() {
            if course.is_in_place() {
                return Ok(Some(turn));
            }
            let (after, until, besides) = (turn.after.as_ref(), &turn.until, Besides::Nothing);
            let first = self.look(turn.target, Span { after, until, since: None, rows: 1, besides }, work).await?;
            if !course.find(first.as_ref()) {
                break;
            }
        }
        Ok(None)
    }

    /// Ends a table of which nothing is left, by a window without rows. Nothing happens at the end of all tables.
    fn end_table(&self, course: &mut Course) -> Option<Duration> {
        course.turn()?;
        let (number, next) = course.take(None);
        self.post.send(Message::Read(number, Window { next, ..Window::default() }));
        Some(Duration::ZERO)
    }

    /// Reads so many rows of a span at most, and fewer where that many could not be read: they may be a thousand times as
    /// wide as those before them, and more than anyone has the patience for.
    async fn read(
        &mut self,
        target: &'static Target,
        span: Span<'_>,
        most: &mut u32,
        work: &Work<'_>,
    ) -> Result<Window, Halt> {
        let read = async |windows: &mut W| {
            let window = window::read(windows, target, Span { rows: *most, ..span }, work).await;
            if window.is_err() {
                *most = WindowSize::fewer(span.rows.min(*most));
            }
            window
        };
        insist(&mut self.windows, work, &mut self.post, read).await
    }

    /// Looks where a window ends.
    async fn look(&mut self, target: &'static Target, span: Span<'_>, work: &Work<'_>) -> Result<Option<Key>, Halt> {
        let look = async |windows: &mut W| windows.boundary(target, span).await;
        insist(&mut self.windows, work, &mut self.post, look).await
    }
}

/// The way from a job to the scan. When it goes, the scan learns that the job is over.
struct Post {
    sender: UnboundedSender<Message>,
    number: usize,
}

impl Post {
    /// A message that nobody takes any more is lost, and the job learns of that where it asks for its next permit.
    fn send(&self, message: Message) {
        self.sender.send(message).ok();
    }
}

impl Events for Post {
    /// A job waits; everything else that there is to tell, the scan tells.
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Waiting { reason } = event {
            self.send(Message::Waiting(*reason));
        }
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.send(Message::Over(self.number));
    }
}

#[cfg(test)]
mod tests;
