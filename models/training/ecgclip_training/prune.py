"""Structured pruning: channels are ranked, removed in groups of eight until a budget of multiply-accumulates is met, and cut
out of the tensors for good. What is left is a smaller dense network of the same family."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from .losses import statement_loss
from .model import SpreadPool, StatementModel
from .shape import Shape
from .train import Batch

GROUP = 8
SMALLEST = 16


def stage_of(name: str) -> int:
    return int(name[5]) - 1


def importance(model: StatementModel, batches: Iterable[Batch]) -> dict[str, np.ndarray]:
    """How much the loss would change, to first order, if a channel were silent: |gain * its gradient + bias * its gradient|
    of batch norm, squared and summed over batches (Molchanov et al. 2019, arXiv 1906.10771).

    Keys: `stage0`..`stage3` for the residual streams (summed over every norm that writes into them) and a block's name for
    the channels between its convolutions."""
    model.eval()
    found: dict[str, np.ndarray] = {}
    for batch in batches:
        model.zero_grad()
        statement_loss(model(batch.x, batch.mask), batch.labels, batch.known).backward()
        for key, norm in norms(model):
            assert norm.weight.grad is not None and norm.bias.grad is not None
            change = norm.weight * norm.weight.grad + norm.bias * norm.bias.grad
            found[key] = found.get(key, 0) + change.detach().double().square().numpy()
    return found


def norms(model: StatementModel) -> list[tuple[str, nn.BatchNorm1d]]:
    """Every batch norm with the channel group that it scales."""
    encoder = model.encoder
    rows = [("stage0", encoder.norm)]
    for name, block in encoder.blocks.items():
        rows += [(name, block.norm1), (f"stage{stage_of(name)}", block.norm2)]
        if block.shortcut is not None:
            rows.append((f"stage{stage_of(name)}", block.shortcut[1]))
    return rows


def shrink(shape: Shape, ranks: dict[str, np.ndarray], budget: int) -> Shape:
    """The shape left after removing, again and again, the eight channels that matter least for each multiply-accumulate they
    cost, until a window needs no more than `budget` of them."""
    names = [name for name, *_ in shape.blocks()]
    inner = tuple(middle for _, _, middle, _, _ in shape.blocks())
    shape = replace(shape, inner=inner)
    ordered = {key: np.sort(values)[::-1] for key, values in ranks.items()}
    while shape.multiply_accumulates() > budget:
        candidates = []
        for key in ordered:
            smaller = without_group(shape, key, names)
            if smaller is None:
                continue
            left = width_of(smaller, key, names)
            lost = ordered[key][left : left + GROUP].sum()
            saved = shape.multiply_accumulates() - smaller.multiply_accumulates()
            candidates.append((lost / saved, key, smaller))
        if not candidates:
            raise ValueError(f"no {shape.kind} of this family needs only {budget} multiply-accumulates")
        shape = min(candidates, key=lambda candidate: candidate[:2])[2]
    return shape


def width_of(shape: Shape, key: str, names: list[str]) -> int:
    return shape.stages[int(key[5])] if key.startswith("stage") else shape.inner[names.index(key)]


def without_group(shape: Shape, key: str, names: list[str]) -> Shape | None:
    """The shape with eight channels fewer in one place, or None where too few would be left."""
    if width_of(shape, key, names) - GROUP < SMALLEST:
        return None
    if key.startswith("stage"):
        stages = list(shape.stages)
        stages[int(key[5])] -= GROUP
        return replace(shape, stages=tuple(stages))
    inner = list(shape.inner)
    inner[names.index(key)] -= GROUP
    return replace(shape, inner=tuple(inner))


def prune(model: StatementModel, ranks: dict[str, np.ndarray], shape: Shape) -> StatementModel:
    """The same network with only the most important channels of every group, in their old order."""
    names = [name for name, *_ in shape.blocks()]
    kept = {
        key: np.sort(np.argsort(-values, kind="stable")[: width_of(shape, key, names)])
        for key, values in ranks.items()
    }
    pooling = "spread" if isinstance(model.pool, SpreadPool) else "mean"
    small = StatementModel(model.head.out_features, shape, pooling, model.dropout.p)
    source = model.encoder
    copy_convolution(small.encoder.stem, source.stem, kept["stage0"], None)
    copy_norm(small.encoder.norm, source.norm, kept["stage0"])
    inputs = kept["stage0"]
    for name, block in source.blocks.items():
        target, inside, outputs = small.encoder.blocks[name], kept[name], kept[f"stage{stage_of(name)}"]
        copy_convolution(target.conv1, block.conv1, inside, inputs)
        copy_norm(target.norm1, block.norm1, inside)
        copy_convolution(target.conv2, block.conv2, outputs, inside)
        copy_norm(target.norm2, block.norm2, outputs)
        if block.shortcut is not None:
            copy_convolution(target.shortcut[0], block.shortcut[0], outputs, inputs)
            copy_norm(target.shortcut[1], block.shortcut[1], outputs)
        inputs = outputs
    width, features = source.output_width, model.pool.output_width
    with torch.no_grad():
        copies = [inputs + start for start in range(0, features, width)]
        columns = np.concatenate([*copies, np.arange(features, features + 12)])
        small.head.weight.copy_(model.head.weight[:, columns])
        small.readable.copy_(model.readable[:, columns])
        small.head.bias.copy_(model.head.bias)
    return small


def copy_convolution(
    target: nn.Conv1d, source: nn.Conv1d, outputs: np.ndarray, inputs: np.ndarray | None
) -> None:
    with torch.no_grad():
        weight = source.weight[outputs]
        target.weight.copy_(weight if inputs is None else weight[:, inputs])


def copy_norm(target: nn.BatchNorm1d, source: nn.BatchNorm1d, kept: np.ndarray) -> None:
    target.load_state_dict(
        {key: value if value.ndim == 0 else value[kept] for key, value in source.state_dict().items()}
    )
