"""The judgement alone, beside parsers that only validate: what `benches/classifier.rs` measures, as a table."""

import json
import pathlib
import subprocess
from collections import defaultdict

import budgets
import tables
from engines import ROOT

OURS, OTHERS = "statemend", ("serde_json", "simd-json", "sonic-rs")
# Those that it is to be faster than.
RIVALS = ("serde_json", "simd-json")


def measured() -> str:
    subprocess.run(["cargo", "bench", "--quiet", "--bench", "classifier", "--", "1 KB"], check=True, cwd=ROOT)
    lines = []
    for kind, nanoseconds in sorted(medians().items()):
        ratios = [nanoseconds[OURS] / nanoseconds[other] for other in OTHERS]
        is_held = all(nanoseconds[OURS] < nanoseconds[rival] for rival in RIVALS)
        cells = [f"{ratio:.2f} ×" for ratio in ratios]
        lines.append([kind, f"{nanoseconds[OURS]:.0f} ns", *cells, budgets.held(is_held)])
    head = ["documents of 1 KB", "statemend", *(f"of {other}" for other in OTHERS), f"faster than {' and '.join(RIVALS)}"]
    return tables.table(head, lines)


def medians() -> dict[str, dict[str, float]]:
    """Nanoseconds by kind of document and by who validates."""
    taken: dict[str, dict[str, float]] = defaultdict(dict)
    for described in pathlib.Path(ROOT / "target/criterion").glob("*/*/new/benchmark.json"):
        about = json.loads(described.read_text())
        kind, _, size = about["group_id"].rpartition("/")
        if size == "1 KB":
            estimates = json.loads((described.parent / "estimates.json").read_text())
            taken[kind][about["value_str"]] = estimates["median"]["point_estimate"]
    return taken
