"""Private PostgreSQL and MariaDB servers: own data directory, own socket, a free port on 127.0.0.1, gone afterwards.

Each server is a context manager that yields the URL of a superuser, in SQLAlchemy's form and without a database. The
password has every character that has to be percent-encoded, so that no test can get by with taking URLs apart by hand.

The settings aim at two things. Speed: nothing has to survive, so nothing is synced. And nastiness: PostgreSQL sorts
by language and MariaDB's default collation ignores case and trailing spaces, as many real databases do, so that code
which takes text order for byte order, or equal for identical, is found out.
"""

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import packages

USER = "airflow"
PASSWORD = "p@ss:w/rd% #1"
START_SECONDS = 60


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server of the newest version installed; Debian's own when there is none."""
    if not _postgres_directories():
        packages.install("postgresql")
    bin = _postgres_directories()[-1]
    with _server_directory("postgres") as home:
        data, password = home / "data", home / "password"
        password.write_text(PASSWORD)
        _finish(
            [f"{bin}/initdb", f"--pgdata={data}", f"--username={USER}", f"--pwfile={password}", "--no-sync"]
            + ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
            + ["--locale-provider=icu", "--icu-locale=en-US"]
        )
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": home,
            "max_connections": 200,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        command = [f"{bin}/postgres", "-D", data] + [f"--{name}={value}" for name, value in settings.items()]
        ready = [f"{bin}/pg_isready", "-q", "-h", home, "-p", port]
        # Immediate shutdown: no checkpoint for data that is about to be deleted, but no leftovers in shared memory.
        with _running(command, home, signal.SIGQUIT, lambda: _succeeds(ready)):
            yield f"postgresql+psycopg2://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """A MariaDB server, from the packages that bring the programs without a system service."""
    if not all(shutil.which(program, path=_search_path()) for program in ("mariadbd", "my_print_defaults")):
        packages.install("mariadb-server-core", "mariadb-client-core")
    with _server_directory("mariadb") as home:
        data = home / "data"
        _finish(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"]
            + ["--auth-root-authentication-method=normal", "--innodb-flush-log-at-trx-commit=0"]
        )
        superuser = home / "superuser.sql"
        superuser.write_text(
            f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
        )
        port = _free_port()
        settings = {
            "datadir": data,
            "socket": home / "socket",
            "pid-file": home / "pid",
            "tmpdir": home,
            "bind-address": "127.0.0.1",
            "port": port,
            "init-file": superuser,
            "character-set-server": "utf8mb4",
            "collation-server": "utf8mb4_unicode_ci",
            "innodb-flush-log-at-trx-commit": 0,
            "innodb-doublewrite": 0,
            "innodb-buffer-pool-size": "256M",
        }
        command = ["mariadbd", "--no-defaults", "--skip-name-resolve"]
        command += [f"--{name}={value}" for name, value in settings.items()]
        with _running(command, home, signal.SIGKILL, lambda: _greets(port)):
            yield f"mysql+mysqldb://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"


def _postgres_directories() -> list[str]:
    found = [os.path.dirname(program) for program in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    return sorted(found, key=lambda path: int(path.split("/")[-2]))


@contextlib.contextmanager
def _server_directory(name: str) -> Iterator[pathlib.Path]:
    with tempfile.TemporaryDirectory(prefix=f"statemend-{name}-", ignore_cleanup_errors=True) as directory:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        yield pathlib.Path(directory)


@contextlib.contextmanager
def _running(command: list, home: pathlib.Path, stop: signal.Signals, is_ready: Callable[[], bool]) -> Iterator[None]:
    log = home / "log"
    with log.open("wb") as output:
        # Its own session keeps Ctrl-C away from the server. The signal on our death covers what no handler can:
        # being killed outright.
        launcher = _unprivileged("--pdeathsig", stop.name.removeprefix("SIG"))
        server = subprocess.Popen(
            [*launcher, *map(str, command)],
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=home,
            env=_environment(),
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"\n{command[0]} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(stop)
        server.wait()


def _finish(command: list[str]) -> None:
    # Not from here: the unprivileged user may not be allowed to enter the checkout.
    command = [*_unprivileged(), *command]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=_environment())
    if done.returncode != 0:
        sys.exit(f"\n{command[0]} failed:\n{done.stdout}{done.stderr}")


def _unprivileged(*options: str) -> list[str]:
    """Database servers refuse to run as root, so root hands over to a user that owns nothing."""
    if os.geteuid() == 0:
        options += ("--reuid=nobody", "--regid=nogroup", "--clear-groups")
    return ["setpriv", *options, "--"] if options else []


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": _search_path(), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _search_path() -> str:
    # Debian keeps daemons where ordinary users do not look.
    return os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"


def _succeeds(command: list) -> bool:
    return subprocess.run(list(map(str, command)), env=_environment()).returncode == 0


def _greets(port: int) -> bool:
    """A MySQL server speaks first, and only once it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as connection:
            return bool(connection.recv(1))
    except ConnectionError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
