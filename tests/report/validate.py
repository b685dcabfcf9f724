"""Says what is wrong with documents by the schema of reports.

Standard input has a JSON object a line: `definition` and `document`. Standard output is a list of mistakes. Keys that the
schema does not know are mistakes here, so that none goes undocumented, though whoever reads reports has to put up with
new ones.
"""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs/json-report.schema.json"


def close(schema) -> None:
    """Lets no object that stands on its own have keys that are not described."""
    if isinstance(schema, list):
        for part in schema:
            close(part)
    if not isinstance(schema, dict):
        return
    children = [*schema.get("properties", {}).values()]
    children += [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
    for child in children:
        child["unevaluatedProperties"] = False
    for part in schema.values():
        close(part)


def main() -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    close(schema)
    mistakes = []
    for line in sys.stdin:
        case = json.loads(line)
        whole = {
            "$ref": f"#/$defs/{case['definition']}",
            "$defs": schema["$defs"],
            "unevaluatedProperties": False,
        }
        validator = Draft202012Validator(whole, format_checker=FormatChecker())
        for error in validator.iter_errors(case["document"]):
            mistakes.append(f"{case['name']}: {error.json_path}: {error.message[:300]}")
    json.dump(mistakes, sys.stdout)


main()
