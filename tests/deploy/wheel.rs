//! The wheel, built and installed into an environment of its own, as docs/install.md tells.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::airflow::{path_to, program, python};
use crate::statemend::ran;

/// The profile of the tests, so that only the program itself has to be compiled again.
const BUILD: &str = "--profile dev --locked";

#[test]
fn pip_puts_the_program_beside_the_others_of_an_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let wheels = folder.path().join("wheels");
    let mut pip_wheel = pip();
    // What cargo tells this test about itself would make it build dependencies again that look at such variables.
    let told = env::vars_os().map(|(name, _)| name);
    let ours = ["CARGO_PKG_", "CARGO_MANIFEST_"];
    told.filter(|name| ours.iter().any(|ours| name.to_string_lossy().starts_with(ours))).for_each(|name| {
        pip_wheel.env_remove(name);
    });
    pip_wheel
        .env("PATH", path_to(&program("maturin")))
        .env("MATURIN_PEP517_ARGS", BUILD)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    done(pip_wheel.args(["wheel", "--no-deps", "--no-build-isolation", ".", "--wheel-dir"]).arg(&wheels));
    let built: Vec<PathBuf> =
        fs::read_dir(&wheels).expect("wheels").map(|entry| entry.expect("a wheel").path()).collect();
    let [wheel] = built.as_slice() else { panic!("one wheel, not {built:?}") };

    let environment = folder.path().join("environment");
    done(Command::new(python()).args(["-m", "venv", "--without-pip"]).arg(&environment));
    let there = environment.join("bin/python");
    done(pip().arg("--python").arg(&there).args(["install", "--no-index", "--no-deps"]).arg(wheel));

    let installed = environment.join("bin/statemend");
    assert_eq!(done(Command::new(&installed).arg("--version")), format!("statemend {}\n", env!("CARGO_PKG_VERSION")));
    let metadata = "import importlib.metadata as m; print(m.version('statemend'), m.metadata('statemend')['License'])";
    let known = done(Command::new(&there).args(["-c", metadata]));
    assert_eq!(known, format!("{} Apache-2.0\n", env!("CARGO_PKG_VERSION")));
}

fn pip() -> Command {
    let mut pip = Command::new(python());
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    pip
}

/// What a program prints that ends well.
fn done(command: &mut Command) -> String {
    ran(command.output().expect("it starts")).exits(0).stdout
}
