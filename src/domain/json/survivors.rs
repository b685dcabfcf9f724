//! What is left of a value once repeated keys have overwritten each other.
//!
//! `json.loads` keeps the last of several equal keys, so trouble in an earlier one never reaches a reader:
//! `{"a": NaN, "a": 1}` reads as `{"a": 1}`, unaltered. Where a text has both a repeated key and something that a
//! reader stumbles over, the values that lost are blanked out in a copy and the copy is scanned again. Neither is
//! common, so this may cost what it costs.

use super::scratch::Scratch;
use super::{Bounds, Marks, Scan, machine, walk};

/// What is left of a scan of a text that parses, in Python's dictionaries. What `json.loads` itself raises, and the
/// repeated keys, are those of the whole text.
pub fn surviving(text: &[u8], whole: Scan, bounds: &Bounds) -> Scan {
    let marks = whole.marks();
    let troubled = marks.surrogate.is_some() || marks.non_finite.is_some() || marks.deep.is_some();
    if marks.duplicate.is_none() || marks.fault.is_some() || !troubled {
        return whole;
    }
    let mut scratch = Scratch::new();
    scratch.keys.collect_pairs();
    machine::Machine::new(text, text.len(), bounds, &mut scratch).run();
    let mut copy = text.to_vec();
    let mut lost: Vec<usize> = scratch.keys.take_pairs().into_iter().map(|(earlier, _)| earlier).collect();
    // From the front, so that a value comes before those inside of it, which are gone with it: no byte is gone over twice.
    lost.sort_unstable();
    let mut blank_up_to = 0;
    for key in lost {
        if key >= blank_up_to {
            blank_up_to = blank_value(&mut copy, key);
        }
    }
    let left = machine::Machine::new(&copy, copy.len(), bounds, &mut scratch).run();
    let left_marks = Marks { raised: marks.raised, duplicate: marks.duplicate, ..left.marks().clone() };
    Scan { height: left.height, marks: Some(Box::new(left_marks)), ..whole }
}

/// Puts `0` and spaces in place of the value that belongs to the key at `key`, and says where it ends.
fn blank_value(text: &mut [u8], key: usize) -> usize {
    let start = walk::value_of(text, key);
    let end = walk::value_end(text, start);
    if let Some(value) = text.get_mut(start..end) {
        value.fill(b' ');
        value[..1.min(end - start)].fill(b'0');
    }
    end
}
