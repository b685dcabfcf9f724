//! `statemend demo`: a database to try everything on, and a walk through it.

use std::path::Path;

use clap::Parser as _;

use super::{Context, dispatch};
use crate::cli::args::{Args, DemoArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::engine::store::Ledger as _;
use crate::store::{Access, SqlStore, sample};

const SCHEMA: &str = include_str!("../../../fixtures/airflow/3.3.2/sqlite.sql");
const ROWS: &str = include_str!("../../../fixtures/demo.sql");

pub(super) async fn run(args: DemoArgs, context: &Context) -> Result<Exit, Failure> {
    let file = args.dir.join("airflow.db");
    if file.exists() {
        return Err(Failure::Exists(file));
    }
    std::fs::create_dir_all(&args.dir).map_err(|error| Failure::Output(args.dir.clone(), error))?;
    sample::create_sqlite(&file, &[SCHEMA, ROWS]).await?;
    println!("Made {}, an Airflow database as builds of May 2026 may have left it.", file.display());
    walk(&file, context).await?;
    Ok(Exit::Success)
}

async fn walk(file: &Path, context: &Context) -> Result<(), Failure> {
    let url = format!("sqlite:///{}", file.display());
    let show = async |said: &str, command: &[&str]| {
        println!("\n── {said}\n\n$ statemend {} --url {url}\n", command.join(" "));
        let typed = std::iter::once("statemend").chain(command.iter().copied()).chain(["--url", &url]);
        match Args::try_parse_from(typed) {
            Ok(args) if !context.stop.requested() => Box::pin(dispatch(args.command, context)).await.map(drop),
            // The commands are our own, so what does not parse is a fault that a test of the demo shows.
            Err(error) => Ok(println!("{error}")),
            Ok(_) => Ok(()),
        }
    };
    show("What can Airflow not read, and why?", &["scan"]).await?;
    show("What would a repair do about it?", &["repair", "--dry-run", "--max-findings", "3"]).await?;
    show("Mend it. The old values go into a journal.", &["repair", "--yes", "--max-findings", "3"]).await?;
    show("Airflow reads every row again, but for one that is not text.", &["scan", "--max-findings", "3"]).await?;
    let run = newest_run(&url).await?;
    show("Put everything back as it was.", &["undo", &run, "--yes"]).await?;
    println!("\n── The database is yours now. Try:\n");
    println!("  statemend scan --url {url} --format json");
    println!("  statemend runs --url {url}");
    Ok(())
}

async fn newest_run(url: &str) -> Result<String, Failure> {
    let location = crate::cli::sqlalchemy_url::parse(url).map_err(|source| {
        crate::cli::database::DatabaseError::Url { origin: crate::cli::airflow_config::Origin::Flag, source }
    })?;
    let (mut store, _) = SqlStore::open(&location, Access::Read).await?;
    Ok(store.runs().await?.first().map(|run| run.id.to_string()).unwrap_or_default())
}
