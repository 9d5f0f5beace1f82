"""Streaming-exact by design: the shipped integers on a growing stream give the bits of every whole window over the same frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ecgclip_training.export import pulses
from ecgclip_training.int8 import IntegerModel
from ecgclip_training.reading import open_model
from ecgclip_training.shape import FRAME_STRIDE

SHIPPED = Path(__file__).resolve().parents[2] / "ecgclip-r18"


class Stream:
    """A causal evaluation: every layer keeps what its next outputs still need, and computes only what is new."""

    def __init__(self, model: IntegerModel) -> None:
        self.model = model
        self.outputs = {"input": np.zeros((1, 0, 12), np.int8)}
        for layer in model.layers:
            self.outputs[layer.name] = np.zeros((1, 0, len(layer.weight)), np.int8)
        self.multiplied = 0

    def feed(self, codes: np.ndarray) -> np.ndarray:
        """Takes input codes [time][12]; all frames so far [frame][channel]."""
        self.outputs["input"] = np.concatenate([self.outputs["input"], codes[None]], axis=1)
        for layer in self.model.layers:
            done = self.outputs[layer.name].shape[1]
            source = self.outputs[layer.input][:, done * layer.stride :]
            skip = self.outputs[layer.skip][:, done:] if layer.skip else None
            if (
                source.shape[1] < layer.crop + layer.kernel
                or skip is not None
                and skip.shape[1] <= layer.skip_crop
            ):
                continue
            new = layer.run(source, skip)
            self.multiplied += new.shape[1] * layer.weight.size
            self.outputs[layer.name] = np.concatenate([self.outputs[layer.name], new], axis=1)
        return self.outputs[self.model.layers[-1].name][0]


@pytest.fixture(scope="module")
def model() -> IntegerModel:
    return open_model(SHIPPED)[0]


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    """Twenty seconds, a lead lost after twelve."""
    rng = np.random.default_rng(8)
    signal = pulses(rng, 2000) + rng.integers(-3, 4, (2000, 12))
    signal[1200:, 7] = 0
    return signal.clip(-127, 127).astype(np.int8)


@pytest.mark.parametrize("seed", range(3))
def test_frames_do_not_depend_on_how_the_stream_was_cut(model, codes, seed):
    rng, stream, start = np.random.default_rng(seed), Stream(model), 0
    longest = [1, 100, 1000][seed] + 30
    while start < len(codes):
        step = int(rng.integers(1, longest))
        stream.feed(codes[start : start + step])
        start += step
    whole = model.activations(codes[None])[model.layers[-1].name][0]
    np.testing.assert_array_equal(stream.feed(codes[:0]), whole)
    assert len(whole) == (2000 - model.shape.receptive_field) // FRAME_STRIDE + 1


def test_every_window_is_the_stream_s_last_frames(model, codes):
    """Embeddings of windows at every tenth frame, each evaluated alone, against sums over the stream's frames."""
    frames = Stream(model).feed(codes)
    count, length = model.shape.window_frames, model.shape.window_samples
    starts = range(0, len(frames) - count + 1, 10)
    windows = np.stack([codes[FRAME_STRIDE * start :][:length] for start in starts])
    alone, counted = model.embeddings(windows)
    assert counted == count and len(starts) > 5
    together = [model.sums(frames[None, start : start + count])[0] for start in starts]
    np.testing.assert_array_equal(alone, together)


def test_a_second_costs_a_second_s_share(model, codes):
    """Steps of a second after ten cost an eighth of a window at most."""
    stream = Stream(model)
    stream.feed(codes[:1000])
    for second in range(10, 20):
        before = stream.multiplied
        stream.feed(codes[100 * second : 100 * second + 100])
        assert stream.multiplied - before <= model.shape.multiply_accumulates() / 8
    assert stream.multiplied > 0
