//! The corpus: a file of `fixtures/values/` for each kind of value, and a line of it for each value.
#![allow(dead_code, reason = "every test file uses another part of this")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The kinds that have a file, and their lines.
pub fn lines() -> Vec<(String, Value)> {
    let mut lines = Vec::new();
    for path in files() {
        let kind = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for line in fs::read_to_string(&path).expect("a file of UTF-8").lines() {
            let line = serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            lines.push((kind.clone(), line));
        }
    }
    lines
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/values");
    let files = fs::read_dir(folder).expect("fixtures/values").map(|entry| entry.expect("an entry").path());
    let is_ndjson = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "ndjson");
    let mut files: Vec<PathBuf> = files.filter(is_ndjson).collect();
    files.sort();
    files
}

/// All values that are texts.
pub fn texts() -> Vec<String> {
    let texts: Vec<String> = lines().iter().filter_map(|(_, line)| text_of(line)).collect();
    assert!(texts.len() > 100, "{} values", texts.len());
    texts
}

/// The value of a line: a text, or pieces of it with how often each is repeated. Bytes and blobs are none.
pub fn text_of(line: &Value) -> Option<String> {
    match &line["value"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(pieces) => pieces
            .iter()
            .map(|piece| Some(piece[0].as_str()?.repeat(usize::try_from(piece[1].as_u64()?).ok()?)))
            .collect(),
        _ => None,
    }
}
