"""
Looks every night for task and asset state that Airflow cannot read back.

The program is found where `pip install` has put it, beside Airflow. The database is that of the connection
`statemend_check`, with the role of `deploy/sql/`: workers of Airflow 3 do not know the metadata database, and should not.

The task fails where rows cannot be read, and its log says which. Nothing is changed.
"""

import os
import subprocess
from datetime import datetime, timedelta, timezone

from airflow.sdk import Connection, dag, task
from airflow.sdk.exceptions import AirflowFailException

CONNECTION = "statemend_check"

# What the last check has found stays in this file, so that the next one can say what is new; without a name, in the home
# directory of whoever runs the task. On workers that come and go it has to be on a volume.
STATE = os.environ.get("STATEMEND_STATE")

# Rows that cannot be read, and wrong usage, are there at the next try as well. A database that is away may be back.
FINDINGS, WRONG_USAGE = 10, 2


@dag(
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["maintenance"],
    doc_md=__doc__,
)
def statemend_check():
    @task(retries=2, retry_delay=timedelta(minutes=10), execution_timeout=timedelta(hours=1))
    def check():
        # Not in the arguments, which other processes can see, nor in a template, which the web interface shows.
        environment = {**os.environ, "STATEMEND_URL": Connection.get(CONNECTION).get_uri()}
        command = ["statemend", "check", *(["--state", STATE] if STATE else [])]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout)
        if done.returncode == FINDINGS:
            raise AirflowFailException("Airflow cannot read all of its state; the log above tells which rows")
        if done.returncode == WRONG_USAGE:
            raise AirflowFailException("the check is set up wrongly; the log above tells how")
        done.check_returncode()

    check()


statemend_check()
