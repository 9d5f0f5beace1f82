"""The bootstrap's scores are scikit-learn's on the resampled records; other scores against hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ecgclip_training.metrics import (
    calibration_error,
    macro_interval,
    paired_difference,
    resamplings,
    super_classes,
    weighted,
)


def cohort(seed: int = 0, records: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = (rng.random((records, 3)) < [0.3, 0.15, 0.5]).astype(np.float32)
    scores = labels * 1.0 + rng.normal(size=labels.shape)
    return labels, scores, rng.integers(0, records // 2, records)


def test_weights_count_like_repeated_records():
    labels, scores, patients = cohort()
    weights = resamplings(patients, rounds=20)
    auc, average = weighted(labels[:, 0], scores[:, 0], weights)
    for row, count in enumerate(weights.astype(int)):
        repeated = np.repeat(np.arange(len(labels)), count)
        assert auc[row] == pytest.approx(roc_auc_score(labels[repeated, 0], scores[repeated, 0]))
        wanted = average_precision_score(labels[repeated, 0], scores[repeated, 0])
        assert average[row] == pytest.approx(wanted)


def test_a_patient_is_drawn_with_all_records_or_none():
    patients = np.array([7, 7, 3, 9, 3])
    weights = resamplings(patients, rounds=50)
    assert (weights[:, 0] == weights[:, 1]).all() and (weights[:, 2] == weights[:, 4]).all()
    assert ((weights[:, 0] + weights[:, 2] + weights[:, 3]) == 3).all()


def test_intervals_hold_the_score_and_a_difference_with_itself_is_nothing():
    labels, scores, patients = cohort(records=400)
    found = macro_interval(labels, scores, patients)
    for key in ("auc", "averagePrecision"):
        low, high = found["interval95"][key]
        assert low < found[key] < high and high - low < 0.2
    same = paired_difference(labels, scores, scores, patients)
    assert same["auc"] == {"difference": 0, "interval95": [0, 0]}
    better = paired_difference(labels, scores + labels, scores, patients)
    assert better["auc"]["interval95"][0] > 0


def test_calibration_error_of_hand_made_bins():
    probabilities = np.array([0.1, 0.1, 0.9, 0.9])
    assert calibration_error(np.array([0, 0, 1, 1]), probabilities, bins=2) == pytest.approx(0.1)
    assert calibration_error(np.array([0, 1, 1, 1]), probabilities, bins=2) == pytest.approx(0.25)


def test_a_super_class_is_there_when_one_of_its_statements_is():
    codes = ["NORM", "IMI", "AMI", "NDT", "LVH", "CLBBB", "SR"]
    classes = {"NORM": "NORM", "IMI": "MI", "AMI": "MI", "NDT": "STTC", "LVH": "HYP", "CLBBB": "CD"}
    labels = np.array([[0, 1, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 1]])
    probabilities = np.array([[0.1, 0.5, 0.5, 0.2, 0.3, 0.4, 0.9]] * 2)
    names, truth, scores = super_classes(codes, classes, labels, probabilities)
    assert names == ["NORM", "MI", "STTC", "CD", "HYP"]
    assert truth.tolist() == [[0, 1, 0, 0, 0], [1, 0, 0, 0, 0]]
    np.testing.assert_allclose(scores[0], [0.1, 0.75, 0.2, 0.4, 0.3])
