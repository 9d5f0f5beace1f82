"""What the independent validator of JSON Schema says of YAML or JSON files.

Prints {file: [message, ...]}, empty where a file is fine.

    validate_schema.py SCHEMA FILE...
"""

import json
import sys

import yaml
from jsonschema import Draft202012Validator


def main(schema_path: str, paths: list[str]) -> None:
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    messages = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file)
        messages[path] = [error.message for error in validator.iter_errors(document)]
    print(json.dumps(messages))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
