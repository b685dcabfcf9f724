"""What statemend may cost, as ratios to its peers, and whether it does."""

import dataclasses
from collections.abc import Iterator

from contest import LOOKING, MENDING, REPAIR, SCAN, UPDATE, Results
from engines import Engine

MEMORY_BYTES = 48 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Budget:
    """`work` takes `at_most` times as long as all of `of` together."""

    work: str
    at_most: float
    of: tuple[str, ...]

    def line(self, engine: Engine, results: Results) -> list[str]:
        ratio = results.ratio(self.work, *self.of)
        limit = f"{self.at_most:g} × {' and '.join(self.of)}"
        return [f"{engine.name}: {self.work}", limit, f"{ratio:.2f} ×", held(ratio <= self.at_most)]


def budgets(engine: Engine) -> list[Budget]:
    # Of the server's own test where the rows need not leave it, else of the rows' way out.
    scan_of = engine.dump if engine.folder == "postgres" else engine.json_test
    return [
        Budget(SCAN, 1.0, (scan_of,)),
        Budget(REPAIR, 1.2, (SCAN, UPDATE)),
        Budget(SCAN, 1 / 8, (LOOKING,)),
        Budget(REPAIR, 1 / 8, (MENDING,)),
    ]


def lines(engine: Engine, results: Results) -> Iterator[list[str]]:
    for budget in budgets(engine):
        yield budget.line(engine, results)
    peak = max(results.peak_bytes(name) for name in results.names() if name.startswith("`statemend"))
    yield [f"{engine.name}: memory", megabytes(MEMORY_BYTES), megabytes(peak), held(peak <= MEMORY_BYTES)]


def held(is_held: bool) -> str:
    return "yes" if is_held else "**no**"


def megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MB"
