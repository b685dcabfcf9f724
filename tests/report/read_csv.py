"""Gives the records of a list of comma-separated values."""

import csv
import io
import json
import sys

csv.field_size_limit(1 << 30)
text = sys.stdin.buffer.read().decode()
json.dump(list(csv.reader(io.StringIO(text, newline=""), strict=True)), sys.stdout)
