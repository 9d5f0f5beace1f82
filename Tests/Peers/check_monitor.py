"""Looks at the JSON lines of `ecgclip monitor --source sim:asystole?onset=…`: the kinds, the heart
rate, the alarm, the losses."""

import argparse
import json

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("file")
arguments.add_argument("--onset", type=float, required=True)
arguments.add_argument("--seconds", type=float, required=True)
given = arguments.parse_args()

with open(given.file, encoding="utf-8") as file:
    lines = [json.loads(line) for line in file]
kinds = {line["type"] for line in lines}
assert {"source", "heartRate", "finding", "alarm", "quality", "summary"} <= kinds, kinds
assert all(line["simulated"] is True for line in lines)
rates = [
    line["heartRateBPM"]
    for line in lines
    if line["type"] == "heartRate" and 5 < line["time"] < given.onset
]
assert rates and all(67 < rate < 77 for rate in rates), rates
alarms = [line for line in lines if line["type"] == "alarm" and line["condition"] == "asystole"]
assert alarms and alarms[0]["priority"] == "high", alarms
delay = alarms[0]["time"] - given.onset
assert 0 < delay <= 10, alarms
summary = lines[-1]
assert summary["type"] == "summary" and summary["samplesLost"] == 0, summary
assert summary["samplesReceived"] == 500 * given.seconds, summary
print(f"asystole told {delay:.1f} s after its onset, {summary['samplesReceived']} samples, 0 lost")
