use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::state::{dump_all, fill_tasks};
use crate::statemend::{command, ran, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(an_interrupted_repair_stops_between_chunks_and_the_next_one_goes_on);

async fn an_interrupted_repair_stops_between_chunks_and_the_next_one_goes_on(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; 40_000]).await;
    let before = dump_all(&database).await;
    // A report that fits the pipe, since nobody reads it before the end.
    let arguments = ["repair", "--yes", "--url", database.url(), "--format", "json", "--max-findings", "10"];
    let child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    while changes(&database).await == 0 {
        sleep(Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill is there").success());
    let interrupted = ran(child.wait_with_output().expect("the program ends")).exits(130).json();
    assert_eq!(interrupted["outcome"], "interrupted");
    let first = changes(&database).await;
    assert!(0 < first && first < 40_000, "{first} rows were mended before the stop");
    assert_eq!(interrupted["totals"]["rewritten"], first);

    let finished = statemend(&arguments).exits(0).json();
    assert_eq!(finished["run_id"], interrupted["run_id"], "it goes on with the same run");
    assert_eq!(finished["totals"]["rewritten"], 40_000, "and counts what was done before");
    assert_eq!(finished["totals"]["rows_scanned"], 40_000);
    assert_eq!(changes(&database).await, 40_000);
    statemend(&["undo", finished["run_id"].as_str().expect("a run"), "--yes", "--url", database.url()]).exits(0);
    assert!(dump_all(&database).await == before, "every byte is back");
}

/// How many changes the journal holds; none before there is a journal.
async fn changes(database: &TestDatabase) -> u64 {
    let exists = match database.engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE name = 'statemend_change'",
        Engine::Postgres => "SELECT tablename::text FROM pg_tables WHERE tablename = 'statemend_change'",
        Engine::MySql => {
            "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = 'statemend_change'"
        }
    };
    if database.rows(exists).await.is_empty() {
        return 0;
    }
    let count = "SELECT COALESCE(MAX(seq), 0) FROM statemend_change WHERE action = 'string'";
    let text = match database.engine {
        Engine::MySql => format!("SELECT CAST(({count}) AS CHAR)"),
        Engine::Sqlite | Engine::Postgres => format!("SELECT CAST(({count}) AS text)"),
    };
    database.rows(&text).await[0][0].as_deref().and_then(|count| count.parse().ok()).unwrap_or_default()
}
