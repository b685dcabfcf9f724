//! A healthy value costs no allocation, however large it is, once its thread has seen one like it.
#![expect(unsafe_code, reason = "an allocator can be made in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use statemend::domain::judge::{Judge, Stored};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Counts what each thread asks of the system's allocator.
struct Counting;

// Every call is handed on to the system's allocator as it came, so its contract is kept by keeping the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn judging_a_healthy_value_allocates_nothing() {
    let judge = Judge { max_value_bytes: None, ..Judge::default() };
    let many_keys: Vec<String> =
        (0..5000).map(|index| format!(r#""key\u002d{index}": [{index}, {{"x": "é"}}]"#)).collect();
    let values = [
        "7".to_owned(),
        r#""hello""#.to_owned(),
        r#""line\nline [1] é""#.to_owned(),
        r#""[draft] hello]""#.to_owned(),
        r#"{"a": 1, "b": [1.5e300, null, {"c": "😀"}]}"#.to_owned(),
        format!("{}1{}", r#"{"a": ["#.repeat(99), "]}".repeat(99)),
        format!("{{{}}}", many_keys.join(", ")),
    ];
    for value in &values {
        assert_eq!(judge.judge(Stored::Text(value.as_bytes())), None, "{value:.80}");
    }
    let before = ALLOCATIONS.get();
    for value in &values {
        assert_eq!(judge.judge(Stored::Text(value.as_bytes())), None);
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
}
