"""Amplitude given back to ECGs of which only standard scores of every lead are left, as far as physics allows.

Limb leads are sums of each other: regressing III on I and II tells how their scales relate, exactly, so the six are rebuilt up
to one common factor. That factor and the six of the chest leads are estimated from what does not depend on scale (how leads
correlate, how peaked and how steep they are), by a ridge regression learnt on raw training records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PENALTY = 30.0
# Above this correlation of I and II the limb leads carry one direction only and their scales cannot be told apart.
COLLINEAR = 0.98
LIMIT = 2.0


def standardised(signals: np.ndarray) -> np.ndarray:
    centred = signals - signals.mean(-1, keepdims=True)
    return centred / (centred.std(-1, keepdims=True) + 1e-6)


def scale_free(signals: np.ndarray) -> np.ndarray:
    """Features [record][138] of [record][12][time] that a gain of any lead leaves alone."""
    u = standardised(signals)
    correlation = np.einsum("nit,njt->nij", u, u) / u.shape[-1]
    rows, columns = np.triu_indices(12, 1)
    parts = [
        correlation[:, rows, columns],
        (u**3).mean(-1),
        np.log((u**4).mean(-1) + 1e-6),
        np.log(np.diff(u, axis=-1).std(-1) + 1e-6),
        np.log(np.diff(u, 2, axis=-1).std(-1) + 1e-6),
        np.log(u.max(-1) + 1e-6),
        np.log(-u.min(-1) + 1e-6),
    ]
    return np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class AmplitudeModel:
    """Predicts the logarithm of each lead's standard deviation in millivolts. `residual` [12] is the standard deviation of its
    error on held-out records: how much training has to vary a restored gain."""

    mean: np.ndarray
    spread: np.ndarray
    weight: np.ndarray
    centre: np.ndarray
    width: np.ndarray
    residual: np.ndarray

    def log_scales(self, signals: np.ndarray) -> np.ndarray:
        """[record][12], kept within two standard deviations of what is usual."""
        features = (scale_free(signals) - self.mean) / self.spread
        found = np.concatenate([features, np.ones((len(features), 1))], axis=1) @ self.weight
        return self.centre + np.clip(found, -LIMIT * self.width, LIMIT * self.width)

    def restore(self, scores: np.ndarray) -> np.ndarray:
        """Millivolts [record][12][time] of standard scores that went through the model's preprocessing."""
        scores = standardised(scores.astype(np.float64))
        scales = self.log_scales(scores)
        restored = scores * np.exp(scales)[:, :, None]
        for record, (u, scale) in enumerate(zip(scores, scales, strict=True)):
            first, second = limb_scales(u, scale)
            restored[record, :6] = limb_leads(u[0] * np.exp(first), u[1] * np.exp(second))
        return restored


def limb_scales(u: np.ndarray, scale: np.ndarray) -> tuple[float, float]:
    """Logarithmic scales of I and II: their ratio from III = II - I, their mean as predicted."""
    if abs(np.corrcoef(u[0], u[1])[0, 1]) > COLLINEAR:
        return scale[0], scale[1]
    on_one, on_two = np.linalg.lstsq(u[:2].T, u[2], rcond=None)[0]
    if on_one >= 0 or on_two <= 0:
        return scale[0], scale[1]
    middle, ratio = (scale[0] + scale[1]) / 2, np.log(-on_two / on_one)
    return middle - ratio / 2, middle + ratio / 2


def limb_leads(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """I, II, III, aVR, aVL, aVF from I and II (Einthoven, Goldberger)."""
    return np.stack([one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2])


def fit(signals: np.ndarray, groups: np.ndarray) -> AmplitudeModel:
    """From raw records [record][12][time] in millivolts after preprocessing. `groups` [record] are folds: the residual is
    measured on each while the others teach."""
    features = scale_free(signals)
    wanted = np.log(signals.astype(np.float64).std(-1) + 1e-3)
    mean, spread = features.mean(0), features.std(0) + 1e-6
    x = np.concatenate([(features - mean) / spread, np.ones((len(features), 1))], axis=1)
    centre = wanted.mean(0)
    errors = [
        wanted[groups == group]
        - centre
        - x[groups == group] @ ridge(x[groups != group], wanted[groups != group] - centre)
        for group in np.unique(groups)
    ]
    residual = np.concatenate(errors).std(0)
    return AmplitudeModel(mean, spread, ridge(x, wanted - centre), centre, wanted.std(0), residual)


def ridge(x: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return np.linalg.solve(x.T @ x + PENALTY * np.eye(x.shape[1]), x.T @ wanted)
