"""
Mends task and asset state that Airflow cannot read back, by several tasks that share the rows.

To be triggered by hand. Unless `dry_run` is taken away it only shows what it would change. Each mapped task repairs one
shard; `statemend runs`, in the log of the last task, tells how far all of them are. A task that failed or was killed goes
on where it was when it is cleared.

The program is found where `pip install` has put it, beside Airflow. The database is that of the connection
`statemend_repair`, with the role of `deploy/sql/`: workers of Airflow 3 do not know the metadata database, and should not.
"""

import os
import subprocess
from datetime import datetime, timedelta, timezone

from airflow.sdk import Connection, Param, TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowFailException

CONNECTION = "statemend_repair"

# What the next try would find as well: rows that were left, rows that a dry run found, and wrong usage.
LEFT, FINDINGS, WRONG_USAGE = 11, 10, 2


def statemend(*command: str) -> int:
    # Not in the arguments, which other processes can see, nor in a template, which the web interface shows.
    environment = {**os.environ, "STATEMEND_URL": Connection.get(CONNECTION).get_uri()}
    done = subprocess.run(
        ["statemend", *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(done.stdout)
    return done.returncode


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["maintenance"],
    params={
        "shards": Param(4, type="integer", minimum=1, maximum=64, description="how many tasks share the rows"),
        "dry_run": Param(True, type="boolean", description="only show what would be changed"),
    },
    doc_md=__doc__,
)
def statemend_repair():
    @task
    def shards(params: dict) -> list[str]:
        return [f"{index}/{params['shards']}" for index in range(1, params["shards"] + 1)]

    @task(
        map_index_template="{{ task.op_kwargs['shard'] }}",
        retries=2,
        retry_delay=timedelta(minutes=2),
        execution_timeout=timedelta(hours=6),
    )
    def repair(shard: str, params: dict):
        code = statemend("repair", "--dry-run" if params["dry_run"] else "--yes", "--shard", shard)
        if code == LEFT:
            raise AirflowFailException("rows were left; the log above tells which, and why")
        if code == WRONG_USAGE:
            raise AirflowFailException("the repair is set up wrongly; the log above tells how")
        if code and not (params["dry_run"] and code == FINDINGS):
            raise RuntimeError(f"statemend ended with exit code {code}; the log above tells why")

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def runs(params: dict):
        if not params["dry_run"] and statemend("runs"):
            raise RuntimeError("the journal could not be read; the log above tells why")

    mended = repair.expand(shard=shards())
    mended >> runs()


statemend_repair()
