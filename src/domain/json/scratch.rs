//! The memory that scans share, one per thread.
//!
//! A scan needs room that grows with the value: the keys of the objects that are open, and a bit per level of
//! nesting. Both are borrowed from the thread and given back, so that scanning a million healthy values allocates
//! no more than scanning the largest of them once.

use std::cell::RefCell;

use super::keys::Keys;

/// Room for one scan.
pub(super) struct Scratch {
    /// The keys of the objects that are open.
    pub keys: Keys,
    /// Levels of nesting beyond the first sixty-four.
    pub levels: Vec<u64>,
    /// What a string stands for, where that is scanned as well.
    pub inner: Vec<u8>,
}

impl Scratch {
    pub const fn new() -> Self {
        Self { keys: Keys::new(), levels: Vec::new(), inner: Vec::new() }
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch::new()) };
}

/// Lends the thread's scratch. A scan started from inside another one gets a scratch of its own.
pub(super) fn with<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => work(&mut scratch),
        Err(_) => work(&mut Scratch::new()),
    })
}
