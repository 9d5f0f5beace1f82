"""Fits the model of ElectrodeSwap.swift on PTB-XL and writes its coefficients as Swift.

A recording is reduced to its median beat in the leads I, II and V1-V6, and that to 244 numbers:
means of eight stretches of the beat and products of every two leads over five. A linear function of
them, the same for every hypothesis, says how usual a heart looks. It is fitted so that the
recording as it is looks more usual than with any two electrodes exchanged (multinomial logistic
regression over the exchanges, ridge 1e-3). Fitted on folds 1-8; fold 9 and LUDB are never fitted.

    fit_electrode_swap.py DATA SWIFT [FIXTURE]   DATA: the folder of recordings
    fit_electrode_swap.py DATA --check           cross-validation on PTB-XL, and LUDB as the test
"""

import csv
import json
import sys
from itertools import permutations
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.signal import butter, find_peaks, sosfiltfilt

RATE = 500
GRID = np.arange(-65, 106) * 0.004  # seconds around the middle of QRS: -260 to 420 ms
BASELINE = (-0.09, -0.07)
QRS = (-0.06, 0.06)
# Stretches of the beat in seconds, and what brings each to the size of the others.
MEANS = [
    (-0.20, -0.14, 10),
    (-0.14, -0.08, 10),
    (-0.06, -0.02, 1),
    (-0.02, 0.02, 1),
    (0.02, 0.06, 1),
    (0.07, 0.13, 4),
    (0.13, 0.23, 3),
    (0.23, 0.38, 3),
]
PRODUCTS = [(-0.22, -0.07, 10), (-0.06, 0, 1), (0, 0.06, 1), (0.06, 0.13, 4), (0.13, 0.38, 3)]
PAIRS = np.triu_indices(8)
BEATS_MAX = 16
RIDGE = 1e-3


def stretch(start, end):
    """Points of the grid from start to end, the end not counted."""
    return slice(round(start / 0.004) + 65, round(end / 0.004) + 65)


