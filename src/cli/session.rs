//! What every command needs first: the database, its tables, and what decides about their rows.

mod decisions;
mod ending;

use std::time::SystemTime;

use serde_json::json;

use super::args::{JudgingArgs, PaceArgs, TargetArgs};
use super::database::{self, Database};
use super::environment::Environment;
use super::failure::Failure;
use super::plan_file::PlanFile;
use crate::domain::carry::Route;
use crate::domain::check;
use crate::domain::finding::Severity;
use crate::domain::generations;
use crate::domain::judge::Judge;
use crate::domain::own::Declared;
use crate::domain::plan::{self, Header};
use crate::domain::repair;
use crate::domain::rules::Rules;
use crate::domain::run::Run;
use crate::domain::target::Target;
use crate::engine::Work;
use crate::engine::flag::digest;
use crate::engine::lease::Who;
use crate::engine::patience;
use crate::engine::store::{Deed, Ledger as _};
use crate::report::Most;
use crate::report::check::Earlier;
use crate::report::collect::{Collector, FailOn, Preface};
use crate::report::model::{self, Mode, Tool};
use crate::report::wording::{either, list};
use crate::store::location::{Dialect, Location};
use crate::store::{Access, Overview, SqlStore, Wanted};

pub(super) use decisions::{Decisions, decisions, judge};

/// An open database and what is known of it.
pub(super) struct Session {
    pub store: SqlStore,
    pub overview: Overview,
    /// What the user would type again to name this database; empty where Airflow's configuration names it.
    pub again: String,
    location: Location,
}

impl Session {
    /// Finds the database and opens it, for as little as it takes.
    pub async fn open(target: &TargetArgs, access: Access, wanted: Wanted<'_>) -> Result<Self, Failure> {
        Self::connect(target, find(target)?, access, wanted).await
    }

    /// Opens the database that was found.
    pub async fn connect(
        target: &TargetArgs,
        database: Database,
        access: Access,
        wanted: Wanted<'_>,
    ) -> Result<Self, Failure> {
        let Database { location, origin } = database;
        tracing::info!("the database is {location}, from {origin}");
        if !location.ignored.is_empty() {
            tracing::warn!("these options of the URL are not used here: {}", location.ignored.join(", "));
        }
        let opened = patience::outlast(async || SqlStore::open(&location, access, wanted).await).await;
        let (store, overview) = opened.map_err(|error| Failure::Open(origin, error))?;
        if matches!(wanted, Wanted::Tables(_)) {
            warn_of_development_build(&overview);
        }
        let url = location.to_string();
        let again = target.url.as_ref().map(|_| format!("--url {}", shell_words::quote(&url))).unwrap_or_default();
        Ok(Self { store, overview, again, location })
    }

    /// Makes sure that changes are possible, before anyone is asked and before the work for the question. Watches the
    /// replicas that may not be left behind.
    pub async fn prepare(&mut self, deeds: &[Deed], pace: &PaceArgs) -> Result<(), Failure> {
        let store = &mut self.store;
        if pace.max_lag.is_some() {
            let replica = |url: &String| database::replica(url).map(|database| database.location);
            let replicas: Vec<Location> = pace.replicas.iter().map(replica).collect::<Result<_, _>>()?;
            if replicas.iter().any(|replica| replica.dialect != self.overview.dialect) {
                return Err(Failure::Usage("a replica is of the same kind as the database that it follows"));
            }
            match self.overview.dialect {
                Dialect::Sqlite => return Err(Failure::Usage("a SQLite file has no replicas for --max-lag to watch")),
                Dialect::MySql if replicas.is_empty() => {
                    let why = "a MySQL server does not know how far its replicas are behind: name each, --replica URL";
                    return Err(Failure::Usage(why));
                }
                Dialect::MySql | Dialect::Postgres => {}
            }
            store.watch_replicas(replicas).await?;
        }
        Ok(patience::outlast(async || store.check(deeds).await).await?)
    }

