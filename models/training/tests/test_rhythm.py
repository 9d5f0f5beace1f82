"""Beats and the numbers that training learns from their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from ecgclip_training.rhythm import CENTRE, SPREAD, beats, scaled_targets, targets


def complexes(places: list[int], seed: int = 0) -> np.ndarray:
    """Narrow QRS complexes and round T waves at these samples, of another size in every lead, in noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(992)
    wave = sum(
        np.exp(-(((time - place) / 1.5) ** 2)) + 0.25 * np.exp(-(((time - place - 28) / 7) ** 2))
        for place in places
    )
    return rng.uniform(0.3, 1.5, (12, 1)) * wave + 0.01 * rng.standard_normal((12, 992))


def test_beats_are_found_where_they_were_put():
    places = [40, 125, 210, 260, 380, 465, 550, 640, 720, 810, 900]
    found = beats(complexes(places))
    assert len(found) == len(places)
    assert np.abs(found - places).max() <= 5


def test_targets_are_the_intervals_worked_out_by_hand():
    found = targets(np.array([0, 80, 160, 220, 320]))
    assert np.exp(found[0]) == pytest.approx(0.8)
    assert np.exp(found[1]) - 0.01 == pytest.approx(np.std([0.8, 0.8, 0.6, 1.0]) / 0.8)
    assert np.exp(found[2]) - 0.01 == pytest.approx(np.sqrt(np.mean([0, 0.04, 0.16])) / 0.8)
    assert (np.exp(found[3]), np.exp(found[4])) == (pytest.approx(0.75), pytest.approx(1.25))


def test_a_crop_counts_its_own_beats_alone():
    places = np.array([0, 80, 160, 220, 320, 900])
    scaled, there = scaled_targets(places, 0, 400)
    np.testing.assert_allclose(scaled, (targets(places[:5]) - CENTRE) / SPREAD, rtol=1e-6)
    assert there
    assert not scaled_targets(places, 300, 500)[1]
