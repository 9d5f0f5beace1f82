"""The integer network: numpy, exact, the arithmetic of docs/model-format.md. The device must give the same bits."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .shape import Shape


@dataclass
class Layer:
    """One convolution with requantisation, as it stands in the model file."""

    name: str
    input: str
    kernel: int
    stride: int
    crop: int
    minimum: int
    maximum: int
    shift: int
    weight: np.ndarray
    bias: np.ndarray
    multiplier: np.ndarray
    skip: str | None = None
    skip_crop: int = 0
    skip_multiplier: np.ndarray | None = None
    padding: int = 0

    def accumulate(self, x: np.ndarray) -> np.ndarray:
        """int32 accumulators [record][time][out] of activations [record][time][in]."""
        x = np.pad(x[:, self.crop :], ((0, 0), (self.padding, self.padding), (0, 0)))
        length = (x.shape[1] - self.kernel) // self.stride + 1
        windows = np.lib.stride_tricks.sliding_window_view(x, self.kernel, axis=1)[
            :, : (length - 1) * self.stride + 1 : self.stride
        ]
        flat = windows.transpose(0, 1, 3, 2).reshape(len(x) * length, -1)
        weight = self.weight.reshape(len(self.weight), -1)
        # float64 sums of products below 2^14 are exact far beyond what int32 holds.
        sums = flat.astype(np.float64) @ weight.astype(np.float64).T
        return sums.astype(np.int64).reshape(len(x), length, -1) + self.bias

    def run(self, x: np.ndarray, skip: np.ndarray | None) -> np.ndarray:
        """Activations [record][time][channel] int8 of this layer."""
        accumulated = self.accumulate(x)
        if np.abs(accumulated).max(initial=0) >= 2**31:
            raise OverflowError(f"{self.name}: an accumulator leaves int32")
        total = accumulated * self.multiplier.astype(np.int64)
        if skip is not None and self.skip_multiplier is not None:
            skip = skip[:, self.skip_crop :]
            length = min(total.shape[1], skip.shape[1])
            total = total[:, :length] + skip[:, :length].astype(np.int64) * self.skip_multiplier.astype(
                np.int64
            )
        shifted = (total + (1 << (self.shift - 1))) >> self.shift
        return np.clip(shifted, self.minimum, self.maximum).astype(np.int8)


@dataclass
class IntegerModel:
    """Encoder and head after quantisation."""

    shape: Shape
    pooling: str
    layers: list[Layer]
    millivolts_per_code: float
    embedding_scale: float
    weight_maximum: int
    head_weight: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    head_mask: np.ndarray = field(default_factory=lambda: np.zeros((0, 12), np.float32))
    head_bias: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))

    def activations(self, codes: np.ndarray) -> dict[str, np.ndarray]:
        """Every layer's output for input codes [record][time][12]."""
        outputs = {"input": codes}
        for layer in self.layers:
            outputs[layer.name] = layer.run(outputs[layer.input], outputs[layer.skip] if layer.skip else None)
        return outputs

    def embeddings(self, codes: np.ndarray) -> tuple[np.ndarray, int]:
        """int32 sums over the frames, then sums of their squares with the spread pooling [record][channel], and the frames."""
        last = self.activations(codes)[self.layers[-1].name]
        return self.sums(last), last.shape[1]

    def sums(self, frames: np.ndarray) -> np.ndarray:
        """Of frames [record][frame][channel]."""
        wide = frames.astype(np.int32)
        parts = [wide, wide * wide] if self.pooling == "spread" else [wide]
        return np.concatenate([part.sum(axis=1, dtype=np.int32) for part in parts], axis=1)

    def features(self, embedding: np.ndarray, frames: int) -> np.ndarray:
        """What the head reads, in double precision: means, then standard deviations over the frames.

        The numerator of a variance, frames * sum of squares - square of the sum, is an exact integer."""
        width = len(self.layers[-1].weight)
        sums = embedding.astype(np.int64)
        means = sums[:, :width].astype(np.float64) * self.embedding_scale / frames
        if self.pooling != "spread":
            return means
        spread = sums[:, width:] * frames - sums[:, :width] ** 2
        return np.concatenate(
            [means, np.sqrt(spread.astype(np.float64)) * self.embedding_scale / frames], axis=1
        )

    def logits(self, embedding: np.ndarray, frames: int, mask: np.ndarray) -> np.ndarray:
        """Logits [record][statement] in double precision and index order."""
        out = np.repeat(self.head_bias.astype(np.float64)[None], len(embedding), axis=0)
        for lead in range(12):
            out += self.head_mask[:, lead].astype(np.float64) * mask[:, lead : lead + 1].astype(np.float64)
        features = self.features(embedding, frames)
        for k in range(features.shape[1]):
            out += self.head_weight[:, k].astype(np.float64) * features[:, k : k + 1]
        return out
