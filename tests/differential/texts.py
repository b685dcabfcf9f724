"""Seeded generators of what is not JSON: Python literals, references, encoded payloads, plain text, bytes."""

from __future__ import annotations

import base64
import gzip
import json
import pickle
import zlib

from documents import PLAIN, char, damaged, digits, document

# Spellings that `repr` does not produce but people do.
ATOMS = [
    "None", "True", "False", "...", "set()", "set( )", "(set)()", "0", "-0", "+1", "- 1", "1_000", "0x1F", "0X_f", "0o17", "0b1_0",
    "00", "0_0", "012", "012.5", "09j", "1.", ".5", "1.5e-3", "1_0.0_1e1_0", "1e", "1__0", "1_", "0x", "0b2", "1J", "1+2j", "-1.5 - 2j",
    "1j+1", "1+2", "--1", "-True", "~1", "(1)+(2j)", "(-1)+2j", "-(1)", "1+-2j", "1+2j+3j", "nan", "inf", "true", "null", "x", "set",
    "''", "'a'", '"a"', "'''a\nb'''", '"""a"b"""', "u'a'", "U'a'", "r'\\d'", "R'\\''", "b'a'", "Rb'\\x'", "bR'a'", "ur'a'", "f'a'",
    "'a' 'b'", "'a' b'b'", "b'a' b'b'", "'a'\n'b'", "'a' \\\n'b'", "'\\x41'", "'\\x4'", "'\\u00e9'", "'\\u12'", "'\\U0001F600'",
    "'\\U00110000'", "'\\101'", "'\\777'", "b'\\777'", "'\\q'", "'\\\n'", "b'\\u12'", "b'\\x4'", "b'é'", "'é😀'", "'\\é'", "'\t'", "'\n'",
    "datetime.datetime(2026, 5, 4, 0, 0)", "Decimal('1.5')", "OrderedDict()", "frozenset()", "array([1, 2])", "<object at 0x7f>",
    "lambda: 1", "1 if 1 else 2", "*a", "**a", "a=1", "`1`", "١", "9" * 4300, "9" * 4301, "0" * 4400, "1" * 4301 + ".0", "0x" + "f" * 4400,
]
GAPS = ["", "", "", "", " ", "  ", "\n", "\t", "\x0c", " # note\n", "\\\n", "\r\n", "\r", "\xa0", "\\"]
WORDS = ["running", "done", "checkpoint_7", "2026-05-04", "2026-05-04T00:00:00+00:00", "3 apples", "[INFO] ok", "{{ ds }}", "{name}",
         "a: 1", "- a\n- b\n", "key=value", "<xml/>", "hello world", "true story", "nullable", "1.2.3", "10%", "s3", "-", "NaNs", "é"]
SCHEMES = ["s3", "gs", "file", "https", "abfs+ssl", "S3", "a.b-c", "3s", "", "é", "s_3"]


def gap(rng):
    return rng.choice(GAPS) if rng.random() < 0.5 else ""


def built_in(rng, depth=3):
    """A value of Python's built-in types."""
    kind = rng.random()
    if depth and kind < 0.45:
        items = [built_in(rng, depth - 1) for _ in range(rng.randrange(4))]
        shape = rng.randrange(4)
        if shape == 0:
            return items
        if shape == 1:
            return tuple(items)
        hashable = [item for item in items if is_hashable(item)]
        return set(hashable) if shape == 2 else {item: built_in(rng, depth - 1) for item in hashable}
    text = "".join(char(rng) for _ in range(rng.randrange(8)))
    return rng.choice([None, True, False, ..., rng.randrange(-1000, 1000), rng.random() * 10 ** rng.randrange(-5, 30), text, text,
                       text.encode(), complex(rng.randrange(5), rng.randrange(-5, 5)), 2 ** rng.randrange(90)])


def is_hashable(value):
    try:
        hash(value)
    except TypeError:
        return False
    return True


def typed(rng, depth=3):
    """A literal as people type it: odd spellings, gaps, comments, trailing commas, some of it wrong."""
    if depth == 0 or rng.random() < 0.4:
        return gap(rng) + rng.choice(ATOMS[:-6] if rng.random() < 0.98 else ATOMS) + gap(rng)
    items = [typed(rng, depth - 1) for _ in range(rng.randrange(4))]
    shape = rng.randrange(5)
    if shape == 0:
        items = [typed(rng, 0) + ":" + item for item in items]
    body = ",".join(items) + rng.choice(["", "", "", ",", ",,"])
    opening, closing = [("{", "}"), ("[", "]"), ("(", ")"), ("{", "}"), ("", "")][shape]
    return gap(rng) + opening + gap(rng) + body + gap(rng) + closing + gap(rng)


def nested(rng):
    """Brackets around the number that CPython's tokenizer takes, which is 200."""
    depth = rng.choice([100, 190, 196, 201, 202, 250, 3000])
    pairs = [rng.choice(["[]", "()", ["{1:", "}"], ["(1,", ")"], ["[-1, ", "]"]]) for _ in range(depth)]
    text = "".join(p[0] for p in pairs) + rng.choice(["1", "'a'", "set()", "-1+2j", "()"]) + "".join(p[1] for p in reversed(pairs))
    return damaged(rng, text) if rng.random() < 0.2 else text


def literal(rng):
    kind = rng.random()
    if kind < 0.4:
        return repr(built_in(rng))
    if kind < 0.9:
        return typed(rng)
    return damaged(rng, repr(built_in(rng)))


def reference(rng):
    rest = "".join(rng.choice(PLAIN) if rng.random() < 0.95 else char(rng) for _ in range(rng.randrange(20)))
    text = rng.choice(SCHEMES) + rng.choice(["://", "://", "://", ":", ":/", ""]) + rest
    return rng.choice([text, text, json.dumps(text), json.dumps({"__type": "ExternalState", "__var": text}), text + "\n"])


def encoded(rng):
    value = built_in(rng)
    text = json.dumps(document(rng, 2))
    payload = rng.choice([
        pickle.dumps(value, rng.randrange(6)), gzip.compress(text.encode()), zlib.compress(text.encode()), text.encode(),
        b"\x28\xb5\x2f\xfd" + text.encode(), b"\x81\xa1a\x01", rng.randbytes(rng.randrange(30)),
    ])
    encode = rng.choice([base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes, lambda raw: raw.hex().encode()])
    return encode(payload).decode()


def plain(rng):
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(WORDS)
    if kind < 0.4:
        return "".join(rng.choice(" \t\n\r\x0b\x0c\x1c\x85\xa0\u2003\u2028\u3000\ufeff") for _ in range(rng.randrange(6)))
    if kind < 0.5:
        return rng.choice(["\ufeff", "\ufeff ", " "]) + document(rng, 1)
    if kind < 0.6:
        return " ".join(document(rng, 1) for _ in range(rng.randrange(1, 4)))
    if kind < 0.7:
        return digits(rng) + rng.choice(["", " ", "-", "\n", "_", "x"]) + digits(rng)
    return "".join(char(rng) for _ in range(rng.randrange(40)))


def raw_bytes(rng):
    """Bytes, most of them not UTF-8, or JSON in one of the encodings that `json.loads` guesses."""
    kind = rng.random()
    if kind < 0.3:
        return rng.randbytes(rng.randrange(24))
    text = document(rng, 2)
    if kind < 0.6:
        return text.encode(rng.choice(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]))
    raw = bytearray(text.encode())
    at = rng.randrange(len(raw) + 1)
    raw[at:at] = rng.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5", b"\x80", b"\xe2\x82", b"\x00"])
    return bytes(raw)
