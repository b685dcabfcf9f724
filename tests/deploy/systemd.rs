//! The units: what systemd says of them, and what the service runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::night::Night;
use crate::statemend::{command, ran};

/// Where the service expects the program.
const PROGRAM: &str = "/usr/local/bin/statemend";

/// How much a service like this may reach, by systemd's measure from 0 to 100.
const MOST_EXPOSURE: &str = "--threshold=15";

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let folder = tempfile::tempdir().expect("a folder");
    let units = ["statemend-check.service", "statemend-check.timer"].map(|unit| {
        // systemd wants to see what a service runs.
        let text = unit_file(unit).replace(PROGRAM, env!("CARGO_BIN_EXE_statemend"));
        let copy = folder.path().join(unit);
        fs::write(&copy, text).expect("write a unit");
        copy
    });
    let verified = ran(analyze(&["verify", "--man=no"], &units)).exits(0);
    assert_eq!(verified.stdout + &verified.stderr, "");
    ran(analyze(&["security", "--offline=true", "--no-pager", MOST_EXPOSURE], &units[..1])).exits(0);
}

#[test]
fn the_service_tells_bad_rows_and_writes_metrics_that_others_may_read() {
    let night = Night::begin();
    let service = unit_file("statemend-check.service");
    let start = service.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("it starts something");
    let state = format!("{}/%S", night.folder());
    fs::create_dir_all(format!("{state}/statemend")).expect("a folder");
    let words: Vec<String> = start.split(' ').map(|word| word.replace("%S", &state)).collect();
    let (program, args) = words.split_first().expect("a program");
    assert_eq!(program, PROGRAM);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    night.is_told(|| ran(command(&args).env("STATEMEND_URL", night.url()).output().expect("it starts")));
    let metrics = fs::metadata(Path::new(&state).join("statemend/statemend.prom")).expect("metrics");
    assert_eq!(metrics.permissions().mode() & 0o444, 0o444, "another user's exporter reads them");
}

fn unit_file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/systemd").join(name)).expect("a unit")
}

fn analyze(args: &[&str], units: &[impl AsRef<Path>]) -> Output {
    let units = units.iter().map(AsRef::as_ref);
    Command::new("systemd-analyze").args(args).args(units).output().expect("systemd-analyze is there")
}
