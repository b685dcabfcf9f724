"""Servers as processes: a directory and a port of their own, no privileges, and an end that comes for certain."""

import contextlib
import os
import pathlib
import pwd
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

START_SECONDS = 60

# Below the ports that the system lends to clients: while a server is stopped, nobody may get its port by chance.
PORTS = range(15000, 32000)


class Server:
    """A server that can be ended and started again, with the same data and on the same port.

    `clean` is the signal after which it ends in good order, `immediate` the one after which it ends as in a crash.
    """

    def __init__(
        self,
        url: str,
        home: pathlib.Path,
        command: list,
        is_ready: Callable[[], bool],
        clean: signal.Signals,
        immediate: signal.Signals,
    ):
        self.url = url
        self.home = home
        self.log = home / "log"
        self._command = list(map(str, command))
        self._is_ready = is_ready
        self._clean = clean
        self._immediate = immediate
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            # Its own session keeps Ctrl-C away from the server. The signal on our death covers what no handler can:
            # being killed outright.
            launcher = _unprivileged("--pdeathsig", self._immediate.name.removeprefix("SIG"))
            self._process = subprocess.Popen(
                [*launcher, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self.home,
                env=_environment(),
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"\n{self._command[0]} did not start:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it in good order: what it had in memory is on disk."""
        self._end(self._clean)

    def kill(self) -> None:
        """Ends it as a crash does: what it recovers at the next start is what was committed."""
        self._end(self._immediate)

    def _end(self, sent: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(sent)
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        # Nobody needs in good order what is about to be deleted.
        server.kill()


@contextlib.contextmanager
def directory(name: str) -> Iterator[pathlib.Path]:
    """A directory that belongs to whom the server runs as."""
    with tempfile.TemporaryDirectory(prefix=f"statemend-{name}-", ignore_cleanup_errors=True) as path:
        hand_over(pathlib.Path(path))
        yield pathlib.Path(path)


def hand_over(path: pathlib.Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def finish(command: list) -> str:
    """Runs a program to its end, as the servers' user, and gives what it printed."""
    # Not from here: the unprivileged user may not be allowed to enter the checkout.
    command = [*_unprivileged(), *map(str, command)]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=_environment())
    if done.returncode != 0:
        sys.exit(f"\n`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def succeeds(command: list) -> bool:
    return subprocess.run(list(map(str, command)), env=_environment()).returncode == 0


def speaks(port: int) -> bool:
    """A MySQL server speaks first, and only once it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as connection:
            return bool(connection.recv(1))
    except ConnectionError:
        return False


def free_port() -> int:
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def search_path() -> str:
    # Debian keeps daemons where ordinary users do not look.
    return os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"


def _unprivileged(*options: str) -> list[str]:
    """Database servers refuse to run as root, so root hands over to a user that owns nothing."""
    if os.geteuid() == 0:
        options += ("--reuid=nobody", "--regid=nogroup", "--clear-groups")
    return ["setpriv", *options, "--"] if options else []


def _environment() -> dict[str, str]:
    # In somebody's home there may be settings, passwords and certificates of clients.
    return {**os.environ, "PATH": search_path(), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
