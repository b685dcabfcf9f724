//! What a run does between its chunks: it waits for what is in its way, keeps the pace that was asked for, and shows that
//! it lives.

use std::time::{Duration, Instant};

use super::super::events::{Events, Wait};
use super::super::halt::Halt;
use super::super::pacing::HEARTBEAT;
use super::super::patience::{self, Patience};
use super::super::store::{Lag, Ledger, Step, StoreError, Trouble};
use super::Writer;

/// How often the replicas are asked how far they are behind.
const LAG_EVERY: Duration = Duration::from_secs(1);

impl<L: Ledger, E: Events> Writer<'_, L, E> {
    /// Does a step that may be done twice, until nothing that passes is in its way.
    pub async fn insist<T>(&mut self, mut step: impl AsyncFnMut(&mut L) -> Result<T, StoreError>) -> Result<T, Halt> {
        let mut patience = Patience::default();
        loop {
            match step(self.ledger).await {
                Err(error) if error.trouble == Trouble::Contended => {
                    self.outwait(&mut patience, error, Wait::Lock).await?;
                }
                Err(error) if error.trouble == Trouble::Lost => {
                    self.outwait(&mut patience, error, Wait::Connection).await?;
                    self.reconnect().await?;
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Rests before another try, for as long as patience lasts.
    pub(super) async fn outwait(
        &mut self,
        patience: &mut Patience,
        error: StoreError,
        reason: Wait,
    ) -> Result<(), Halt> {
        let Some(length) = patience.pause(&error, reason) else { return Err(error.into()) };
        self.rest(reason, length).await
    }

    /// Rests so that no more rows a second are looked at than was asked for.
    pub async fn looked_at(&mut self, rows: u64) -> Result<(), Halt> {
        let rest = self.rate.rest(rows, Instant::now());
        self.rest(Wait::Rate, rest).await
    }

    /// Waits until the replicas are close enough.
    pub(super) async fn wait_for_replicas(&mut self) -> Result<(), Halt> {
        let Some(most) = self.work.pace.max_lag else { return Ok(()) };
        if self.lag_asked.is_some_and(|asked| asked.elapsed() < LAG_EVERY) {
            return Ok(());
        }
        let run = self.run.clone();
        let mut silence = Patience::default();
        let mut waited = false;
        loop {
            let (wait, length) = match self.insist(async |ledger| ledger.lag(&run).await).await? {
                Lag::Behind(lag) if lag <= most => break,
                Lag::Behind(lag) => {
                    silence = Patience::default();
                    (Wait::Lag(lag), LAG_EVERY)
                }
                Lag::Unknown(why) => {
                    let Some(length) = silence.pause(&why, Wait::Replica) else { return Err(why.into()) };
                    (Wait::Replica, length)
                }
            };
            if !std::mem::replace(&mut waited, true) {
                tracing::info!("waiting: {wait}");
            }
            self.rest(wait, length).await?;
        }
        self.lag_asked = Some(Instant::now());
        Ok(())
    }

    /// Airflow may begin to migrate at any time.
    pub(super) async fn refuse_beside_a_migration(&mut self) -> Result<(), Halt> {
        if self.alone.elapsed() >= HEARTBEAT {
            self.insist(async |ledger| ledger.refuse_while_migrating().await).await?;
            self.alone = Instant::now();
        }
        Ok(())
    }

    /// Does nothing for a while, except to say that the run still lives.
    pub(super) async fn rest(&mut self, reason: Wait, length: Duration) -> Result<(), Halt> {
        let mut left = length;
        while !left.is_zero() {
            let part = left.min(HEARTBEAT);
            patience::pause(self.work, self.events, reason, part).await?;
            left -= part;
            self.show_life().await?;
        }
        Ok(())
    }

    /// Stores how far the run has come when no chunk has done so for a while.
    pub async fn show_life(&mut self) -> Result<(), Halt> {
        if self.last_sign.elapsed() < HEARTBEAT {
            return Ok(());
        }
        self.last_sign = Instant::now();
        match self.ledger.heartbeat(&self.run, Step { from: &self.stored, to: &self.progress }).await {
            Ok(()) => {
                self.stored = self.progress.clone();
                Ok(())
            }
            // What is in the way of a sign of life is in the way of the next chunk, too, and dealt with there.
            Err(error) if error.trouble == Trouble::Contended => {
                tracing::debug!("no sign of life: {error}");
                Ok(())
            }
            Err(error) if error.trouble == Trouble::Lost => {
                let progress = self.progress.clone();
                if self.arrived(&progress, self.work.stop).await? {
                    self.stored = progress;
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn reconnect(&mut self) -> Result<(), Halt> {
        patience::reconnect(self.ledger, self.work, self.events).await
    }
}
