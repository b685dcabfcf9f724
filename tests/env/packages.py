"""Installs Debian packages, as root or through sudo, and says plainly what is missing when it can do neither."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

# Debian creates a cluster with the first PostgreSQL package, and starts what it installs. The tests bring their own, so
# the machine is spared what nobody asked for. Each file is there only meanwhile, and one of the machine's own stays.
RESTRAINTS = {
    pathlib.Path("/etc/postgresql-common/createcluster.d/no-main-cluster.conf"): "create_main_cluster = false",
    pathlib.Path("/usr/sbin/policy-rc.d"): "#!/bin/sh\nexit 101",
}


def install(*names: str) -> None:
    """Installs `names`, or ends the program with the names in its last words."""
    print(f"installing {' '.join(names)}", file=sys.stderr)
    if shutil.which("apt-get") is None:
        _give_up(names, "this is not a Debian system")
    # Several tests may miss the same package at once, and apt-get does not wait for itself.
    with open(__file__) as lock, contextlib.ExitStack() as restraints:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for path, text in RESTRAINTS.items():
            restraints.enter_context(_meanwhile(names, path, text))
        _as_root(names, "apt-get", "update", "-q")
        _as_root(names, "apt-get", "install", "-q", "-y", "--no-install-recommends", *names)


@contextlib.contextmanager
def _meanwhile(names: tuple[str, ...], path: pathlib.Path, text: str) -> Iterator[None]:
    if path.exists():
        yield
        return
    _as_root(names, "mkdir", "-p", str(path.parent))
    _as_root(names, "sh", "-c", f"echo '{text}' > {path} && chmod 755 {path}")
    try:
        yield
    finally:
        _as_root(names, "rm", str(path))


def _as_root(names: tuple[str, ...], *command: str) -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and shutil.which("sudo") is None:
        _give_up(names, "that takes root, and there is no sudo")
    # Packages must neither ask questions nor chat on standard output, which belongs to the command we run.
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if subprocess.run([*sudo, *environment, *command], stdout=sys.stderr).returncode != 0:
        _give_up(names, f"`{' '.join(command)}` failed")


def _give_up(names: tuple[str, ...], why: str) -> None:
    sys.exit(f"\nThe tests need these packages and could not install them: {' '.join(names)}\nReason: {why}.\n")
