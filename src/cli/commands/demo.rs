//! `statemend demo`: a database to try everything on, and a walk through it.

use std::path::Path;

use clap::Parser as _;

use super::{Context, dispatch};
use crate::cli::args::{Args, DemoArgs, TargetArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::session::Session;
use crate::engine::store::Ledger as _;
use crate::store::location::Location;
use crate::store::{Access, Wanted, sample};

const SCHEMA: &str = include_str!("../../../fixtures/airflow/3.3.2/sqlite.sql");
const ROWS: &str = include_str!("../../../fixtures/demo.sql");

/// What the owner of the one row that a repair must leave would do about it.
const DELETE_WHAT_IS_NOT_TEXT: &str = "DELETE FROM task_state_store WHERE typeof(value) = 'blob'";

pub(super) async fn run(args: DemoArgs, context: &Context) -> Result<Exit, Failure> {
    if args.dir.to_str().is_none() {
        return Err(Failure::Usage("the demo needs a folder whose name is UTF-8, since it names it in a URL"));
    }
    let file = args.dir.join("airflow.db");
    if file.exists() {
        return Err(Failure::Exists(file));
    }
    std::fs::create_dir_all(&args.dir).map_err(|error| Failure::Output(args.dir.clone(), error))?;
    sample::run_scripts(&file, &[SCHEMA, ROWS]).await?;
    tell(&format!("Made {}, an Airflow database as builds of May 2026 may have left it.", file.display()))?;
    let walk = Walk { url: Location::sqlite(&file).to_string(), context };
    walk.through(&file).await?;
    // Whoever has stopped one of the steps wants none of the others.
    Ok(if context.stop.requested() { Exit::Interrupted } else { Exit::Success })
}

fn tell(text: &str) -> Result<(), Failure> {
    output::print(format!("{text}\n").as_bytes())
}

fn say(text: &str) -> Result<(), Failure> {
    tell(&format!("\n── {text}\n"))
}

/// Commands on one database, shown as a person would type them.
struct Walk<'w> {
    url: String,
    context: &'w Context,
}

impl Walk<'_> {
    async fn through(&self, file: &Path) -> Result<(), Failure> {
        self.step("What can Airflow not read, and why?", &["scan"]).await?;
        self.step("What would a repair do about it?", &["repair", "--dry-run", "--max-findings", "3"]).await?;
        let repair = ["repair", "--yes", "--max-findings", "3"];
        self.step("Mend it. The old values go into a journal.", &repair).await?;
        if self.context.stop.requested() {
            return Ok(());
        }
        say("One row holds bytes that only its DAG can make sense of. Its owner deletes it.")?;
        tell(&format!("sqlite> {DELETE_WHAT_IS_NOT_TEXT};"))?;
        sample::run_scripts(file, &[DELETE_WHAT_IS_NOT_TEXT]).await?;
        self.step("Airflow reads everything again.", &["scan", "--max-findings", "3"]).await?;
        let run = self.newest_run().await?;
        self.step("Changed your mind? Every byte comes back.", &["undo", &run, "--yes"]).await?;
        if self.context.stop.requested() {
            return Ok(());
        }
        say("The database is yours now. Try:")?;
        for command in ["scan --format html -o report.html", "scan --format json", "repair", "runs"] {
            tell(&format!("  statemend {command} --url {}", self.url))?;
        }
        Ok(())
    }

    async fn step(&self, said: &str, command: &[&str]) -> Result<(), Failure> {
        if self.context.stop.requested() {
            return Ok(());
        }
        say(said)?;
        tell(&format!("$ statemend {} --url {}\n", command.join(" "), self.url))?;
        let typed = ["statemend"].iter().chain(command).copied().chain(["--url", &self.url]);
        match Args::try_parse_from(typed) {
            Ok(args) => Box::pin(dispatch(args.command, self.context)).await.map(drop),
            Err(error) => unreachable!("the demo types what the command line takes: {error}"),
        }
    }

    async fn newest_run(&self) -> Result<String, Failure> {
        let target = TargetArgs { url: Some(self.url.clone()) };
        let mut session = Session::open(&target, Access::Read, Wanted::Runs).await?;
        Ok(session.store.runs().await?.first().map(|run| run.id.to_string()).unwrap_or_default())
    }
}
