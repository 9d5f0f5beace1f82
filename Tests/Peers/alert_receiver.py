"""A receiver of ECGCLIP alerts in one file: what docs/alert-link.md says, with `cryptography`.

    python3 Tests/Peers/alert_receiver.py --key bed-4.key --port 5514

Verifies, confirms, puts in order and prints every alert as a JSON line, and tells when the device
falls silent. It keeps its memory in --state (a JSON file), so that an alert is printed once over
restarts. It is written to be read and to show that the page is enough; `ecgclip listen` is the one
for use.
"""

import argparse
import json
import os
import pathlib
import secrets
import socket
import struct
import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 1
TO_CENTRAL, TO_DEVICE = 1, 2
HEADER = struct.Struct(">BBIQQ")  # version, direction, key number, sender's epoch, counter
DATAGRAM_MAX = 1200


def derive_key(secret: bytes, direction: int, key_id: int, epoch: int) -> bytes:
    context = struct.pack(">BIQ", direction, key_id, epoch)
    return HKDF(SHA256(), 32, salt=b"ecgclip alert link 1", info=context).derive(secret)


def seal(
    secret: bytes, direction: int, key_id: int, epoch: int, counter: int, body: bytes
) -> bytes:
    header = HEADER.pack(VERSION, direction, key_id, epoch, counter)
    cipher = ChaCha20Poly1305(derive_key(secret, direction, key_id, epoch))
    return header + cipher.encrypt(struct.pack(">IQ", 0, counter), body, header)


def open_datagram(secret: bytes, direction: int, key_id: int, datagram: bytes):
    """(epoch, counter, body), or None for what is not from the other end."""
    if not HEADER.size + 16 <= len(datagram) <= DATAGRAM_MAX:
        return None
    header = datagram[: HEADER.size]
    version, way, number, epoch, counter = HEADER.unpack(header)
    if (version, way, number) != (VERSION, direction, key_id) or counter == 0:
        return None
    cipher = ChaCha20Poly1305(derive_key(secret, direction, key_id, epoch))
    try:
        body = cipher.decrypt(struct.pack(">IQ", 0, counter), datagram[HEADER.size :], header)
    except InvalidTag:
        return None
    return epoch, counter, body


def parse_report(body: bytes) -> dict:
    """What a device says: each datagram has all of it."""
    place = 0

    def take(form: str):
        nonlocal place
        values = struct.unpack_from(form, body, place)
        place += struct.calcsize(form)
        return values

    challenge, echo, clock = take(">QQQ")
    newest, confirmed = take(">QQ"), take(">QQ")
    records = []
    for _ in range(take(">B")[0]):
        after, position, (length,) = take(">QQ"), take(">QQ"), take(">H")
        records.append((after, position, body[place : place + length]))
        place += length
    (length,) = take(">H")
    state = body[place : place + length]
    if place + length != len(body):
        raise ValueError("the body's length is wrong")
    return {
        "challenge": challenge,
        "echo": echo,
        "clockMilliseconds": clock,
        "newest": newest,
        "confirmed": confirmed,
        "records": records,
        "state": json.loads(state) if state else None,
    }


def build_receipt(challenge, echo, received, waiting, acknowledgements=()) -> bytes:
    body = struct.pack(">QQQQQB", challenge, echo, *received, waiting, len(acknowledgements))
    for number, alert, person in acknowledgements:
        name = person.encode()
        body += struct.pack(">QQQB", number, *alert, len(name)) + name
    return body


