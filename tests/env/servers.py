"""Private PostgreSQL and MariaDB servers, their replicas, and PgBouncer.

Each is a context manager: own data directory, own socket, a free port on 127.0.0.1, gone afterwards. The URL that it
has is a superuser's, in SQLAlchemy's form and without a database. The password has every character that has to be
percent-encoded, so that no test can get by with taking URLs apart by hand.

The settings aim at two things. Speed: nothing has to survive, so nothing is synced, unless a test is about just that.
And nastiness: PostgreSQL sorts by language and MariaDB's default collation ignores case and trailing spaces, as many
real databases do, so that code which takes text order for byte order, or equal for identical, is found out.
"""

import base64
import contextlib
import glob
import hashlib
import hmac
import os
import pathlib
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import quote, unquote, urlsplit

import packages
import processes
from certificates import Certificate
from processes import Server

USER = "airflow"
PASSWORD = "p@ss:w/rd% #1"
CATCH_UP_SECONDS = 30
NOTHING: Mapping[str, str] = MappingProxyType({})


@contextlib.contextmanager
def postgres(
    certificate: Certificate | None = None, durable: bool = False, tuned: Mapping[str, str] = NOTHING
) -> Iterator[Server]:
    """A PostgreSQL server of the newest version installed; Debian's own when there is none.

    With a certificate it refuses connections without TLS. `tuned` are settings of the server's own.
    """
    with processes.directory("postgres") as home:
        password = home / "password"
        password.write_text(_scram_secret())
        processes.finish(
            [postgres_program("initdb"), f"--pgdata={home / 'data'}", f"--username={USER}", f"--pwfile={password}"]
            + ["--no-sync", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
            + ["--locale-provider=icu", "--icu-locale=en-US"]
        )
        settings = {} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        settings |= tuned
        if certificate:
            access = home / "data/pg_hba.conf"
            access.write_text(access.read_text().replace("\nhost ", "\nhostssl "))
        with processes.running(_postgres(home, certificate, settings)) as server:
            yield server


def _scram_secret() -> str:
    """What PostgreSQL keeps of the password, with one iteration in place of 4096: a program that was built for tests
    takes most of a tenth of a second for those, at every connection."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 1)
    client, server = (hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key"))
    stored = hashlib.sha256(client).digest()
    salt, stored, server = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256$1:{salt}${stored}:{server}"


@contextlib.contextmanager
def postgres_standby(primary: Server, certificate: Certificate | None) -> Iterator[Server]:
    """A hot standby that follows `primary`, and lets in whom the primary does."""
    with processes.directory("standby") as home:
        processes.finish(
            [postgres_program("pg_basebackup"), f"--dbname={_libpq(primary)}", f"--pgdata={home / 'data'}"]
            + ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        )
        with processes.running(_postgres(home, certificate, {"fsync": "off"})) as server:
            yield server


def _postgres(home: pathlib.Path, certificate: Certificate | None, settings: dict) -> Server:
    port = processes.free_port()
    if certificate:
        settings |= {"ssl": "on", "ssl_cert_file": certificate.file, "ssl_key_file": certificate.key}
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": home,
        "max_connections": 200,
        **settings,
    }
    command = [postgres_program("postgres"), "-D", home / "data"]
    command += [f"--{name}={value}" for name, value in settings.items()]
    ready = [postgres_program("pg_isready"), "-q", "-h", home, "-p", port]
    # At the immediate end nothing is written, but no leftovers stay in shared memory either.
    url = _url("postgresql+psycopg2", port)
    return Server(url, home, command, lambda: processes.succeeds(ready), signal.SIGINT, signal.SIGQUIT)


class PostgresReplay:
    """What a standby does with what its primary wrote."""

    def __init__(self, primary: Server, standby: Server):
        self._primary = primary
        self._standby = standby

    def pause(self) -> None:
        self._ask(self._standby, "SELECT pg_wal_replay_pause()")
        self._wait_until("SELECT pg_get_wal_replay_pause_state() = 'paused'")

    def resume(self) -> None:
        self._ask(self._standby, "SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Waits until everything that is committed can be seen on the standby."""
        # A commit that waits for the disk pushes those before it, which may not have waited.
        push = "SET synchronous_commit = on; SELECT pg_logical_emit_message(true, '', '')"
        self._ask(self._primary, push)
        end = self._ask(self._primary, "SELECT pg_current_wal_flush_lsn()")
        self._wait_until(f"SELECT pg_last_wal_replay_lsn() >= '{end}'")

    def _wait_until(self, question: str) -> None:
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while self._ask(self._standby, question) != "t":
            if time.monotonic() > deadline:
                raise SystemExit(f"\nthe standby does not get there: {question}")
            time.sleep(0.02)

    def _ask(self, server: Server, sql: str) -> str:
        psql = [postgres_program("psql"), "--no-psqlrc", "--quiet", "--no-align", "--tuples-only"]
        return processes.finish([*psql, f"--dbname={_libpq(server)}", f"--command={sql}"])


@contextlib.contextmanager
def mariadb(
    certificate: Certificate | None = None,
    durable: bool = False,
    log_changes: bool = False,
    tuned: Mapping[str, str] = NOTHING,
) -> Iterator[Server]:
    """A MariaDB server, from the packages that bring the programs without a system service.

    With a certificate it refuses connections without TLS; a replica needs one that logs its changes.
    """
    settings = {"log-bin": "changes", "server-id": 1} if log_changes else {}
    if not durable:
        settings |= {"innodb-flush-log-at-trx-commit": 0, "innodb-doublewrite": 0}
    settings |= tuned
    with processes.directory("mariadb") as home, processes.running(_mariadb(home, certificate, settings)) as server:
        yield server


@contextlib.contextmanager
def mariadb_replica(primary: Server, certificate: Certificate | None) -> Iterator[Server]:
    """A replica that follows `primary`, and refuses changes by anyone who is not a superuser."""
    settings = {"server-id": 2, "read-only": "ON", "innodb-flush-log-at-trx-commit": 0, "innodb-doublewrite": 0}
    with processes.directory("replica") as home, processes.running(_mariadb(home, certificate, settings)) as server:
        MariadbReplay(primary, server).begin()
        yield server


def _mariadb(home: pathlib.Path, certificate: Certificate | None, settings: dict) -> Server:
    if not all(shutil.which(program, path=processes.search_path()) for program in ("mariadbd", "my_print_defaults")):
        packages.install("mariadb-server-core", "mariadb-client-core")
    data, superuser, port = home / "data", home / "superuser.sql", processes.free_port()
    # The temporary directory must be its own: a server that starts deletes the temporary tables that it finds.
    processes.finish(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--tmpdir={home}", "--skip-test-db"]
        + ["--auth-root-authentication-method=normal", "--innodb-flush-log-at-trx-commit=0"]
    )
    if certificate:
        settings |= {"ssl-cert": certificate.file, "ssl-key": certificate.key, "require-secure-transport": "ON"}
    # Runs at every start. A replica has its own.
    superuser.write_text(
        "SET SESSION sql_log_bin = 0;\n"
        f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
        f"GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
    )
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
        "innodb-buffer-pool-size": "256M",
        **settings,
    }
    command = ["mariadbd", "--no-defaults", "--skip-name-resolve"]
    command += [f"--{name}={value}" for name, value in settings.items()]
    url = _url("mysql+mysqldb", port)
    return Server(url, home, command, lambda: processes.speaks(port), signal.SIGTERM, signal.SIGKILL)


