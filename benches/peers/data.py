"""The rows: the same for every engine, and at every run.

A row is healthy, or it is one of those that are not JSON, in the mix of kinds that old builds and custom backends leave
behind.
"""

import base64
import dataclasses
import gzip
import json
import pathlib
import random
from collections.abc import Iterator

# The keys of a task instance, and the task instances of a DAG run.
KEYS, TASKS = 100, 20
# `tests/support/referred.sql` makes a DAG, and DAG runs up to this one.
DAG, LAST_RUN = "example", 3
WRITTEN_AT = "2026-05-04 00:00:00"

# Where a number of the row goes stands a `#`. With three bad ones of a hundred, values are 36 bytes long on average.
HEALTHY = [
    '"2026-05-04T00:00:00.#+00:00"',
    '{"page": #, "cursor": "c#"}',
    '{"offset": #, "partition": 3, "done": false}',
    '{"__airflow_state_ref__": "s3://state/load/#"}',
    '{"job_id": "job-#", "state": "RUNNING", "retries": 2}',
    '{"seen": [12, 15, 99, #], "next": null}',
    '"running"',
    "#",
]
# Each as often as it stands here.
BAD = [
    "waiting for file #",
    "job-#",
    "2026-05-04T00:00:00+00:00",
    "größe: # Zeilen",
    "s3://bucket/state/load/#.json",
    "gs://bucket/checkpoints/#",
    "{'page': #, 'cursor': None}",
    "['a', 'b', #]",
    '{"offset": #, "partition":',
    '{"offset": #, "done": true,}',
    "eyJwYWdlIjogMTIsICJjdXJzb3IiOiBudWxsfQ==",
    "",
]
WORDS = ["checkpoint", "s3://bucket/path", "running", "größe", "a message with some words in it", "2026-05-04"]


@dataclasses.dataclass(frozen=True)
class Row:
    id: int
    value: str
    is_bad: bool

    @property
    def run(self) -> int:
        return LAST_RUN + 1 + self.id // (KEYS * TASKS)

    def columns(self) -> tuple[int | str, ...]:
        """In the order in which every engine's `columns.sql` names them."""
        task, key = f"task_{self.id // KEYS % TASKS}", f"key_{self.id % KEYS}"
        return self.id, self.run, task, -1, key, DAG, f"run_{self.run}", self.value, WRITTEN_AT


@dataclasses.dataclass(frozen=True)
class Data:
    """So many rows, so many of a hundred of them bad, with values of 36 bytes or of about 1 KB."""

    count: int
    bad_percent: int
    long: bool

    def rows(self) -> Iterator[Row]:
        dice = random.Random(1)
        healthy, bad = (long_values(dice), long_bad_values(dice)) if self.long else (HEALTHY, BAD)
        for number in range(1, self.count + 1):
            is_bad = dice.random() * 100 < self.bad_percent
            yield Row(number, dice.choice(bad if is_bad else healthy).replace("#", str(number)), is_bad)

    def runs(self) -> range:
        """The DAG runs that rows belong to."""
        return range(LAST_RUN + 1, Row(self.count, "", False).run + 1)


def long_values(dice: random.Random) -> list[str]:
    return [json.dumps(document(dice)) for _ in range(16)]


def long_bad_values(dice: random.Random) -> list[str]:
    ways = [repr, lambda value: json.dumps(value)[:-20], packed]
    return [way(document(dice)) for way in ways for _ in range(4)]


def packed(value: list) -> str:
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


def document(dice: random.Random) -> list:
    def item(number: int) -> dict:
        tags, done = dice.choices(WORDS, k=3), dice.choice([True, False, None])
        return {"id": number, "ratio": dice.random(), "name": dice.choice(WORDS), "tags": tags, "done": done}

    return [item(number) for number in range(7)]


@dataclasses.dataclass(frozen=True)
class Files:
    """The rows as files that PostgreSQL's COPY and MySQL's LOAD DATA both read: tabs between the columns, and a backslash
    before each backslash."""

    rows: pathlib.Path
    # The ids and values of the bad rows, for those that are told which rows to change.
    known: pathlib.Path
    bad: int
    value_bytes: int


def write(data: Data, home: pathlib.Path) -> Files:
    bad = value_bytes = 0
    rows, known = home / "rows.tsv", home / "known.tsv"
    with rows.open("w") as all_rows, known.open("w") as bad_rows:
        for row in data.rows():
            all_rows.write(line(row.columns()))
            value_bytes += len(row.value.encode())
            if row.is_bad:
                bad += 1
                bad_rows.write(line((row.id, row.value)))
    return Files(rows, known, bad, value_bytes)


def line(columns: tuple[int | str, ...]) -> str:
    return "\t".join(map(str, columns)).replace("\\", "\\\\") + "\n"
