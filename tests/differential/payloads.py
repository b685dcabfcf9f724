"""Seeded generators of what backends store encoded: JSON, plain or compressed, in base64 or hex."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import zlib

import texts
from documents import document


def inner(rng):
    """JSON text, short or long, regular or not; some of it of kinds that readers do not take."""
    text = document(rng, rng.choice([1, 2, 3, 4]))
    if rng.random() < 0.2:
        text = json.dumps([{"key": index % 7, "text": "state " * 5} for index in range(rng.randrange(200))])
    if rng.random() < 0.1:
        text = json.dumps(rng.randbytes(rng.randrange(3000)).hex())
    return text


def gzipped(rng, raw):
    kind = rng.random()
    if kind < 0.6:
        return gzip.compress(raw, rng.randrange(10), mtime=rng.choice([None, 0]))
    if kind < 0.8:
        out = io.BytesIO()
        with gzip.GzipFile(filename=rng.choice(["state.json", ""]), mode="wb", fileobj=out) as file:
            file.write(raw)
        return out.getvalue()
    # Several members, and zeros behind them, are one file.
    at = rng.randrange(len(raw) + 1)
    return gzip.compress(raw[:at]) + gzip.compress(raw[at:]) + b"\0" * rng.choice([0, 0, 5])


def zlibbed(rng, raw):
    packer = zlib.compressobj(rng.randrange(10), strategy=rng.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE]))
    return packer.compress(raw) + packer.flush()


def damaged(rng, raw):
    """Bytes of which one is gone, changed or too many."""
    at = rng.randrange(len(raw))
    return rng.choice([raw[:at], raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :], raw + rng.randbytes(1)])


def opened(packed):
    """What is inside of compressed data, if that is whole, nothing follows, and it is JSON; else nothing."""
    try:
        if packed[:3] == b"\x1f\x8b\x08":
            raw = gzip.decompress(packed)
        else:
            unpacker = zlib.decompressobj()
            raw = unpacker.decompress(packed)
            if not unpacker.eof or unpacker.unused_data:
                return None
        text = raw.decode()
        json.loads(text)
    except (OSError, EOFError, ValueError, zlib.error, RecursionError):
        return None
    return text


def payload(rng):
    """Where it comes from, the text, and what is inside; nothing where it must not or cannot be opened."""
    text = inner(rng)
    raw = text.encode()
    kind = rng.random()
    if kind < 0.6:
        family, packed = rng.choice([("gzip", gzipped), ("zlib", zlibbed)])
        packed = packed(rng, raw)
        if rng.random() < 0.2:
            family, packed = "damaged", damaged(rng, packed)
        text = opened(packed)
    elif kind < 0.9:
        family, packed = "plain", raw
    elif kind < 0.95:
        family, packed, text = "pickle", pickle.dumps(texts.built_in(rng), rng.randrange(2, 6)), None
    else:
        # Once only: what is inside is encoded again.
        family, packed, text = "twice", base64.b64encode(raw), None
    encode = rng.choice([
        base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes, lambda raw: base64.b64encode(raw).rstrip(b"="),
        lambda raw: raw.hex().encode(), lambda raw: raw.hex().upper().encode(), lambda raw: b"\\x" + raw.hex().encode(),
    ])
    return family, encode(packed).decode() + rng.choice(["", "", "\n", " "]), text
