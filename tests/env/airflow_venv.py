"""A virtual environment with the Airflow release that the tests compare statemend with, made once and kept.

The requirements are a complete, pinned list, so the same set is installed today and in a year.
"""

import contextlib
import fcntl
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator

import packages

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
CACHE = HERE.parents[1] / ".cache"
VENV = CACHE / "airflow-3.3.2"
STAMP = VENV / "installed.txt"


@contextlib.contextmanager
def python() -> Iterator[str]:
    """Yields the path of the environment's Python."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "airflow.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_complete():
            _build()
    yield str(VENV / "bin/python")


def _is_complete() -> bool:
    return STAMP.exists() and STAMP.read_text() == _contents()


def _contents() -> str:
    # The place is part of it, because the programs of an environment that was moved do not start.
    return f"{VENV}\n{REQUIREMENTS.read_text()}"


def _build() -> None:
    if missing := _missing_packages():
        packages.install(*missing)
    print(f"installing Airflow into {VENV.relative_to(HERE.parents[1])}", file=sys.stderr)
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True, stdout=sys.stderr)
    pip = [VENV / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The list is complete, so there is nothing to resolve.
    subprocess.run([*pip, "--no-deps", "--requirement", REQUIREMENTS], check=True, stdout=sys.stderr)
    # This comes last, so an interrupted installation does not count.
    STAMP.write_text(_contents())


def _missing_packages() -> list[str]:
    """What it takes to make an environment, and to compile Airflow's MySQL driver in it."""
    needed = {
        "python3-venv": importlib.util.find_spec("ensurepip") is None,
        "python3-dev": not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists(),
        "pkg-config": shutil.which("pkg-config") is None,
        "libmariadb-dev": shutil.which("mariadb_config") is None,
    }
    return [name for name, is_missing in needed.items() if is_missing]