    /// Takes up the tables of the user's own in which a run in the journal has changed something.
    pub async fn take_up(&mut self, run: &Run) -> Result<(), Failure> {
        let store = &mut self.store;
        let own = run.options.own.iter().filter(|declared| run.has_changed(&declared.table));
        let own: Vec<Declared> = own.cloned().collect();
        let targets = patience::outlast(async || store.take_up(&own).await).await?;
        self.overview.targets.extend(targets);
        Ok(())
    }

    /// The digest of what decides what a repair writes.
    fn rules_digest(&self, judge: &Judge, rules: &Rules) -> String {
        let own = self.overview.targets.iter().filter(|target| target.is_own());
        let of_own =
            own.map(|target| format!("{}\n{}", json!(target.declared()), repair::rules(&judge.of(target.reader))));
        let all = [repair::rules(judge), rules.text()].into_iter().chain(of_own).collect::<Vec<_>>();
        hex::encode(digest(all.join("\n").as_bytes()))
    }

    /// What a plan says of itself.
    pub fn plan_header(&self, judge: &Judge, rules: &Rules, targets: &[&'static Target]) -> Header {
        Header {
            plan_version: plan::VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now(),
            database: self.location.to_string(),
            fingerprint: self.overview.fingerprint.clone(),
            rules: self.rules_digest(judge, rules),
            tables: targets.iter().map(|target| target.table.clone()).collect(),
        }
    }

    /// What the memory of a check says of itself. Where all that tells the database from others is a name, its server
    /// counts as well: two of a name are not compared with each other.
    pub fn state_header(&self) -> check::Header {
        let address = self.location.address();
        let place = if self.overview.known_by_name { &address } else { "" };
        check::Header {
            state_version: check::VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: hex::encode(digest([&self.overview.fingerprint, place].join("\n").as_bytes())),
            database: address,
        }
    }

    /// Insists that a plan is for this database and these rules.
    pub fn check_plan(&self, plan: &PlanFile, judge: &Judge, rules: &Rules) -> Result<(), Failure> {
        Ok(plan.check(&self.location.to_string(), &self.overview.fingerprint, &self.rules_digest(judge, rules))?)
    }

    /// The tables with these names, or all that are there. Half of a generation is not all of it.
    pub fn targets(&self, names: &[String]) -> Result<Vec<&'static Target>, Failure> {
        let there = &self.overview.targets;
        if let Some(name) = names.iter().find(|name| !there.iter().any(|target| target.table == **name)) {
            let is_known = generations::names().any(|known| known == name);
            let failure = if is_known { Failure::MissingTable } else { Failure::UnknownTable };
            return Err(failure(name.clone(), there.iter().map(|target| target.table.clone()).collect()));
        }
        if names.is_empty() {
            return whole(there.clone());
        }
        Ok(there.iter().filter(|target| names.contains(&target.table)).copied().collect())
    }

