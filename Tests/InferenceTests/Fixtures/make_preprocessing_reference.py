"""Writes preprocessing.json: what scipy makes of a synthetic signal by the formulas of docs/model-format.md.

Evidence for the Swift side and independent of it: whole-array evaluation instead of a stream, positions
as fractions, Bessel function and filter from scipy. The signal is a formula that both sides know:
lead l, sample k: ((k*k*(l+3) + 17*k*(l+1)) mod 2001) - 1000 + 2*k microvolts.
"""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.signal import lfilter, lfilter_zi
from scipy.special import i0

FOLDER = Path(__file__).parent
RATES = ["100", "125", "128", "200", "250", "257.3", "333.333", "360", "500", "1000"]
LEADS = [0, 7]
SECONDS = 2


def signal(lead, count):
    k = np.arange(count, dtype=np.int64)
    return ((k * k * (lead + 3) + 17 * k * (lead + 1)) % 2001 - 1000 + 2 * k) / 1000.0


def resample(x, rate, resampler):
    half_width = Fraction(str(resampler["halfWidthSeconds"]))
    cutoff, beta = resampler["cutoffHz"], resampler["kaiserBeta"]
    outputs = []
    while True:
        center = Fraction(len(outputs), 100)
        last = (center + half_width) * rate // 1
        if last >= len(x):
            return np.array(outputs)
        first = -(-(center - half_width) * rate // 1)
        k = np.arange(int(first), int(last) + 1)
        t = np.array([float(center - Fraction(int(i)) / rate) for i in k])
        ratio = np.clip(1 - (t / float(half_width)) ** 2, 0, None)
        w = np.sinc(2 * cutoff * t) * i0(beta * np.sqrt(ratio)) / i0(beta)
        outputs.append(np.dot(x[np.maximum(k, 0)], w) / w.sum())


def main():
    text = (FOLDER / "tiny" / "model.safetensors").read_bytes()
    header = json.loads(text[8 : 8 + int.from_bytes(text[:8], "little")])
    preprocessing = json.loads(header["__metadata__"]["preprocessing"])
    b, a = preprocessing["highPass"]["b"], preprocessing["highPass"]["a"]
    cases = []
    for rate in RATES:
        count = int(Fraction(rate) * SECONDS)
        millivolts = []
        for lead in LEADS:
            resampled = resample(signal(lead, count), Fraction(rate), preprocessing["resampler"])
            filtered, _ = lfilter(b, a, resampled, zi=lfilter_zi(b, a) * resampled[0])
            millivolts.append([round(float(v), 12) for v in filtered])
        cases.append({"sampleRate": float(rate), "sampleCount": count, "millivolts": millivolts})
    fixture = {"leads": LEADS, "cases": cases}
    (FOLDER / "preprocessing.json").write_text(json.dumps(fixture) + "\n")


if __name__ == "__main__":
    main()
