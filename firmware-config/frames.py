"""An encoder of the bridge frame independent of the product's: standard library only. Prints the example of
bridge-frame.md and the frames that the tests decode."""

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
    head = struct.pack("<BBHI", 1, kind, flags, sequence) + body
    return cobs(head + struct.pack("<I", zlib.crc32(head))) + b"\0"


def samples(sequence: int, tick: int, time: int, rows: list[list[int]], positive: int = 0, negative: int = 0) -> bytes:
    body = struct.pack("<IIBBHH", tick, time, len(rows[0]), len(rows), positive, negative)
    codes = b"".join((code & 0xFFFFFF).to_bytes(3, "big") for row in rows for code in row)
    return frame(2, 0, sequence, body + codes)


def hello(sequence: int, leads: list[int], rate: int = 500_000, flags: int = 1) -> bytes:
    body = b"emulated".ljust(16, b"\0") + struct.pack("<IIBB", rate, 2_400_000, 24, len(leads)) + bytes(8)
    body += b"".join(struct.pack("<BH", lead, 6 * 16) for lead in leads)
    return frame(1, flags, sequence, body)


if __name__ == "__main__":
    print("hello  ", hello(0, [0, 255]).hex())
    print("samples", samples(7, 1000, 2_000_000, [[1, -1], [0x123456, -0x123456]], positive=2).hex())
    long = [[(n * 7919 + c * 104729) % 16777216 - 8388608 for c in range(8)] for n in range(32)]
    data = samples(8, 1002, 2_004_000, long)
    print("long   ", len(data), zlib.crc32(data))
