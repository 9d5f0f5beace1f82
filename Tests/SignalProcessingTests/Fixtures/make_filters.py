"""Writes filters.json: what scipy's Butterworth and notch filters make of a test signal.

Run from anywhere: python make_filters.py
"""

import json
import pathlib

import numpy as np
from scipy import signal


def response(high, low, mains, rate):
    """The filters of RowFilter on a seeded signal, in the steady state of its first sample."""
    count = int(2 * rate)
    time = np.arange(count) / rate
    generator = np.random.default_rng(7)
    values = (
        1500
        + 800 * np.sin(2 * np.pi * 7 * time)
        + 100 * np.sin(2 * np.pi * 50 * time)
        + generator.normal(0, 50, count)
    ).astype(np.float32)
    sections = [signal.butter(2, high, "highpass", fs=rate, output="sos")]
    if low * 2.2 < rate:
        sections.append(signal.butter(4, low, "lowpass", fs=rate, output="sos"))
    if mains and mains * 2.2 < rate:
        sections.append(signal.tf2sos(*signal.iirnotch(mains, 30, fs=rate)))
    sos = np.vstack(sections)
    filtered, _ = signal.sosfilt(sos, values, zi=signal.sosfilt_zi(sos) * values[0])
    step = max(1, count // 100)
    return {
        "highPassHz": high,
        "lowPassHz": low,
        "mainsHz": mains,
        "sampleRate": rate,
        "input": [float(x) for x in values],
        "step": step,
        "output": [round(float(x), 5) for x in filtered[::step]],
    }


if __name__ == "__main__":
    cases = [
        response(0.67, 40, 50, 250),
        response(0.67, 40, 60, 360),
        response(0.05, 150, 50, 1000),
        response(0.05, 150, None, 250),
        response(0.67, 40, 50, 100),
    ]
    path = pathlib.Path(__file__).with_name("filters.json")
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
