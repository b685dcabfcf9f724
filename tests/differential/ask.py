"""Generates values and asks the real readers about each: one line per value on standard output.

    python ask.py SEED COUNT

Fields are separated by tabs: family, how the value is stored (`text`, or `bytes` for a BLOB), the value (as `json.dumps`
writes it, or in hex), what `json.loads` says, the readings of api and worker, whether only the frame to the task fails,
whether `ast.literal_eval` takes the text.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import warnings

import documents
import readers
import texts

FAMILIES = [
    ("document", 24, documents.document),
    ("damaged", 24, lambda rng: documents.damaged(rng, documents.document(rng, 2))),
    ("number", 5, documents.near_number_limits),
    ("height", 1.2, documents.near_height_limits),
    ("overwritten", 4, documents.overwritten),
    ("escapes", 6, documents.escapes),
    ("double", 2, documents.double),
    ("literal", 18, texts.literal),
    ("nested_literal", 0.3, texts.nested),
    ("reference", 3, texts.reference),
    ("encoded", 2, texts.encoded),
    ("plain", 8, texts.plain),
    ("bytes", 3, texts.raw_bytes),
]


def line(family, value):
    if isinstance(value, bytes):
        message, api, worker, frame = readers.judge(value)
        fields = [family, "bytes", value.hex(), json.dumps(message), api, worker, str(int(frame)), "0"]
    else:
        message, api, worker, frame = readers.judge(value)
        literal = readers.is_literal(value)
        fields = [family, "text", json.dumps(value), json.dumps(message), api, worker, str(int(frame)), str(int(literal))]
    return "\t".join(fields) + "\n"


def main(seed, count):
    warnings.simplefilter("ignore")
    gc.freeze()
    readers.settle_recursion_limit()
    rng = random.Random(seed)
    names = range(len(FAMILIES))
    weights = [weight for _, weight, _ in FAMILIES]
    for _ in range(count):
        family, _, generate = FAMILIES[rng.choices(names, weights)[0]]
        value = generate(rng)
        if isinstance(value, str):
            # What a column cannot hold cannot be stored.
            value = value.encode("utf-8", "replace").decode()
        sys.stdout.write(line(family, value))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
