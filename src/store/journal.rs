//! The journal and the lease.
//!
//! The lease is a unique column of `statemend_run`: of processes that ask at once, the database lets one after the other
//! through, and each looks whether it may be at work beside those that are. It is held by the run and, within it, by the
//! process that wrote its `owner`; every step that moves a run on names both, so a process that was taken for dead can
//! change nothing when it wakes up.

use std::time::Duration;

use super::carry::may_carry;
use super::catalog::{SqlStore, rows, run_id};
use super::chunk::{SqlChunk, advance, lease_lost, move_on};
use super::connection::Transaction;
use super::driver::{Access, Cells};
use super::error::failed;
use super::location::Dialect;
use super::statement::{Fill, Names, Statement, integer, sql, text};
use super::stored::{self, as_text, from_text, past_change};
use crate::domain::run::{Progress, Run, RunId, RunState};
use crate::domain::shard::{self, Shard};
use crate::domain::target::Target;
use crate::engine::store::{Deed, Lag, Lease, Ledger, NewRun, PastChange, Step, StoreError, Trouble};

/// What fails when the journal cannot be read.
const UNREADABLE: &str = "the journal could not be read";

impl Ledger for SqlStore {
    type Chunk<'l> = SqlChunk<'l>;

    async fn has_journal(&mut self) -> Result<bool, StoreError> {
        self.journal_version().await.map(|version| version.is_some())
    }

    async fn check(&mut self, deeds: &[Deed]) -> Result<(), StoreError> {
        self.refuse_beside_a_migration().await?;
        self.check_grants(deeds).await
    }

    async fn prepare(&mut self, deeds: &[Deed]) -> Result<(), StoreError> {
        self.refuse_beside_a_migration().await?;
        match self.migrate().await {
            Err(error) if error.trouble == Trouble::Denied => Err(self.with_grants(error, deeds).await),
            outcome => outcome,
        }
    }

    async fn acquire(&mut self, new: &NewRun<'_>, resume: Option<&RunId>) -> Result<Lease, StoreError> {
        // The holder may let go between our try and our look at it; then the next try succeeds.
        for _ in 0..3 {
            // An earlier try may have succeeded without our hearing of it.
            if let Some(run) = self.owned_run().await? {
                return self.find(&run).await.map(|run| Lease::Granted(Box::new(run)));
            }
            if let Some(run) = self.try_acquire(new, resume).await? {
                return self.find(&run).await.map(|run| Lease::Granted(Box::new(run)));
            }
            let in_the_way = |run: &Run| run.alive && !shard::are_apart(run.options.shard, new.options.shard);
            if let Some(holder) = self.runs().await?.into_iter().find(in_the_way) {
                return Ok(Lease::Held(Box::new(holder)));
            }
        }
        Err(StoreError::new(Trouble::Contended, "the lease changes hands too fast to be taken"))
    }

