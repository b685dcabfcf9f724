"""Installs Debian packages, as root or through sudo, and says plainly what is missing when it can do neither."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

# Debian creates and starts a cluster with the first PostgreSQL package. The tests bring their own, so the machine
# is spared one that nobody asked for.
CLUSTER_SETTINGS = pathlib.Path("/etc/postgresql-common/createcluster.d/no-main-cluster.conf")


def install(*names: str) -> None:
    """Installs `names`, or ends the program with the names in its last words."""
    print(f"installing {' '.join(names)}", file=sys.stderr)
    if shutil.which("apt-get") is None:
        _give_up(names, "this is not a Debian system")
    with _no_main_cluster(names):
        _as_root(names, "apt-get", "update", "-q")
        _as_root(names, "apt-get", "install", "-q", "-y", "--no-install-recommends", *names)


@contextlib.contextmanager
def _no_main_cluster(names: tuple[str, ...]) -> Iterator[None]:
    if CLUSTER_SETTINGS.exists():
        yield
        return
    _as_root(names, "mkdir", "-p", str(CLUSTER_SETTINGS.parent))
    _as_root(names, "sh", "-c", f"echo 'create_main_cluster = false' > {CLUSTER_SETTINGS}")
    try:
        yield
    finally:
        _as_root(names, "rm", str(CLUSTER_SETTINGS))


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