class Memory:
    """What must survive a restart: our epoch, and the place of the last alert that was accepted."""

    def __init__(self, path):
        self.path = path and pathlib.Path(path)
        self.epoch, self.received = 0, (0, 0)
        if self.path and self.path.exists():
            kept = json.loads(self.path.read_text())
            self.epoch, self.received = kept["epoch"], tuple(kept["received"])

    def save(self):
        if not self.path:
            return
        new = self.path.with_suffix(".new")
        with open(new, "w", encoding="utf-8") as file:
            json.dump({"epoch": self.epoch, "received": self.received}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


class Receiver:
    """The state machine for one device: datagrams and times in, datagrams and alerts out."""

    def __init__(self, key: dict, memory: Memory, tell):
        self.secret, self.key_id = bytes.fromhex(key["secret"]), key["keyID"]
        self.device, self.memory, self.tell = key["device"], memory, tell
        # Greater than every life before, durable before the first datagram.
        memory.epoch = max(memory.epoch + 1, int(time.time()))
        memory.save()
        self.counter = 0
        self.challenges: list[tuple[int, float]] = []
        self.peer_epoch, self.peer_challenge = 0, 0
        self.newest_counter, self.seen = 0, set()
        self.waiting: dict[tuple, tuple] = {}
        self.proven_at, self.alive, self.state = None, False, None

    def receipt(self, now: float) -> bytes:
        value = secrets.randbits(64) | 1
        self.challenges = [*self.challenges[-31:], (value, now)]
        waiting = 0
        for _, sequence in self.waiting:
            offset = sequence - self.memory.received[1] - 1
            waiting |= 1 << offset if 0 <= offset < 64 else 0
        body = build_receipt(value, self.peer_challenge, self.memory.received, waiting)
        self.counter += 1
        return seal(self.secret, TO_DEVICE, self.key_id, self.memory.epoch, self.counter, body)

    def is_new(self, epoch: int, counter: int) -> bool:
        if epoch < self.peer_epoch:
            return False
        if epoch > self.peer_epoch:
            self.peer_epoch, self.newest_counter, self.seen = epoch, 0, set()
        if counter in self.seen or counter + 64 <= self.newest_counter:
            return False
        self.newest_counter = max(self.newest_counter, counter)
        self.seen = {old for old in self.seen if old + 64 > self.newest_counter} | {counter}
        return True

    def receive(self, datagram: bytes, now: float) -> tuple[bool, bool]:
        """Takes a datagram: whether it deserves an answer at once, and whether it is from now."""
        opened = open_datagram(self.secret, TO_CENTRAL, self.key_id, datagram)
        if opened is None or not self.is_new(opened[0], opened[1]):
            return False, False  # Dropped without a word.
        epoch, counter, body = opened
        report = parse_report(body)
        if counter == self.newest_counter:
            self.peer_challenge = report["challenge"]
        times = [at for value, at in self.challenges if value == report["echo"]]
        if not times:
            return True, False  # Perhaps a recording: it gets our challenge and no more.
        if epoch < self.memory.received[0]:
            return False, False  # The device's storage was replaced: it needs a new key.
        if now - times[0] < 5:
            self.proven_at = now
            if not self.alive:
                self.alive = True
                self.tell({"type": "alive", "device": self.device})
        for after, position, text in report["records"]:
            if position > self.memory.received and len(self.waiting) < 32:
                self.waiting[position] = (after, text)
        self.deliver()
        if report["state"] not in (None, self.state):
            self.state = report["state"]
            self.tell({"type": "state", "device": self.device, **self.state})
        return bool(report["records"]), counter == self.newest_counter

    def deliver(self):
        """Each message once, and none before those that its sender had before it."""
        while self.waiting and self.waiting[min(self.waiting)][0] <= self.memory.received:
            position = min(self.waiting)
            _, text = self.waiting.pop(position)
            self.memory.received = position
            # An alert that must not be lost between here and its reader is stored with this.
            self.memory.save()
            self.tell({"type": "alert", "alert": json.loads(text)})

    def watch(self, now: float):
        if self.alive and now - self.proven_at >= 5:
            self.alive = False
            self.tell({"type": "silent", "device": self.device})


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--key", required=True, help="the device's key file")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=5514, help="0: any, printed on a line")
    arguments.add_argument("--state", help="a file for what must survive a restart")
    arguments.add_argument("--seconds", type=float, default=float("inf"), help="end after so many")
    arguments.add_argument("--drop", type=int, default=0, help="for tests: lose every Nth datagram")
    given = arguments.parse_args()

    def tell(line: dict):
        print(json.dumps(line), flush=True)

    key = json.loads(pathlib.Path(given.key).read_text(encoding="utf-8"))
    receiver = Receiver(key, Memory(given.state), tell)
    family = socket.AF_INET6 if ":" in given.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_DGRAM)
    door.bind((given.host, given.port))
    tell({"type": "listening", "port": door.getsockname()[1]})
    route, heartbeat_at, count = None, 0.0, 0
    end = time.monotonic() + given.seconds

    def is_lost() -> bool:
        nonlocal count
        count += 1
        return given.drop > 0 and count % given.drop == 0

    def send(address, now: float):
        datagram = receiver.receipt(now)
        if address and not is_lost():
            door.sendto(datagram, address)

    while (now := time.monotonic()) < end:
        receiver.watch(now)
        if now >= heartbeat_at:
            heartbeat_at = now + 1
            send(route, now)
        door.settimeout(max(0.001, min(0.2, heartbeat_at - now)))
        try:
            datagram, address = door.recvfrom(2048)
        except TimeoutError:
            continue
        if is_lost():
            continue
        now = time.monotonic()
        is_answer_due, is_from_now = receiver.receive(datagram, now)
        if is_from_now:
            route = address
        if is_answer_due:
            send(address, now)


if __name__ == "__main__":
    main()
