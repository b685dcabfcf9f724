"""Reads metrics from standard input with the parsers of Prometheus' own client, as OpenMetrics and as the older text
format, and prints the samples as JSON. What they do not agree on is an error."""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics


def samples(families) -> list:
    found = []
    for family in families:
        assert family.type == "gauge" and family.documentation, family
        found += [[sample.name, sample.labels, sample.value] for sample in family.samples]
    return found


text = sys.stdin.read()
modern, plain = (samples(read.text_string_to_metric_families(text)) for read in (openmetrics, parser))
assert modern == plain, (modern, plain)
series = [(name, tuple(sorted(labels.items()))) for name, labels, _ in modern]
assert len(series) == len(set(series)), "a series is there twice"
json.dump(modern, sys.stdout)
