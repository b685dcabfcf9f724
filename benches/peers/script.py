"""The script that an Airflow engineer would write on the day: reads all rows through a server-side cursor, finds those
that are not JSON, and makes JSON strings of them, a thousand in a transaction, unless somebody has changed them.

    script.py URL [--repair]

Prints how many it found.
"""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

import MySQLdb
import MySQLdb.cursors
import psycopg2
import psycopg2.extras

FETCH, BATCH = 10_000, 1_000
SELECT = "SELECT id, value FROM task_state_store"

# The new value, the id and the old value of each row.
Changes = list[tuple[str, int, str]]


def postgres(url: str) -> tuple[Iterator, Callable[[Changes], None]]:
    dsn = url.replace("+psycopg2", "")
    reading, writing = psycopg2.connect(dsn), psycopg2.connect(dsn)
    rows = reading.cursor(name="rows")
    rows.itersize = FETCH
    rows.execute(SELECT)

    def update(changes: Changes) -> None:
        with writing, writing.cursor() as cursor:
            psycopg2.extras.execute_values(
                cursor,
                "UPDATE task_state_store AS state SET value = new.value FROM (VALUES %s) AS new (value, id, old) "
                "WHERE state.id = new.id AND state.value = new.old",
                changes,
                page_size=BATCH,
            )

    return iter(rows), update


def mysql(url: str) -> tuple[Iterator, Callable[[Changes], None]]:
    parts = urlsplit(url)
    options = {
        "host": parts.hostname,
        "port": parts.port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
        "charset": "utf8mb4",
    }
    reading, writing = MySQLdb.connect(**options, cursorclass=MySQLdb.cursors.SSCursor), MySQLdb.connect(**options)
    rows = reading.cursor()
    rows.execute(SELECT)

    def update(changes: Changes) -> None:
        with writing.cursor() as cursor:
            cursor.executemany("UPDATE task_state_store SET value = %s WHERE id = %s AND BINARY value = %s", changes)
        writing.commit()

    return iter(rows), update


def sqlite(url: str) -> tuple[Iterator, Callable[[Changes], None]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))

    def update(changes: Changes) -> None:
        with connection:
            connection.executemany("UPDATE task_state_store SET value = ? WHERE id = ? AND value = ?", changes)

    # One connection cannot wait for the lock of the other.
    return iter(connection.execute(SELECT)), update


def is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def main(url: str, *options: str) -> None:
    engines = {"postgresql+psycopg2": postgres, "mysql+mysqldb": mysql, "sqlite": sqlite}
    rows, update = engines[url.split("://")[0]](url)
    found, changes = 0, []
    for id, value in rows:
        if is_json(value):
            continue
        found += 1
        if "--repair" in options:
            changes.append((json.dumps(value), id, value))
        if len(changes) == BATCH:
            update(changes)
            changes = []
    if changes:
        update(changes)
    print(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
