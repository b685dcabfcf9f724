"""What is shown: tables in Markdown, and the page where they have their places."""

import datetime
import os
import pathlib
import re
import sys
from collections.abc import Sequence

import budgets
from contest import REPAIR, SCAN, Results
from engines import Engine


def table(head: list[str], lines: list[list[str]]) -> str:
    """All columns but the first hold numbers."""
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *lines])


def side_by_side(size: int, results: dict[Engine, list[Results]]) -> str:
    """The budgets, and then for each engine everybody's time, and how statemend compares with everybody."""
    verdicts = [line for engine, (held,) in results.items() for line in budgets.lines(engine, held)]
    parts = [f"{size:,} rows.", table(["work", "at most", "it takes", "held"], verdicts)]
    for engine, (held,) in results.items():
        head = [engine.name, "seconds", "memory", f"{SCAN} takes", f"{REPAIR} takes"]
        lines = [
            [
                name,
                f"{held.seconds(name):.2f}",
                budgets.megabytes(held.peak_bytes(name)),
                f"{held.ratio(SCAN, name):.2f} ×",
                f"{held.ratio(REPAIR, name):.2f} ×",
            ]
            for name in held.names()
        ]
        parts.append(table(head, lines))
    return "\n\n".join(parts)


def growth(sizes: Sequence[int], results: dict[Engine, list[Results]]) -> str:
    """What a small table takes, the cost of each further row up to each of the other sizes, and how far apart these are;
    and the most memory. A few milliseconds are lost in what other work on the machine costs, so the least counts."""
    few, *more = sizes
    head = ["", f"{few:,} rows", *(f"each further one of {size:,}" for size in more), "apart"]
    lines = []
    for engine, (start, *measured) in results.items():
        for name in (SCAN, REPAIR):
            seconds = start.least_seconds(name)
            costs = [(held.least_seconds(name) - seconds) / (size - few) for size, held in zip(more, measured)]
            peaks = [budgets.megabytes(held.peak_bytes(name)) for held in (start, *measured)]
            took = [f"{seconds * 1e3:.0f} ms", *(f"{cost * 1e6:.3f} µs" for cost in costs)]
            cells = [f"{time}, {peak}" for time, peak in zip(took, peaks)]
            lines.append([f"{engine.name}: {name}", *cells, f"{max(costs) / min(costs) - 1:.0%}"])
    return table(head, lines)


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    processor = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    cores = f"{os.cpu_count()} cores" + (f" ({processor[1]})" if processor else "")
    return f"{datetime.date.today()}, {cores}, {memory / 1e9:.0f} GB of memory"


def put(page: pathlib.Path, section: str, text: str) -> None:
    """Replaces what the page holds of a section."""
    begin, end = f"<!-- measured: {section} -->", f"<!-- end of {section} -->"
    before, found, rest = page.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        sys.exit(f"{page} has no place for {section}: {begin} and {end}")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")
