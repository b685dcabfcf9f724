//! Waiting for what passes by itself: someone else's lock, a server that restarts.

use std::time::{Duration, Instant};

use super::Work;
use super::events::{Event, Events, Wait};
use super::halt::Halt;
use super::store::{Reconnect, StoreError, Trouble};

/// How long a trouble may last before the work gives up. A server restarts in less.
const PATIENCE: Duration = Duration::from_secs(120);

/// After how long the user hears of a trouble, whether or not there is a progress line.
const LONG: Duration = Duration::from_secs(5);

/// How soon a wish to stop is heard during a pause.
const HEARING: Duration = Duration::from_millis(100);

/// The pause before the next try, after this many failed ones: 50 ms, doubled each time, 2 s at the most.
pub(super) fn pause_after(failures: u32) -> Duration {
    Duration::from_millis(50u64 << failures.saturating_sub(1).min(10)).min(Duration::from_secs(2))
}

/// How long a trouble has lasted, and how often it has been met.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Option<Instant>,
    failures: u32,
    told: bool,
}

impl Patience {
    /// How long to wait before the next try; nothing where it has lasted too long already. The log hears of it, and the
    /// user once it lasts.
    pub fn pause(&mut self, error: &StoreError, reason: Wait) -> Option<Duration> {
        self.failures += 1;
        let lasted = self.since.get_or_insert_with(Instant::now).elapsed();
        if self.deserves_a_word() {
            tracing::warn!("waiting: {reason}");
        } else {
            tracing::debug!("trying again: {error}");
        }
        (lasted < PATIENCE).then(|| pause_after(self.failures))
    }

    /// Whether there was any trouble.
    const fn is_tried(&self) -> bool {
        self.failures > 0
    }

    /// Whether the user should hear of it now: once, when it has lasted for a while.
    fn deserves_a_word(&mut self) -> bool {
        let lasts = self.since.is_some_and(|since| since.elapsed() >= LONG);
        lasts && !std::mem::replace(&mut self.told, lasts)
    }
}

/// Does a step before the work begins, until nobody's lock is in its way.
pub async fn outlast<T>(mut step: impl AsyncFnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let mut patience = Patience::default();
    loop {
        match step().await {
            Err(error) if error.trouble == Trouble::Contended => match patience.pause(&error, Wait::Lock) {
                Some(length) => tokio::time::sleep(length).await,
                None => return Err(error),
            },
            outcome => return outcome,
        }
    }
}

/// Does a step until nothing that passes is in its way, or until patience ends. A lost connection is made anew.
pub(super) async fn insist<S: Reconnect, T>(
    source: &mut S,
    work: &Work<'_>,
    events: &mut impl Events,
    mut step: impl AsyncFnMut(&mut S) -> Result<T, StoreError>,
) -> Result<T, Halt> {
    let mut patience = Patience::default();
    loop {
        match step(source).await {
            Err(error) if error.trouble == Trouble::Contended => {
                wait(&mut patience, error, work, events, Wait::Lock).await?;
            }
            // A step may connect anew by itself, after an earlier try.
            Err(error)
                if error.trouble == Trouble::Lost || error.trouble == Trouble::Unreachable && patience.is_tried() =>
            {
                wait(&mut patience, error, work, events, Wait::Connection).await?;
                reconnect(source, work, events).await?;
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Connects again, for as long as the server may take to come back.
pub(super) async fn reconnect<S: Reconnect>(
    source: &mut S,
    work: &Work<'_>,
    events: &mut impl Events,
) -> Result<(), Halt> {
    let mut patience = Patience::default();
    loop {
        match source.reconnect().await {
            Err(error) if matches!(error.trouble, Trouble::Unreachable | Trouble::Lost | Trouble::Contended) => {
                wait(&mut patience, error, work, events, Wait::Connection).await?;
            }
            outcome => return Ok(outcome?),
        }
    }
}

async fn wait(
    patience: &mut Patience,
    error: StoreError,
    work: &Work<'_>,
    events: &mut impl Events,
    reason: Wait,
) -> Result<(), Halt> {
    let Some(length) = patience.pause(&error, reason) else { return Err(error.into()) };
    pause(work, events, reason, length).await
}

/// Waits, and says why; ends at once when the user wants to stop.
pub(super) async fn pause(
    work: &Work<'_>,
    events: &mut impl Events,
    reason: Wait,
    length: Duration,
) -> Result<(), Halt> {
    events.event(&Event::Waiting { reason });
    let end = Instant::now() + length;
    loop {
        work.go_on()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        tokio::time::sleep(left.min(HEARING)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let millis: Vec<_> = [1, 2, 3, 6, 40].map(|failures| pause_after(failures).as_millis()).into();
        assert_eq!(millis, [50, 100, 200, 1600, 2000]);
    }
}
