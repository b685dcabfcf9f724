//! Zstandard, without more output or memory than somebody asked for.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::domain::repair::Reason;

/// How much is unpacked before it is looked at how much there is: about one block.
const STEP: usize = 64 << 10;

/// What a file of frames holds. Checksums and lengths that are given must be right, and nothing else may follow.
pub(super) fn unpack(file: &[u8], most: usize) -> Result<Vec<u8>, Reason> {
    let (mut out, mut rest) = (Vec::new(), file);
    let mut decoder = FrameDecoder::new();
    // A decoder takes as much memory as the window that a frame asks for.
    decoder.set_max_window_size(most as u64);
    while !rest.is_empty() {
        match decoder.reset(&mut rest) {
            Ok(()) => frame(&mut decoder, &mut rest, &mut out, most)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                rest = rest.get(length as usize..).ok_or(Reason::Damaged)?;
            }
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(Reason::TooMuchInside),
            Err(_) => return Err(Reason::Damaged),
        }
    }
    Ok(out)
}

fn frame(decoder: &mut FrameDecoder, rest: &mut &[u8], out: &mut Vec<u8>, most: usize) -> Result<(), Reason> {
    let start = out.len();
    let mut finished = false;
    while !finished {
        finished =
            decoder.decode_blocks(&mut *rest, BlockDecodingStrategy::UptoBytes(STEP)).map_err(|_| Reason::Damaged)?;
        out.extend(decoder.collect().unwrap_or_default());
        if out.len() + decoder.can_collect() > most {
            return Err(Reason::TooMuchInside);
        }
    }
    let right_sum = decoder.get_checksum_from_data().is_none_or(|sum| Some(sum) == decoder.get_calculated_checksum());
    // A length of zero may also mean that none is given.
    let right_length = [0, (out.len() - start) as u64].contains(&decoder.content_size());
    if right_sum && right_length { Ok(()) } else { Err(Reason::Damaged) }
}
