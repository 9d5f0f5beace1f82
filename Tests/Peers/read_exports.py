"""Reads an alarm log's exports with Python's csv and json, and tells where the two differ."""

import csv
import datetime
import json
import pathlib
import sys


def as_csv(value):
    """A value of the JSON as the CSV's documentation says that it stands there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    return value


def same(text, value):
    """Whether a CSV field says what a JSON value says; numbers by their value."""
    if isinstance(value, dict):
        pairs = dict(pair.split("=") for pair in text.split(" ") if pair)
        return {key: float(number) for key, number in pairs.items()} == value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(text) == value
    return text == as_csv(value)


def main(folder):
    """Print an object: the header, what differs, and some columns as Python reads them."""
    folder = pathlib.Path(folder)
    with open(folder / "alarms.csv", newline="", encoding="utf-8") as file:
        table = csv.DictReader(file, strict=True)
        records = list(table)
    text = (folder / "alarms.jsonl").read_bytes().decode()
    objects = [json.loads(line) for line in text.split("\n") if line]
    differences = [
        [index, key]
        for index, (record, value) in enumerate(zip(records, objects, strict=True))
        for key in table.fieldnames
        if not same(record[key], value[key])
    ]
    times = [datetime.datetime.fromisoformat(record["wallTime"]) for record in records]
    print(
        json.dumps(
            {
                "header": table.fieldnames,
                "differences": differences,
                "records": len(records),
                "messages": [value["message"] for value in objects],
                "conditions": [value["condition"] for value in objects],
                "milliseconds": [round(time.timestamp() * 1000) for time in times],
            }
        )
    )


main(*sys.argv[1:])
