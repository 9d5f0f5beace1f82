"""Fits the weights of Sources/SignalProcessing/Beats/BeatWeights.swift.

    ECGCLIP_EVIDENCE=/tmp/evidence.csv swift test --filter evidenceTable
    python fit_beat_weights.py /tmp/evidence.csv

Logistic regression of "ventricular" on five parts, over the beats of another shape than the usual one. Of each record no more than a
weight of 100 of ventricular and of 300 of other beats counts, so that no record decides alone. Prints sensitivity and positive
predictivity of each record judged by weights fitted without it, as WFDB's bxb counts, and then the weights of all.
"""

import csv
import sys

import numpy as np

VENTRICULAR, PUNISHED = {"V", "E", "r"}, set("NLRBejnaAJS")
PACED = {"102", "104"}
BIAS_MOVE = 0.5  # towards sensitivity, so that both measures are alike


def read(path):
    records = {}
    for row in csv.DictReader(open(path)):
        records.setdefault(row["record"], []).append(row)
    result = {}
    for name, rows in records.items():
        number = {k: np.array([float(r[k]) for r in rows]) for k in rows[0] if k not in ("record", "reference")}
        reference = [r["reference"] for r in rows]
        number["v"] = np.array([r in VENTRICULAR for r in reference])
        number["n"] = np.array([r in PUNISHED for r in reference])
        number["x"] = np.stack([number[f"p{i}"] for i in range(5)], 1)
        result[name] = number
    return result


def fit(records):
    xs, ys, ws = [], [], []
    for r in records:
        chosen = (r["isUsual"] == 0) & (r["v"] | r["n"])
        y = r["v"][chosen]
        w = np.where(y, min(1, 100 / max(1, y.sum())), min(1, 300 / max(1, (~y).sum())))
        xs.append(r["x"][chosen])
        ys.append(y)
        ws.append(w)
    x, y, w = np.concatenate(xs), np.concatenate(ys).astype(float), np.concatenate(ws)
    z = np.c_[x, np.ones(len(x))]
    theta, ridge = np.zeros(6), np.r_[np.ones(5), 1e-6]
    for _ in range(20):
        p = 1 / (1 + np.exp(-np.clip(z @ theta, -30, 30)))
        h = w * p * (1 - p)
        theta -= np.linalg.solve((z * h[:, None]).T @ z + np.diag(ridge), z.T @ (w * (p - y)) + ridge * theta)
    return theta


def judge(r, theta):
    """The rule of BeatClassifier.judge."""
    logit = r["x"] @ theta[:5] + theta[5] + BIAS_MOVE
    doubtful = (r["members"] < 5) & (r["earliness"] > 0.9)
    established = (r["members"] >= 10) & (r["likeness"] < 0.6) & (r["widening"] > 0.01)
    return (r["isUsual"] == 0) & (established | (logit > 0) & ~doubtful)


def main():
    records = read(sys.argv[1])
    trained = [name for name in records if name not in PACED]
    totals = np.zeros(3)
    for name, r in records.items():
        told = judge(r, fit([records[other] for other in trained if other != name]))
        counts = np.array([(told & r["v"]).sum(), (~told & r["v"]).sum(), (told & r["n"]).sum()])
        totals += counts
        print(name, "found %d missed %d invented %d" % tuple(counts))
    found, missed, invented = totals
    print("left out: sensitivity %.2f, positive predictivity %.2f" % (100 * found / (found + missed), 100 * found / (found + invented)))
    theta = fit([records[name] for name in trained])
    print("parts", theta[:5].round(2), "bias", round(theta[5] + BIAS_MOVE, 2))


main()
