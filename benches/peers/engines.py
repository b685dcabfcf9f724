"""The databases: each is filled once, and put back after every peer that changes it.

What stands in `sql/` is sent by the engine's own client, so that a peer is what a person would run.
"""

import abc
import contextlib
import math
import os
import pathlib
import secrets
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import clock
import data
import link
import packages
import processes
import servers
from clock import Command

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REFERRED = ROOT / "tests/support/referred.sql"


class Engine(abc.ABC):
    """A database with the rows in it. `url` is that of the database as peers find it, in SQLAlchemy's form."""

    name: str
    # The folder of its SQL, and the name of its file of Airflow's tables.
    folder: str
    schema: str
    # What reads all rows and does nothing with them, as the page calls it.
    dump: str
    # The server's own test, where it has one.
    json_test: str | None

    def __init__(self, url: str):
        self.url = url

    def __enter__(self) -> "Engine":
        return self

    @abc.abstractmethod
    def __exit__(self, *_) -> None:
        """Leaves nothing behind."""

    @abc.abstractmethod
    def version(self) -> str: ...

    @abc.abstractmethod
    def load(self, rows: data.Data, files: data.Files) -> None:
        """Makes Airflow's tables, and puts the rows in."""

    @abc.abstractmethod
    def fresh(self) -> None:
        """Puts everything back that a peer may have changed."""

    @abc.abstractmethod
    def client(self) -> list[str]:
        """The engine's own client at `url`, which reads statements from standard input."""

    def command(self, statements: str, prints_rows: bool = False) -> Command:
        """The client, with the statements of a file."""
        return Command(self.client(), statements=self.file(statements), prints_rows=prints_rows)

    def file(self, name: str) -> pathlib.Path:
        return HERE / "sql" / self.folder / f"{name}.sql"

    def text(self, name: str) -> str:
        return self.file(name).read_text().strip()

    def say(self, *names: str) -> str:
        """Runs the statements of files, and gives what the last one prints."""
        return [clock.run(self.command(name)).printed for name in names][-1].strip()

    def tables(self, rows: data.Data) -> str:
        """Airflow's tables, with what state rows refer to."""
        schema = (ROOT / f"fixtures/airflow/3.3.2/{self.schema}.sql").read_text()
        runs = ",\n".join(f"({run}, '{data.DAG}', 'run_{run}', 'manual', '{data.WRITTEN_AT}')" for run in rows.runs())
        into = "INSERT INTO dag_run (id, dag_id, run_id, run_type, run_after) VALUES"
        return "\n".join(["BEGIN;", schema, REFERRED.read_text(), f"{into}\n{runs};", "COMMIT;", self.text("known")])

    @contextlib.contextmanager
    def slowed_down(self) -> Iterator[None]:
        """Meanwhile, `url` is that of the same server at the other end of a slow connection."""
        near = self.url
        parts = urlsplit(near)
        with link.slow(parts.port) as port:
            self.url = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()
            yield
            self.url = near


class Postgres(Engine):
    name, folder, schema = "PostgreSQL", "postgres", "postgresql"
    dump = "`COPY (SELECT id, value …) TO STDOUT (FORMAT binary)`"

    def __init__(self, server: str):
        # Peers work on a copy of the original.
        self._server, self._copy = server, new_name()
        self._original = f"{self._copy}_original"
        super().__init__(f"{server}/{self._copy}")
        number = int(self._ask("SHOW server_version_num"))
        self.json_test = "`value IS NOT JSON`" if number >= 160_000 else None

    def __exit__(self, *_) -> None:
        self._drop(self._copy, self._original)

    def version(self) -> str:
        return self._ask("SHOW server_version").split()[0]

    def load(self, rows: data.Data, files: data.Files) -> None:
        self._drop(self._copy, self._original)
        self._ask(f"CREATE DATABASE {self._original}")
        self._feed(self.tables(rows))
        # As a replica would: references are not looked up row by row.
        self._feed(files.rows, "--command=SET session_replication_role = replica", f"--command={self.text('load')}")
        self._feed(files.known, f"--command={self.text('load_known')}")
        self._feed(self.file("settle"))
        self.fresh()

    def fresh(self) -> None:
        self._drop(self._copy)
        self._ask(f"CREATE DATABASE {self._copy} TEMPLATE {self._original} STRATEGY file_copy")
        self.say("warm")

    def client(self) -> list[str]:
        return self._psql(self.url)

    def _drop(self, *databases: str) -> None:
        for database in databases:
            self._ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _psql(self, url: str) -> list[str]:
        program = servers.postgres_program("psql")
        options = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"]
        return [program, *options, f"--dbname={url.replace('+psycopg2', '')}"]

    def _ask(self, sql: str) -> str:
        return processes.finish([*self._psql(f"{self._server}/postgres"), f"--command={sql}"])

    def _feed(self, source: pathlib.Path | str, *options: str) -> None:
        feed([*self._psql(f"{self._server}/{self._original}"), *options], source)


