"""Runs monitor and receiver over a loopback that `tc netem` spoils; see scripts/netem.

    python3 netem.py PROGRAM CHECKOUT

What the device's own alarm log says that was told must stand in the receiver's inbox once, and in
order.
"""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

FAULTS = ["delay", "250ms", "250ms", "loss", "30%", "duplicate", "10%", "corrupt", "1%"]
PORT = 5514


def netem(*faults):
    subprocess.run(["tc", "qdisc", "replace", "dev", "lo", "root", "netem", *faults], check=True)


def say(text):
    print(f"netem {time.monotonic() - BEGIN:5.0f} s: {text}", flush=True)


class Program:
    """The program with its lines of JSON, each with the time at which it was read."""

    def __init__(self, *arguments):
        self.lines = []
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "ECGCLIP_HOME": CHECKOUT},
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                self.lines.append((time.time(), json.loads(line)))

    def of(self, kind):
        return [(at, line) for at, line in list(self.lines) if line.get("type") == kind]

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait()


def wait(what, is_so, seconds=300):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            say(f"FAILED: {what} did not happen")
            sys.exit(1)
        time.sleep(0.1)


def rows(path, query):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def accepted(folder):
    """The receiver's messages in the order of acceptance."""
    return [json.loads(row[0]) for row in rows(folder / "central/inbox.sqlite", INBOX)]


INBOX = "SELECT json FROM accepted ORDER BY number"
LOG = (
    "SELECT condition, phase, monotonicNanoseconds FROM entry "
    "WHERE kind IN ('alarm', 'operator') AND condition IS NOT NULL ORDER BY id"
)


def main(folder):
    key = str(folder / "keys/bed-7.key")
    (folder / "keys").mkdir()
    subprocess.run([PROGRAM, "link", "keygen", "bed-7", "--output", key], check=True)

    def listen():
        return Program(
            *f"listen --json --bind 127.0.0.1:{PORT} --keys {folder}/keys".split(),
            *f"--state {folder}/central".split(),
        )

    def monitor(source):
        return Program(
            *f"monitor --json --source {source} --alert udp://127.0.0.1:{PORT}".split(),
            *f"--alert-key {key} --state {folder}/device".split(),
        )

    netem(*FAULTS)
    receivers = [listen()]
    device = monitor("sim:vt?onset=15&offset=30&leadoff=RA@50-60")
    wait(
        "contact",
        lambda: any(line["presence"] == "online" for _, line in receivers[-1].of("device")),
    )
    say("receiver and device have met over " + " ".join(FAULTS))
    wait("the tachycardia", lambda: receivers[-1].of("alert"))
    netem("loss", "100%")
    say("nothing passes for 10 s")
    time.sleep(10)
    netem(*FAULTS)
    wait("the link's loss to be told", lambda: told("linkLost", receivers))
    receivers[-1].end(signal.SIGKILL)
    say("receiver killed")
    time.sleep(8)
    receivers.append(listen())
    time.sleep(25)
    device.end(signal.SIGKILL)
    say("monitor killed")
    device = monitor("sim:asystole?onset=15")
    wait("asystole", lambda: told("asystole", receivers))
    time.sleep(10)
    device.end(signal.SIGTERM)
    device = monitor("sim:nsr")
    outbox = folder / "device/outbox.sqlite"
    wait("an empty outbox", lambda: rows(outbox, "SELECT COUNT(*) FROM message") == [(0,)])
    device.end(signal.SIGTERM)
    receivers[-1].end(signal.SIGTERM)
    return check(folder, receivers)


def told(condition, receivers):
    return any(line["condition"] == condition for one in receivers for _, line in one.of("alert"))


def check(folder, receivers):
    messages = accepted(folder)
    positions = [(message["epoch"], message["sequence"]) for message in messages]
    in_order = positions == sorted(set(positions))
    names = {"accepted": "acknowledged", "latched": "update"}
    have = [
        (message["condition"], message["phase"], round(message["monotonicSeconds"] * 1e6))
        for message in messages
    ]
    log = [
        (condition, names.get(phase, phase), round(nanoseconds / 1e3))
        for condition, phase, nanoseconds in rows(folder / "device/alarms.sqlite", LOG)
    ]
    starts = [entry for entry in log if entry[1] == "start"]
    missing = [entry for entry in starts if have.count(entry) != 1]
    late = sorted(
        at - datetime.fromisoformat(line["wallTime"].replace("Z", "+00:00")).timestamp()
        for one in receivers
        for at, line in one.of("alert")
    )
    say(
        f"{len(log)} transitions in the device's log, {len(starts)} of them starts; "
        f"{len(messages)} alerts at the receiver, in order and each once: {in_order}; "
        f"starts not there exactly once: {missing}"
    )
    say(f"from transition to receiver: median {late[len(late) // 2]:.2f} s, last {late[-1]:.2f} s")
    return 0 if in_order and starts and not missing else 1


PROGRAM, CHECKOUT = sys.argv[1], sys.argv[2]
BEGIN = time.monotonic()
with tempfile.TemporaryDirectory() as path:
    STATUS = main(Path(path))
sys.exit(STATUS)
