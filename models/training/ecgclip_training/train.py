"""Supervised training of encoder and head, resumable: a checkpoint each epoch holds weights, optimiser and generators."""

from __future__ import annotations

import copy
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .augment import evaluation_batch, training_batch
from .data import Dataset
from .metrics import macro
from .model import StatementModel


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result besides the data."""

    kind: str = "r18"
    width: int = 32
    epochs: int = 50
    batch: int = 64
    peak_rate: float = 4e-3
    weight_decay: float = 0.05
    average_decay: float = 0.99
    millivolts_per_code: float = 0.035
    seed: int = 1


def logits(
    model: nn.Module, signals: np.ndarray, millivolts_per_code: float, leads: list[int] | None = None
) -> np.ndarray:
    """Logits of the first window of each record."""
    model.eval()
    out = []
    with torch.no_grad():
        for start in range(0, len(signals), 128):
            x, mask = evaluation_batch(signals[start : start + 128], millivolts_per_code, leads)
            out.append(model(x, mask).numpy())
    return np.concatenate(out)


def train(
    data: Dataset, training: np.ndarray, watched: np.ndarray, recipe: Recipe, folder: Path
) -> nn.Module:
    """Trains on the records `training`, prints scores on `watched` (never used to choose), returns the averaged model."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    model = StatementModel(data.labels.shape[1], recipe.kind, recipe.width)
    with torch.no_grad():
        rate = data.labels[training].mean(0).clip(1e-3, 1 - 1e-3)
        model.head.bias.copy_(torch.from_numpy(np.log(rate / (1 - rate))))
    average = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.peak_rate, weight_decay=recipe.weight_decay)
    steps = len(training) // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.peak_rate, recipe.epochs * steps, pct_start=0.2
    )
    checkpoint = folder / "checkpoint.pt"
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        if state["recipe"] != asdict(recipe):
            raise ValueError(f"{checkpoint} belongs to another recipe: remove it or name another run")
        for name, part in (
            ("model", model),
            ("average", average),
            ("optimiser", optimiser),
            ("schedule", schedule),
        ):
            part.load_state_dict(state[name])
        rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])
        first = state["epoch"]
    loss_function = nn.BCEWithLogitsLoss()
    for epoch in range(first, recipe.epochs):
        start = time.monotonic()
        model.train()
        losses = []
        order = rng.permutation(training)
        for step in range(steps):
            rows = order[step * recipe.batch : (step + 1) * recipe.batch]
            x, mask = training_batch(data.signals[rows], rng, recipe.millivolts_per_code)
            loss = loss_function(model(x, mask), torch.from_numpy(data.labels[rows]))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            update_average(
                average,
                model,
                min(recipe.average_decay, (epoch * steps + step + 1) / (epoch * steps + step + 10)),
            )
            losses.append(loss.item())
        scores = macro(
            data.labels[watched], logits(average, data.signals[watched], recipe.millivolts_per_code)
        )
        print(
            f"epoch {epoch + 1}/{recipe.epochs} loss {np.mean(losses):.4f} AUC {scores['auc']:.4f}"
            f" AP {scores['averagePrecision']:.4f} over {scores['statements']} statements,"
            f" {time.monotonic() - start:.0f} s",
            flush=True,
        )
        state = {
            "recipe": asdict(recipe),
            "epoch": epoch + 1,
            "model": model.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "rng": rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
        }
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)
    return average


def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Exponential moving average of weights and batch statistics."""
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)


def load_average(folder: Path) -> tuple[StatementModel, Recipe]:
    """The averaged model of a run."""
    state = torch.load(folder / "checkpoint.pt", weights_only=False)
    recipe = Recipe(**state["recipe"])
    model = StatementModel(state["average"]["head.bias"].numel(), recipe.kind, recipe.width)
    model.load_state_dict(state["average"])
    model.eval()
    return model, recipe
