"""Training batches look like what the device will hand over: whole codes, whole frames, lost leads exactly zero."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from ecgclip_training.augment import (  # noqa: E402
    crop_length,
    evaluation_batch,
    fake_quantise,
    lead_masks,
    training_batch,
)
from ecgclip_training.evaluate import codes_of  # noqa: E402
from ecgclip_training.preprocessing import quantise_input  # noqa: E402

UNIT = 0.035


def signals(count: int = 16) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1.5, (count, 12, 992)).astype(np.float32)


def test_batches_are_whole_frames_of_whole_codes():
    rng = np.random.default_rng(2)
    lengths = set()
    for _ in range(30):
        x, mask = training_batch(signals(), rng, UNIT)
        frames, rest = divmod(x.shape[-1] - 219, 16)
        assert rest == 0 and 10 <= frames + 1 <= 49
        lengths.add(frames + 1)
        codes = (x / UNIT).numpy()
        assert np.abs(codes - np.round(codes)).max() < 1e-3
        assert np.abs(codes).max() < 127.01
        assert (x.abs().sum(-1)[mask == 0] == 0).all(), "a missing lead is exactly zero"
        assert (x.abs().sum(-1)[mask == 1] > 0).all()
    assert 49 in lengths and len(lengths) > 5


def test_half_of_the_records_keep_all_leads_and_none_loses_all():
    masks = lead_masks(4000, np.random.default_rng(3)).numpy()
    assert abs((masks.sum(1) == 12).mean() - 0.5) < 0.04
    assert masks.sum(1).min() == 1
    only = [tuple(np.flatnonzero(row)) for row in masks]
    for cable in [(0, 1, 2, 3, 4, 5), (0, 1), (1,), (1, 6), (6, 7, 8, 9, 10, 11)]:
        assert only.count(cable) > 50, cable


def test_the_same_generator_gives_the_same_batch():
    first, _ = training_batch(signals(), np.random.default_rng(4), UNIT)
    again, _ = training_batch(signals(), np.random.default_rng(4), UNIT)
    torch.testing.assert_close(first, again, rtol=0, atol=0)


def test_the_quantisation_in_the_loop_is_the_devices():
    x = np.random.default_rng(5).normal(0, 3, 10_000)
    looped = fake_quantise(torch.from_numpy(x), UNIT).numpy()
    np.testing.assert_allclose(looped, quantise_input(x, UNIT) * UNIT, atol=1e-12)


def test_evaluation_sees_the_codes_of_the_first_window():
    x, mask = evaluation_batch(signals(4), UNIT, [1, 6])
    codes = codes_of(signals(4), UNIT, [1, 6])
    assert x.shape[-1] == crop_length(49) == 987
    assert mask.sum(1).tolist() == [2] * 4
    np.testing.assert_allclose(x.numpy().transpose(0, 2, 1), codes * UNIT, atol=1e-5)
