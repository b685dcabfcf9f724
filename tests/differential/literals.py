"""Seeded generators of Python literals whose values matter: keys that collide, numbers near every limit, strings of escapes."""

from __future__ import annotations

import struct

import texts
from documents import char

KEYS = [
    "1", "True", "1.0", "1+0j", "'1'", "0", "False", "-0.0", "0.0", "0j", "-0", "None", "...", "1.5", "'1.5'", "3/2", "1.5+0j", "'a'", "'\\x61'", "b'a'",
    "9007199254740992", "9007199254740993", "9007199254740992.0", "9007199254740993.0", "10**16", "10000000000000000", "1e16",
    "1e23", "99999999999999991611392", "100000000000000000000000", "0x152d02c7e14af6000000", "18446744073709551616", "18446744073709551616.0",
    "0x1_0000_0000_0000_0000", "-9223372036854775808", "-9.223372036854775808e18", "9223372036854775808", "1e999", "-1e999", "1e999+0j", "-1e400",
    "()", "(1,)", "(1.0,)", "(True, 'a')", "(1, 'a')", "('a')", "'é'", "'\\u00e9'", "'e\\u0301'", "'\\ud83d\\ude00'", "'\\U0001f600'", "'😀'",
    "'\\ud800'", "0.1", "0.10000000000000001", "1e-7", "''", "b''", "'' ''", "2j", "0+2j", "-2j", "0-2j",
]
PIECES = [
    "\\\\", "\\'", '\\"', "\\a", "\\b", "\\f", "\\n", "\\r", "\\t", "\\v", "\\\n", "\\\r\n", "\\0", "\\7", "\\12", "\\101", "\\377", "\\400", "\\777", "\\8",
    "\\x41", "\\x00", "\\xff", "\\xFf", "\\x4", "\\u0041", "\\u00e9", "\\u2028", "\\ud83d", "\\ude00", "\\uDBFF", "\\uFFFF", "\\u12", "\\U0001F600",
    "\\U0010ffff", "\\U0000d800", "\\U00110000", "\\q", "\\é", "\\😀", "\\%", "{", "}", "/", "\t", " ", "'", '"', "a", "Z", "0", "é", "\u2028", "😀",
    "\x7f", "\x1b", "\r", "\n", "''", '""',
]
PREFIXES = ["", "", "", "", "u", "U", "r", "R", "b", "B", "br", "rB", "Rb", "f", "ub"]
# Where a value stands.
FRAMES = ["@", "@", "@", "[@]", "(@,)", "{@}", "{'k': @}", "{@: 1}", "@,", "{'a': @, 'a': 2}", "{1: b'x', 1.0: @}", "{@, @}", " @ # x\n"]


def value(rng):
    return rng.choice([lambda: rng.choice(KEYS), lambda: str(rng.randrange(9)), lambda: "[1, {'x': 2.5}]", lambda: "b'x'"])()


def keys(rng):
    """Dictionaries and sets whose members are equal more often than not."""
    pool = rng.sample(KEYS, rng.randrange(1, 8))
    chosen = [rng.choice(pool) for _ in range(rng.choice([1, 2, 3, 5, 12]))]
    if rng.random() < 0.5:
        return "{" + ", ".join(chosen) + "}"
    return "{" + ", ".join(f"{key}: {value(rng)}" for key in chosen) + "}"


def string(rng):
    quote = rng.choice(["'", '"', "'''", '"""'])
    content = "".join(rng.choice(PIECES) if rng.random() < 0.8 else char(rng) for _ in range(rng.randrange(7)))
    if len(quote) == 1 and rng.random() < 0.9:
        content = content.replace("\n", "").replace("\r", "")
    return rng.choice(PREFIXES) + quote + content + quote


def strings(rng):
    """One string, or several side by side."""
    return rng.choice([" ", "", "\n", "\\\n"]).join(string(rng) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def underscored(rng, text):
    """The same number with underscores, some of them where none may be."""
    at = rng.randrange(len(text) + 1)
    return text[:at] + "_" + text[at:]


def float_text(rng):
    kind = rng.random()
    if kind < 0.4:
        number = abs(struct.unpack("<d", rng.randbytes(8))[0])
        return repr(number) if rng.random() < 0.5 else f"{number:.{rng.randrange(25)}e}"
    if kind < 0.6:
        return f"{rng.randrange(10 ** rng.randrange(1, 22))}.{rng.choice(['', '0', rng.randrange(10 ** 9)])}"
    if kind < 0.7:
        return f"{rng.choice(['', '0', '00'])}.{'0' * rng.randrange(8)}{rng.randrange(10 ** rng.randrange(1, 20))}"
    if kind < 0.85:
        return f"{rng.randrange(1, 10 ** 17)}{rng.choice('eE')}{rng.choice(['', '+', '-'])}{rng.choice([0, 1, 5, 15, 16, 22, 23, 291, 292, 308, 309, 324, 325, 340, 400])}"
    if kind < 0.95:
        # Halfway between two floats, or next to it.
        return f"{2 ** 53 + rng.randrange(200)}{rng.choice(['', '0000'])}.{rng.choice(['0', '5', '4' + '9' * 30, '5' + '0' * 900 + '1', '5' + '0' * 900])}"
    return "0." + "0" * rng.randrange(300, 400) + str(rng.randrange(1, 10 ** 18)) + rng.choice(["", "e50", "e350", "e700"])


def integer_text(rng):
    kind = rng.random()
    if kind < 0.5:
        number = rng.choice([0, rng.randrange(100), 2 ** rng.randrange(130) + rng.randrange(-2, 3), rng.randrange(10 ** rng.randrange(1, 60))])
        return rng.choice([str, hex, oct, bin, lambda n: hex(n).upper().replace("0X", "0x"), lambda n: f"{n:_}", lambda n: f"0x_{n:_x}"])(abs(number))
    if kind < 0.55:
        return "9" * rng.randrange(4297, 4303)
    if kind < 0.6:
        return rng.choice(["0x" + "f" * rng.randrange(3568, 3575), "0b" + "1" * rng.randrange(14280, 14290), "0o" + "7" * rng.randrange(4758, 4766)])
    return str(rng.randrange(10 ** rng.choice([1, 3, 9, 18, 19, 20, 40])))


def numbers(rng):
    text = float_text(rng) if rng.random() < 0.6 else integer_text(rng)
    if rng.random() < 0.1:
        text = underscored(rng, text)
    return rng.choice(["", "", "", "-", "- ", "+", "-(", "("]) + text + rng.choice(["", "", "", "", "j", ")", "+1j", "-0j"])


def framed(generate):
    return lambda rng: rng.choice(FRAMES).replace("@", generate(rng))


FAMILIES = [
    ("printed", 28, lambda rng: repr(texts.built_in(rng))),
    ("typed", 24, texts.typed),
    ("keys", 20, keys),
    ("strings", 22, framed(strings)),
    ("numbers", 22, framed(numbers)),
    ("nested", 0.5, texts.nested),
]