    /// The ways out of the older tables with these names, or of all that are there, the newest first.
    pub fn routes(&self, names: &[String]) -> Result<Vec<&'static Route>, Failure> {
        let is_older =
            |target: &&&Target| target.generation.is_some_and(|generation| generation < generations::RELEASED);
        let from = if names.is_empty() {
            whole(self.overview.targets.iter().filter(is_older).copied().collect())?
        } else {
            self.targets(names)?
        };
        let route = |from| Ok(Route::out_of(from, &self.overview.tables)?.hold());
        from.into_iter().map(route).collect()
    }

    /// The tables in which a run is to be undone. What a carry has made is taken out of the released tables only as long
    /// as the older ones are there.
    pub fn undone(&self, run: &Run) -> Result<Vec<&'static Target>, Failure> {
        let tables = &run.options.tables;
        let is_there = |table: &&String| self.overview.targets.iter().any(|target| target.table == **table);
        if !run.makes_rows() {
            // Older tables are dropped once they have been carried. Where nothing was changed, nobody misses them.
            let needed = tables.iter().filter(|table| is_there(table) || run.has_changed(table));
            return self.targets(&needed.cloned().collect::<Vec<_>>());
        }
        if let Some(table) = tables.iter().find(|table| !is_there(table)) {
            return Err(Failure::OriginGone { run: run.id.clone(), table: table.clone() });
        }
        let mut filled: Vec<&'static Target> = Vec::new();
        for route in self.routes(tables)? {
            if !filled.iter().any(|target| target.table == route.to.table) {
                filled.push(route.to);
            }
        }
        Ok(filled)
    }

    /// What the user would type again to look at the same tables by the same rules, with what else was said.
    pub fn again_with(&self, judging: &JudgingArgs, besides: Option<(&'static str, String)>) -> String {
        let JudgingArgs { tables, rules, legacy_before, .. } = judging;
        let tables = tables.iter().map(|table| ("--table", table.clone()));
        let rules = rules.iter().map(|path| ("--rules", path.to_string_lossy().into_owned()));
        let before = legacy_before.iter().map(|time| ("--legacy-before", humantime::format_rfc3339(*time).to_string()));
        let typed = tables.chain(rules).chain(before).chain(besides);
        let typed = typed.map(|(option, value)| format!("{option} {}", shell_words::quote(&value)));
        let place = Some(self.again.clone()).filter(|again| !again.is_empty());
        place.into_iter().chain(typed).collect::<Vec<_>>().join(" ")
    }

    /// The database's URL, without its password.
    pub fn url(&self) -> String {
        self.location.to_string()
    }

    /// The beginning of a report on this database.
    pub fn preface(&self, mode: Mode, rules: &Rules, most: Most, fail_on: impl Into<FailOn>) -> Preface {
        Preface {
            tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            mode,
            undoes: None,
            removes: false,
            shard: None,
            rules: rules.clone(),
            database: model::Database {
                dialect: self.overview.dialect.name().to_owned(),
                url: self.location.to_string(),
                server_version: self.overview.server_version.clone(),
                airflow_revision: self.overview.airflow_revision.clone(),
            },
            started_at: now(),
            most,
            fail_on: fail_on.into(),
            earlier: Earlier::default(),
        }
    }

    /// A report on some work, to be filled.
    pub fn collector(&self, mode: Mode, work: &Work<'_>, most: Most, fail_on: Severity) -> Collector {
        Collector::new(Preface { shard: work.shard, ..self.preface(mode, work.rules, most, fail_on) })
    }
}

/// The tables, unless one of two that belong together is missing.
fn whole(targets: Vec<&'static Target>) -> Result<Vec<&'static Target>, Failure> {
    match generations::half_present(&targets) {
        Some((there, missing)) => Err(Failure::HalfPresent { there: there.to_owned(), missing }),
        None => Ok(targets),
    }
}

/// The database that is meant.
pub(super) fn find(target: &TargetArgs) -> Result<Database, Failure> {
    Ok(database::find(target.url.as_deref(), &Environment::of_process())?)
}

/// Who runs this, as far as the system can say.
pub(super) fn who() -> Who {
    let unknown = |_| "unknown".to_owned();
    Who { host: whoami::hostname().unwrap_or_else(unknown), user: whoami::username().unwrap_or_else(unknown) }
}

/// This moment, as reports write it.
pub(super) fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

/// Says that Airflow does not read the tables that are there. No migration makes the ones that it reads: development
/// builds changed the migration that does, and this database counts it as applied.
fn warn_of_development_build(overview: &Overview) {
    let targets = || overview.targets.iter().filter(|target| !target.is_own());
    if targets().next().is_none() || targets().any(|target| target.generation == Some(generations::RELEASED)) {
        return;
    }
    let tables: Vec<String> = targets().map(|target| target.table.clone()).collect();
    let released: Vec<String> = generations::names().take(2).map(str::to_owned).collect();
    let though = |revision: &String| format!(" though revision {revision} counts as having them");
    tracing::warn!(
        "{} {} of a development build of Airflow, and released ones read {}, which are missing{}. `airflow db migrate` \
         will not make them; docs/tables.md tells how to. Then `statemend carry` brings the state over",
        list(&tables),
        either(tables.len() as u64, "is", "are"),
        list(&released),
        overview.airflow_revision.as_ref().map(though).unwrap_or_default(),
    );
}