class MariadbReplay:
    """What a replica does with what its primary wrote."""

    def __init__(self, primary: Server, replica: Server):
        self._primary = primary
        self._replica = replica

    def begin(self) -> None:
        port = urlsplit(self._primary.url).port
        tls = self._ask(self._primary, "SELECT @@have_ssl = 'YES'")
        self._ask(
            self._replica,
            f"CHANGE MASTER TO master_host = '127.0.0.1', master_port = {port}, master_user = '{USER}', "
            f"master_password = '{PASSWORD}', master_ssl = {tls}, master_use_gtid = slave_pos; START SLAVE",
        )

    def pause(self) -> None:
        self._ask(self._replica, "STOP SLAVE SQL_THREAD")

    def resume(self) -> None:
        self._ask(self._replica, "START SLAVE SQL_THREAD")

    def catch_up(self) -> None:
        """Waits until everything that is committed can be seen on the replica."""
        end = self._ask(self._primary, "SELECT @@gtid_binlog_pos")
        if self._ask(self._replica, f"SELECT MASTER_GTID_WAIT('{end}', {CATCH_UP_SECONDS})") != "0":
            raise SystemExit(f"\nthe replica does not get to {end}")

    def _ask(self, server: Server, sql: str) -> str:
        # The socket is open to root, and it counts as safe where TLS is demanded.
        mariadb = ["mariadb", "--no-defaults", f"--socket={server.home / 'socket'}", "--user=root"]
        return processes.finish([*mariadb, "--skip-column-names", "--batch", f"--execute={sql}"])


@contextlib.contextmanager
def pgbouncer(url: str, pool: int) -> Iterator[Server]:
    """A PgBouncer in front of the server at `url`, with so many connections to it for everybody together.

    In transaction mode, and what matters here is as in Debian's configuration: no reset query between transactions.
    The connections take turns, so that whatever a client leaves behind in one of them, another client meets. And who
    waits in vain for a connection learns so before the test is given up.
    """
    if shutil.which("pgbouncer", path=processes.search_path()) is None:
        packages.install("pgbouncer")
    server = urlsplit(url)
    user, password = unquote(server.username or ""), unquote(server.password or "")
    with processes.directory("pgbouncer") as home:
        users, settings, port = home / "users", home / "pgbouncer.ini", processes.free_port()
        users.write_text("".join('"{}" '.format(text.replace('"', '""')) for text in (user, password)))
        settings.write_text(
            f"[databases]\n* = host={server.hostname} port={server.port}\n"
            "[pgbouncer]\npool_mode = transaction\nauth_type = scram-sha-256\n"
            f"auth_file = {users}\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"default_pool_size = {pool}\nmin_pool_size = {pool}\nserver_round_robin = 1\nquery_wait_timeout = 15\n"
        )
        ready = [postgres_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", port]
        bouncer = Server(
            server._replace(netloc=server.netloc.replace(f":{server.port}", f":{port}")).geturl(),
            home,
            ["pgbouncer", settings],
            lambda: processes.succeeds(ready),
            signal.SIGTERM,
            signal.SIGKILL,
        )
        with processes.running(bouncer):
            yield bouncer


def postgres_program(name: str) -> str:
    if not _postgres_directories():
        packages.install("postgresql")
    return f"{_postgres_directories()[-1]}/{name}"


def _postgres_directories() -> list[str]:
    found = [os.path.dirname(program) for program in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    return sorted(found, key=lambda path: int(path.split("/")[-2]))


def _url(scheme: str, port: int) -> str:
    return f"{scheme}://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"


def _libpq(server: Server) -> str:
    """The URL in the form of PostgreSQL's own programs."""
    return server.url.replace("+psycopg2", "") + "/postgres"
