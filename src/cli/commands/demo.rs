//! `statemend demo`: a database to try everything on, and a walk through it.

use clap::Parser as _;

use super::{Context, dispatch};
use crate::cli::args::{Args, DemoArgs, TargetArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::engine::store::Ledger as _;
use crate::store::location::Location;
use crate::store::{Access, Wanted, sample};

const SCHEMA: &str = include_str!("../../../fixtures/airflow/3.3.2/sqlite.sql");
const ROWS: &str = include_str!("../../../fixtures/demo.sql");

/// What the owner of the one row that a repair must leave would do about it.
const DELETE_WHAT_IS_NOT_TEXT: &str = "DELETE FROM task_state_store WHERE typeof(value) = 'blob'";

pub(super) async fn run(args: DemoArgs, context: &Context) -> Result<Exit, Failure> {
    let file = args.dir.join("airflow.db");
    if file.exists() {
        return Err(Failure::Exists(file));
    }
    std::fs::create_dir_all(&args.dir).map_err(|error| Failure::Output(args.dir.clone(), error))?;
    sample::run_scripts(&file, &[SCHEMA, ROWS]).await?;
    println!("Made {}, an Airflow database as builds of May 2026 may have left it.", file.display());

    let walk = Walk { url: Location::sqlite(&file).to_string(), context };
    walk.step("What can Airflow not read, and why?", &["scan"]).await?;
    walk.step("What would a repair do about it?", &["repair", "--dry-run", "--max-findings", "3"]).await?;
    walk.step("Mend it. The old values go into a journal.", &["repair", "--yes", "--max-findings", "3"]).await?;
    say("One row holds bytes that only its DAG can make sense of. Its owner deletes it.");
    println!("sqlite> {DELETE_WHAT_IS_NOT_TEXT};");
    sample::run_scripts(&file, &[DELETE_WHAT_IS_NOT_TEXT]).await?;
    walk.step("Airflow reads everything again.", &["scan", "--max-findings", "3"]).await?;
    let run = walk.newest_run().await?;
    walk.step("Changed your mind? Every byte comes back.", &["undo", &run, "--yes"]).await?;
    say("The database is yours now. Try:");
    for command in ["scan --format html -o report.html", "scan --format json", "repair", "runs"] {
        println!("  statemend {command} --url {}", walk.url);
    }
    Ok(Exit::Success)
}

fn say(text: &str) {
    println!("\n── {text}\n");
}

/// Commands on one database, shown as a person would type them.
struct Walk<'w> {
    url: String,
    context: &'w Context,
}

impl Walk<'_> {
    async fn step(&self, said: &str, command: &[&str]) -> Result<(), Failure> {
        if self.context.stop.requested() {
            return Ok(());
        }
        say(said);
        println!("$ statemend {} --url {}\n", command.join(" "), self.url);
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
