"""The writers: what each writes, and what it must find afterwards.

No two writers write the same row, so each knows what must be there: what it wrote last, or the mended form of that. It
looks at its rows all the time, because a value that gets lost is seldom the last one.
"""

import json
import multiprocessing
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
from airflow import settings
from airflow._shared.state import AssetScope, TaskScope
from airflow._shared.timezones import timezone
from airflow.models.asset import AssetModel
from airflow.models.asset_state_store import AssetStateStoreModel
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.state.metastore import MetastoreBackend
from airflow.utils.retries import run_with_db_retries
from airflow.utils.session import create_session
from sqlalchemy.orm import Session

WRITERS = 8
# What each has: a mapped task, with a list of state for each of its indexes, and some assets.
INDEXES, ASSETS, KEYS = 20, 5, 20
# How many writes each makes before anyone may rely on writers being at work.
FIRST_WRITES = 25
# A look costs as much as two writes, and few rows are written twice between two of them.
LOOK_EVERY = 25
# To MariaDB's usual collations these are all the same.
SPELLINGS = ["Ready", "ready", "ready ", "READY", "réady"]

# The rows of one writer, each with the parts of its name.
MINE = (
    "SELECT 'task', task_id, map_index, state.key, value FROM task_state_store AS state WHERE task_id = :task",
    "SELECT 'asset', asset_id, state.key, value FROM asset_state_store AS state "
    "WHERE asset_id BETWEEN :first AND :last",
)

FORK = multiprocessing.get_context("fork")
BEGUN = FORK.Barrier(WRITERS + 1)
STOP = FORK.Event()
WRITES = FORK.Array("Q", WRITERS)

BACKEND = MetastoreBackend()


@dataclass
class Row:
    """A row as its only writer knows it."""

    scope: TaskScope | AssetScope
    key: str
    seed: str
    written: str | None
    mended: str | None
    touched: bool = False
    began: bool = False

    @property
    def table(self) -> type:
        return TaskStateStoreModel if isinstance(self.scope, TaskScope) else AssetStateStoreModel

    @property
    def identity(self) -> dict:
        """The columns that tell this row from all others."""
        return {name: value for name, value in vars(self.scope).items() if value is not None} | {"key": self.key}

    @property
    def name(self) -> str:
        if isinstance(self.scope, TaskScope):
            return f"task/{self.scope.task_id}/{self.scope.map_index}/{self.key}"
        return f"asset/{self.scope.asset_id}/{self.key}"

    def is_like(self, value: str) -> bool:
        """Whether `value` is what statemend may have found or put here, so that writing it would prove nothing."""
        return value in (self.seed, json.dumps(self.seed), self.written, self.mended)

    def outcome(self) -> dict:
        names = ("name", "written", "mended", "began", "touched")
        return {name: getattr(self, name) for name in names}


