"""The probe against scikit-learn's logistic regression, and its rules for what is unknown."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from ecgclip_training import probe


def material(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(200, 6))
    labels = np.stack([x[:, 0] + x[:, 1] + rng.normal(size=200) > 1, x[:, 2] > 0.5], 1).astype(float)
    return x, labels


def test_it_is_the_logistic_regression_of_scikit_learn():
    x, labels = material()
    weight, bias = probe.solve(x, labels, np.ones_like(labels), penalty=2.0)
    for k in range(2):
        wanted = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000).fit(x, labels[:, k])
        np.testing.assert_allclose(weight[k], wanted.coef_[0], atol=2e-3)
        np.testing.assert_allclose(bias[k], wanted.intercept_[0], atol=2e-3)


def test_unknown_labels_change_nothing_and_an_absent_statement_gets_its_prevalence():
    x, labels = material()
    known = np.ones_like(labels)
    known[:50, 0] = 0
    wrong = labels.copy()
    wrong[:50, 0] = 1 - wrong[:50, 0]
    patients = np.arange(200)
    one, other = (probe.fit(x, y, known, patients) for y in (labels, wrong))
    np.testing.assert_allclose(one.logits(x), other.logits(x))
    empty = probe.fit(x, np.zeros_like(labels), known, patients)
    assert np.ptp(empty.logits(x), axis=0).max() == 0 and (empty.logits(x) < -4).all()
