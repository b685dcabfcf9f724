//! Any bytes at all: the judgement must not panic, must point into the value, and must agree with itself, for every reader.
//!
//! `cargo fuzz run judge` (on a stable toolchain with `RUSTC_BOOTSTRAP=1`); a good start is a folder with one file per
//! value of `fixtures/values/`, which `fuzz/seed` writes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use statemend::domain::encode::{encode, encoded_len};
use statemend::domain::finding::{Kind, Severity};
use statemend::domain::judge::{Judge, Stored};
use statemend::domain::reader::Reader;

fuzz_target!(|bytes: &[u8]| {
    for reader in Reader::ALL {
        judge(&Judge { max_value_bytes: None, ..Judge::default() }.of(*reader), bytes);
    }
});

fn judge(judge: &Judge, bytes: &[u8]) {
    let finding = judge.judge(Stored::Text(bytes));
    assert_eq!(finding, judge.judge(Stored::Text(bytes)));
    let text = str::from_utf8(bytes);
    if let Some(finding) = &finding {
        assert!(finding.offset.is_some_and(|offset| offset <= bytes.len()));
        assert_eq!(judge.reader.severity(finding.kind) == Severity::Error, finding.readings.fail());
    }
    assert_eq!(text.is_err(), finding.as_ref().is_some_and(|finding| finding.kind == Kind::NotText));
    if let Ok(text) = text {
        let encoded = encode(text);
        assert_eq!(encoded.len(), encoded_len(text));
        // PostgreSQL has no text with a NUL in it.
        assert!(judge.reads_ok(&encoded) || judge.reader == Reader::Jsonb && text.contains('\0'));
        assert_eq!(judge.reads_ok(text), finding.is_none_or(|finding| finding.readings.are_ok()));
    }
    let _ = judge.judge(Stored::Blob(bytes));
}
