//! The transaction that changes rows: lock, write, journal, move the cursor.

use super::carry;
use super::catalog::run_id;
use super::connection::Transaction;
use super::error::failed_on_values;
use super::keys::is_plain_number;
use super::location::Dialect;
use super::source::{keys_at_once, row};
use super::statement::{Fill, Names, Param, Statement, sql, text, texts};
use super::stored::as_text;
use crate::domain::carry::Route;
use crate::domain::repair::Capacity;
use crate::domain::run::RunId;
use crate::domain::target::{Key, Target};
use crate::engine::store::{Candidate, Change, Chunk, Deed, Effect, LockedRow, Step, StoreError, Trouble};

/// A chunk of a run that holds the lease.
pub struct SqlChunk<'c> {
    pub(super) transaction: Transaction<'c>,
    pub(super) names: &'c Names,
    pub(super) owner: &'c str,
    pub(super) capacity: Capacity,
    pub(super) run: RunId,
}

impl Chunk for SqlChunk<'_> {
    async fn lock(&mut self, target: &'static Target, keys: &[Key]) -> Result<Vec<LockedRow>, StoreError> {
        let what = format!("rows of {} could not be locked", target.table);
        let mut locked = Vec::with_capacity(keys.len());
        for keys in keys.chunks(keys_at_once(self.names.dialect, target.key.len())) {
            let key_in = [("key_in", Fill::KeyIn(keys.iter().collect()))];
            let statement = self.names.about(target, sql!(self.names.dialect, "lock"), &key_in);
            locked.extend(self.transaction.rows(&what, statement, |cells| row(cells, target)).await?);
        }
        Ok(locked)
    }

    async fn candidates(&mut self, route: &'static Route, keys: &[Key]) -> Result<Vec<Candidate>, StoreError> {
        carry::candidates(&mut self.transaction, self.names, route, keys).await
    }

    async fn apply(&mut self, deed: Deed, changes: &[Change<'_>]) -> Result<(), StoreError> {
        for batch in batches(changes, at_once(self.names.dialect, changes), self.capacity) {
            // A row that stands alone goes in two statements, since of one nobody knows whether it is the row that is
            // refused or its journal entry.
            if let (Deed::Rewrite(target), Dialect::Postgres, 2..) = (deed, self.names.dialect, batch.len()) {
                self.mend(target, batch).await?;
                continue;
            }
            self.record(deed, batch).await?;
            match deed {
                Deed::Rewrite(target) => self.update(target, batch).await?,
                Deed::Carry(route) => carry::insert(&mut self.transaction, self.names, route, batch).await?,
                Deed::Remove(target) => self.remove(target, batch).await?,
            }
        }
        Ok(())
    }

    async fn commit(mut self, step: Step<'_>) -> Result<(), StoreError> {
        let outcome = advance(&mut self.transaction, self.names, self.owner, &self.run, step).await;
        self.transaction.end(outcome).await
    }

    async fn give_up(self, error: StoreError) -> StoreError {
        self.transaction.give_up(error).await
    }
}

impl SqlChunk<'_> {
    async fn record(&mut self, deed: Deed, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let stored: Vec<StoredTexts> = changes.iter().map(|change| StoredTexts::of(deed, change)).collect();
        let rows = changes.iter().zip(&stored);
        let entries = rows.map(|(change, texts)| entry(&self.run, deed.changes(), change, texts)).collect();
        let statement = self.names.statement(sql!("record"), &[("entries", Fill::Rows(entries))]);
        let what = "the journal could not be written";
        match self.transaction.try_run(statement).await.map_err(|error| failed_on_values(what, error)) {
            // No row is at fault where it is the journal that is refused.
            Err(error) if error.trouble == Trouble::Refused => Err(StoreError { trouble: Trouble::Journal, ..error }),
            outcome => outcome.map(drop),
        }
    }

    async fn update(&mut self, target: &Target, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let [first, ..] = changes else { return Ok(()) };
        let fills = match self.names.dialect {
            Dialect::Postgres => vec![("after", text(after(first))), ("key_is", Fill::KeyIs(first.key))],
            Dialect::MySql => {
                let new_values = changes.iter().map(|change| (change.key, after(change))).collect();
                let keys = changes.iter().map(|change| change.key).collect();
                vec![("new_values", Fill::NewValues(new_values)), ("key_in", Fill::KeyIn(keys))]
            }
            Dialect::Sqlite => vec![("new_values", Fill::Rows(changes.iter().map(new_value).collect()))],
        };
        let statement = self.names.about(target, sql!(self.names.dialect, "update"), &fills);
        write(&mut self.transaction, target, statement, changes.len()).await
    }

    async fn remove(&mut self, target: &Target, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let key_in = ("key_in", Fill::KeyIn(changes.iter().map(|change| change.key).collect()));
        let statement = self.names.about(target, sql!("delete"), &[key_in]);
        write(&mut self.transaction, target, statement, changes.len()).await
    }

    /// Journal entries and new values in one statement, which only PostgreSQL takes.
    async fn mend(&mut self, target: &'static Target, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let deed = Deed::Rewrite(target);
        let stored: Vec<StoredTexts> = changes.iter().map(|change| StoredTexts::of(deed, change)).collect();
        let integers = |integer: fn(&Change<'_>) -> i64| {
            Fill::Param(Param::Integers(changes.iter().map(integer).map(Some).collect()))
        };
        let fills = [
            ("key_arrays", Fill::KeyArrays(changes.iter().map(|change| change.key).collect())),
            ("seqs", integers(|change| change.seq)),
            ("row_keys", texts(stored.iter().map(|stored| stored.key.as_str()))),
            ("kinds", texts(changes.iter().map(|change| change.kind))),
            ("actions", texts(changes.iter().map(|change| change.action))),
            ("before", texts(changes.iter().map(|change| change.effect.before().unwrap_or_default()))),
            ("bytes", integers(bytes_before)),
            ("after", texts(changes.iter().map(after))),
            ("digests", texts(stored.iter().map(|stored| stored.digest.as_deref().unwrap_or_default()))),
            ("written_at", texts(changes.iter().map(|change| change.written_at.unwrap_or_default()))),
            run_id(&self.run),
            ("table_name", text(&target.table)),
        ];
        let statement = self.names.about(target, include_str!("sql/postgres/mend.sql"), &fills);
        write(&mut self.transaction, target, statement, changes.len()).await
    }
}

