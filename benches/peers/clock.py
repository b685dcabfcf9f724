"""Runs a command, and tells how long it took and how much memory it had at most."""

import contextlib
import dataclasses
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time

# How often a process is asked for its memory. What it tells is the most that it ever had, so only the last moments count.
LOOK_EVERY_MS = 10


@dataclasses.dataclass(frozen=True)
class Command:
    words: list[str]
    # Standard input.
    statements: pathlib.Path | None = None
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    # What a peer prints that prints the whole table goes nowhere.
    prints_rows: bool = False
    exits: int = 0


@dataclasses.dataclass(frozen=True)
class Measured:
    seconds: float
    peak_bytes: int
    printed: str


def run(command: Command) -> Measured:
    with contextlib.ExitStack() as files:
        statements = files.enter_context(open(command.statements or os.devnull, "rb"))
        printed = files.enter_context(open(os.devnull, "w+b") if command.prints_rows else tempfile.TemporaryFile())
        begin = time.perf_counter()
        process = subprocess.Popen(
            command.words, stdin=statements, stdout=printed, env={**os.environ, **command.environment}
        )
        peak = watch(process)
        seconds = time.perf_counter() - begin
        if process.wait() != command.exits:
            sys.exit(f"`{' '.join(command.words)}` ended with {process.returncode} instead of {command.exits}")
        printed.seek(0)
        return Measured(seconds, peak, printed.read().decode())


def watch(process: subprocess.Popen) -> int:
    """Waits for the end, and gives the most memory that the process ever had."""
    peak = 0
    end = select.poll()
    with os.fdopen(os.pidfd_open(process.pid)) as descriptor:
        end.register(descriptor, select.POLLIN)
        while not end.poll(LOOK_EVERY_MS):
            peak = max(peak, high_water_mark(process.pid))
    return peak


def high_water_mark(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    # A process that has just ended has no memory.
    mark = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(mark[1]) * 1024 if mark else 0
