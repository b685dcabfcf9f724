//! Sources that are made up, to show that every breach is seen and nothing else.

use crate::breaches;

#[test]
fn a_breach_names_its_file_its_line_and_the_rule() {
    let source = "\n//! Knows `crate::store`.\nuse crate::domain::finding::Kind;\nuse crate::store::SqlStore;\n";
    assert_eq!(
        breaches("report/json.rs", source),
        ["src/report/json.rs:4: `crate::store::SqlStore`: report knows no store"]
    );
}

#[test]
fn each_of_these_is_a_breach() {
    let cases = [
        ("domain/judge.rs", "use crate::engine::Work;", "domain knows no engine"),
        ("engine/scan.rs", "use crate::store::SqlStore;", "engine knows no store"),
        ("store/keys.rs", "use crate::report::Page;", "store knows no report"),
        ("store/keys.rs", "use crate::{domain::target, report::{model::Report, Page}};", "store knows no report"),
        ("report/mod.rs", "use super::store::Access;", "report knows no store"),
        ("report/runs/tests.rs", "use super::super::super::cli::exit::Exit;", "report knows no cli"),
        ("report/json.rs", "mod tests { use super::super::super::store::Access; }", "report knows no store"),
        ("report/json.rs", "fn f() -> crate::store::Access { todo!() }", "report knows no store"),
        ("report/json.rs", "fn f() { write!(out, \"{}\", crate::cli::run()) }", "report knows no cli"),
        ("report/json.rs", "fn f() { g::<crate::store::Access>() }", "report knows no store"),
        ("report/json.rs", "fn f() { crate::\n    store\n    ::open() }", "report knows no store"),
        ("report/json.rs", "macro_rules! m { () => { $crate::store::open() } }", "report knows no store"),
        ("report/json.rs", "use crate as statemend;", "hides which layer"),
        ("report/json.rs", "use crate::*;", "hides which layer"),
        ("report/json.rs", "use super::super::*;", "hides which layer"),
        ("report/json.rs", "use crate::SqlStore;", "hides which layer"),
        ("engine/scan.rs", "use sqlx::Row as _;", "sqlx belongs to store"),
        ("engine/scan.rs", "use ::sqlx as db;", "sqlx belongs to store"),
        ("cli/session.rs", "fn f(error: sqlx::Error) {}", "sqlx belongs to store"),
        ("engine/scan.rs", "#[derive(clap::Args)] struct A;", "clap belongs to cli"),
        ("cli/mod.rs", "use indicatif;", "indicatif belongs to report"),
        ("cli/mod.rs", "fn f() { comfy_table::Table::new(); }", "comfy_table belongs to report"),
        ("domain/run.rs", "use std::time::{Duration, SystemTime};", "std::time::SystemTime belongs to engine"),
        ("domain/run.rs", "use std::time;", "std::time::Instant belongs to engine"),
        ("domain/run.rs", "use std::{fs::File, fmt};", "std::fs belongs to store"),
        ("domain/run.rs", "use std::io::{self, Write};", "std::io belongs to store"),
        ("report/json.rs", "use std::env::*;", "std::env belongs to cli"),
        ("report/json.rs", "use std::*;", "std::env belongs to cli"),
        ("domain/run.rs", "fn f() { tracing::warn!(\"\"); }", "tracing belongs to engine"),
        ("domain/run.rs", "async fn f() {}", "not domain"),
        ("report/json.rs", "fn f() { g(async move { 1 }) }", "not report"),
        ("helpers.rs", "", "helpers is no layer"),
        ("utils/mod.rs", "", "utils is no layer"),
    ];
    for (file, source, rule) in cases {
        let found = breaches(file, source);
        let seen = !found.is_empty() && found.iter().all(|breach| breach.contains(rule));
        assert!(seen, "{file}, {source}: {found:?}");
    }
}

#[test]
fn none_of_these_is_a_breach() {
    let cases = [
        ("lib.rs", "pub mod store; pub mod report;"),
        ("main.rs", "fn main() -> std::process::ExitCode { statemend::cli::run() }"),
        ("cli/mod.rs", "use crate::{store::Access, report::Page}; async fn f() { tokio::task::yield_now().await }"),
        ("store/mod.rs", "mod report; use self::report::Line; fn f() { report::line() }"),
        ("store/journal.rs", "use super::connection::Connection; use crate::engine::store::Ledger;"),
        ("store/journal.rs", "mod tests { use super::super::statement::Fill; use super::*; }"),
        ("store/journal.rs", "pub(crate) mod a {} pub(super) struct B(pub(in crate::store) u8);"),
        (
            "report/json.rs",
            "/// As [`crate::store::Access`].\n/* crate::store::x */ fn f() { \"crate::store::x\"; r#\"sqlx::x\"#; }",
        ),
        ("report/json.rs", "fn f<'a>(store: &'a str) -> impl Fn() + use<'a> { move || { 'c'; store.len(); } }"),
        ("domain/run.rs", "use std::time::Duration; use std::fmt::{self, Write as _};"),
    ];
    for (file, source) in cases {
        assert_eq!(breaches(file, source), [""; 0], "{file}, {source}");
    }
}
