"""The peers, and their rounds: in each round every peer works once, one after the other, so that a machine that is slower
for a while is slower for all. What is compared is compared within a round, and the median of the rounds is shown."""

import dataclasses
import json
import statistics
import subprocess
import sys
from collections.abc import Callable

import clock
from clock import Command, Measured
from engines import HERE, Engine

SCAN, REPAIR = "`statemend scan`", "`statemend repair`"
UPDATE = "`UPDATE` of the known rows, with a journal"
LOOKING, MENDING = "Python script, looking", "Python script, mending"


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    command: Callable[[], Command]
    changes: bool
    # How many bad rows it has found or changed, from what it printed; nothing where it does not tell.
    counted: Callable[[str], int] | None


@dataclasses.dataclass(frozen=True)
class Tools:
    """What the peers are run with: the program, and the Python that has the drivers."""

    statemend: str
    python: str

    def takes_jobs(self, command: str) -> bool:
        told = subprocess.run([self.statemend, command, "--help"], capture_output=True, text=True, check=True)
        return "--jobs" in told.stdout


def peers(engine: Engine, tools: Tools) -> list[Peer]:
    """Those that only read come first."""
    scans = [Peer(SCAN, lambda: statemend(engine, tools, "scan"), False, total("errors"))]
    if tools.takes_jobs("scan"):
        scans.append(Peer(with_jobs(SCAN), lambda: statemend(engine, tools, "scan", "--jobs=2"), False, total("errors")))
    reading = [Peer(engine.dump, lambda: engine.command("dump", prints_rows=True), False, None)]
    if engine.json_test:
        reading.append(Peer(engine.json_test, lambda: engine.command("json_test"), False, int))
    reading.append(Peer(LOOKING, lambda: script(engine, tools), False, int))
    repairs = [Peer(REPAIR, lambda: statemend(engine, tools, "repair", "--yes"), True, total("rewritten"))]
    if tools.takes_jobs("repair"):
        repair = Peer(
            with_jobs(REPAIR), lambda: statemend(engine, tools, "repair", "--yes", "--jobs=2"), True, total("rewritten")
        )
        repairs.append(repair)
    changing = [
        Peer(UPDATE, lambda: engine.command("update"), True, int),
        Peer(MENDING, lambda: script(engine, tools, "--repair"), True, int),
    ]
    return [*scans, *reading, *repairs, *changing]


def with_jobs(name: str) -> str:
    return f"{name[:-1]} --jobs 2`"


def statemend(engine: Engine, tools: Tools, command: str, *options: str) -> Command:
    words = [tools.statemend, command, *options, "--format=json", "--no-progress", "--quiet"]
    exits = 10 if command == "scan" else 0
    return Command(words, environment={"STATEMEND_URL": engine.url}, exits=exits)


def script(engine: Engine, tools: Tools, *options: str) -> Command:
    return Command([tools.python, str(HERE / "script.py"), engine.url, *options])


def total(key: str) -> Callable[[str], int]:
    return lambda printed: json.loads(printed)["totals"][key]


class Results:
    """What every peer took, round for round."""

    def __init__(self, rounds: list[dict[str, Measured]]):
        self._rounds = rounds

    def names(self) -> list[str]:
        return list(self._rounds[0])

    def seconds(self, name: str) -> float:
        return statistics.median(taken[name].seconds for taken in self._rounds)

    def least_seconds(self, name: str) -> float:
        """What a run takes that nothing else on the machine disturbs, as far as any was that lucky."""
        return min(taken[name].seconds for taken in self._rounds)

    def peak_bytes(self, name: str) -> int:
        return max(taken[name].peak_bytes for taken in self._rounds)

    def ratio(self, name: str, *others: str) -> float:
        """How many times as long one takes as others take together."""
        return statistics.median(
            taken[name].seconds / sum(taken[other].seconds for other in others) for taken in self._rounds
        )


def hold_round(engine: Engine, contestants: list[Peer], bad: int) -> dict[str, Measured]:
    taken = {}
    for peer in contestants:
        measured = clock.run(peer.command())
        if peer.counted and (counted := peer.counted(measured.printed)) != bad:
            sys.exit(f"{engine.name}, {peer.name}: {counted} bad rows instead of {bad}")
        progress(f"{engine.name}: {measured.seconds:8.3f} s  {peer.name}")
        if peer.changes:
            engine.fresh()
        taken[peer.name] = measured
    return taken


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
