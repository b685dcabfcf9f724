//! Dependencies point one way: `domain ← engine ← { store, report } ← cli ← main`.
//!
//! Each module below `src/` is in the layer of its folder. A layer may name what stands left of it, and only the
//! crates and parts of the standard library that belong to it.

#[path = "layers/names.rs"]
mod names;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use names::{Name, names};

/// The layers, and what each may name of the others.
const LAYERS: [(&str, &[&str]); 6] = [
    ("domain", &[]),
    ("engine", &["domain"]),
    ("store", &["domain", "engine"]),
    ("report", &["domain", "engine"]),
    ("cli", &["domain", "engine", "store", "report"]),
    ("main", &["domain", "engine", "store", "report", "cli"]),
];

/// Who waits for a database. `cli` only drives what the others do.
const ASYNC: &[&str] = &["engine", "store", "cli"];

/// Who may name what is not ours. Every dependency has a place here.
const OTHERS: &[(&str, &[&str])] = &[
    ("askama", &["report"]),
    ("base64", &["domain", "report"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["report"]),
    ("console", &["report", "cli"]),
    ("csv", &["report"]),
    ("fastrand", &["engine", "store"]),
    ("flate2", &["domain"]),
    ("futures_util", &["store", "cli"]),
    ("hex", &["domain", "engine", "store", "report", "cli"]),
    ("humantime", &["engine", "report", "cli"]),
    ("indicatif", &["report"]),
    ("percent_encoding", &["store", "cli"]),
    ("prometheus_client", &["report"]),
    ("regex", &["domain"]),
    ("rusqlite", &["store"]),
    ("ruzstd", &["domain"]),
    ("serde", &["domain", "engine", "store", "report", "cli"]),
    ("serde_json", &["domain", "engine", "store", "report", "cli"]),
    ("sha2", &["engine", "report", "cli"]),
    ("shell_words", &["cli"]),
    ("simdutf8", &["domain"]),
    ("sqlx", &["store"]),
    ("strsim", &["cli"]),
    ("tempfile", &["cli"]),
    ("thiserror", &["domain", "engine", "store", "report", "cli"]),
    ("tokio", &["engine", "store", "cli"]),
    ("toml", &["cli"]),
    ("tracing", &["engine", "store", "cli"]),
    ("tracing_subscriber", &["cli"]),
    ("whoami", &["cli"]),
    ("xdg", &["cli"]),
    ("std::env", &["cli"]),
    ("std::fs", &["store", "cli"]),
    ("std::io", &["store", "report", "cli"]),
    ("std::net", &["store", "cli"]),
    ("std::process", &["cli", "main"]),
    ("std::time::Instant", &["engine", "store", "report", "cli"]),
    ("std::time::SystemTime", &["engine", "store", "report", "cli"]),
];

#[test]
fn dependencies_point_one_way() {
    let sources = sources();
    let found: Vec<String> = sources.iter().flat_map(|(file, source)| breaches(file, source)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_dependency_has_a_layer_and_a_use() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("there is a manifest");
    let named: BTreeSet<String> = sources()
        .iter()
        .flat_map(|(file, source)| names(source, &module(file)))
        .filter_map(|(_, name)| if let Name::Other(path) = name { path.into_iter().next() } else { None })
        .collect();
    for dependency in dependencies(&manifest) {
        let library = dependency.replace('-', "_");
        assert!(OTHERS.iter().any(|(other, _)| *other == library), "tests/layers.rs: who may name {dependency}?");
        assert!(named.contains(&library), "Cargo.toml: nothing below src/ names {dependency}");
    }
}

/// What a source of ours must not name, each as a line with the place and the rule.
fn breaches(file: &str, source: &str) -> Vec<String> {
    let module = module(file);
    let Some(&layer) = module.first() else { return Vec::new() };
    let Some((_, may_name)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("src/{file}: {layer} is no layer")];
    };
    let complaint = |(line, name)| rule(layer, may_name, &name).map(|rule| format!("src/{file}:{line}: {rule}"));
    names(source, &module).into_iter().filter_map(complaint).collect()
}

/// The rule that a name breaks, if any.
fn rule(layer: &str, may_name: &[&str], name: &Name) -> Option<String> {
    match name {
        Name::Async if ASYNC.contains(&layer) => None,
        Name::Async => Some(format!("`async`: only {} wait, not {layer}", ASYNC.join(", "))),
        Name::Ours(path) => match path.first().map(String::as_str) {
            Some(other) if other == layer || may_name.contains(&other) => None,
            Some(other) if LAYERS.iter().any(|(name, _)| *name == other) => {
                Some(format!("`crate::{}`: {layer} knows no {other}", path.join("::")))
            }
            _ => Some(format!("`crate::{}`: it hides which layer is meant", path.join("::"))),
        },
        Name::Other(path) => {
            let (other, owners) = OTHERS.iter().find(|(other, _)| meet(path, other))?;
            let owners = (!owners.contains(&layer)).then(|| owners.join(", "))?;
            Some(format!("`{}`: {other} belongs to {owners}, not to {layer}", path.join("::")))
        }
    }
}

/// Whether a path leads to something or into it, or takes all that is around it.
fn meet(path: &[String], other: &str) -> bool {
    let mut pairs = path.iter().zip(other.split("::"));
    pairs.all(|(segment, other)| segment == other || segment == "*")
}

/// The module that a file below `src/` holds, by its segments. The root has none.
fn module(file: &str) -> Vec<&str> {
    let path = file.strip_suffix(".rs").expect("sources end in .rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').collect() }
}

/// The names below `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<&str> {
    let section = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    section.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once(" =")).map(|(n, _)| n).collect()
}

/// Every source below `src/`, with its path there.
fn sources() -> Vec<(String, String)> {
    let source_root = root().join("src");
    let (mut folders, mut sources) = (vec![source_root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(&source_root).expect("it is below").display().to_string();
                sources.push((file, fs::read_to_string(&path).expect("a source is text")));
            }
        }
    }
    sources.sort();
    assert!(sources.len() > LAYERS.len(), "no sources below {}", source_root.display());
    sources
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[path = "layers/breaches.rs"]
mod made_up_breaches;
