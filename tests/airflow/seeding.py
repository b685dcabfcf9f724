"""Puts the corpus into a migrated Airflow database, with Airflow's own models.

Every kind of list occurs: only healthy rows, only bad ones, none, and one bad row among healthy ones, which is how a
single row takes a whole list down.
"""

from datetime import datetime, timedelta

import corpus
import sqlalchemy as sa
from airflow.models.asset import AssetActive, AssetModel
from airflow.models.asset_state_store import AssetStateStoreModel
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunType
from sqlalchemy.orm import Session

DAG = "corpus"
# Both are part of paths, and have what is easily lost there.
RUNS = ["manual__2026-01-01T00:00:00+00:00", "rerun:2~a+b"]


def seed(session: Session, written_at: datetime) -> None:
    dialect = session.get_bind().dialect.name
    session.add(DagBundleModel(name=DAG))
    session.flush()
    session.add(DagModel(dag_id=DAG, bundle_name=DAG, max_active_tasks=1, timetable_type="once"))
    session.flush()
    runs = [
        DagRun(DAG, run_id=run, run_type=DagRunType.MANUAL, run_after=written_at, state=DagRunState.SUCCESS)
        for run in RUNS
    ]
    session.add_all(runs)
    session.flush()
    keys = corpus.KEYS + ([] if dialect == "mysql" else corpus.KEYS_WITH_EMOJI)
    unhealthy = corpus.UNHEALTHY | ({} if dialect == "postgresql" else corpus.WITH_NUL)
    healthy_keys = {key: corpus.DOCUMENT_TEXT for key in keys}
    unhealthy_keys = {key: f"raw text under {key}" for key in keys}

    # A task has a list for each of its map indexes, so every bad value can have a list to itself.
    each = [{name: value} for name, value in unhealthy.items()]
    first, second = runs
    seed_task(session, first, "healthy", [corpus.HEALTHY], written_at)
    seed_task(session, first, "unhealthy", each, written_at)
    seed_task(session, first, "one_bad", [corpus.HEALTHY | {"bad": "raw text"}], written_at)
    seed_task(session, first, "keys", [healthy_keys, unhealthy_keys, {}], written_at)
    seed_task(session, second, "keys", [unhealthy_keys, healthy_keys], written_at)

    seed_asset(session, "healthy", corpus.HEALTHY, written_at)
    seed_asset(session, "unhealthy", unhealthy, written_at)
    seed_asset(session, "healthy keys", healthy_keys, written_at)
    seed_asset(session, "unhealthy keys", unhealthy_keys, written_at)
    seed_asset(session, "empty", {}, written_at)


def seed_task(session: Session, run: DagRun, task: str, values: list[dict[str, str]], written_at: datetime) -> None:
    """A task instance for each of `values`; a task that has only one is not mapped."""
    indexes = range(len(values)) if len(values) > 1 else [-1]
    session.execute(sa.insert(TaskInstance), [task_instance(run, task, index) for index in indexes])
    identity = {"dag_run_id": run.id, "dag_id": DAG, "run_id": run.run_id, "task_id": task, "updated_at": written_at}
    rows = [
        identity | {"map_index": index, "key": key, "value": value, "expires_at": expiry(key, written_at)}
        for index, state in zip(indexes, values)
        for key, value in state.items()
    ]
    session.execute(sa.insert(TaskStateStoreModel), rows)


def task_instance(run: DagRun, task: str, index: int) -> dict:
    identity = {"dag_id": DAG, "run_id": run.run_id, "task_id": task, "map_index": index}
    return identity | {"state": TaskInstanceState.SUCCESS, "try_number": 1, "pool": "default_pool", "pool_slots": 1}


def expiry(key: str, written_at: datetime) -> datetime | None:
    """Some rows expire and some never do; a repair has to keep either."""
    return written_at + timedelta(days=3650) if len(key) % 2 else None


def seed_asset(session: Session, name: str, values: dict[str, str], written_at: datetime) -> AssetModel:
    asset = AssetModel(name=name, uri=f"s3://bucket/{name}")
    session.add(asset)
    session.flush()
    session.add(AssetActive.for_asset(asset))
    writer = {"last_updated_by_kind": "task", "last_updated_by_dag_id": DAG, "last_updated_by_task_id": name}
    identity = {"asset_id": asset.id, "updated_at": written_at}
    if values:
        rows = [identity | writer | {"key": key, "value": value} for key, value in values.items()]
        session.execute(sa.insert(AssetStateStoreModel), rows)
    return asset
