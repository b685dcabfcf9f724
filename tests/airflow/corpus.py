"""The values and keys that statemend and Airflow have to agree on.

Values stand by what is the matter with them, under names that the tests show. Nothing here says what a reader makes of
a value: Airflow itself is asked for that. Every line of the readers' table and every kind of finding has its values.
"""

import base64
import gzip
import json
import pickle
import zlib

DOCUMENT = {"path": "s3://bucket/key", "rows": [1, 2.5, None, True], "note": 'quotes " and \\ and ☃'}
DOCUMENT_TEXT = json.dumps(DOCUMENT)


def nested(height: int) -> str:
    """An array of arrays: a scalar has height 1, `[]` too."""
    return "[" * height + "]" * height


def nested_objects(height: int) -> str:
    return '{"a":' * (height - 1) + "1" + "}" * (height - 1)


def base64_text(payload: bytes) -> str:
    return base64.b64encode(payload).decode()


HEALTHY = {
    "document": DOCUMENT_TEXT,
    "document with spaces around": f" \t\n\r{DOCUMENT_TEXT} \t\n\r",
    "document without spaces": json.dumps(DOCUMENT, separators=(",", ":"), ensure_ascii=False),
    "string": '"plain"',
    "empty string": '""',
    "string that looks like NaN": '"NaN, Infinity and -Infinity"',
    "string of one space": '" "',
    "every escape": r'"\" \\ \/ \b \f \n \r \t \u00e9 \u0000"',
    "escaped pair": r'"\ud83d\ude00"',
    "emoji": '"😀 and ☃"',
    "line separators": '"\u2028\u2029"',
    "delete character": '"\x7f"',
    "noncharacter": '"\uffff"',
    "zero": "0",
    "minus zero": "-0",
    "minus zero float": "-0.0",
    "large float": "1e308",
    "largest float": "1.7976931348623157e308",
    "vanishing float": "1e-999",
    "long fraction": "0." + "1" * 5000,
    "big integer": "1" * 4300,
    "big negative integer": "-" + "1" * 4300,
    "leading zeros in exponent": "1e0000000000000000000005",
    "true": "true",
    "false": "false",
    "empty array": "[]",
    "empty object": "{}",
    "empty key": '{"": 1}',
    "height 200": nested(200),
    "height 200 of objects": nested_objects(200),
    "reference": '{"__airflow_state_ref__": "s3://bucket/key"}',
}

# Airflow reads these, though not all of them as they were meant.
DOUBTFUL = {
    "null": "null",
    "null with spaces": " null ",
    "duplicate key": '{"a": 1, "b": 2, "a": 3}',
    "duplicate key, escaped": r'{"a": 1, "\u0061": 2}',
    "object as string": json.dumps(DOCUMENT_TEXT),
    "array as string": '"[1, 2]"',
    "string as string": r'"\"x\""',
    "reference as string": '"s3://bucket/key"',
    "development envelope": '{"__type": "ExternalState", "__var": "s3://bucket/key"}',
    "longer than Airflow stores": json.dumps("x" * 70_000),
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "NaN deep inside": '{"history": [{"loss": 0.5}, {"loss": NaN}]}',
    "overflowing float": "1e999",
    "overflowing float by a hair": "1.7976931348623159e308",
    "overflowing float of many digits": "1" * 4301 + ".0",
    "overflowing float with exponent": "-" + "1" * 4301 + "e0",
    "NaN as a key": '{"NaN": NaN}',
}

# Only the workers' reader stops at these.
DEEP = {
    "height 201": nested(201),
    "height 201 of objects": nested_objects(201),
    "height 254": nested(254),
}

