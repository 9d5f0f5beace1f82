"""Training windows look like what the device will hand over: whole codes, whole frames, lost leads exactly zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny import RECIPE, SHAPE, cohort  # noqa: E402

from ecgclip_training.augment import (  # noqa: E402
    crop_frames,
    evaluation_batch,
    fake_quantise,
    lead_mask,
    noise,
    window,
)
from ecgclip_training.infer import codes_of  # noqa: E402
from ecgclip_training.preprocessing import quantise_input  # noqa: E402
from ecgclip_training.shape import Shape  # noqa: E402
from ecgclip_training.train import batches, make_batch  # noqa: E402

UNIT = 0.035


def test_batches_are_whole_frames_of_whole_codes():
    lengths = set()
    for epoch in range(12):
        for batch in batches(cohort(), np.arange(48), RECIPE, epoch):
            frames, rest = divmod(batch.x.shape[-1] - 219, 16)
            assert rest == 0 and frames + 1 <= 49
            lengths.add(frames + 1)
            codes = (batch.x / UNIT).numpy()
            assert np.abs(codes - np.round(codes)).max() < 1e-3
            assert np.abs(codes).max() < 127.01
            assert (batch.x.abs().sum(-1)[batch.mask == 0] == 0).all(), "a missing lead is exactly zero"
    assert 49 in lengths and len(lengths) > 5 and 19 <= min(lengths) < 30, "from five seconds on"


def test_crops_start_at_the_shortest_that_is_asked_for():
    rng = np.random.default_rng(1)
    for kind, seconds, shortest in (("r18", 2.5, 251), ("r34", 2.5, 451), ("r18", 5.0, 507)):
        shape = Shape.of(kind, 8)
        lengths = {shape.crop_length(crop_frames(shape, rng, seconds)) for _ in range(2000)}
        assert min(lengths) == shortest and max(lengths) == shape.window_samples <= 992


def test_half_of_the_windows_keep_all_leads_and_none_loses_all():
    rng = np.random.default_rng(3)
    masks = np.stack([lead_mask(rng) for _ in range(4000)])
    assert abs((masks.sum(1) == 12).mean() - 0.5) < 0.04
    assert masks.sum(1).min() == 1
    only = [tuple(np.flatnonzero(row)) for row in masks]
    for cable in [(0, 1, 2, 3, 4, 5), (0, 1), (1,), (1, 6), (6, 7, 8, 9, 10, 11), (0, 1, 7)]:
        assert only.count(cable) > 50, cable


def test_a_window_depends_on_seed_epoch_and_record_alone():
    """The same record in another batch, at another place, with other neighbours."""
    recipe = replace(RECIPE, noise=0.0)
    alone = make_batch(cohort(), np.array([7]), recipe, 3, 20)
    among = make_batch(cohort(), np.array([1, 30, 7]), recipe, 3, 20)
    assert torch.equal(alone.x[0], among.x[2]) and torch.equal(alone.mask[0], among.mask[2])
    assert not torch.equal(alone.x[0], make_batch(cohort(), np.array([7]), recipe, 4, 20).x[0])


def test_an_estimated_amplitude_varies_as_a_limb_and_six_chests():
    """Limb leads keep the ratios that Einthoven's law gave them; only the common factor is uncertain."""
    crop = np.full((12, 300), 1000, np.float32)
    for seed in range(20):
        varied, _ = window(crop, np.random.default_rng(seed), np.full(12, 2.0))
        plain, _ = window(crop, np.random.default_rng(seed), 0.0)
        factor = np.median(varied, axis=1) / np.median(plain, axis=1)
        assert np.ptp(np.log(factor[:6])) < 0.5 < np.ptp(np.log(factor[6:]))


def test_windows_without_an_ecg_are_of_every_kind_and_state_nothing():
    rng = np.random.default_rng(6)
    windows = np.stack([noise(300, rng) for _ in range(300)])
    assert (np.abs(windows).max((1, 2)) == 0).sum() > 5, "flat lines"
    assert (np.abs(windows).max((1, 2)) > 2).sum() > 20, "and loud ones"
    batch = make_batch(cohort(), np.arange(40), replace(RECIPE, noise=1.0), 0, 20)
    assert not batch.labels.any() and batch.known.all() and not batch.counted.any()


def test_the_quantisation_in_the_loop_is_the_devices():
    x = np.random.default_rng(5).normal(0, 3, 10_000)
    looped = fake_quantise(torch.from_numpy(x), UNIT).numpy()
    np.testing.assert_allclose(looped, quantise_input(x, UNIT) * UNIT, atol=1e-12)


def test_evaluation_sees_the_codes_of_the_first_window():
    signals = cohort().signals[:4]
    x, mask = evaluation_batch(signals, SHAPE, UNIT, [1, 6])
    codes = codes_of(signals, SHAPE, UNIT, [1, 6])
    assert x.shape[-1] == SHAPE.crop_length(49) == 987
    assert mask.sum(1).tolist() == [2] * 4
    np.testing.assert_allclose(x.numpy().transpose(0, 2, 1), codes * UNIT, atol=1e-5)