def find_beats(rows):
    """QRS complexes of a recording, rough: `middle` makes them exact."""
    band = sosfiltfilt(butter(2, [5, 20], "bandpass", fs=RATE, output="sos"), rows, axis=-1)
    size = np.maximum(np.percentile(np.abs(band), 98, axis=-1, keepdims=True), 20)
    speed = np.convolve(
        (np.abs(np.gradient(band, axis=-1)) / size).mean(0), np.ones(50) / 50, "same"
    )
    return find_peaks(speed, height=0.35 * np.percentile(speed, 98), distance=RATE // 4)[0]


def middle(rows, beat):
    """The centre of the QRS's energy of change, looked for twice, wherever the beat was found."""
    energy = np.zeros(rows.shape[-1])
    energy[3:-3] = ((rows[:, 6:] - rows[:, :-6]) ** 2).sum(0)
    energy **= 2
    for _ in range(2):
        first = round(beat) - 40
        if first < 3 or first + 81 > len(energy) - 3:
            return None
        weight = energy[first : first + 81]
        beat = first + (weight * np.arange(81)).sum() / max(weight.sum(), 1e-9)
    return beat


def median_beat(rows):
    """[8][grid] microvolts of a [12][sample] recording, None for fewer than three beats."""
    rows = rows[[0, 1, 6, 7, 8, 9, 10, 11]].astype(float)
    taken = []
    for beat in find_beats(rows):
        centre = middle(rows, beat)
        if (
            centre is None
            or centre + GRID[0] * RATE < 0
            or centre + GRID[-1] * RATE >= rows.shape[-1] - 1
        ):
            continue
        at = centre + GRID * RATE
        low = at.astype(int)
        values = rows[:, low] + (at - low) * (rows[:, low + 1] - rows[:, low])
        taken.append(values - values[:, stretch(*BASELINE)].mean(1, keepdims=True))
    return np.median(taken[-BEATS_MAX:], 0) if len(taken) >= 3 else None


def normalised(beats):
    """Limb leads in units of their QRS, chest leads of theirs: no exchange changes either."""
    qrs = beats[:, :, stretch(*QRS)]
    one, two = qrs[:, 0], qrs[:, 1]
    limb = np.sqrt(((one**2 + two**2 + (two - one) ** 2) / 3).mean(-1)) + 1
    chest = np.sqrt((qrs[:, 2:] ** 2).mean((1, 2))) + 1
    return np.concatenate(
        [beats[:, :2] / limb[:, None, None], beats[:, 2:] / chest[:, None, None]], 1
    )


def features(beats, exchange):
    """[record][244] of normalised beats turned by an exchange, a matrix over the eight leads."""
    beats = np.einsum("ij,njt->nit", exchange, beats)
    found = [gain * beats[:, :, stretch(a, b)].mean(-1) for a, b, gain in MEANS]
    for a, b, gain in PRODUCTS:
        part = gain * beats[:, :, stretch(a, b)]
        found.append(
            (np.einsum("nit,njt->nij", part, part) / part.shape[-1])[:, PAIRS[0], PAIRS[1]]
        )
    found = np.concatenate(found, 1)
    return np.sign(found) * np.log1p(np.abs(found))


def limb_exchanges():
    """Of the orders of R, L and F: as it is, RA/LA, RA/LL, LA/LL and both ways round."""
    potential = np.array([[0, 0], [1, 0], [0, 1]])  # of R, L, F by I and II, R as zero
    found = []
    for order in [(0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1), (1, 2, 0), (2, 0, 1)]:
        right, left, foot = potential[list(order)]
        exchange = np.eye(8)
        exchange[0, :2], exchange[1, :2] = left - right, foot - right
        found.append(exchange)
    assert len(found) == len(list(permutations(range(3))))
    return found


def chest_exchanges():
    """As it is, V1/V2, V2/V3, V3/V4, V4/V5, V5/V6."""
    found = [np.eye(8)]
    for lead in range(2, 7):
        exchange = np.eye(8)
        exchange[[lead, lead + 1]] = exchange[[lead + 1, lead]]
        found.append(exchange)
    return found


LIMB, CHEST = limb_exchanges(), chest_exchanges()
# What a judge of a recording with one exchange may compare: one more exchange.
CHEST_TWICE = CHEST + [a @ b for a in CHEST[1:] for b in CHEST[1:] if a is not b]


def fit(groups):
    """Coefficients for groups of [hypothesis][record][feature], hypothesis 0 true in each."""
    differences = [group - group[0] for group in groups]
    scale = np.sqrt(np.mean([np.mean(d**2, (0, 1)) for d in differences], 0)) + 1e-9
    differences = [d / scale for d in differences]

    def loss(weights):
        total, gradient = RIDGE * weights @ weights, 2 * RIDGE * weights
        for d in differences:
            score = d @ weights
            shifted = np.exp(score - score.max(0))
            total += (score.max(0) + np.log(shifted.sum(0))).mean()
            gradient += np.einsum("kn,knd->d", shifted / shifted.sum(0), d) / d.shape[1]
        return total, gradient

    start = np.zeros(len(scale))
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x / scale


def load_ptbxl(data):
    """Normalised median beats and folds of PTB-XL's records."""
    sys.path.insert(0, str(Path(data) / "tools"))
    import ecgx1

    records = ecgx1.load(str(Path(data) / "ptbxl"), "ptbxl500")
    with open(Path(data) / "ptbxl" / "records.csv", newline="") as file:
        folds = np.array([float(row["strat_fold"]) for row in csv.DictReader(file)])
    beats = [median_beat(record) for record in records]
    kept = [k for k, beat in enumerate(beats) if beat is not None]
    return normalised(np.array([beats[k] for k in kept])), folds[kept]


def load_ludb(data):
    """Normalised median beats of LUDB's records."""
    import wfdb

    order = ["i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"]
    beats = []
    for number in range(1, 121):
        record = wfdb.rdrecord(str(Path(data) / "ludb" / str(number)))
        beats.append(
            median_beat(1000 * record.p_signal[:, [record.sig_name.index(n) for n in order]].T)
        )
    return normalised(np.array([beat for beat in beats if beat is not None]))


def groups_of(beats):
    """Features of the limb hypotheses and of the chest hypotheses."""
    return [np.array([features(beats, e) for e in exchanges]) for exchanges in (LIMB, CHEST_TWICE)]


def report(name, limb, chest):
    """False flags at each margin over the recording as it is, and what is told beyond it."""
    margins = [1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7]
    print(name, limb.shape[1], "records; margins", margins)
    twice = {}
    for a in range(1, 6):
        for b in range(1, 6):
            twice[a, b] = (
                0
                if a == b
                else 6
                + sum(b_ != a_ for a_ in range(1, 6) for b_ in range(1, 6) if (a_, b_) < (a, b))
            )
    for title, scores in (("limb", limb), ("chest", chest)):
        best = scores[1:6].argmax(0) + 1
        for k in range(1, 6):
            others = (
                [0] + [j for j in range(1, 6) if j != k]
                if title == "limb"
                else [twice[a, k] for a in range(1, 6)]
            )
            told = np.array([scores[j] for j in others])
            right = told.argmax(0) == (0 if title == "limb" else k - 1)
            false = [int(((best == k) & (scores[k] - scores[0] > m)).sum()) for m in margins]
            flagged = [f"{(told.max(0) - scores[k] > m).mean():.3f}" for m in margins]
            typed = [f"{(right & (told.max(0) - scores[k] > m)).mean():.3f}" for m in margins]
            print(
                f"  {title} {k} false {false}\n"
                f"     flagged {' '.join(flagged)}\n     typed   {' '.join(typed)}"
            )


def check(data):
    """Three-fold cross-validation on PTB-XL, then LUDB with the shipped fit."""
    beats, folds = load_ptbxl(data)
    groups = groups_of(beats)
    scores = [np.zeros(group.shape[:2]) for group in groups]
    for part in ((1, 2, 3), (4, 5, 6), (7, 8, 9)):
        test = np.isin(folds, part)
        weights = fit([group[:, ~test] for group in groups])
        for score, group in zip(scores, groups, strict=True):
            score[:, test] = group[:, test] @ weights
    report("PTB-XL, cross-validated", *scores)
    weights = fit([group[:, folds <= 8] for group in groups])
    report("PTB-XL fold 9", *[group[:, folds == 9] @ weights for group in groups])
    report("LUDB", *[group @ weights for group in groups_of(load_ludb(data))])


def write_swift(path, weights):
    """The coefficients as a Swift file."""
    numbers = [f"{weight:.4f}" for weight in weights]
    lines, line = [], "   "
    for number in numbers:
        if len(line) + len(number) + 2 > 96:
            lines, line = [*lines, line], "   "
        line += f" {number},"
    lines.append(line)
    body = "\n".join(lines)
    Path(path).write_text(
        f"""// How usual a heart looks: the coefficients of `ElectrodeSwap`, fitted on folds 1-8 of
// PTB-XL (Wagner et al. 2020) by Tests/Peers/fit_electrode_swap.py, which writes this file.

enum ElectrodeSwapModel {{
  /// Of the eight leads in each stretch's mean, then of their 36 products in each stretch.
  static let coefficients: [Float] = [
{body}
  ]
}}
"""
    )


def write_fixture(data, path, weights):
    """What the model says of recordings that any reader can open, with the beats it looked at."""
    import wfdb

    cases = []
    for number in (1, 2, 3, 4, 5, 6, 7, 8):
        name = f"ptbxl/native/{number:05d}_hr"
        rows = 1000 * wfdb.rdrecord(str(Path(data) / name)).p_signal.T
        beats = normalised(median_beat(rows)[None])
        limb = [float(features(beats, e)[0] @ weights) for e in LIMB]
        chest = [float(features(beats, e)[0] @ weights) for e in CHEST]
        cases.append(
            {
                "record": name,
                "beats": [int(beat) for beat in find_beats(rows[[0, 1, 6, 7, 8, 9, 10, 11]])],
                "limb": [round(score - limb[0], 3) for score in limb[1:]],
                "chest": [round(score - chest[0], 3) for score in chest[1:]],
            }
        )
    Path(path).write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[2] == "--check":
        check(sys.argv[1])
    else:
        usual, fold = load_ptbxl(sys.argv[1])
        fitted = fit([group[:, fold <= 8] for group in groups_of(usual)]).round(4)
        write_swift(sys.argv[2], fitted)
        if len(sys.argv) > 3:
            write_fixture(sys.argv[1], sys.argv[3], fitted)
