"""The 1-D ResNet without padding: valid convolutions, shortcuts cropped to the centre, frames on a grid of 16 samples.

Encoder, pooling and heads are separate modules: pre-training, probes and the device's head share the encoder."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from .shape import Shape


class Block(nn.Module):
    """Two convolutions of width 3; the shortcut is cropped to what the second one's output sees in its centre."""

    def __init__(self, inputs: int, inner: int, outputs: int, stride: int, padded: bool = False) -> None:
        super().__init__()
        padding = 1 if padded else 0
        self.conv1 = nn.Conv1d(inputs, inner, 3, stride, padding, bias=False)
        self.norm1 = nn.BatchNorm1d(inner)
        self.conv2 = nn.Conv1d(inner, outputs, 3, 1, padding, bias=False)
        self.norm2 = nn.BatchNorm1d(outputs)
        self.stride = stride
        self.crop = 0 if padded else 1 + stride
        self.shortcut: nn.Sequential | None = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv1d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm1d(outputs)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        skip = x[..., self.crop :]
        if self.shortcut is not None:
            skip = self.shortcut(skip)
        return torch.relu(y + skip[..., : y.shape[-1]])


class Encoder(nn.Module):
    """12 leads at 100 Hz to frames [batch][channel][frame], one frame each 16 samples from the first on."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.stem = nn.Conv1d(12, shape.stages[0], 7, 2, 3 if shape.padded else 0, bias=False)
        self.norm = nn.BatchNorm1d(shape.stages[0])
        self.blocks = nn.ModuleDict(
            {
                name: Block(inputs, inner, outputs, stride, shape.padded)
                for name, inputs, inner, outputs, stride in shape.blocks()
            }
        )
        self.output_width = shape.stages[-1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.norm(self.stem(x)))
        for block in self.blocks.values():
            x = block(x)
        return x


class MeanPool(nn.Module):
    """The mean over frames: what the device computes as a sum of integers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.output_width = width

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return frames.mean(-1)


class SpreadPool(nn.Module):
    """Mean and standard deviation over frames: sums of integers and of their squares on the device. A frame sees two to four
    beats, so an irregular rhythm is a spread between frames, which no mean of them shows."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.output_width = 2 * width

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        variance = frames.var(-1, correction=0)
        # The root's slope at 0 has no bound; a thousandth of the usual spread keeps it finite.
        deviation = (variance + 1e-6).sqrt() if self.training else variance.sqrt()
        return torch.cat([frames.mean(-1), deviation], dim=1)


class AttentionPool(nn.Module):
    """MERL's pooling (arXiv 2403.06659): 1x1 convolution to 256, a summary token and learned positions, one attention layer
    of 4 heads. For the baseline only: it needs a fixed number of frames."""

    def __init__(self, width: int, frames: int, output_width: int = 256) -> None:
        super().__init__()
        self.output_width = output_width
        self.reduce = nn.Conv1d(width, output_width, 1)
        self.positions = nn.Parameter(torch.randn(frames + 1, output_width) / output_width**0.5)
        self.attention = nn.MultiheadAttention(output_width, 4, batch_first=True)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        tokens = self.reduce(frames).transpose(1, 2)
        tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], 1)
        tokens = tokens + self.positions[: tokens.shape[1]]
        pooled, _ = self.attention(tokens[:, :1], tokens, tokens, need_weights=False)
        return pooled[:, 0]


def make_pool(kind: str, width: int, frames: int) -> MeanPool | SpreadPool | AttentionPool:
    """`mean`, `spread` or, for the baseline, `attention`."""
    if kind == "attention":
        return AttentionPool(width, frames)
    if kind not in ("mean", "spread"):
        raise ValueError(f"unknown pooling {kind!r}: mean, spread or attention")
    return SpreadPool(width) if kind == "spread" else MeanPool(width)


class StatementModel(nn.Module):
    """Encoder, pooling, linear head over the embedding and the lead mask."""

    def __init__(self, statements: int, shape: Shape, pooling: str = "spread", dropout: float = 0.2) -> None:
        super().__init__()
        self.encoder = Encoder(shape)
        width = self.encoder.output_width
        self.pool = make_pool(pooling, width, 62 if shape.padded else shape.window_frames)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.pool.output_width + 12, statements)
        # Zeros where a statement must not read a feature: what no rhythm decides shall not be learnt from irregular beats.
        self.register_buffer("readable", torch.ones_like(self.head.weight))

    def embedding(self, x: torch.Tensor) -> torch.Tensor:
        """[batch][width] of inputs [batch][12][time] in millivolts."""
        return self.pool(self.encoder(x))

    def statements(self, embedding: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits [batch][statement] of embeddings and lead masks [batch][12]."""
        features = torch.cat([self.dropout(embedding), mask], dim=1)
        return functional.linear(features, self.head_weight, self.head.bias)

    @property
    def head_weight(self) -> torch.Tensor:
        """[statement][feature + lead] with zeros where nothing is read."""
        return self.head.weight * self.readable

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.statements(self.embedding(x), mask)
