"""What readers other than Airflow's do with values: one line per value on standard output.

    python others.py SEED COUNT < values

First come the values of standard input, a JSON string on each line, then so many generated ones. Fields are separated by
tabs: the value (as `json.dumps` writes it), what `json.loads` does with it (`ok`, `altered` where it reads a float as
infinity, `error`), what it says (again as a JSON string), and what a reader does that goes by RFC 8259.
"""

from __future__ import annotations

import json
import math
import random
import sys

import documents
import texts

# How many containers `json.loads` takes inside each other when it is called from the top of a program.
PYTHON_STACK = 994
# Enough for all values here, and far from the end of the stack.
DEEP = 20_000


class Infinite(float):
    """A float that overflowed, not one that was written as a word."""


def parse_float(text):
    number = float(text)
    return Infinite(number) if math.isinf(number) else number


def loads(text):
    return json.loads(text, parse_float=parse_float)


def asked(text):
    """What `json.loads` makes of a text, and what it says."""
    try:
        return "altered" if holds_infinite(loads(text)) else "ok", ""
    except (ValueError, RecursionError) as error:
        return "error", str(error)


def settled_limit():
    """The recursion limit with which `asked` runs out of stack where a plain program would."""
    def takes(height):
        return asked("[" * height + "]" * height)[0] == "ok"

    while takes(PYTHON_STACK + 1):
        sys.setrecursionlimit(sys.getrecursionlimit() - 1)
    while not takes(PYTHON_STACK):
        sys.setrecursionlimit(sys.getrecursionlimit() + 1)
    # This is called from one function further up than `judge` calls `asked` from.
    return sys.getrecursionlimit() - 1


def holds_infinite(value):
    stack = [value]
    while stack:
        match stack.pop():
            case Infinite():
                return True
            case list(items):
                stack.extend(items)
            case dict(members):
                stack.extend(members.values())
    return False


def refuse(word):
    raise ValueError(f"{word} is no JSON")


def judge(text, limit):
    json_loads, message = asked(text)
    sys.setrecursionlimit(DEEP)
    try:
        # Neither floats nor integers are made, so none is too long or too large.
        json.loads(text, parse_constant=refuse, parse_float=str, parse_int=str)
        strict = "ok"
    except ValueError:
        strict = "error"
    sys.setrecursionlimit(limit)
    return json_loads, message, strict


def number(rng):
    """A number round the limits of databases."""
    zeros = rng.choice([1, 17, 18, 19, 20, 306, 308, 309, 4000, 16_382, 16_383, 16_384, 131_070, 131_071, 131_072])
    exponent = rng.choice([5, 18, 307, 308, 309, 999, 16_382, 16_383, 16_384, 131_070, 131_071, 131_072, 10**9, 2**30 - 1, 10**30])
    text = rng.choice([
        lambda: "1" + "0" * zeros,
        lambda: "0." + "0" * rng.choice([1, 20, 16_381, 16_382, 16_383]) + rng.choice(["", "1", "10"]),
        lambda: rng.choice(["1", "0", "12.5", "0.001", "9.99"]) + rng.choice(["e", "E-", "e+"]) + str(exponent),
        lambda: str(rng.choice([2**63, 2**64, 10**19, 10**20]) + rng.randrange(-2, 3)),
        lambda: rng.choice(["0.0", "0.00"]) + "e-" + str(rng.choice([16_381, 16_382, 16_383])),
        lambda: documents.number(rng),
    ])()
    text = rng.choice(["", "", "-"]) + text
    return rng.choice(["{}", "[{}]", '{{"a": {}, "a": 1}}', '{{"b": "{}"}}', " {} "]).format(text)


def nul(rng):
    """Escapes for NUL, and what only looks like one."""
    bits = ["\\u0000", "\\\\u0000", "\\u0001", "\\u00000", "\\n", "x", "é", "\\ud83d\\ude00", "\\u000", "\\ud800"]
    text = '"' + "".join(rng.choice(bits) for _ in range(rng.randrange(1, 5))) + '"'
    return rng.choice(["{}", "[{}]", "{{{}: 1}}", '{{"a": {}, "a": 1}}']).format(text)


def nested(rng):
    """Containers round the depths that readers take."""
    depth = rng.choice([30, 99, 100, 101, 102, 993, 994, 995, 996, 1500])
    pairs = [rng.choice([("[", "]"), ('{"a":', "}")]) for _ in range(depth)]
    inner = rng.choice(["1", '""', "NaN", "[]", "{}"])
    return "".join(opening for opening, _ in pairs) + inner + "".join(closing for _, closing in reversed(pairs))


FAMILIES = [
    (30, documents.document),
    (30, lambda rng: documents.damaged(rng, documents.document(rng, 2))),
    (5, documents.near_number_limits),
    (8, documents.escapes),
    (5, documents.overwritten),
    (4, texts.plain),
    (6, nul),
    (6, number),
    (1, nested),
]


def main(seed, count):
    limit = settled_limit()
    sys.setrecursionlimit(limit)
    rng = random.Random(seed)
    weights = [weight for weight, _ in FAMILIES]
    given = [json.loads(line) for line in sys.stdin]
    generated = (rng.choices(FAMILIES, weights)[0][1](rng) for _ in range(count))
    for values in given, generated:
        for value in values:
            # What a column cannot hold cannot be stored.
            value = value.encode("utf-8", "replace").decode()
            json_loads, message, strict = judge(value, limit)
            print(json.dumps(value), json_loads, json.dumps(message), strict, sep="\t")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
