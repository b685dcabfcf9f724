"""What the readers of Airflow do with a stored value: their own code, from the column to the caller.

`api` goes from `json.loads` through the response field of Airflow's own route, which FastAPI validates and serialises.
`worker` goes through the response field of the execution API, the client model of the Task SDK, and the frame in which
the supervisor passes the value on to the task.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from datetime import datetime, timezone

import msgspec
from airflow.api_fastapi.core_api.datamodels import task_state_store as api_models
from airflow.api_fastapi.core_api.routes.public.task_state_store import task_state_store_router
from airflow.api_fastapi.execution_api.datamodels import task_state_store as execution_models
from airflow.api_fastapi.execution_api.routes.task_state_store import router as execution_router
from airflow.sdk.api.datamodels._generated import TaskStateStoreResponse as ClientModel
from airflow.sdk.execution_time.comms import TaskStateStoreResult, ToTask, _ResponseFrame
from pydantic import TypeAdapter

# How many containers `json.loads` takes inside each other when it is called from the top of a program.
PYTHON_STACK = 994
NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
FRAME = msgspec.msgpack.Decoder(_ResponseFrame)
TO_TASK = TypeAdapter(ToTask)


def response_field(router, model):
    """The field with which FastAPI answers for the route that returns `model`."""
    return next(route.response_field for route in router.routes if getattr(route, "response_model", None) is model)


API = response_field(task_state_store_router, api_models.TaskStateStoreResponse)
EXECUTION = response_field(execution_router, execution_models.TaskStateStoreResponse)


def loads(text):
    return json.loads(text)


def settle_recursion_limit():
    """Makes `loads`, called from `judge` (as far down as `takes` is here), run out of stack where a plain program would."""
    def takes(height):
        try:
            loads("[" * height + "]" * height)
        except RecursionError:
            return False
        return True

    while takes(PYTHON_STACK + 1):
        sys.setrecursionlimit(sys.getrecursionlimit() - 1)
    while not takes(PYTHON_STACK):
        sys.setrecursionlimit(sys.getrecursionlimit() + 1)


def through(field, response):
    """Validates and serialises a response the way FastAPI does."""
    value, errors = field.validate(response, {}, loc=("response",))
    if errors:
        raise ValueError("the response does not validate")
    return field.serialize_json(value, include=None, exclude=None, by_alias=True, exclude_unset=False, exclude_defaults=False,
                                exclude_none=False)


def reading(read, stored):
    """`ok`, `altered` or `error`, for a function that returns what a reader gets."""
    try:
        got = read()
    except (ValueError, RecursionError):
        return "error"
    return "ok" if repr(got) == repr(stored) else "altered"


def api(value):
    response = api_models.TaskStateStoreResponse(key="k", value=value, updated_at=NOW, expires_at=None)
    return json.loads(through(API, response))["value"]


def client(value):
    return ClientModel.model_validate_json(through(EXECUTION, execution_models.TaskStateStoreResponse(value=value)))


def task(value):
    result = TaskStateStoreResult.from_task_state_store_response(client(value))
    frame = _ResponseFrame(id=1, body=result.model_dump()).as_bytes()
    return TO_TASK.validate_python(FRAME.decode(frame[4:]).body).value


def judge(value):
    """What `json.loads` says (nothing if it parses), and both readings. `frame` is true where only the frame fails."""
    try:
        stored = loads(value)
    except (ValueError, RecursionError) as error:
        return str(error), "error", "error", False
    worker, frame = reading(lambda: client(value=stored).value, stored), False
    if worker != "error":
        try:
            frame = reading(lambda: task(stored), stored) != worker
        except OverflowError:
            frame = True
    return "", reading(lambda: api(stored), stored), worker, frame


def is_literal(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return False
    return True