    async fn begin(&mut self, run: &RunId) -> Result<SqlChunk<'_>, StoreError> {
        let transaction = self.connection.begin(Access::Write).await?;
        Ok(SqlChunk { transaction, names: &self.names, owner: &self.owner, capacity: self.capacity, run: run.clone() })
    }

    async fn admits(&mut self, deed: Deed) -> Result<(), StoreError> {
        let what = format!("{} could not be changed", deed.changes().table);
        let statement = match deed {
            // Its one lock is that of the file, so what is in the way is in the way of every row.
            _ if self.names.dialect == Dialect::Sqlite => return Err(StoreError::new(Trouble::Contended, what)),
            Deed::Rewrite(target) | Deed::Remove(target) => self.names.about(target, sql!("may_update"), &[]),
            Deed::Carry(route) => may_carry(&self.names, route),
        };
        self.connection.write(&what, statement).await.map(drop)
    }

    async fn progress(&mut self, run: &RunId) -> Result<Progress, StoreError> {
        let fills = [run_id(run), ("owner", text(&self.owner))];
        let statement = self.names.statement(sql!(self.names.dialect, "progress"), &fills);
        let query = async |write: &mut Transaction<'_>| write.one(UNREADABLE, statement, |cells| cells.owned(0)).await;
        let progress = self.connection.within(Access::Write, query).await?;
        from_text(&run.0, &progress.ok_or_else(|| lease_lost(run))?)
    }

    async fn lag(&mut self, run: &RunId) -> Result<Lag, StoreError> {
        self.replica_lag(run).await
    }

    async fn refuse_while_migrating(&mut self) -> Result<(), StoreError> {
        self.refuse_beside_a_migration().await
    }

    async fn heartbeat(&mut self, run: &RunId, step: Step<'_>) -> Result<(), StoreError> {
        let (names, owner) = (&self.names, &self.owner);
        let beat = async |write: &mut Transaction<'_>| advance(write, names, owner, run, step).await;
        self.connection.within(Access::Write, beat).await
    }

    async fn release(&mut self, run: &RunId, step: Step<'_>, state: RunState) -> Result<(), StoreError> {
        let (from, to) = (as_text(step.from)?, as_text(step.to)?);
        let (before, progress) = (("before", text(&from)), ("progress", text(&to)));
        let fills = [("state", text(state.name())), before, progress, run_id(run), ("owner", text(&self.owner))];
        let statement = self.names.statement(sql!("end_run"), &fills);
        let (names, owner, what) = (&self.names, &self.owner, "the lease could not be given back");
        let end = async |write: &mut Transaction<'_>| move_on(write, names, owner, run, what, statement).await;
        self.connection.within(Access::Write, end).await
    }

    async fn abandon(&mut self, run: &RunId) -> Result<(), StoreError> {
        let statement = self.names.statement(sql!("abandon_run"), &[run_id(run), ("owner", text(&self.owner))]);
        self.connection.write("the lease could not be given back", statement).await.map(drop)
    }

    async fn runs(&mut self) -> Result<Vec<Run>, StoreError> {
        let statement = self.names.statement(sql!(self.names.dialect, "runs"), &[]);
        self.connection.parsed(UNREADABLE, statement, stored::run).await
    }

    async fn change_sizes(&mut self, run: &RunId, after: i64, limit: u32) -> Result<Vec<(i64, u64)>, StoreError> {
        let statement =
            self.names.statement(sql!("change_sizes"), &[run_id(run), ("after", integer(after)), rows(limit)]);
        let size = |cells: &dyn Cells| {
            let bytes = cells.integer(1)?.unwrap_or_default();
            Ok((cells.integer(0)?.unwrap_or_default(), bytes.unsigned_abs()))
        };
        self.connection.rows(UNREADABLE, statement, size).await
    }

    async fn changes(
        &mut self,
        run: &RunId,
        targets: &[&'static Target],
        after: i64,
        until: i64,
    ) -> Result<Vec<PastChange>, StoreError> {
        let fills = [run_id(run), ("after", integer(after)), ("until", integer(until))];
        let statement = self.names.statement(sql!("changes"), &fills);
        self.connection.parsed(UNREADABLE, statement, |cells| past_change(cells, targets)).await
    }

    async fn mark_undone(
        &mut self,
        run: &RunId,
        by: &RunId,
        at_work: &RunId,
        step: Step<'_>,
    ) -> Result<(), StoreError> {
        let (names, owner) = (&self.names, &self.owner);
        let statement = names.statement(sql!("mark_undone"), &[("undone_by", text(&by.0)), run_id(run)]);
        let mark = async |write: &mut Transaction<'_>| {
            advance(write, names, owner, at_work, step).await?;
            write.run("the run could not be marked as undone", statement).await.map(drop)
        };
        self.connection.within(Access::Write, mark).await
    }

    async fn mark_purged(&mut self, run: &RunId, age: Duration) -> Result<bool, StoreError> {
        let names = &self.names;
        let mark = async |write: &mut Transaction<'_>| mark_purged(write, names, run, age).await;
        self.connection.attempt(mark).await.map(|marked| marked.is_some())
    }

    async fn purge(&mut self, run: &RunId, after: i64, until: i64) -> Result<u64, StoreError> {
        let fills = [run_id(run), ("after", integer(after)), ("until", integer(until))];
        let what = "old values could not be dropped";
        let dropped = self.connection.write(what, self.names.statement(sql!("purge"), &fills)).await?;
        Ok(dropped + self.connection.write(what, self.names.statement(sql!("purge_made"), &fills)).await?)
    }

    async fn ended_before(&mut self, age: Duration) -> Result<Vec<RunId>, StoreError> {
        let statement = self.names.statement(sql!("ended_before"), &[long_ago(age)]);
        let runs = self.connection.rows(UNREADABLE, statement, id_of_run).await?;
        Ok(runs.into_iter().flatten().collect())
    }
}

