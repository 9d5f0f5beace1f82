"""What others say of a calibration file: jsonschema of its form, Python's hmac of its seal.

Arguments: the schema, the file, the key in hexadecimal. Also damages the file in every way that a
schema should find, and prints the paths of the changes that it let pass.
"""

import copy
import hashlib
import hmac
import json
import sys

import jsonschema


def places(value, path=()):
    """Every object of a document with its path."""
    if isinstance(value, dict):
        yield path, value
        for key, member in value.items():
            yield from places(member, (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places(member, (*path, index))


def at(document, path):
    for step in path:
        document = document[step]
    return document


def mutations(document):
    """Copies with one unknown key, one missing key, or one value of another type."""
    for path, members in places(document):
        name = "/".join(map(str, path))
        if path[-1:] != ("conditions",):
            changed = copy.deepcopy(document)
            at(changed, path)["unknown"] = 1
            yield f"{name}: unknown key", changed
        for key in members:
            optional = key in ("note", "conditions") or key.startswith(("atLeast", "atMost"))
            if not optional and path[-1:] != ("conditions",):
                changed = copy.deepcopy(document)
                del at(changed, path)[key]
                yield f"{name}/{key}: missing", changed
            changed = copy.deepcopy(document)
            at(changed, path)[key] = [{}]
            yield f"{name}/{key}: a list", changed


def main():
    schema_path, path, key = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    errors = [error.message for error in validator.iter_errors(document)]
    content = {name: member for name, member in document.items() if name != "seal"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    seal = hmac.new(bytes.fromhex(key), text.encode(), hashlib.sha256).hexdigest()
    # Two values of an entry are as good as all of them, and there is one entry of each kind.
    small = copy.deepcopy(document)
    for entry in small["entries"]:
        entry["values"] = entry["values"][:2]
    changed = list(mutations(small))
    accepted = [name for name, mutation in changed if validator.is_valid(mutation)]
    print(
        json.dumps(
            {
                "valid": "no" if errors else "yes",
                "errors": errors[:3],
                "seal": "good" if seal == document["seal"]["value"] else "bad",
                "mutations": len(changed),
                "mutationsAccepted": accepted,
            }
        )
    )


main()
