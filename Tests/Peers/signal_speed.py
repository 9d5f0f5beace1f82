"""Processor time of the signal chain beside others' on the same machine, in turns in one run:
microseconds per second of signal, and ours over theirs.

    python Tests/Peers/signal_speed.py .build/release/ecgclip [MIT-BIH RECORD]

Ours (`ecgclip bench`, signalSecond) filters twelve leads at 500 Hz, judges their quality, finds and
tells beats and rhythms, sample by sample. scipy's sosfilt only filters them (Butterworth 0.5-40 Hz
and a 50 Hz notch, five sections), sixty seconds at a call. Pan-Tompkins of py-ecg-detectors finds
the beats of one lead of a whole record afterwards."""

import json
import statistics
import subprocess
import sys
import time

import numpy as np
from scipy import signal

RATE, SECONDS, ROUNDS = 500, 60, 5


def processor_microseconds(work, seconds):
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e6 / seconds


def ours(program):
    found = json.loads(
        subprocess.run(
            [program, "bench", "--json", "--windows", "5", "--seconds", str(SECONDS)],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    )
    return found["signalSecond"]["cpuNanoseconds"] / 1e3


def sosfilt():
    band = signal.butter(4, [0.5, 40], "bandpass", fs=RATE, output="sos")
    notch = signal.tf2sos(*signal.iirnotch(50, 30, fs=RATE))
    sections = np.concatenate([band, notch])
    rows = np.random.default_rng(1).standard_normal((12, RATE * SECONDS))
    return lambda: signal.sosfilt(sections, rows, axis=-1)


def pan_tompkins(path):
    import wfdb
    from ecgdetectors import Detectors

    record = wfdb.rdrecord(path)
    lead, detectors = record.p_signal[:, 0], Detectors(record.fs)
    return lambda: detectors.pan_tompkins_detector(lead), len(lead) / record.fs


def main():
    program, records = sys.argv[1], sys.argv[2:3]
    others = {"scipy sosfilt, 12 leads": (sosfilt(), SECONDS)}
    for path in records:
        others["py-ecg-detectors Pan-Tompkins, 1 lead"] = pan_tompkins(path)
    times = {name: [] for name in ["ecgclip, 12 leads", *others]}
    for _ in range(ROUNDS):
        times["ecgclip, 12 leads"].append(ours(program))
        for name, (work, seconds) in others.items():
            times[name].append(processor_microseconds(work, seconds))
    mine = statistics.median(times["ecgclip, 12 leads"])
    for name, all_times in times.items():
        middle = statistics.median(all_times)
        print(f"{name:40} {middle:7.0f} us a second of signal   ours over it {mine / middle:.2f}")


main()
