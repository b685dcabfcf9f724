"""Writers that go on working while statemend is at work on the same rows: Airflow's own backend, in eight processes.

It works on the database at the URL that it is given, and takes these orders from standard input, one a line:

    seed          makes a row with a bad value for every key of every writer
    write         starts the writers; answered once all of them have begun
    finish N S    stops them once they have made N writes and worked for S seconds, and prints what they did
    journal       prints for each run in statemend's journal how many changes it holds and which are not sound

An empty line on standard output says that the order has been carried out. `finish` prints one line about the writers,
and then one for every row that there ever was:

    {"writes", "seconds", "tries_again", "longest", "lost": [{"name", "expected", "found"}]}
    {"name", "written", "mended", "began", "touched"}

`written` is the value that its writer wrote last, `mended` what a repair may make of it; both are null where the writer
took the row away. `touched` says whether its writer has written it at all, `began` whether before `write` was answered.
"""

import gc
import hashlib
import json
import os
import sys
import tempfile
import time
from concurrent.futures import Future, ProcessPoolExecutor

sys.dont_write_bytecode = True

SETTINGS = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    # Connections are never idle here, and asking whether one is still alive costs as much as a statement.
    "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_PRE_PING": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
}


class Orders:
    def __init__(self) -> None:
        self._writers = writers.writers()
        self._working: list[Future] = []
        self._began = 0.0

    def seed(self) -> None:
        writers.seed(self._writers)

    def write(self) -> None:
        pool = ProcessPoolExecutor(len(self._writers), mp_context=writers.FORK)
        self._working = [pool.submit(writer.work) for writer in self._writers]
        writers.BEGUN.wait(timeout=60)
        self._began = time.monotonic()

    def finish(self, writes: str, seconds: str) -> None:
        # A writer that has ended has failed.
        while not self._has(int(writes), float(seconds)) and not any(writer.done() for writer in self._working):
            time.sleep(0.05)
        writers.STOP.set()
        done = [writer.result() for writer in self._working]
        total = {
            "writes": sum(writers.WRITES),
            "seconds": time.monotonic() - self._began,
            "tries_again": sum(writer.tries_again for writer in done),
            "longest": max(writer.longest for writer in done),
            "lost": [loss for writer in done for loss in writer.lost],
        }
        print(json.dumps(total))
        for row in (row for writer in done for row in writer.rows):
            print(json.dumps(row.outcome()))

    def _has(self, writes: int, seconds: float) -> bool:
        return sum(writers.WRITES) >= writes and time.monotonic() - self._began >= seconds

    def journal(self) -> None:
        runs: dict[str, dict] = {}
        for run, seq, action, before, digest in writers.journal():
            entry = runs.setdefault(run, {"run": run, "changes": 0, "unsound": []})
            entry["changes"] += 1
            after = json.loads(before) if action == "undo" else json.dumps(before)
            if hashlib.sha256(after.encode()).hexdigest() != digest:
                entry["unsound"].append(seq)
        for entry in runs.values():
            print(json.dumps(entry))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="statemend-airflow-") as home:
        os.environ.update(SETTINGS, AIRFLOW_HOME=home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sys.argv[1])
        # Importing Airflow fixes its settings, among them the database, so it happens as late as this.
        import writers

        # Airflow makes millions of objects that stay; looking through them for garbage takes time from the writers.
        gc.disable()
        orders = Orders()
        try:
            for line in sys.stdin:
                order, *arguments = line.split()
                getattr(orders, order)(*arguments)
                print(flush=True)
        finally:
            writers.STOP.set()