NOT_JSON = {
    "nothing": "",
    "spaces": "   ",
    "white space": "\t\r\n ",
    "words": "hello world",
    "words, upper case": "HELLO WORLD",
    "words, trailing space": "hello world ",
    "word with accent": "héllo wörld",
    "yaml": "a: 1\nb:\n  - 2\n",
    "byte order mark": "\ufeff{}",
    "no-break space": "\u00a01",
    "vertical tab": "1\x0b",
    "form feed": "\x0c1",
    "line separator": "\u2028[]",
    "Python True": "True",
    "Python False": "False",
    "Python None": "None",
    "Python string": "'x'",
    "Python bytes": r"b'\x80abc'",
    "Python dict": "{'a': 1, 'b': [None, True]}",
    "Python tuple": "('a', 1)",
    "Python set": "{1, 2}",
    "Python list": "['a', 'b']",
    "leading zero": "012",
    "plus": "+1",
    "no digit before the point": ".5",
    "no digit after the point": "5.",
    "no exponent": "1e",
    "hexadecimal": "0x10",
    "underscore": "1_000",
    "minus NaN": "-NaN",
    "plus Infinity": "+Infinity",
    "nan in lower case": "nan",
    "null in capitals": "NULL",
    "trailing comma in array": "[1, 2,]",
    "trailing comma in object": '{"a": 1,}',
    "missing comma": "[1 2]",
    "missing colon": '{"a" 1}',
    "key without quotes": "{a: 1}",
    "two documents": '{"a": 1} {"b": 2}',
    "document and words": "1 and more",
    "truncated object": DOCUMENT_TEXT[:-7],
    "truncated array": "[1, 2",
    "truncated string": '"no end',
    "truncated escape": '"\\u12',
    "unknown escape": r'"\x41"',
    "control character": '"a\x01b"',
    "tab in string": '"a\tb"',
    "line break in string": '"a\nb"',
    "escaped object": r"{\"a\": 1}",
    "comment": "1 // one",
    "bare reference": "s3://bucket/dag/run/task/-1/key",
    "bare reference with query": "gs://bucket/a%20b?generation=1",
    "base64 of pickle": base64_text(pickle.dumps(DOCUMENT, protocol=4)),
    "base64 of gzip": base64_text(gzip.compress(DOCUMENT_TEXT.encode(), mtime=0)),
    "base64 of JSON": base64_text(DOCUMENT_TEXT.encode()),
    "base64 of msgpack": base64_text(b"\x82\xa1a\x01\xa1b\x92\x02\x03"),
    "hex of zlib": zlib.compress(DOCUMENT_TEXT.encode()).hex(),
    "quotes and backslashes": "it's \"quoted\" \\ and % and _ and `",
    "snowman and emoji": "☃ 😀",
    "longer than Airflow stores, raw": "x" * 70_000,
}

# Valid JSON that a reader fails on later.
UNREADABLE = {
    "surrogate": r'"\ud800"',
    "surrogates in the wrong order": r'"\ude00\ud83d"',
    "surrogate in a key": r'{"\udfff": 1}',
    "surrogate before an escape": r'["fine", "\udbff\n"]',
    "huge integer": "1" * 4301,
    "huge negative integer, inside": '{"n": [-' + "1" * 4301 + "]}",
    "height 255": nested(255),
    "height 255 of objects": nested_objects(255),
    "height 2000": nested(2000),
}

# PostgreSQL cannot store the character itself.
WITH_NUL = {
    "NUL": "a\0b",
    "NUL in string": '"a\0b"',
    "NUL at the end": "{}\0",
}

UNHEALTHY = DOUBTFUL | DEEP | NOT_JSON | UNREADABLE

KEYS = [
    "plain",
    "with space",
    " leading and trailing ",
    "Plain",
    "it's",
    'double "quotes"',
    "back\\slash",
    "slash/inside",
    "/leading/slash",
    "trailing/slash/",
    "double//slash",
    "dots/../and/./more",
    "percent %2F 100%",
    "question?mark=1&a=b",
    "hash#fragment",
    "semi;colon,comma",
    "accent é and snowman ☃",
    "e\u0301 is not é",
    "tab\there",
    "; DROP TABLE task_state_store; --",
    "<script>alert(1)</script>",
    "k" * 512,
    "☃" * 512,
]

# MySQL and MariaDB keep keys in a character set that ends before these.
KEYS_WITH_EMOJI = ["emoji 😀", "😀" * 512]