impl SqlStore {
    /// The run for which this process holds the lease.
    async fn owned_run(&mut self) -> Result<Option<RunId>, StoreError> {
        let statement = self.names.statement(sql!("owned_run"), &[("owner", text(&self.owner))]);
        self.connection.one("the lease could not be looked at", statement, id_of_run).await
    }

    async fn find(&mut self, id: &RunId) -> Result<Run, StoreError> {
        let run = self.runs().await?.into_iter().find(|run| run.id == *id);
        run.ok_or_else(|| StoreError::new(Trouble::Journal, format!("run {id} has vanished from the journal")))
    }

    /// Takes the lease if it is free or stale. Nothing when someone else holds it, or one that excludes it.
    async fn try_acquire(&mut self, new: &NewRun<'_>, resume: Option<&RunId>) -> Result<Option<RunId>, StoreError> {
        let (options, progress) = (as_text(new.options)?, as_text(&Progress::default())?);
        let enter = match resume {
            Some(_) => sql!("resume_run"),
            None => sql!("begin_run"),
        };
        let id = resume.unwrap_or(&new.id);
        let fills = [
            run_id(id),
            ("mode", text(new.mode.name())),
            ("owner", text(&self.owner)),
            ("options", text(&options)),
            ("progress", text(&progress)),
            ("tool_version", text(env!("CARGO_PKG_VERSION"))),
            ("host", text(new.host)),
            ("user_name", text(new.user)),
        ];
        let (names, shard) = (&self.names, new.options.shard);
        let enter = names.statement(enter, &fills);
        let lease = shard.map_or_else(|| ALL.to_owned(), |shard| shard.to_string());
        let take = async |write: &mut Transaction<'_>| {
            if !admitted(write, names, enter, shard).await? {
                return Ok(None);
            }
            let take = names.statement(sql!("take_lease"), &[("lease", text(&lease)), run_id(id)]);
            write.run("the lease could not be taken", take).await.map(|_| Some(id.clone()))
        };
        self.connection.attempt(take).await
    }
}

/// The lease of a run that works on all rows. That of one which works on a part of them is the name of the part.
const ALL: &str = "all";

/// The lease of a run that is about to begin. No other can be, as long as the transaction lasts.
const GATE: &str = "gate";

/// Whether a run with this shard may be at work beside all that are.
async fn may_be_at_work(write: &mut Transaction<'_>, names: &Names, shard: Option<Shard>) -> Result<bool, StoreError> {
    let leases = names.statement(sql!("leases"), &[]);
    let leases = write.rows("the leases could not be looked at", leases, |cells| cells.owned(0)).await?;
    let others = leases.iter().flatten().filter(|lease| *lease != GATE);
    Ok(others.map(|lease| lease.parse().ok()).all(|other| shard::are_apart(other, shard)))
}

/// Enters a run at the gate, and says whether it may be at work beside all that are.
async fn admitted(
    write: &mut Transaction<'_>,
    names: &Names,
    enter: Statement<'_>,
    shard: Option<Shard>,
) -> Result<bool, StoreError> {
    write.run("stale leases could not be taken back", names.statement(sql!("expire"), &[])).await?;
    Ok(entered(write, enter).await? && may_be_at_work(write, names, shard).await?)
}

/// Marks a run as purged, beside nobody else at work and while it is as old as that; nothing where it cannot be. Whoever
/// comes next finds the mark.
async fn mark_purged(
    write: &mut Transaction<'_>,
    names: &Names,
    run: &RunId,
    age: Duration,
) -> Result<Option<()>, StoreError> {
    let mark = names.statement(sql!("mark_purged"), &[run_id(run), long_ago(age)]);
    if !admitted(write, names, mark, None).await? {
        return Ok(None);
    }
    let leave = names.statement(sql!("leave_gate"), &[run_id(run)]);
    write.run("the run could not be marked as purged", leave).await.map(|_| Some(()))
}

fn long_ago(age: Duration) -> (&'static str, Fill<'static>) {
    ("long_ago", Fill::Ago(i64::try_from(age.as_secs()).unwrap_or(i64::MAX)))
}

fn id_of_run(cells: &dyn Cells) -> Result<Option<RunId>, sqlx::Error> {
    Ok(cells.owned(0)?.map(RunId))
}

/// Runs the statement that enters a run; false where the unique lease is someone else's.
async fn entered(write: &mut Transaction<'_>, enter: Statement<'_>) -> Result<bool, StoreError> {
    match write.try_run(enter).await {
        Ok(matched) => Ok(matched == 1),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(failed("the run could not be entered in the journal", error)),
    }
}