/// Writes locked rows. They cannot go away, so a row that is not matched was kept back by a trigger; better no chunk than a
/// wrong journal.
async fn write(
    transaction: &mut Transaction<'_>,
    target: &Target,
    statement: Statement<'_>,
    rows: usize,
) -> Result<(), StoreError> {
    let what = format!("rows of {} could not be written", target.table);
    let matched = transaction.try_run(statement).await.map_err(|error| failed_on_values(&what, error))?;
    if matched == rows as u64 {
        return Ok(());
    }
    let what = format!("of {rows} locked rows of {}, {matched} were changed", target.table);
    Err(StoreError::new(Trouble::Refused, what))
}

/// The key of a row, and its new value.
fn new_value<'c>(change: &Change<'c>) -> Vec<Param<'c>> {
    change.key.0.iter().map(Param::from).chain([Param::Text(after(change))]).collect()
}

/// What a changed row holds afterwards.
fn after<'c>(change: &Change<'c>) -> &'c str {
    change.effect.after().unwrap_or_default()
}

fn bytes_before(change: &Change<'_>) -> i64 {
    i64::try_from(change.effect.bytes_before()).unwrap_or(i64::MAX)
}

/// What the key of a row adds to a statement that names it twice: no index of InnoDB has longer entries than 3,072 bytes.
const KEY_BYTES: u64 = 2 * 3_072 + 256;

/// How many changes one statement takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AtOnce {
    /// Arrays may be as long as a chunk.
    All,
    /// So many that a round trip does not count, and so few that looking for a key in a list of them does not.
    AtMost(usize),
}

fn at_once(dialect: Dialect, changes: &[Change<'_>]) -> AtOnce {
    match dialect {
        Dialect::Postgres => AtOnce::All,
        Dialect::MySql if !changes.iter().all(|change| is_plain_number(looked_for(change))) => AtOnce::AtMost(128),
        Dialect::MySql | Dialect::Sqlite => AtOnce::AtMost(1_024),
    }
}

/// The key by which the row of a change is found.
pub(super) const fn looked_for<'c>(change: &Change<'c>) -> &'c Key {
    match change.effect {
        Effect::Carry { from, .. } => from,
        Effect::Rewrite { .. } | Effect::Remove { .. } => change.key,
    }
}

/// Cuts changes into what one statement takes, and no more bytes than the server accepts at once.
fn batches<'b, 'c>(
    mut changes: &'b [Change<'c>],
    at_once: AtOnce,
    capacity: Capacity,
) -> impl Iterator<Item = &'b [Change<'c>]> {
    std::iter::from_fn(move || {
        let mut bytes = 0u64;
        let fits = |change: &&Change<'_>| {
            let texts = [change.effect.before(), change.effect.after()].into_iter().flatten();
            bytes += KEY_BYTES + texts.map(str::len).max().unwrap_or_default() as u64;
            bytes <= capacity.bytes
        };
        let fitting = changes.iter().take_while(fits).count().max(1);
        let rows = match at_once {
            AtOnce::All => fitting.min(changes.len()),
            AtOnce::AtMost(most) => round(fitting.min(most)),
        };
        let (batch, rest) = changes.split_at_checked(rows).filter(|_| rows > 0)?;
        changes = rest;
        Some(batch)
    })
}

