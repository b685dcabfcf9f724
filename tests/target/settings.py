"""Says how Airflow itself resolves its settings in each of the environments on standard input (a JSON list).

Every environment is a set of variables; AIRFLOW_HOME is one of them and may hold an airflow.cfg. Answers with a JSON
list of {"url", "schema", "max_value_storage_bytes"}, each null where Airflow fails.
"""

import json
import os
import sys
import warnings

from airflow import configuration


def ask(lookup):
    try:
        return lookup()
    except Exception as error:
        print(repr(error), file=sys.stderr)
        return None


def settings(variables):
    os.environ.clear()
    os.environ.update(variables)
    # What the module does when it is imported, again: once per environment instead of once per process.
    configuration.AIRFLOW_HOME = configuration.get_airflow_home()
    configuration.AIRFLOW_CONFIG = configuration.get_airflow_config(configuration.AIRFLOW_HOME)
    config = ask(configuration.initialize_config)
    return {
        "url": config and ask(lambda: config.get("database", "sql_alchemy_conn")),
        "schema": config and ask(lambda: config.get("database", "sql_alchemy_schema")),
        "max_value_storage_bytes": config
        and ask(lambda: config.getint("state_store", "max_value_storage_bytes")),
    }


warnings.simplefilter("ignore")
json.dump([settings(variables) for variables in json.load(sys.stdin)], sys.stdout)
