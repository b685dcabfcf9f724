//! The measurement beside peers still works: on few rows, where every peer has to find and change the same ones. What it
//! measures then means nothing.

use std::env;
use std::fs;
use std::process::Command;

#[test]
fn every_peer_works_and_the_tables_get_their_places_on_the_page() {
    let directory = tempfile::tempdir().expect("a directory");
    let page = directory.path().join("page.md");
    let place = |section| format!("<!-- measured: {section} -->\nold\n<!-- end of {section} -->\n");
    fs::write(&page, format!("before\n{}between\n{}", place("usual"), place("slow"))).expect("a page");
    let page_name = page.to_str().expect("a name");
    for section in ["usual", "slow"] {
        measure(&[section, "--rows", "1000", "--repeats", "1", "--write", "--page", page_name]);
    }
    let written = fs::read_to_string(&page).expect("the page");
    assert!(
        written.starts_with("before\n") && written.contains("\nbetween\n") && !written.contains("old"),
        "{written}"
    );
    for line in
        ["1 × `COPY (SELECT id, value …)", "1 × `NOT JSON_VALID(value)`", "1 × `NOT json_valid(value)`", "48 MB"]
    {
        assert!(written.contains(line), "no {line} in {written}");
    }
    measure(&["growth", "--rows", "500", "1000", "--repeats", "1", "--engine", "sqlite"]);
}

/// Runs the command on the servers of the tests, and insists that it does all it should.
fn measure(args: &[&str]) {
    let server = |name| env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run tests/run"));
    let told = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/run"))
        .args(args)
        .args(["--statemend", env!("CARGO_BIN_EXE_statemend")])
        .args(["--postgres", &server("STATEMEND_TEST_POSTGRES"), "--mariadb", &server("STATEMEND_TEST_MYSQL")])
        .output()
        .expect("the command starts");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}
