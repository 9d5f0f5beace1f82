"""Writes filters.json: what scipy's Butterworth, single-pole and notch filters make of a test signal, and how they
answer to sines.

Run from anywhere: python make_filters.py
"""

import json
import pathlib

import numpy as np
from scipy import signal

# The corners lie 2 % outside the band that is named.
MARGIN = 1.02
RESPONSE_HZ = [0.67, 1, 2, 5, 10, 20, 30, 40, 70, 100, 130, 150]


def sections(order, high, low, mains, rate):
    """The filters of RowFilter."""
    parts = [signal.butter(order, high / MARGIN, "highpass", fs=rate, output="sos")]
    if low * 2.2 < rate:
        parts.append(signal.butter(4, low * MARGIN, "lowpass", fs=rate, output="sos"))
    if mains and mains * 2.2 < rate:
        parts.append(signal.tf2sos(*signal.iirnotch(mains, 30, fs=rate)))
    return np.vstack(parts)


def case(order, high, low, mains, rate):
    """A seeded signal from the steady state of its first sample; gains; the delay of 10 Hz."""
    count = int(2 * rate)
    time = np.arange(count) / rate
    generator = np.random.default_rng(7)
    values = (
        1500
        + 800 * np.sin(2 * np.pi * 7 * time)
        + 100 * np.sin(2 * np.pi * 50 * time)
        + generator.normal(0, 50, count)
    ).astype(np.float32)
    sos = sections(order, high, low, mains, rate)
    filtered, _ = signal.sosfilt(sos, values, zi=signal.sosfilt_zi(sos) * values[0])
    step = max(1, count // 100)
    hertz = [f for f in RESPONSE_HZ if f < 0.45 * rate]
    _, gains = signal.sosfreqz(sos, hertz, fs=rate)
    delay = sum(
        signal.group_delay((part[:3], part[3:]), [10], fs=rate)[1][0] for part in sos
    )
    return {
        "highPassOrder": order,
        "highPassHz": high,
        "lowPassHz": low,
        "mainsHz": mains,
        "sampleRate": rate,
        "input": [round(float(x), 3) for x in values],
        "step": step,
        "output": [round(float(x), 5) for x in filtered[::step]],
        "hertz": hertz,
        "gains": [round(float(abs(x)), 7) for x in gains],
        "delayMilliseconds": round(float(delay) / rate * 1000, 5),
    }


if __name__ == "__main__":
    cases = [
        case(2, 0.67, 40, 50, 250),
        case(2, 0.67, 40, 60, 360),
        case(1, 0.05, 40, 60, 500),
        case(1, 0.05, 150, 50, 1000),
        case(1, 0.05, 150, None, 250),
        case(2, 0.67, 40, 50, 100),
        case(2, 0.67, 40, None, 2000),
    ]
    path = pathlib.Path(__file__).with_name("filters.json")
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
