//! Files that a command is to write: never over something else.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::statemend::signal;
use crate::terminal::{Folder, URL};

#[test]
fn a_file_that_is_named_for_two_things_is_neither_read_nor_written() {
    let folder = Folder::with_database();
    folder.write("rules.toml", "version = 1\n");
    folder.run(&["scan", "--plan-out", "plan", "--url", URL]).exits(10);
    fs::hard_link(folder.file("airflow.db"), folder.file("another-name.db")).expect("a link");
    std::os::unix::fs::symlink("airflow.db", folder.file("metrics.prom")).expect("a link");
    let cases: &[(&[&str], &str)] = &[
        (&["scan", "-o", "airflow.db"], "--output and the database are the same file, airflow.db"),
        (&["scan", "-o", "another-name.db"], "--output and the database are the same file"),
        (&["scan", "-o", "airflow.db-wal"], "--output and the database are the same file"),
        (&["scan", "--plan-out", "./airflow.db"], "--plan-out and the database are the same file"),
        (&["scan", "--rules", "rules.toml", "-o", "rules.toml"], "--output and --rules are the same file, rules.toml"),
        (&["scan", "--plan-out", "new", "-o", "./new"], "--output and --plan-out are the same file"),
        (&["repair", "--yes", "--plan", "plan", "-o", "plan"], "--output and --plan are the same file"),
        (&["carry", "--yes", "-o", "airflow.db"], "--output and the database"),
        (&["undo", "some-run", "--yes", "-o", "airflow.db"], "--output and the database"),
        (&["runs", "-o", "airflow.db"], "--output and the database"),
        (&["check", "--state", "a.prom", "--metrics-file", "a.prom"], "--state and --metrics-file are"),
        (&["check", "--metrics-file", "a.prom", "-o", "a.prom"], "--metrics-file and --output are"),
        (&["check", "--state", "new", "-o", "new"], "--state and --output are"),
        (&["check", "--metrics-file", "metrics.prom"], "--metrics-file and the database are"),
    ];
    let contents = || {
        let files = fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
        let mut contents: Vec<_> = files.map(|path| (path.clone(), fs::read(path).expect("a file"))).collect();
        contents.sort();
        contents
    };
    let before = contents();
    for (args, said) in cases {
        folder.run(&[*args, &["--url", URL]].concat()).exits(2).says(said).says("hint: ");
    }
    folder.run(&["rules", "check", "rules.toml", "-o", "rules.toml"]).exits(2).says("FILE and --output are");
    assert!(contents() == before, "nothing was written");
}

#[test]
fn standard_output_may_be_named_as_usual() {
    let folder = Folder::with_database();
    for command in [&["scan", "--format", "json"][..], &["rules", "suggest"]] {
        let by_default = folder.run(&[command, &["--url", URL]].concat());
        let named = folder.run(&[command, &["--url", URL, "--output", "-"]].concat());
        assert_eq!((named.code, named.stdout.len()), (by_default.code, by_default.stdout.len()));
        assert!(!folder.file("-").exists(), "{command:?}");
    }
}

#[test]
fn what_takes_the_place_of_a_file_does_not_take_that_of_a_device_a_pipe_or_a_link() {
    let folder = Folder::with_database();
    for pipe in ["pipe", "pipe.prom"] {
        assert!(Command::new("mkfifo").arg(folder.file(pipe)).status().expect("mkfifo is there").success());
    }
    for (command, option, pipe) in
        [("scan", "--plan-out", "pipe"), ("check", "--state", "pipe"), ("check", "--metrics-file", "pipe.prom")]
    {
        let said = "it is there, and it is not an ordinary file";
        folder.run(&[command, option, pipe, "--url", URL]).exits(2).says(pipe).says(said);
    }
    for (command, option, link) in
        [("scan", "--plan-out", "plan"), ("check", "--state", "state"), ("check", "--metrics-file", "metrics.prom")]
    {
        fs::create_dir_all(folder.file("kept")).expect("a folder");
        std::os::unix::fs::symlink(format!("kept/{link}"), folder.file(link)).expect("a link");
        for _ in 0..2 {
            folder.run(&[command, option, link, "--url", URL]).exits(10);
            assert!(folder.file(link).is_symlink() && folder.file("kept").join(link).is_file(), "{option}");
        }
    }
}

#[test]
fn a_missing_folder_is_named_and_no_file_that_nobody_knows() {
    let folder = Folder::with_database();
    for (command, option, file) in [("scan", "--plan-out", "nope/plan"), ("check", "--metrics-file", "nope/a.prom")] {
        let failed = folder.run(&[command, option, file, "--url", URL]).exits(2);
        assert!(!failed.stderr.contains(".tmp"), "{}", failed.stderr);
        failed.says(file).says("because: the folder nope does not exist");
    }
}

#[test]
fn a_plan_in_a_pipe_is_refused_with_a_reason() {
    let folder = Folder::with_database();
    assert!(Command::new("mkfifo").arg(folder.file("pipe")).status().expect("mkfifo is there").success());
    let refused = folder.run(&["repair", "--yes", "--plan", "pipe", "--url", URL]).exits(2);
    refused.says("the plan pipe is not an ordinary file").says("put it into a file");
}

#[test]
fn a_check_that_cannot_write_its_report_says_that_it_is_not_remembered() {
    let folder = Folder::with_database();
    let failed = folder.run(&["check", "--state", "state", "-o", "/dev/full", "--url", URL]).exits(1);
    failed.says("the report could not be written to /dev/full, so this check is not remembered");
    assert!(!folder.file("state").exists());
}

#[test]
fn a_reader_that_has_seen_enough_does_not_change_how_a_command_ends() {
    let folder = Folder::with_database();
    for format in ["human", "json", "ndjson", "csv", "html", "markdown"] {
        let mut command = folder.command(&["scan", "--format", format, "--url", URL]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("it ends").code(), Some(10), "{format}");
    }
}

#[test]
fn a_second_interrupt_ends_a_command_whose_output_nobody_takes() {
    let folder = Folder::with_tables();
    folder.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO task_state_store (dag_run_id, task_id, map_index, \"key\", dag_id, run_id, value, updated_at)
         SELECT 1, 'task', i, 'key', 'example', 'first', 'NaN', '2026-05-04 03:02:01' FROM n",
    );
    let mut command = folder.command(&["scan", "--format", "csv", "--url", URL]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    // It writes as fast as it can, so a moment after the first byte the pipe is full.
    child.stdout.as_mut().expect("a pipe").read_exact(&mut [0]).expect("the report begins");
    sleep(Duration::from_millis(200));
    let until = Instant::now() + Duration::from_secs(20);
    for _ in 0..2 {
        signal("-INT", &child);
        sleep(Duration::from_millis(300));
    }
    while Instant::now() < until && child.try_wait().expect("a child can be waited for").is_none() {
        sleep(Duration::from_millis(20));
    }
    // One that is still there ends by this, and so without an exit code.
    child.kill().expect("a child can be killed");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}
