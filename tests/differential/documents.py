"""Seeded generators of JSON: documents by grammar, damage to them, and values near every limit of the readers."""

from __future__ import annotations

import json

WHITE = ["", "", "", "", " ", "\n", "\t", "\r\n", "  "]
CONSTANTS = ["true", "false", "null"] * 8 + ["NaN", "Infinity", "-Infinity"]
KEYS = ["a", "b", "c", "key", "", "__type", "__var", "é", "\\u0061", "\\u00e9", "\\ud800", "\\ud83d\\ude00", "😀", "a\\n"]
SPECIALS = list('{}[]",:\\/0123456789.eE+-tfnuNI \t\n\r\x00\x0b\x0c\x1f\x7f\x85\xa0\u2028\ufeff\U0001f600é')
TOKENS = ["\\u", "\\ud800", "\\udc00", "\\ud83d\\ude00", "1e999", "NaN", "-Infinity", "true", "null", '""', "{}", "[]", '"a":']
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@ "


def white(rng):
    return rng.choice(WHITE)


def char(rng):
    """Any character that a database can hold: no surrogate."""
    plane = rng.random()
    if plane < 0.6:
        return rng.choice(PLAIN)
    if plane < 0.75:
        return chr(rng.randrange(0x80))
    if plane < 0.9:
        return chr(rng.randrange(0x80, 0xD800))
    return chr(rng.choice([rng.randrange(0xE000, 0x10000), rng.randrange(0x10000, 0x110000)]))


def escape(rng):
    choice = rng.random()
    if choice < 0.5:
        return "\\" + rng.choice('"\\/bfnrt')
    if choice < 0.8:
        return f"\\u{rng.randrange(0x10000):04x}" if rng.random() < 0.5 else f"\\u{rng.randrange(0xD800):04X}"
    if choice < 0.9:
        return f"\\u{rng.randrange(0xD800, 0xDC00):04x}\\u{rng.randrange(0xDC00, 0xE000):04X}"
    return f"\\u{rng.randrange(0xD800, 0xE000):04x}"


def string(rng):
    """A string of plain letters with a few odd things in between."""
    text = "".join(rng.choices(PLAIN, k=rng.choice([0, 1, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 24, 33, 70])))
    for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 3])):
        odd = escape(rng) if rng.random() < 0.5 else char(rng)
        at = rng.randrange(len(text) + 1)
        text = text[:at] + (odd if odd[0] >= " " and odd not in '"\\' else "x") + text[at:]
    return '"' + text + '"'


def digits(rng, most=20):
    return "".join(rng.choices("0123456789", k=rng.randrange(1, most)))


def number(rng):
    sign = rng.choice(["", "", "-"])
    whole = rng.choice(["0", str(rng.randrange(1, 10)), str(rng.randrange(1, 10)) + digits(rng)])
    fraction = "." + digits(rng) if rng.random() < 0.4 else ""
    exponent = rng.choice("eE") + rng.choice(["", "+", "-"]) + digits(rng, 4) if rng.random() < 0.25 else ""
    return sign + whole + fraction + exponent


def scalar(rng):
    return rng.choice([string, string, number, lambda rng: rng.choice(CONSTANTS)])(rng)


def key(rng):
    return '"' + rng.choice(KEYS) + '"' if rng.random() < 0.4 else string(rng)


def document(rng, depth=3):
    if depth == 0 or rng.random() < 0.35:
        return white(rng) + scalar(rng) + white(rng)
    members = [document(rng, depth - 1) for _ in range(rng.choice([0, 1, 1, 2, 3, 6]))]
    if rng.random() < 0.5:
        opening, closing = "{", "}"
        members = [white(rng) + key(rng) + white(rng) + ":" + member for member in members]
    else:
        opening, closing = "[", "]"
    return white(rng) + opening + (",".join(members) or white(rng)) + closing + white(rng)


def damaged(rng, text):
    """A few small changes, of the kinds that truncation, hands and templates make."""
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        at = rng.randrange(len(text) + 1)
        to = min(len(text), at + rng.choice([0, 1, 1, 2, 5]))
        change = rng.random()
        if change < 0.3:
            text = text[:at] + rng.choice(SPECIALS + TOKENS) + text[at:]
        elif change < 0.55:
            text = text[:at] + rng.choice(SPECIALS + TOKENS) + text[to:]
        elif change < 0.75:
            text = text[:at] + text[to:]
        elif change < 0.9:
            text = text[:at]
        else:
            text = text[:at] + text[at : at + rng.randrange(1, 12)] + text[at:]
    return text


