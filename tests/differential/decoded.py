"""Generates Python literals and encoded payloads and decodes each: one line per value on standard output.

    python decoded.py SEED LITERALS PAYLOADS

So many literals are generated, and whatever else turns up on the way; and so many payloads.
Fields are separated by tabs: family, the text (as `json.dumps` writes it), what became of it (`json`, `refused` where
there is no JSON of it, `none` where it is nothing of the kind), and the JSON (again as `json.dumps` writes a string).
"""

from __future__ import annotations

import ast
import json
import random
import sys
import warnings

import literals
import payloads


def without_sets(node):
    """The value of a literal, sets as lists of their members in the order in which they first appear."""
    match node:
        case ast.Set(elts=members):
            return list(dict.fromkeys(ast.literal_eval(member) for member in members))
        case ast.Call():
            return []
        case ast.List(elts=members) | ast.Tuple(elts=members):
            return [without_sets(member) for member in members]
        case ast.Dict(keys=keys, values=values):
            return {ast.literal_eval(key): without_sets(value) for key, value in zip(keys, values)}
    return ast.literal_eval(node)


def decode(text):
    """What becomes of a literal, and its JSON."""
    try:
        value = ast.literal_eval(text)
    except OverflowError:
        # A literal by its form: a complex number whose real part is too large for one.
        return "refused", ""
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return "none", ""
    tree = ast.parse(text.lstrip(" \t"), mode="eval").body
    try:
        written = json.dumps(without_sets(tree))
        if not any(isinstance(node, (ast.Set, ast.Call)) for node in ast.walk(tree)):
            # Nothing of ours in between.
            assert written == json.dumps(value)
    except (TypeError, ValueError):
        return "refused", ""
    return "json", written


def choose(rng, families):
    weights = [weight for _, weight, _ in families]
    family, _, generate = families[rng.choices(range(len(families)), weights)[0]]
    return family, generate(rng)


def main(seed, literal_count, payload_count):
    warnings.simplefilter("ignore")
    rng = random.Random(seed)
    while literal_count > 0:
        family, text = choose(rng, literals.FAMILIES)
        # What a column cannot hold cannot be stored.
        text = text.encode("utf-8", "replace").decode()
        became, written = decode(text)
        literal_count -= became != "none"
        print(family, json.dumps(text), became, json.dumps(written), sep="\t")
    for _ in range(payload_count):
        family, text, inside = payloads.payload(rng)
        print(family, json.dumps(text), "none" if inside is None else "json", json.dumps(inside or ""), sep="\t")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