@dataclass
class Writer:
    number: int
    rows: list[Row]
    random: random.Random
    recent: deque[Row] = field(default_factory=lambda: deque(maxlen=8))
    tries_again: int = 0
    longest: float = 0.0
    lost: list[dict] = field(default_factory=list)

    def work(self) -> "Writer":
        # The connections in there are the parent's.
        settings.engine.dispose(close=False)
        for _ in range(FIRST_WRITES):
            self.write()
        for row in self.rows:
            row.began = row.touched
        BEGUN.wait(timeout=60)
        while not STOP.is_set():
            self.write()
            if WRITES[self.number] % LOOK_EVERY == 0:
                self.look()
        settings.engine.dispose()
        return self

    def write(self) -> None:
        # What was written a moment ago may be under repair just now, and there the next write finds most to break.
        row = self.random.choice(self.recent if self.recent and self.random.random() < 0.5 else self.rows)
        choice = self.random.random()
        begin = time.monotonic()
        if choice < 0.45 and row.written is not None:
            self.write_as_legacy_worker(row)
        elif choice < 0.93 or row.written is None:
            self.set(row)
        elif choice < 0.995:
            self.delete(row)
        else:
            self.clear(row)
        self.longest = max(self.longest, time.monotonic() - begin)
        self.recent.append(row)
        WRITES[self.number] += 1

    def set(self, row: Row) -> None:
        value = self.another(row, healthy)
        self.change([row], lambda session: BACKEND.set(row.scope, row.key, value, session=session))
        row.written = row.mended = value

    def write_as_legacy_worker(self, row: Row) -> None:
        """Stores what is not JSON, which this Airflow would not do."""
        value = self.another(row, bad)
        identity = row.identity
        where = " AND ".join(f"state.{column} = :{column}" for column in identity)
        table = row.table.__tablename__
        update = sa.text(f"UPDATE {table} AS state SET value = :new, updated_at = :now WHERE {where}")

        def overwrite(session: Session) -> None:
            done = session.execute(update, identity | {"new": value, "now": timezone.utcnow()})
            assert done.rowcount == 1, f"{done.rowcount} rows are {row.name}"

        self.change([row], overwrite)
        row.written, row.mended = value, json.dumps(value)

    def delete(self, row: Row) -> None:
        self.change([row], lambda session: BACKEND.delete(row.scope, row.key, session=session))
        row.written = row.mended = None

    def clear(self, row: Row) -> None:
        rows = [other for other in self.rows if other.scope == row.scope]
        self.change(rows, lambda session: BACKEND.clear(row.scope, session=session))
        for row in rows:
            row.written = row.mended = None

    def change(self, rows: list[Row], make: Callable[[Session], None]) -> None:
        """Makes a change in a session of its own, and tries again as Airflow does."""
        for attempt in run_with_db_retries():
            with attempt, create_session() as session:
                self.tries_again += attempt.retry_state.attempt_number > 1
                make(session)
        for row in rows:
            row.touched = True

    def another(self, row: Row, make: Callable[[random.Random], str]) -> str:
        while row.is_like(value := make(self.random)):
            pass
        return value

    def look(self) -> None:
        """Compares all rows with what must be there."""
        found = self.found()
        for row in self.rows:
            value = found.get(row.name)
            if value not in (row.written, row.mended):
                self.lost.append({"name": row.name, "expected": row.written, "found": value})
                # It was lost once, however often we look.
                row.written = row.mended = value

    def found(self) -> dict[str, str]:
        mine = assets_of(self.number)
        places = {"task": task_of(self.number), "first": mine[0], "last": mine[-1]}
        with create_session() as session:
            rows = [row for query in MINE for row in session.execute(sa.text(query), places)]
        return {"/".join(map(str, place)): value for *place, value in rows}


def bad(random: random.Random) -> str:
    number = random.randrange(1000)
    others = ["", f"s3://bucket/Part-{number}", f"{{'step': {number}}}", f'{{"step": {number}', f"läuft\t{number} 🦀"]
    return random.choice(SPELLINGS + others)


def healthy(random: random.Random) -> str:
    text, number = random.choice(SPELLINGS), random.randrange(1000)
    return random.choice([json.dumps(text), json.dumps(text, ensure_ascii=False), json.dumps({"step": number})])


def task_of(number: int) -> str:
    return f"task of writer {number}"


def assets_of(number: int) -> range:
    return range(10 + number * ASSETS, 10 + (number + 1) * ASSETS)


def writers() -> list[Writer]:
    made = []
    for number in range(WRITERS):
        chance = random.Random(number)
        scopes = [TaskScope("example", "first", task_of(number), index) for index in range(INDEXES)]
        scopes += [AssetScope(asset) for asset in assets_of(number)]
        places = [(scope, f"key {key}") for scope in scopes for key in range(KEYS)]
        seeds = [chance.choice(SPELLINGS) for _ in places]
        rows = [Row(*place, seed, written=seed, mended=json.dumps(seed)) for place, seed in zip(places, seeds)]
        made.append(Writer(number, rows, chance))
    return made


def seed(writers: list[Writer]) -> None:
    rows = [row for writer in writers for row in writer.rows]
    assets = [asset for writer in writers for asset in assets_of(writer.number)]
    with create_session() as session:
        names = [{"id": asset, "name": f"asset {asset}", "uri": f"s3://bucket/{asset}"} for asset in assets]
        session.execute(sa.insert(AssetModel), names)
        for table, run in ((TaskStateStoreModel, {"dag_run_id": 1}), (AssetStateStoreModel, {})):
            what = run | {"updated_at": timezone.utcnow()}
            values = [what | row.identity | {"value": row.seed} for row in rows if row.table is table]
            session.execute(sa.insert(table), values)


def journal() -> list:
    """What statemend wrote about its changes."""
    query = "SELECT run_id, seq, action, value_before, sha256_after FROM statemend_change ORDER BY run_id, seq"
    with create_session() as session:
        return session.execute(sa.text(query)).all()
