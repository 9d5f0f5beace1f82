"""The unpadded 1-D ResNet: valid convolutions, shortcuts cropped to the centre, mean over frames, linear head.

The encoder and the head are separate modules: the contrastive pre-training replaces the head, not the encoder."""

from __future__ import annotations

import torch
from torch import nn

LAYERS = {"r18": (2, 2, 2, 2), "r34": (3, 4, 6, 3)}


class Block(nn.Module):
    """Two convolutions of width 3; the shortcut is cropped to what the second one's output sees in its centre."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(inputs, outputs, 3, stride, bias=False)
        self.norm1 = nn.BatchNorm1d(outputs)
        self.conv2 = nn.Conv1d(outputs, outputs, 3, 1, bias=False)
        self.norm2 = nn.BatchNorm1d(outputs)
        self.stride = stride
        self.crop = 1 + stride
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
    """12 leads at 100 Hz to frames [batch][width * 8][frame], one frame each 16 samples from the first on."""

    def __init__(self, kind: str = "r18", width: int = 32) -> None:
        super().__init__()
        self.stem = nn.Conv1d(12, width, 7, 2, bias=False)
        self.norm = nn.BatchNorm1d(width)
        blocks = []
        inputs = width
        for stage, count in enumerate(LAYERS[kind]):
            outputs = width << stage
            for position in range(count):
                stride = 2 if stage > 0 and position == 0 else 1
                blocks.append((f"layer{stage + 1}_{position}", Block(inputs, outputs, stride)))
                inputs = outputs
        self.blocks = nn.ModuleDict(dict(blocks))
        self.output_width = inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.norm(self.stem(x)))
        for block in self.blocks.values():
            x = block(x)
        return x


class StatementModel(nn.Module):
    """Encoder, mean over frames, linear head over the embedding and the lead mask."""

    def __init__(self, statements: int, kind: str = "r18", width: int = 32) -> None:
        super().__init__()
        self.encoder = Encoder(kind, width)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(self.encoder.output_width + 12, statements)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        embedding = self.encoder(x).mean(-1)
        return self.head(torch.cat([self.dropout(embedding), mask], dim=1))