def near_number_limits(rng):
    kind = rng.random()
    if kind < 0.3:
        text = rng.choice("123456789") + digits(rng, 3) + "7" * (rng.choice([638, 4296, 4297, 4298, 4299]))
        text = rng.choice(["", "-"]) + text + rng.choice(["", "", ".0", "e0", ".", "e", "x"])
    elif kind < 0.5:
        text = rng.choice(["1.797693134862315", "17976931348623157", "0.17976931348623158"]) + digits(rng, 4)
        text += "e" + str(rng.choice([290, 291, 292, 293, 306, 307, 308, 309, 310]))
    elif kind < 0.6:
        zeros = rng.randrange(295, 320)
        text = rng.choice(["1", "1.7", "17", "1797"]) + "0" * zeros + rng.choice([".0", ".5", "e0", "e-1", "E+1", ""])
    elif kind < 0.7:
        text = "0." + "0" * rng.randrange(290, 330) + digits(rng) + "e" + str(rng.randrange(600, 660))
    elif kind < 0.8:
        text = str(rng.choice([2**31, 2**53, 2**63, 2**64, 2**63 - 1, 2**64 - 1, -(2**63), 10**19]) + rng.randrange(-2, 3))
    else:
        text = number(rng) + rng.choice(["", ".", "e", "E+", "-", ".e1", "_", "j"])
    return text if rng.random() < 0.5 else rng.choice([f"[{text}]", f'{{"a": {text}}}', f"{text} ", f"[1,{text},2]"])


def near_height_limits(rng):
    height = rng.choice([60, 64, 65, 128, 129, 199, 200, 201, 202, 253, 254, 255, 256, 300, 993, 994, 995, 996, 1200])
    opening, closing = [], []
    for _ in range(height):
        o, c = rng.choice([("[", "]"), ('{"a":', "}"), ("[1, ", "]"), ('{"a":[],"b":', "}")])
        opening.append(o)
        closing.append(c)
    inner = rng.choice(["", "1", "[]", "{}", '"x"', "NaN", "null"])
    if inner == "" and "[" != opening[-1]:
        inner = "0"
    text = "".join(opening) + inner + "".join(reversed(closing))
    if rng.random() < 0.3:
        text = '{"k": ' + text + ', "k": ' + rng.choice(["1", "[[]]"]) + "}"
    return damaged(rng, text) if rng.random() < 0.25 else text


def overwritten(rng):
    """Objects that repeat keys, with trouble in the values that lose or win."""
    troubles = ["NaN", "1e999", '"\\ud800"', "1", '"x"', "[" * 210 + "]" * 210, '{"a": NaN, "\\u0061": 2}', "[]", "2" * 4301]
    weights = [4, 4, 4, 6, 4, 1, 3, 2, 0.2]

    def member(depth):
        if depth and rng.random() < 0.3:
            return obj(depth - 1)
        return rng.choices(troubles, weights)[0]

    def obj(depth):
        names = rng.choice([["a", "\\u0061", "b"], ["a", "a"], [f"k{i}" for i in range(30)] + ["k7", "\\u006b3"]])
        count = rng.choice([1, 2, 3, 5, 20])
        body = ", ".join(f'"{rng.choice(names)}"{white(rng)}:{white(rng)}{member(depth)}' for _ in range(count))
        return "{" + body + "}"

    return obj(2) if rng.random() < 0.8 else "[" + obj(1) + "," + obj(1) + "]"


def escapes(rng):
    """Strings of escapes, whole and halved."""
    bits = ["\\ud83d", "\\ude00", "\\u0041", "\\n", "\\", "\\u", "\\ud83", "\\x41", "x", "é", "\\udbff\\udfff", "\\uD800", '\\"']
    text = '"' + "".join(rng.choice(bits) for _ in range(rng.randrange(1, 6))) + rng.choice(['"', '"', '"', "", "\n"])
    return rng.choice(["{}", "{}", "[{}]", "{{{}: 1}}", '{{"a": {}']).format(text)


def double(rng):
    inner = document(rng, 2)
    return json.dumps(damaged(rng, inner) if rng.random() < 0.3 else inner, ensure_ascii=rng.random() < 0.7)
