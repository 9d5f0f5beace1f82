"""The digest by which two readers' samples are compared without storing a sample."""

import numpy

MULTIPLIER = 6364136223846793005
MISSING = -(2**31)


def digest(values) -> str:
    """Sum of x[i] * MULTIPLIER^(n-1-i) modulo 2^64, as 16 hexadecimal digits."""
    x = numpy.asarray(values, dtype=numpy.int64).astype(numpy.uint64)
    powers = numpy.full(len(x), MULTIPLIER, dtype=numpy.uint64)
    if len(x):
        powers[0] = 1
    with numpy.errstate(over="ignore"):
        total = (x * numpy.cumprod(powers, dtype=numpy.uint64)[::-1]).sum(dtype=numpy.uint64)
    return f"{int(total):016x}"


def codes(samples, missing: int):
    """Stored samples as int64 with the format's missing value replaced by MISSING."""
    x = numpy.asarray(samples, dtype=numpy.int64)
    return numpy.where(x == missing, MISSING, x)


MISSING_CODE = {
    "8": None,
    "16": -(2**15),
    "61": -(2**15),
    "160": -(2**15),
    "80": -128,
    "212": -2048,
    "24": -(2**23),
    "32": -(2**31),
}