/// Rounds down to three binary digits. Statements stay prepared, each with its length, so few lengths are better than many;
/// powers of two alone would cut a chunk into too many of them.
const fn round(rows: usize) -> usize {
    let rest = (usize::BITS - rows.leading_zeros()).saturating_sub(3);
    rows >> rest << rest
}

/// What the journal stores of a change in a form of its own.
struct StoredTexts {
    key: String,
    /// The digest of the value that is there afterwards.
    digest: Option<String>,
    /// Where the row comes from, if it is a new one.
    origin: Option<String>,
}

impl StoredTexts {
    fn of(deed: Deed, change: &Change<'_>) -> Self {
        let object = |target: &Target, key: &Key| serde_json::Value::Object(target.key_object(key));
        let origin = match (deed, change.effect) {
            (Deed::Carry(Route { from: target, .. }), Effect::Carry { from, .. }) => {
                Some(serde_json::json!({ "table": target.table, "key": object(target, from) }).to_string())
            }
            _ => None,
        };
        let key = object(deed.changes(), change.key).to_string();
        Self { key, digest: change.effect.sha256_after().map(hex::encode), origin }
    }
}

fn entry<'e>(run: &'e RunId, target: &'e Target, change: &'e Change<'_>, texts: &'e StoredTexts) -> Vec<Param<'e>> {
    let maybe = |text: Option<&'e str>| text.map_or(Param::Null, Param::Text);
    vec![
        Param::Text(&run.0),
        Param::Integer(change.seq),
        Param::Text(&target.table),
        Param::Text(&texts.key),
        Param::Text(change.kind),
        Param::Text(change.action),
        maybe(change.effect.before()),
        Param::Integer(bytes_before(change)),
        maybe(texts.digest.as_deref()),
        maybe(change.written_at),
        maybe(texts.origin.as_deref()),
    ]
}

/// Stores how far a run has come, unless another process has taken it over.
pub(super) async fn advance(
    transaction: &mut Transaction<'_>,
    names: &Names,
    owner: &str,
    run: &RunId,
    step: Step<'_>,
) -> Result<(), StoreError> {
    let (from, to) = (as_text(step.from)?, as_text(step.to)?);
    let fills = [("before", text(&from)), ("progress", text(&to)), run_id(run), ("owner", text(owner))];
    let statement = names.statement(sql!("advance_run"), &fills);
    move_on(transaction, names, owner, run, "the run's progress could not be stored", statement).await
}

/// Changes what is stored of a run. Where nothing is as its process has left it, says what has happened meanwhile.
pub(super) async fn move_on(
    transaction: &mut Transaction<'_>,
    names: &Names,
    owner: &str,
    run: &RunId,
    what: &str,
    statement: Statement<'_>,
) -> Result<(), StoreError> {
    if transaction.run(what, statement).await? == 1 {
        return Ok(());
    }
    let owned = names.statement(sql!("owned_run"), &[("owner", text(owner))]);
    let owned = transaction.one("the lease could not be looked at", owned, |cells| cells.owned(0)).await?;
    Err(if owned.is_none() { lease_lost(run) } else { commits_lost(run) })
}

fn commits_lost(run: &RunId) -> StoreError {
    let what = format!("the journal is not where run {run} left it: the server has lost what it had committed");
    StoreError::new(Trouble::Journal, what)
        .hint("that happens after a crash or a failover, unless commits are durable; run it again to go on from there")
}

pub(super) fn lease_lost(run: &RunId) -> StoreError {
    let what = format!("another process has taken run {run} over");
    StoreError::new(Trouble::LeaseLost, what)
        .hint("this process did not show itself for a minute; see `statemend runs` for who is at it now")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(lengths: &[usize], at_once: AtOnce, capacity: u64) -> Vec<usize> {
        let texts: Vec<String> = lengths.iter().map(|&length| "x".repeat(length)).collect();
        let key = Key(Vec::new());
        let rewrite = |after| Effect::Rewrite { before: String::new(), after };
        let effects: Vec<Effect> = texts.into_iter().map(rewrite).collect();
        let change = |effect| Change { seq: 1, key: &key, kind: "", action: "", effect, written_at: None };
        let changes: Vec<Change<'_>> = effects.iter().map(change).collect();
        batches(&changes, at_once, Capacity::bytes(capacity)).map(<[_]>::len).collect()
    }

    #[test]
    fn a_statement_takes_no_more_rows_and_bytes_than_the_server_likes() {
        let some = AtOnce::AtMost(128);
        assert_eq!(cut(&[], some, 10), [0; 0]);
        assert_eq!(cut(&[], AtOnce::All, 10), [0; 0]);
        assert_eq!(cut(&[1; 251], some, 1 << 21), [128, 112, 10, 1]);
        assert_eq!(cut(&[1; 250], AtOnce::All, 1 << 21), [250]);
        let room_for_two = 2 * KEY_BYTES + 10;
        assert_eq!(cut(&[6, 4, 1, 10_000, 3], some, room_for_two), [2, 1, 1, 1]);
    }
}
