"""What python-wfdb's compare_annotations counts for pairs of annotation files, as one JSON object.

python compare_annotations.py REFERENCE_FOLDER TEST_FOLDER WINDOW NAME...

Each folder holds NAME.atr. WINDOW is in samples; wfdb asks for less than it, EC57 for at most so
much. Beats that the reference has within ventricular fibrillation are left out, and detections
there.
"""

import json
import sys

import numpy as np
import wfdb
from wfdb.processing import compare_annotations

BEATS = set("NLRBaAJSVrFejnE/fQ?")


def read(path):
    annotation = wfdb.rdann(path, "atr")
    marks = list(zip(annotation.sample.tolist(), annotation.symbol, strict=True))
    episodes, start = [], None
    for sample, symbol in marks:
        if symbol == "[":
            start = sample
        elif symbol == "]" and start is not None:
            episodes.append((start, sample))
            start = None
    return [sample for sample, symbol in marks if symbol in BEATS], episodes


reference_folder, test_folder, window = sys.argv[1], sys.argv[2], int(sys.argv[3])
counts = {}
for name in sys.argv[4:]:
    reference, episodes = read(f"{reference_folder}/{name}")
    test, _ = read(f"{test_folder}/{name}")

    def outside(samples, episodes=episodes):
        return np.array(
            [s for s in samples if not any(first <= s <= last for first, last in episodes)]
        )

    result = compare_annotations(outside(reference), outside(test), window)
    counts[name] = {"tp": int(result.tp), "fp": int(result.fp), "fn": int(result.fn)}
print(json.dumps(counts))
