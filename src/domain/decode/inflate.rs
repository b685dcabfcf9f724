//! gzip and zlib, without more output than somebody asked for.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use crate::domain::repair::Reason;

/// What a whole zlib stream holds. Its checksum must be right, and nothing may follow.
pub(super) fn zlib(stream: &[u8], most: usize) -> Result<Vec<u8>, Reason> {
    let mut out = Vec::new();
    let used = inflate(Decompress::new(true), stream, &mut out, most)?;
    if used == stream.len() { Ok(out) } else { Err(Reason::Damaged) }
}

/// What a whole gzip file holds: one member or several, perhaps with zeros behind them. Checksums and lengths must be
/// right.
pub(super) fn gzip(file: &[u8], most: usize) -> Result<Vec<u8>, Reason> {
    let (mut out, mut rest) = (Vec::new(), file);
    while rest.iter().any(|&byte| byte != 0) {
        let deflated = header_length(rest).and_then(|length| rest.get(length..)).ok_or(Reason::Damaged)?;
        let start = out.len();
        let used = inflate(Decompress::new(false), deflated, &mut out, most)?;
        let (trailer, behind) = deflated[used..].split_first_chunk::<8>().ok_or(Reason::Damaged)?;
        let member = &out[start..];
        let mut crc = Crc::new();
        crc.update(member);
        let right = [crc.sum().to_le_bytes(), (member.len() as u32).to_le_bytes()].concat();
        if trailer.as_slice() != right {
            return Err(Reason::Damaged);
        }
        rest = behind;
    }
    Ok(out)
}

/// The length of a gzip header (RFC 1952).
fn header_length(member: &[u8]) -> Option<usize> {
    const HEADER_CHECKSUM: u8 = 0x02;
    const EXTRA: u8 = 0x04;
    const NAME: u8 = 0x08;
    const COMMENT: u8 = 0x10;
    let &[0x1F, 0x8B, 8, flags, ..] = member else { return None };
    let mut length = 10;
    if flags & EXTRA != 0 {
        length += 2 + usize::from(u16::from_le_bytes(*member.get(length..)?.first_chunk()?));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            length += 1 + member.get(length..)?.iter().position(|&byte| byte == 0)?;
        }
    }
    Some(length + if flags & HEADER_CHECKSUM != 0 { 2 } else { 0 })
}

/// Unpacks one stream behind what was unpacked already. Returns how many bytes the stream has.
fn inflate(mut stream: Decompress, bytes: &[u8], out: &mut Vec<u8>, most: usize) -> Result<usize, Reason> {
    loop {
        if out.len() > most {
            return Err(Reason::TooMuchInside);
        }
        // Never far beyond the limit, however well it is compressed.
        out.reserve(out.len().clamp(4 << 10, 1 << 20));
        let (used, made) = (stream.total_in() as usize, stream.total_out());
        let status = stream.decompress_vec(&bytes[used..], out, FlushDecompress::None).map_err(|_| Reason::Damaged)?;
        let moved = (stream.total_in() as usize, stream.total_out()) != (used, made);
        match status {
            Status::StreamEnd if out.len() > most => return Err(Reason::TooMuchInside),
            Status::StreamEnd => return Ok(stream.total_in() as usize),
            Status::Ok | Status::BufError if moved => {}
            // There is room, and it does not go on: the end is missing.
            Status::Ok | Status::BufError => return Err(Reason::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    fn pack(raw: &[u8], header: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(raw.len() / 100 + 1000);
        let packed = Compress::new(Compression::best(), header).compress_vec(raw, &mut out, FlushCompress::Finish);
        assert_eq!(packed.ok(), Some(Status::StreamEnd));
        out
    }

    fn member(flags: u8, fields: &[u8], raw: &[u8]) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(raw);
        let header = [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3];
        let trailer = [crc.sum().to_le_bytes(), (raw.len() as u32).to_le_bytes()].concat();
        [&header, fields, &pack(raw, false), &trailer].concat()
    }

    #[test]
    fn reads_every_field_of_a_header() {
        for (flags, fields) in [
            (0x00, &b""[..]),
            (0x01, b""),
            (0x02, b"\x12\x34"),
            (0x04, b"\x03\0abc"),
            (0x08, b"name\0"),
            (0x10, b"comment\0"),
            (0x1E, b"\0\0\0comment\0\x12\x34"),
        ] {
            assert_eq!(gzip(&member(flags, fields, b"[1]"), 100), Ok(b"[1]".to_vec()), "{flags}");
        }
        let several = [member(0, b"", b"[1"), member(0, b"", b""), member(8, b"n\0", b", 2]"), vec![0, 0]].concat();
        assert_eq!(gzip(&several, 100), Ok(b"[1, 2]".to_vec()));
        for end in 0..several.len() - 2 {
            let cut = gzip(&several[..end], 100);
            assert!(cut != Ok(b"[1, 2]".to_vec()), "cut at {end}");
        }
    }

    #[test]
    fn stops_at_the_limit() {
        let bomb = pack(&vec![b' '; 20 << 20], true);
        assert!(bomb.len() < 1 << 17);
        assert_eq!(zlib(&bomb, 16 << 20), Err(Reason::TooMuchInside));
        let raw = vec![b'1'; 100_000];
        assert_eq!(zlib(&pack(&raw, true), 100_000), Ok(raw.clone()));
        assert_eq!(zlib(&pack(&raw, true), 99_999), Err(Reason::TooMuchInside));
        let members = member(0, b"", &raw).repeat(3);
        assert_eq!(gzip(&members, 250_000), Err(Reason::TooMuchInside));
        assert_eq!(gzip(&members, 300_000).map(|out| out.len()), Ok(300_000));
    }
}
