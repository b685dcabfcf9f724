//! White space, which JSON has four kinds of.

/// The first byte at or after `at` that JSON does not count as white space. One space, as `json.dumps` writes it, or
/// none is the usual case.
#[inline(always)]
pub(crate) fn white(text: &[u8], at: usize) -> usize {
    let byte = |at: usize| text.get(at).copied().unwrap_or_default();
    if byte(at) > b' ' {
        return at;
    }
    if byte(at) == b' ' && byte(at + 1) > b' ' {
        return at + 1;
    }
    longer_white(text, at)
}

#[inline(never)]
fn longer_white(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len());
    at + length
}
