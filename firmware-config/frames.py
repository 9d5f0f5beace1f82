"""An encoder of the bridge frame independent of the product's: standard library only. Prints, as JSON, the
examples of bridge-frame.md and the frames that the tests decode."""

import json
import struct
import zlib


def cobs(data: bytes) -> bytes:
    """COBS without the delimiter."""
    out = bytearray()
    for block in split(data):
        out += bytes([len(block) + 1]) + block
    return bytes(out)


def split(data: bytes) -> list[bytes]:
    """The blocks between zeros, none longer than 254 bytes; a block of 254 needs no zero after it."""
    blocks: list[bytes] = []
    rest = data + b"\0"
    while rest:
        zero = rest.index(0)
        if zero >= 254:
            blocks.append(rest[:254])
            rest = rest[254:]
            if rest == b"\0":
                rest = b""
        else:
            blocks.append(rest[:zero])
            rest = rest[zero + 1 :]
    return blocks


def frame(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    head = struct.pack("<BBHI", 2, kind, flags, sequence) + body
    return cobs(head + struct.pack("<I", zlib.crc32(head))) + b"\0"


def hello(
    sequence: int,
    leads: list[int],
    rate: int = 500_000,
    flags: int = 1,
    name: bytes = b"emulated",
    firmware: bytes = bytes(8),
    start: int = 0,
    lost: int = 0,
    chip: int = 0,
    cause: int = 0,
    fault: int = 0,
    gain: int = 6 * 16,
) -> bytes:
    body = name.ljust(16, b"\0") + struct.pack("<IIBB", rate, 2_400_000, 24, len(leads)) + firmware
    body += struct.pack("<IIBBB", start, lost, chip, cause, fault)
    body += b"".join(struct.pack("<BH", lead, gain) for lead in leads)
    return frame(1, flags, sequence, body)


def samples(
    sequence: int,
    tick: int,
    time: int,
    rows: list[list[int]],
    positive: int = 0,
    negative: int = 0,
    flags: int = 1,
) -> bytes:
    body = struct.pack("<IIBBHH", tick, time, len(rows[0]), len(rows), positive, negative)
    codes = b"".join((code & 0xFFFFFF).to_bytes(3, "big") for row in rows for code in row)
    return frame(2, flags, sequence, body + codes)


def command(sequence: int, number: int, operation: int, arguments: bytes) -> bytes:
    return frame(3, 0, sequence, struct.pack("<IBB", number, operation, len(arguments)) + arguments)


def acknowledge(sequence: int, number: int, status: int, data: bytes = b"", flags: int = 1) -> bytes:
    return frame(4, flags, sequence, struct.pack("<IBB", number, status, len(data)) + data)


def long_rows() -> list[list[int]]:
    """32 samples of 8 channels with few bytes alike: longer than a COBS block."""
    return [[(n * 7919 + c * 104729) % 16777216 - 8388608 for c in range(8)] for n in range(32)]


# What the tests decode, and what the firmware's own program (pico-ads1298/host_test.c) must write byte for byte.
EXAMPLES = {
    "hello": hello(0, [0, 255]),
    "samples": samples(7, 1000, 2_000_000, [[1, -1], [0x123456, -0x123456]], positive=2),
    "command": command(3, 0x01020304, 3, bytes([5, 0x05, 0x00])),
    "acknowledge": acknowledge(9, 0x01020304, 0, bytes([0x92, 0x00])),
    "refused": acknowledge(10, 0x01020305, 2, flags=0x0105),
    "firmware": hello(
        1,
        [11, 0, 1, 7, 8, 9, 10, 6],
        flags=0x0304,
        name=b"pico-ads1298",
        firmware=bytes(range(8)),
        start=0xA1B2C3D4,
        lost=258,
        chip=0x92,
        cause=2,
    ),
    "long": samples(8, 1002, 2_004_000, long_rows(), positive=0x81, negative=0x0100, flags=0x0304),
}

if __name__ == "__main__":
    print(json.dumps({name: example.hex() for name, example in EXAMPLES.items()}, indent=2))
