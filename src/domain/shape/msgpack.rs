//! MessagePack, as far as it takes to say: this is one map with text keys, and nothing else.

/// Whether the bytes are one whole MessagePack map, not empty, whose keys are text. No recursion: the items that are
/// still due are counted, one number per open container.
pub(super) fn is_map(bytes: &[u8]) -> bool {
    let Some((pairs, mut at)) = map_header(bytes) else {
        return false;
    };
    // For each open container, how many items are due and whether they come as key and value.
    let mut open = vec![(pairs.saturating_mul(2), true)];
    while let Some((due, is_map)) = open.last_mut() {
        if *due == 0 {
            open.pop();
            continue;
        }
        let is_key = *is_map && *due % 2 == 0;
        *due -= 1;
        let Some(item) = item(&bytes[at..]) else {
            return false;
        };
        if is_key && !item.is_text {
            return false;
        }
        at += item.length;
        if at > bytes.len() || open.len() > 512 {
            return false;
        }
        if item.due > 0 {
            open.push((item.due, item.is_map));
        }
    }
    pairs > 0 && at == bytes.len()
}

/// The number of pairs of a map, and the length of its header.
fn map_header(bytes: &[u8]) -> Option<(u64, usize)> {
    match *bytes.first()? {
        first @ 0x80..=0x8F => Some((u64::from(first & 0xF), 1)),
        0xDE => Some((number(bytes, 2)?, 3)),
        0xDF => Some((number(bytes, 4)?, 5)),
        _ => None,
    }
}

/// One item: a scalar with its payload, or the header of a container.
struct Item {
    length: usize,
    is_text: bool,
    /// How many items follow that belong to it.
    due: u64,
    is_map: bool,
}

fn item(bytes: &[u8]) -> Option<Item> {
    if let Some((pairs, length)) = map_header(bytes) {
        return Some(Item { length, is_text: false, due: pairs.saturating_mul(2), is_map: true });
    }
    let first = *bytes.first()?;
    let (due, header) = match first {
        0x90..=0x9F => (u64::from(first & 0xF), 1),
        0xDC => (number(bytes, 2)?, 3),
        0xDD => (number(bytes, 4)?, 5),
        _ => (0, 0),
    };
    if header > 0 {
        return Some(Item { length: header, is_text: false, due, is_map: false });
    }
    let length = match first {
        0x00..=0x7F | 0xE0..=0xFF | 0xC0 | 0xC2 | 0xC3 => 1,
        0xA0..=0xBF => return text(bytes, 1, u64::from(first & 0x1F)),
        0xD9 => return text(bytes, 2, number(bytes, 1)?),
        0xDA => return text(bytes, 3, number(bytes, 2)?),
        0xDB => return text(bytes, 5, number(bytes, 4)?),
        0xC4 => 2 + number(bytes, 1)?,
        0xC5 => 3 + number(bytes, 2)?,
        0xC6 => 5 + number(bytes, 4)?,
        0xC7 => 3 + number(bytes, 1)?,
        0xC8 => 4 + number(bytes, 2)?,
        0xC9 => 6 + number(bytes, 4)?,
        0xCC | 0xD0 => 2,
        0xCD | 0xD1 | 0xD4 => 3,
        0xD5 => 4,
        0xCA | 0xCE | 0xD2 => 5,
        0xD6 => 6,
        0xCB | 0xCF | 0xD3 => 9,
        0xD7 => 10,
        0xD8 => 18,
        _ => return None,
    };
    Some(Item { length: usize::try_from(length).ok()?, is_text: false, due: 0, is_map: false })
}

/// A text of `length` bytes behind a header; it must be UTF-8.
fn text(bytes: &[u8], header: usize, length: u64) -> Option<Item> {
    let end = header.checked_add(usize::try_from(length).ok()?)?;
    str::from_utf8(bytes.get(header..end)?).ok()?;
    Some(Item { length: end, is_text: true, due: 0, is_map: false })
}

/// The big-endian number of `size` bytes after the first byte.
fn number(bytes: &[u8], size: usize) -> Option<u64> {
    Some(bytes.get(1..=size)?.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_whole_maps_with_text_keys_only() {
        for (bytes, map) in [
            (&b"\x81\xa1a\x01"[..], true),
            (b"\x82\xa1a\x92\x01\xc0\xa1b\x81\xa1c\xa2hi", true),
            (b"\xde\x00\x01\xa1a\xcb\x00\x00\x00\x00\x00\x00\x00\x00", true),
            (b"\x81\x01\x02", false),
            (b"\x80", false),
            (b"\x81\xa1a", false),
            (b"\x81\xa1a\x01\x01", false),
            (b"\x91\x01", false),
            (b"\x81\xa1a\xc1", false),
            (b"\x81\xa1\xff\x01", false),
            (b"", false),
            (b"\xdf\xff\xff\xff\xff\xa1a\x01", false),
        ] {
            assert_eq!(is_map(bytes), map, "{bytes:?}");
        }
    }
}
