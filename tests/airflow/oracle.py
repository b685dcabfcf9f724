"""Airflow itself, asked what it reads.

It works on the database at the URL that it is given, and takes these orders from standard input, one a line:

    migrate    makes Airflow's tables, by `airflow db migrate`
    seed       inserts the corpus into both state tables
    ask        prints one line of JSON for every row and for every list of rows, see readers.py
    offload    stores values in object storage, and references in old forms in both tables of a seeded database
    resolve    prints one line of JSON for every such reference, see backend.py

An empty line on standard output says that the order has been carried out. One process serves many orders, because
starting Airflow's applications takes longer than asking them.
"""

import functools
import gc
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from datetime import datetime, timezone

sys.dont_write_bytecode = True

SETTINGS = {
    # Everybody may do everything, so requests need no token.
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    # One page holds a whole list.
    "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "100000",
    # A row that cannot be read stays so; the SDK would wait for it to get better, half a minute each.
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "1",
    # Every failure would log a stack trace.
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
}
WRITTEN_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)


def migrate() -> None:
    program = pathlib.Path(sys.executable).with_name("airflow")
    done = subprocess.run([program, "db", "migrate"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)


def seed() -> None:
    import seeding
    from airflow.utils.session import create_session

    with create_session() as session:
        seeding.seed(session, WRITTEN_AT)


def ask() -> None:
    for answer in airflow().answers():
        print(json.dumps(answer))


def offload() -> None:
    worker().store()


def resolve() -> None:
    for answer in worker().resolved():
        print(json.dumps(answer))


@functools.cache
def worker():
    import backend

    return backend.Worker(airflow().worker, WRITTEN_AT)


@functools.cache
def airflow():
    # Importing Airflow fixes its settings, among them the database, so it happens as late as this.
    import readers

    return readers.Airflow()


ORDERS = {"migrate": migrate, "seed": seed, "ask": ask, "offload": offload, "resolve": resolve}

if __name__ == "__main__":
    # Airflow makes millions of objects that stay; looking through them for garbage takes a fifth of the time.
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="statemend-airflow-") as home:
        os.environ.update(SETTINGS, AIRFLOW_HOME=home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sys.argv[1])
        for order in sys.stdin:
            ORDERS[order.strip()]()
            print(flush=True)
