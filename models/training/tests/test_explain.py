"""Relevance adds up to the logit, follows what was learnt, and neighbours are counted without the patient's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny import RECIPE, SHAPE, cohort  # noqa: E402

from ecgclip_training import explain, train  # noqa: E402
from ecgclip_training.model import StatementModel  # noqa: E402
from ecgclip_training.shape import Shape  # noqa: E402


def test_relevance_sums_to_the_logit_less_that_of_a_flat_line():
    torch.manual_seed(0)
    model = StatementModel(3, SHAPE).eval()
    x = torch.randn(3, 12, 400)
    with torch.no_grad():
        gap = model(x, torch.ones(3, 12)) - model(torch.zeros_like(x), torch.ones(3, 12))
    for statement in range(3):
        total = explain.integrated_gradients(model, x, statement).sum((1, 2))
        torch.testing.assert_close(total, gap[:, statement], rtol=0.05, atol=0.02)


def test_a_band_lies_about_every_beat_and_ends_with_the_window():
    inside = explain.band_mask(np.array([10, 50, 98]), (-20, 40), 100)
    assert np.flatnonzero(inside).tolist() == [*range(8, 14), *range(48, 54), *range(96, 100)]


def test_relevance_lies_where_the_finding_is_and_not_with_random_weights(tmp_path):
    """A statement that only lead V1 shows; the criterion is lead V1 at any time."""
    data = cohort()
    rng = np.random.default_rng(1)
    data.signals = rng.normal(0, 0.3, data.signals.shape).astype(np.float32)
    wave = np.sin(2 * np.pi * 9 * np.arange(992) / 100).astype(np.float32)
    data.signals[:, 6] += data.labels[:, :1] * wave
    data.known[:, 1:] = 0
    recipe = replace(
        RECIPE, epochs=30, shape=Shape.of("r18", 8), average_decay=0.8, augmented=False, measured=0.0
    )
    model = train.train(data, np.arange(48), recipe, tmp_path).model
    rows = np.flatnonzero(data.labels[:, 0])[:8]
    x = torch.from_numpy(data.signals[rows, :, :987])
    shares = []
    for net in (model, explain.randomised(model)):
        relevance = explain.integrated_gradients(net, x, 0).abs().numpy()
        shares.append(float(relevance[:, 6].sum() / relevance.sum()))
    assert shares[0] > 2 * shares[1]
    assert shares[0] > 3 / 12


def test_neighbours_of_the_same_patient_do_not_count():
    rng = np.random.default_rng(2)
    groups = np.repeat([0, 1], 30)
    apart = rng.normal(0, 0.1, (60, 4)) + groups[:, None] * [5, -5, 5, -5]
    found = explain.neighbour_purity(apart, groups, np.arange(60))
    assert found == {"purity": 1.0, "chance": 0.5}
    mixed = rng.normal(size=(60, 4))
    twins = np.concatenate([mixed, mixed + 1e-3])
    patients = np.tile(np.arange(60), 2)
    labels = rng.integers(0, 6, 60)
    found = explain.neighbour_purity(twins, np.tile(labels, 2), patients)
    assert found["purity"] < 0.35
