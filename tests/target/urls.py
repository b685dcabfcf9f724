"""Says what SQLAlchemy would tell the driver for each of the URLs on standard input (a JSON list).

Answers with a JSON list: the driver's arguments under one set of names, or null where SQLAlchemy refuses the URL.
"""

import json
import sys
import warnings

from sqlalchemy import make_url

NAMES = {"username": "user", "passwd": "password", "dbname": "database", "db": "database"}


def arguments(url):
    parsed = make_url(url)
    # A dialect needs its driver to connect, but not to say how it would.
    positional, named = parsed.get_dialect()().create_connect_args(parsed)
    if parsed.get_backend_name() == "sqlite":
        return {"file": positional[0]}
    named = {NAMES.get(name, name): value for name, value in named.items()}
    wanted = ("user", "password", "host", "port", "database", "unix_socket")
    return {name: str(named[name]) for name in wanted if named.get(name)}


def answer(url):
    try:
        return arguments(url)
    except Exception as error:
        print(f"{url}: {error!r}", file=sys.stderr)
        return None


warnings.simplefilter("ignore")
json.dump([answer(url) for url in json.load(sys.stdin)], sys.stdout)
