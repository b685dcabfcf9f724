"""State outside of the database: the stock object-storage backend, used as a task uses it.

`Worker.store` lets the backend store values, and puts the references to them into the tables in the forms that earlier
builds left behind. `Worker.resolved` asks for every value as a task would, and answers for each row

    {"table": …, "key": {column: value}, "form": …, "stored": value, "read": value, "error": null}

where `stored` is what a task gave to the backend and `read` what a task gets back now. Both are JSON inside a string. A
task that gets an exception reads nothing, and `error` names it.
"""

import contextlib
import itertools
import json
import os
import pathlib
import typing
from collections.abc import Iterator
from datetime import datetime

import psutil
import seeding
import sqlalchemy as sa
import structlog
from airflow.models.asset_state_store import AssetStateStoreModel
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.taskinstance import TaskInstance
from airflow.providers.common.io.state_store import backend
from airflow.sdk.api.client import Client
from airflow.sdk.execution_time.context import AssetStateStoreAccessor, TaskStateStoreAccessor
from airflow.sdk.execution_time.supervisor import (
    InProcessSupervisorComms,
    InProcessTestSupervisor,
    set_supervisor_comms,
)
from airflow.sdk.state import TaskScope
from airflow.utils.session import create_session

OPTION = "AIRFLOW__COMMON_IO__STATE_STORE_OBJECTSTORAGE_"
# What a backend may be configured with: a compression, and from how many bytes on it stores a value outside.
CONFIGURATIONS = {"plain": ("", 0), "gzip": ("gzip", 0), "inline": ("", 1_000_000)}

ASSET = "orders & returns/100%"
VALUES = [{"page": 12, "note": "☃ \" \\ \n"}, "s3://bucket/key", [1, 2.5, None, True], "", 0]
KEYS = [
    "cursor",
    "with space",
    " at both ends ",
    "slash/inside",
    "dots/../and/./more",
    "percent %2F 100%",
    "question?mark=1&a=b",
    "hash#fragment",
    "[brackets]",
    'quote " and \' and \\',
    "é and ☃",
]

# The forms of a reference that are older than that of released builds.
FORMS = {
    "raw": str,
    "JSON string": json.dumps,
    "development envelope": lambda reference: json.dumps({"__type": "ExternalState", "__var": reference}),
    "raw, with white space around": lambda reference: f" \t{reference} \n",
}


class Stored(typing.NamedTuple):
    accessor: TaskStateStoreAccessor | AssetStateStoreAccessor
    row: sa.Select
    key: str
    form: str
    value: object


class Worker:
    """A worker that has the backend, at work for a task instance of the corpus and for an asset."""

    def __init__(self, client: Client, written_at: datetime) -> None:
        os.environ["AIRFLOW__WORKERS__STATE_STORE_BACKEND"] = f"{backend.__name__}.StateStoreObjectStorageBackend"
        os.environ[f"{OPTION}PATH"] = pathlib.Path(os.environ["AIRFLOW_HOME"], "state").as_uri()
        self._client = client
        self._stored: list[Stored] = []
        with create_session() as session:
            instance = session.scalars(sa.select(TaskInstance).filter_by(run_id=seeding.RUNS[1], map_index=0)).one()
            self._instance, self._asset = instance.id, seeding.seed_asset(session, ASSET, {}, written_at).id
            self._identity = {name: getattr(instance, name) for name in ("dag_id", "run_id", "task_id", "map_index")}

    def store(self) -> None:
        for configuration in CONFIGURATIONS:
            configure(configuration)
            # What the backend does not store outside has been a reference in envelopes only.
            forms = ["development envelope"] if configuration == "inline" else FORMS
            for form, (key, value) in itertools.product(forms, zip(KEYS, itertools.cycle(VALUES))):
                self._store(f"offloaded, {configuration}, {form}: {key}", form, value)

    def resolved(self) -> Iterator[dict]:
        with self._at_work(), create_session() as session:
            for stored in self._stored:
                row = session.scalars(stored.row).one()
                names = ["id"] if isinstance(row, TaskStateStoreModel) else ["asset_id", "key"]
                key = {name: getattr(row, name) for name in names}
                answer = {"table": row.__tablename__, "key": key, "form": stored.form}
                yield answer | {"stored": json.dumps(stored.value)} | read(stored)

    def _store(self, key: str, form: str, value: object) -> None:
        task = sa.select(TaskStateStoreModel).filter_by(key=key, **self._identity)
        asset = sa.select(AssetStateStoreModel).filter_by(key=key, asset_id=self._asset)
        for accessor, row in [
            (TaskStateStoreAccessor(self._instance, TaskScope(**self._identity)), task),
            (AssetStateStoreAccessor(name=ASSET), asset),
        ]:
            with self._at_work():
                accessor.set(key, value)
            with create_session() as session:
                entry = session.scalars(row).one()
                entry.value = FORMS[form](json.loads(entry.value)["__airflow_state_ref__"])
            self._stored.append(Stored(accessor, row, key, form, value))

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        """Tasks reach Airflow through their supervisor. This is the one of `dag.test()`, which needs no process."""
        supervisor = InProcessTestSupervisor(
            id=self._instance,
            pid=os.getpid(),
            process=psutil.Process(),
            process_log=structlog.get_logger(),
            client=self._client,
        )
        supervisor.comms = InProcessSupervisorComms(supervisor=supervisor)
        with set_supervisor_comms(supervisor.comms):
            yield


def read(stored: Stored) -> dict:
    try:
        return {"read": json.dumps(stored.accessor.get(stored.key)), "error": None}
    except Exception as error:
        return {"read": None, "error": type(error).__name__}


def configure(configuration: str) -> None:
    compression, threshold = CONFIGURATIONS[configuration]
    os.environ |= {f"{OPTION}COMPRESSION": compression, f"{OPTION}THRESHOLD": str(threshold)}
    # As if a worker had started with it.
    backend._get_compression.cache_clear()
    backend._get_threshold.cache_clear()
