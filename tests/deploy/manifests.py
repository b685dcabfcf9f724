"""Holds Kubernetes' objects against its own schemas, and prints them as one line of JSON each.

The release is the oldest that takes all of them; what it does not know is an error.
"""

import json
import pathlib
import sys

import kubernetes_validate
import yaml

RELEASE = "1.31"

for document in yaml.safe_load_all(pathlib.Path(sys.argv[1]).read_text()):
    kubernetes_validate.validate(document, RELEASE, strict=True)
    print(json.dumps(document))
