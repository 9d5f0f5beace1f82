"""Scores and calibration on cases small enough to work out by hand, or drawn from a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from ecgclip_training.calibrate import best_threshold, fit
from ecgclip_training.metrics import calibration_error, macro, per_statement, sigmoid
from ecgclip_training.statements import NAMES


def test_macro_scores_are_means_over_statements_with_enough_positives():
    labels = np.zeros((20, 3))
    labels[:10, 0] = 1
    labels[:10, 1] = 1
    labels[0, 2] = 1
    scores = np.zeros((20, 3))
    scores[:, 0] = -np.arange(20)
    scores[:, 1] = np.arange(20)
    found = macro(labels, scores)
    assert found["statements"] == 2
    assert found["auc"] == pytest.approx((1.0 + 0.0) / 2)
    upside_down = np.mean([k / (10 + k) for k in range(1, 11)])
    assert found["averagePrecision"] == pytest.approx((1 + upside_down) / 2)


def test_calibration_error_is_the_gap_in_bins_of_equal_mass():
    probabilities = np.array([0.1] * 10 + [0.9] * 10)
    labels = np.array([0] * 8 + [1] * 2 + [1] * 10)
    assert calibration_error(labels, probabilities, bins=2) == pytest.approx((0.1 + 0.1) / 2)
    assert calibration_error(np.array([1.0]), np.array([0.25])) == pytest.approx(0.75)


def test_a_statement_without_positives_has_no_auc():
    found = per_statement(np.zeros(10), np.full(10, 0.2))
    assert found["auc"] is None and found["averagePrecision"] is None
    assert found["brier"] == pytest.approx(0.04)
    assert found["positives"] == 0 and found["prevalence"] == 0


def test_calibration_finds_the_slope_and_shift_that_made_the_labels():
    rng = np.random.default_rng(8)
    logits = rng.normal(0, 2, (20_000, 2))
    labels = (rng.random(logits.shape) < sigmoid(0.6 * logits + np.array([0.5, -1.0]))).astype(float)
    found = fit(labels, logits)
    assert found.slope == pytest.approx(0.6, abs=0.03)
    np.testing.assert_allclose(found.shift, [0.5, -1.0], atol=0.08)


def test_a_statement_with_few_records_is_hardly_shifted():
    rng = np.random.default_rng(9)
    logits = rng.normal(-6, 1, (300, 1))
    labels = np.zeros((300, 1))
    labels[0] = 1
    assert abs(fit(labels, logits).shift[0]) < 1


def test_the_threshold_is_the_best_f1_and_half_where_nothing_tells():
    probability = np.concatenate([np.full(50, 0.2), np.full(50, 0.7)])
    labels = np.concatenate([np.zeros(50), np.ones(50)])
    assert 0.2 < best_threshold(labels, probability) <= 0.7
    assert best_threshold(np.zeros(5), np.zeros(5)) == 0.5


def test_all_71_statements_have_a_name_of_their_own():
    assert len(NAMES) == len(set(NAMES.values())) == 71
    assert all(name == name.strip() and not name.endswith(".") for name in NAMES.values())
