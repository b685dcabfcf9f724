"""Airflow's two readers of state values, asked for every row.

`api` is the public REST route. `worker` is what a task sees: the execution API with the Task SDK's client in front of
it. Both are Airflow's whole applications, called in this process. An answer is one of

    {"route": "row", "table": …, "key": {column: value}, "api": {"status", "reading", "value"}, "worker": {…}}
    {"route": "list", "table": …, "list": {column: value}, "api": {"status"}}

`reading` is `ok`, `altered` or `error`. `value` is what was read, as JSON inside a string, because the consumer's
parser may not take all that Python's does.
"""

import asyncio
import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx
from airflow.api_fastapi.app import create_app
from airflow.api_fastapi.execution_api.app import InProcessExecutionAPI
from airflow.models.asset import AssetModel
from airflow.models.asset_state_store import AssetStateStoreModel
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.taskinstance import TaskInstance
from airflow.sdk.api.client import Client
from airflow.utils.session import create_session
from fastapi import FastAPI
from sqlalchemy import select


class Direct(httpx.BaseTransport):
    """Carries a request to an application without a socket. Failures are responses, as they are to a browser."""

    def __init__(self, app: FastAPI, loop: asyncio.Runner) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._loop = loop
        # What this starts lasts as long as the process.
        loop.run(app.router.lifespan_context(app).__aenter__())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._loop.run(self._respond(request))

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        content = b"".join([part async for part in response.stream])
        return httpx.Response(response.status_code, headers=response.headers, content=content)


class Airflow:
    def __init__(self) -> None:
        loop = asyncio.Runner()
        self._api = httpx.Client(base_url="http://api/api/v2", transport=Direct(create_app(apps="core"), loop))
        # This is the application that Airflow itself uses in-process: it takes every caller for the right task.
        execution = Direct(InProcessExecutionAPI().app, loop)
        self.worker = Client(base_url="http://execution", token="", transport=execution)

    def answers(self) -> Iterator[dict]:
        with create_session() as session:
            for instance in session.scalars(select(TaskInstance)).all():
                yield from self._task_answers(session, instance)
            for asset in session.scalars(select(AssetModel)).all():
                yield from self._asset_answers(session, asset)

    def _task_answers(self, session, instance: TaskInstance) -> Iterator[dict]:
        table = TaskStateStoreModel
        identity = {name: getattr(instance, name) for name in ("dag_id", "run_id", "task_id", "map_index")}
        rows = session.scalars(select(table).filter_by(**identity)).all()
        names = ("dags", instance.dag_id, "dagRuns", instance.run_id, "taskInstances", instance.task_id, "state-store")
        path = "/".join(quote(name, safe="") for name in names)
        query = {"map_index": instance.map_index}
        read = {}
        for row in rows:
            api = read[row.key] = self._get(path, row, query)
            worker = worker_reading(row, lambda key: self.worker.task_state_store.get(instance.id, key))
            yield row_answer(row, {"id": row.id}, api, worker)
        yield list_answer(table, identity, self._list(path, query), read)

    def _asset_answers(self, session, asset: AssetModel) -> Iterator[dict]:
        table = AssetStateStoreModel
        identity = {"asset_id": asset.id}
        path = f"assets/{asset.id}/state-store"
        read = {}
        for row in session.scalars(select(table).filter_by(**identity)).all():
            api = read[row.key] = self._get(path, row, {})
            worker = worker_reading(row, lambda key: self.worker.asset_state_store.get(key, name=asset.name))
            yield row_answer(row, identity | {"key": row.key}, api, worker)
        yield list_answer(table, identity, self._list(path, {}), read)

    def _get(self, path: str, row, query: dict) -> dict:
        response = self._api.get(f"{path}/{quote(row.key, safe='')}", params=query)
        if response.status_code != 200:
            return {"status": response.status_code, "reading": "error", "value": None}
        return {"status": 200, **reading(row.value, response.json()["value"])}

    def _list(self, path: str, query: dict) -> httpx.Response:
        return self._api.get(path, params={"limit": 100_000, **query})


def worker_reading(row, get) -> dict:
    try:
        return reading(row.value, get(row.key).value)
    except Exception as error:
        return {"reading": "error", "value": None, "error": type(error).__name__}


def reading(stored: str, value: object) -> dict:
    # Texts are compared, because NaN is not equal to itself.
    text = json.dumps(value)
    return {"reading": "ok" if text == json.dumps(json.loads(stored)) else "altered", "value": text}


def row_answer(row, key: dict, api: dict, worker: dict) -> dict:
    return {"route": "row", "table": row.__tablename__, "key": key, "api": api, "worker": worker}


def list_answer(table, identity: dict, response: httpx.Response, read: dict[str, dict]) -> dict:
    if response.status_code == 200:
        listed = {entry["key"]: json.dumps(entry["value"]) for entry in response.json()[table.__tablename__]}
        assert listed == {key: api["value"] for key, api in read.items()}, "a list differs from its rows"
    api = {"status": response.status_code}
    return {"route": "list", "table": table.__tablename__, "list": identity, "api": api}
