//! The judgement beside three JSON parsers that only validate: documents of four sizes and six kinds.
//!
//! `cargo bench --bench classifier`; a part of a name narrows it down, as in `-- objects/ascii`. The parsers do less:
//! none of them looks for repeated keys, and `serde_json` does not ask whether strings are UTF-8. `simd-json` rewrites
//! its input, so it gets a copy each time, which is not counted.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde::de::IgnoredAny;
use statemend::domain::judge::{Judge, Stored};

const SIZES: [(&str, usize); 4] = [("40 B", 40), ("1 KB", 1 << 10), ("64 KB", 1 << 16), ("1 MB", 1 << 20)];

const WORDS: [&str; 10] = [
    "checkpoint",
    "s3://bucket/path",
    "running",
    "poll",
    "job_id",
    "2026-05-04T00:00:00+00:00",
    "a",
    "last_offset",
    "a message with some words in it, as people write them",
    "abcdef0123456789",
];
const WORDS_BEYOND_ASCII: [&str; 8] =
    ["größe", "проверка", "状态检查点", "naïve café", "日本語のテキスト", "😀 done", "ελληνικά", "plain"];

/// A document of about the size asked for, the same at every run.
type Make = fn(&mut fastrand::Rng, usize) -> String;

const KINDS: [(&str, Make); 6] = [
    ("strings/ascii", |rng, size| list(size, || string(rng, &WORDS))),
    ("strings/beyond ascii", |rng, size| list(size, || string(rng, &WORDS_BEYOND_ASCII))),
    ("strings/escaped", |rng, size| list(size, || escaped(&string(rng, &WORDS_BEYOND_ASCII)))),
    ("numbers", |rng, size| list(size, || number(rng))),
    ("objects/ascii", |rng, size| objects(rng, size, &WORDS)),
    ("objects/beyond ascii", |rng, size| objects(rng, size, &WORDS_BEYOND_ASCII)),
];

/// A list of items up to a size, with the separators that `json.dumps` writes.
fn list(size: usize, mut item: impl FnMut() -> String) -> String {
    let mut text = format!("[{}", item());
    loop {
        let next = item();
        if text.len() + next.len() + 3 > size {
            return text + "]";
        }
        text.push_str(", ");
        text.push_str(&next);
    }
}

fn string(rng: &mut fastrand::Rng, words: &[&str]) -> String {
    let words: Vec<&str> = (0..rng.usize(1..4)).map(|_| words[rng.usize(..words.len())]).collect();
    format!("\"{}\"", words.join(" "))
}

/// What Airflow itself stores for a string beyond ASCII.
fn escaped(string: &str) -> String {
    statemend::domain::encode::encode(string.trim_matches('"'))
}

fn number(rng: &mut fastrand::Rng) -> String {
    match rng.u8(0..4) {
        0 => rng.u32(0..1000).to_string(),
        1 => rng.u64(0..1 << 40).to_string(),
        2 => format!("{:?}", f64::from(rng.u32(..)) / 1e6),
        _ => format!("-{}.{}e-{}", rng.u8(0..10), rng.u64(0..1 << 50), rng.u8(1..20)),
    }
}

fn objects(rng: &mut fastrand::Rng, size: usize, words: &[&str]) -> String {
    if size < 100 {
        return format!(r#"{{"id": 7123, "name": "{}", "ok": true}}"#, words[3]);
    }
    list(size, || {
        let depth = rng.u8(0..4);
        object(rng, words, depth)
    })
}

fn object(rng: &mut fastrand::Rng, words: &[&str], depth: u8) -> String {
    let (id, done, ratio) = (rng.u32(..100_000), rng.bool(), f64::from(rng.u32(..1000)) / 7.0);
    let mut text = format!(r#"{{"id": {id}, "name": {}, "done": {done}, "ratio": {ratio:?}"#, string(rng, words));
    if depth > 0 {
        let child = object(rng, words, depth - 1);
        text.push_str(&format!(r#", "child": {child}, "tags": [{}, {}]"#, string(rng, words), string(rng, words)));
    }
    text + "}"
}

fn classifier(criterion: &mut Criterion) {
    let judge = Judge { max_value_bytes: None, ..Judge::default() };
    for (kind, make) in KINDS {
        for (size, bytes) in SIZES {
            let document = make(&mut fastrand::Rng::with_seed(1), bytes);
            let text = document.as_bytes();
            assert_eq!(judge.judge(Stored::Text(text)), None, "{kind} of {size} is healthy");
            let mut group = criterion.benchmark_group(format!("{kind}/{size}"));
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function(BenchmarkId::from_parameter("statemend"), |bencher| {
                bencher.iter(|| judge.judge(Stored::Text(black_box(text))));
            });
            group.bench_function(BenchmarkId::from_parameter("serde_json"), |bencher| {
                bencher.iter(|| serde_json::from_slice::<IgnoredAny>(black_box(text)).is_ok());
            });
            let mut buffers = simd_json::Buffers::new(text.len());
            group.bench_function(BenchmarkId::from_parameter("simd-json"), |bencher| {
                let validate = |copy: &mut Vec<u8>| simd_json::to_tape_with_buffers(copy, &mut buffers).is_ok();
                bencher.iter_batched_ref(|| text.to_vec(), validate, BatchSize::SmallInput);
            });
            group.bench_function(BenchmarkId::from_parameter("sonic-rs"), |bencher| {
                bencher.iter(|| sonic_rs::from_slice::<IgnoredAny>(black_box(text)).is_ok());
            });
            group.finish();
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(30);
    targets = classifier
}
criterion_main!(benches);