class MariaDb(Engine):
    name, folder, schema = "MariaDB", "mariadb", "mysql"
    dump = "`mariadb --quick`, `SELECT id, value`"
    json_test = "`NOT JSON_VALID(value)`"

    def __init__(self, server: str):
        self._database = new_name()
        super().__init__(f"{server}/{self._database}")

    def __exit__(self, *_) -> None:
        self._ask(f"DROP DATABASE IF EXISTS {self._database}")

    def version(self) -> str:
        return self._ask("SELECT VERSION()").split("-")[0]

    def load(self, rows: data.Data, files: data.Files) -> None:
        self._ask(f"DROP DATABASE IF EXISTS {self._database}; CREATE DATABASE {self._database}")
        feed(self.client(), self.tables(rows))
        feed([*self.client(), "--local-infile=1", f"--execute={self.text('load')}"], files.rows)
        feed([*self.client(), "--local-infile=1", f"--execute={self.text('load_known')}"], files.known)
        # The first that changes a row may split its page. Nobody shall be the first.
        self.say("settle", "update")
        self.fresh()

    def fresh(self) -> None:
        self.say("fresh")
        # The next peer shall not share the machine with a server that clears up. Others may be at work on the same one.
        before, left = math.inf, int(self.say("unpurged"))
        while left < before:
            time.sleep(0.1)
            before, left = left, int(self.say("unpurged"))

    def client(self) -> list[str]:
        return [*self._mariadb(), self._database]

    def _mariadb(self) -> list[str]:
        parts = urlsplit(self.url)
        options = ["--no-defaults", "--protocol=tcp", "--default-character-set=utf8mb4"]
        options += ["--quick", "--batch", "--skip-column-names"]
        options += [f"--host={parts.hostname}", f"--port={parts.port}"]
        options += [f"--user={unquote(parts.username or '')}", f"--password={unquote(parts.password or '')}"]
        return ["mariadb", *options]

    def _ask(self, sql: str) -> str:
        return processes.finish([*self._mariadb(), f"--execute={sql}"])


class Sqlite(Engine):
    name, folder, schema = "SQLite", "sqlite", "sqlite"
    dump = "`sqlite3`, `SELECT id, value`"
    json_test = "`NOT json_valid(value)`"

    def __init__(self, home: pathlib.Path):
        if shutil.which("sqlite3") is None:
            packages.install("sqlite3")
        home.mkdir()
        self._original, self._file = home / "original.db", home / "airflow.db"
        super().__init__(f"sqlite:///{self._file}")

    def __exit__(self, *_) -> None:
        self._original.unlink(missing_ok=True)
        self._file.unlink(missing_ok=True)

    def version(self) -> str:
        return processes.finish(["sqlite3", ":memory:", "SELECT sqlite_version()"])

    def load(self, rows: data.Data, files: data.Files) -> None:
        self._original.unlink(missing_ok=True)
        connection = sqlite3.connect(self._original)
        connection.executescript(self.tables(rows))
        with connection:
            connection.executemany(self.text("load"), (row.columns() for row in rows.rows()))
            connection.executemany(self.text("load_known"), ((row.id, row.value) for row in rows.rows() if row.is_bad))
        connection.close()
        self.fresh()

    def fresh(self) -> None:
        shutil.copyfile(self._original, self._file)
        # No peer shall pay for what is still on its way to the disk.
        with self._file.open("rb") as file:
            os.fsync(file)

    def client(self) -> list[str]:
        return ["sqlite3", "-batch", "-bail", str(self._file)]


def new_name() -> str:
    return f"peers_{secrets.token_hex(4)}"


def feed(client: list[str], source: pathlib.Path | str) -> None:
    """Runs a client on a file or on a text."""
    if isinstance(source, str):
        subprocess.run(client, input=source, text=True, check=True, stdout=subprocess.DEVNULL)
    else:
        with source.open("rb") as file:
            subprocess.run(client, stdin=file, check=True, stdout=subprocess.DEVNULL)
