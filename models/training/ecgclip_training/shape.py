"""What an encoder of the family looks like: kind, channels of every stage and block, and the geometry that follows."""

from __future__ import annotations

from dataclasses import dataclass

BLOCKS = {"r18": (2, 2, 2, 2), "r34": (3, 4, 6, 3)}
FRAME_STRIDE = 16
SAMPLE_RATE = 100
# A 10 s record of 500 Hz leaves the resampler as 992 samples: its last 80 ms lack their right context.
WINDOW_SAMPLES = 992
# The device makes no statement from fewer frames.
MINIMUM_FRAMES = 10


@dataclass(frozen=True)
class Shape:
    """`stages`: channels of the four stages (the stem has the first's). `inner`: channels between the two convolutions of
    each block in order, empty for those of its stage. `padded` is the textbook network, for baselines only.
    `samples` are those of a window before frames are counted."""

    kind: str = "r18"
    stages: tuple[int, ...] = (32, 64, 128, 256)
    inner: tuple[int, ...] = ()
    padded: bool = False
    samples: int = WINDOW_SAMPLES

    @staticmethod
    def of(kind: str, width: int, padded: bool = False) -> Shape:
        """The dense network: each stage twice as wide as the one before."""
        return Shape(kind, tuple(width << stage for stage in range(4)), (), padded)

    def __post_init__(self) -> None:
        if self.kind not in BLOCKS:
            raise ValueError(f"unknown encoder {self.kind!r}: one of {', '.join(BLOCKS)}")
        if len(self.stages) != 4 or self.inner and len(self.inner) != sum(BLOCKS[self.kind]):
            raise ValueError(f"{self.kind} has 4 stages and {sum(BLOCKS[self.kind])} blocks")

    def blocks(self) -> list[tuple[str, int, int, int, int]]:
        """Name, input channels, inner channels, output channels and stride of every block."""
        rows: list[tuple[str, int, int, int, int]] = []
        inputs = self.stages[0]
        for stage, count in enumerate(BLOCKS[self.kind]):
            for position in range(count):
                outputs = self.stages[stage]
                inner = self.inner[len(rows)] if self.inner else outputs
                stride = 2 if stage > 0 and position == 0 else 1
                rows.append((f"layer{stage + 1}_{position}", inputs, inner, outputs, stride))
                inputs = outputs
        return rows

    @property
    def receptive_field(self) -> int:
        """Samples that one frame is made of: 219 for R18, 451 for R34."""
        field, jump = 7, 2
        for *_, stride in self.blocks():
            field += 2 * jump
            jump *= stride
            field += 2 * jump
        return field

    @property
    def window_frames(self) -> int:
        """Frames of a window, 49 (R18) or 34 (R34) of ten seconds."""
        if self.padded:
            return -(-self.samples // FRAME_STRIDE)
        return (self.samples - self.receptive_field) // FRAME_STRIDE + 1

    def crop_length(self, frames: int) -> int:
        """Samples that give exactly so many frames without padding."""
        return (frames - 1) * FRAME_STRIDE + self.receptive_field

    @property
    def window_samples(self) -> int:
        """Samples that a window's frames are made of; a padded network takes them all."""
        return self.samples if self.padded else self.crop_length(self.window_frames)

    def multiply_accumulates(self, samples: int | None = None) -> int:
        """Of one window's convolutions."""
        pad = 1 if self.padded else 0

        def convolved(length: int, kernel: int, stride: int, padding: int) -> int:
            return (length + 2 * padding - kernel) // stride + 1

        length = convolved(samples or self.window_samples, 7, 2, 3 * pad)
        total = length * 12 * 7 * self.stages[0]
        for _, inputs, inner, outputs, stride in self.blocks():
            middle = convolved(length, 3, stride, pad)
            last = convolved(middle, 3, 1, pad)
            total += middle * inputs * inner * 3 + last * inner * outputs * 3
            if stride != 1 or inputs != outputs:
                crop = 0 if self.padded else 1 + stride
                total += convolved(length - crop, 1, stride, 0) * inputs * outputs
            length = last
        return total

    def parameters(self) -> int:
        """Weights of the convolutions."""
        total = 12 * 7 * self.stages[0]
        for _, inputs, inner, outputs, stride in self.blocks():
            total += 3 * inner * (inputs + outputs)
            total += inputs * outputs if stride != 1 or inputs != outputs else 0
        return total
