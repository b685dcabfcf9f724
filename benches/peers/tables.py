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
    """The cost per row at each size, and the most memory."""
    head = ["", *(f"{size:,} rows" for size in sizes)]
    lines = []
    for engine, measured in results.items():
        for name in (SCAN, REPAIR):
            cells = [
                f"{held.seconds(name) / size * 1e6:.3f} µs, {budgets.megabytes(held.peak_bytes(name))}"
                for size, held in zip(sizes, measured)
            ]
            lines.append([f"{engine.name}: {name}, for each row", *cells])
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
