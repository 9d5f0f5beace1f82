"""Training of encoder, head and text side: one loop for supervised, contrastive, joint and distilled runs.

Resumable: a checkpoint each epoch holds weights, optimiser and generators, and what is random about a window depends on
seed, epoch and record alone. Several processes: see distributed.py."""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from . import distributed
from .augment import crop_frames, evaluation_batch, fake_quantise, noise, window
from .learner import Learner
from .losses import interval_loss, statement_loss
from .material import Material
from .model import StatementModel
from .rhythm import TARGETS, scaled_targets
from .shape import Shape


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result besides the data.

    `supervised`, `contrastive` and `distilled` weigh the losses; `alignment` is the contrastive one: sigmoid or infonce.
    `measured` weighs the RR intervals that rhythm.py measures; `noise` is the share of windows without an ECG,
    `shortest` the seconds of the shortest crop.
    `frozen`: the signal model stays as it is and only the text side learns. `mixed`: in bfloat16 where the device has it."""

    shape: Shape = Shape()
    pooling: str = "spread"
    supervised: float = 1.0
    contrastive: float = 0.0
    alignment: str = "sigmoid"
    distilled: float = 0.0
    measured: float = 0.0
    augmented: bool = True
    frozen: bool = False
    mixed: bool = True
    noise: float = 0.02
    shortest: float = 5.0
    epochs: int = 40
    batch: int = 64
    peak_rate: float = 4e-3
    weight_decay: float = 0.05
    dropout: float = 0.2
    average_decay: float = 0.99
    millivolts_per_code: float = 0.035
    seed: int = 1

    @staticmethod
    def read(stored: dict) -> Recipe:
        """From a checkpoint's dictionary."""
        shape = {key: tuple(v) if isinstance(v, list) else v for key, v in stored["shape"].items()}
        known = {field.name for field in fields(Recipe)}
        return Recipe(**{key: v for key, v in stored.items() if key in known} | {"shape": Shape(**shape)})


@dataclass
class Batch:
    """Windows [row][12][time] in millivolts, lead masks [row][12], statement targets and knowledge [row][statement], RR interval
    targets [row][5] and whether there were enough beats for them [row][1], records."""

    x: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    known: torch.Tensor
    intervals: torch.Tensor
    counted: torch.Tensor
    records: np.ndarray

    def to(self, device: torch.device) -> Batch:
        parts = (self.x, self.mask, self.labels, self.known, self.intervals, self.counted)
        moved = (part.to(device) for part in parts)
        return Batch(*moved, self.records)


def make_batch(material: Material, records: np.ndarray, recipe: Recipe, epoch: int, frames: int) -> Batch:
    """The windows of these records in this epoch."""
    length = recipe.shape.window_samples if recipe.shape.padded else recipe.shape.crop_length(frames)
    x = np.zeros((len(records), 12, length), np.float32)
    mask = np.ones((len(records), 12), np.float32)
    labels, known = material.labels[records].copy(), material.known[records].copy()
    intervals = np.zeros((len(records), TARGETS), np.float32)
    counted = np.zeros((len(records), 1), np.float32)
    for row, record in enumerate(records):
        rng = np.random.default_rng([recipe.seed, epoch, record])
        if not recipe.augmented:
            x[row] = material.signals[record, :, :length]
            continue
        start = int(rng.integers(0, material.signals.shape[-1] - length + 1))
        crop = material.signals[record, :, start : start + length]
        x[row], mask[row] = window(crop, rng, material.gain_spread[record])
        if rng.random() < recipe.noise:
            x[row], labels[row], known[row] = noise(length, rng), 0, 1
        elif recipe.measured:
            intervals[row], counted[row] = scaled_targets(material.beats[record], start, length)
    present = torch.from_numpy(mask)
    codes = fake_quantise(torch.from_numpy(x), recipe.millivolts_per_code)
    rest = (torch.from_numpy(part) for part in (labels, known, intervals, counted))
    return Batch(codes * present[:, :, None], present, *rest, records)


def batches(material: Material, training: np.ndarray, recipe: Recipe, epoch: int) -> Iterator[Batch]:
    """This process's share of every batch of an epoch."""
    rng = np.random.default_rng([recipe.seed, epoch])
    order = rng.permutation(training)
    first, every = distributed.rank(), distributed.world_size()
    if recipe.batch % every:
        raise ValueError(f"a batch of {recipe.batch} cannot be dealt to {every} processes evenly")
    for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
        frames = (
            crop_frames(recipe.shape, rng, recipe.shortest)
            if recipe.augmented
            else recipe.shape.window_frames
        )
        yield make_batch(material, order[start : start + recipe.batch][first::every], recipe, epoch, frames)


def train(
    material: Material,
    training: np.ndarray,
    recipe: Recipe,
    folder: Path,
    teachers: list[StatementModel] | None = None,
    start: dict | None = None,
    watch: Callable[[StatementModel], dict[str, float]] | None = None,
    device: torch.device | None = None,
) -> Learner:
    """Trains on these records and returns the averaged model. `watch` scores it after every tenth epoch for the log and
    decides nothing; `start` is a state dictionary to begin from."""
    device = device or torch.device("cpu")
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    learner = Learner.build(recipe, material, training)
    if start is not None:
        learner.load_state_dict(start, strict=False)
    if distributed.world_size() > 1:
        distributed.with_global_statistics(learner)
    learner.to(device)
    run = Run(learner, recipe, folder, len(training) // recipe.batch)
    for epoch in range(run.resume(device), recipe.epochs):
        losses = run.epoch(material, training, epoch, teachers or [], device)
        scores = watch(run.average.model) if watch and (epoch % 10 == 9 or epoch + 1 == recipe.epochs) else {}
        if distributed.rank() == 0:
            run.save(epoch + 1, {"loss": float(np.mean(losses)), **scores})
    return run.average


class Run:
    """A training in progress: learner, its moving average, optimiser, schedule, checkpoint and log."""

    def __init__(self, learner: Learner, recipe: Recipe, folder: Path, steps: int) -> None:
        if steps == 0:
            raise ValueError(f"fewer training records than one batch of {recipe.batch}")
        self.learner, self.recipe, self.folder, self.steps = learner, recipe, folder, steps
        self.average = copy.deepcopy(learner)
        groups = learner.parameter_groups(recipe.peak_rate)
        self.optimiser = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, [group["lr"] for group in groups], recipe.epochs * steps, pct_start=0.2
        )
        several = distributed.world_size() > 1
        self.parallel = nn.parallel.DistributedDataParallel(learner) if several else learner
        self.parts = {
            "model": learner,
            "average": self.average,
            "optimiser": self.optimiser,
            "schedule": self.schedule,
        }

    def epoch(
        self,
        material: Material,
        training: np.ndarray,
        epoch: int,
        teachers: list[StatementModel],
        device: torch.device,
    ) -> list[float]:
        """One pass over the training records; the losses of its steps."""
        self.learner.train()
        losses = []
        made = batches(material, training, self.recipe, epoch)
        shown = tqdm(
            made,
            f"{self.folder.name} {epoch + 1}/{self.recipe.epochs}",
            self.steps,
            leave=False,
            mininterval=5,
        )
        for step, batch in enumerate(shown):
            loss = self.loss(material, batch.to(device), teachers, epoch)
            self.optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.learner.parameters(), 1.0)
            self.optimiser.step()
            self.schedule.step()
            done = epoch * self.steps + step + 1
            update_average(self.average, self.learner, min(self.recipe.average_decay, done / (done + 9)))
            losses.append(distributed.mean_over_processes(loss).item())
        return losses

    def loss(
        self, material: Material, batch: Batch, teachers: list[StatementModel], epoch: int
    ) -> torch.Tensor:
        recipe = self.recipe
        texts = alike = None
        if recipe.contrastive:
            texts, alike = self.learner.texts_of(material, batch.records, recipe.seed, epoch, batch.x.device)
        mixed = recipe.mixed and has_bfloat16(batch.x.device)
        with torch.autocast(batch.x.device.type, torch.bfloat16, enabled=mixed):
            logits, intervals, aligned = self.parallel(batch.x, batch.mask, texts, alike)
        total = recipe.contrastive * aligned.float() if recipe.contrastive else logits.new_zeros(())
        if recipe.supervised:
            total = total + recipe.supervised * statement_loss(logits.float(), batch.labels, batch.known)
        if recipe.measured:
            total = total + recipe.measured * interval_loss(intervals.float(), batch.intervals, batch.counted)
        if recipe.distilled:
            with torch.no_grad():
                wanted = torch.stack([teacher(batch.x, batch.mask) for teacher in teachers]).mean(0).sigmoid()
            everything = torch.ones_like(batch.known)
            total = total + recipe.distilled * statement_loss(logits.float(), wanted, everything)
        return total

    def resume(self, device: torch.device) -> int:
        """Loads the last checkpoint, if there is one, and returns the epoch to go on with."""
        checkpoint = self.folder / "checkpoint.pt"
        if not checkpoint.exists():
            return 0
        state = torch.load(checkpoint, map_location=device, weights_only=False)
        if Recipe.read(state["recipe"]) != self.recipe:
            raise ValueError(f"{checkpoint} belongs to another recipe: remove it or name another run")
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        torch.set_rng_state(state["torch_rng"].cpu())
        return state["epoch"]

    def save(self, epoch: int, row: dict[str, float]) -> None:
        """The checkpoint, replaced in one step, and one line more of log.csv."""
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"recipe": asdict(self.recipe), "epoch": epoch, "torch_rng": torch.get_rng_state()}
        state |= {"codes": self.learner.codes, "tokeniser": self.learner.tokeniser_text}
        target = self.folder / "checkpoint.pt"
        torch.save(state, target.with_suffix(".new"))
        target.with_suffix(".new").replace(target)
        with (self.folder / "log.csv").open("a", newline="") as stream:
            csv.writer(stream).writerow([epoch, *(f"{key}={value:.5f}" for key, value in row.items())])


def has_bfloat16(device: torch.device) -> bool:
    """GPUs; processors compute in single precision, so that a run on one is what lock.toml says."""
    return device.type == "cuda"


def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Exponential moving average of weights and batch statistics."""
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)


def logits(
    model: StatementModel,
    signals: np.ndarray,
    millivolts_per_code: float,
    leads: list[int] | None = None,
) -> np.ndarray:
    """Logits of the first window of each record."""
    model.eval()
    out = []
    device = next(model.parameters()).device
    with torch.no_grad():
        for start in range(0, len(signals), 128):
            x, mask = evaluation_batch(
                signals[start : start + 128], model.encoder.shape, millivolts_per_code, leads
            )
            out.append(model(x.to(device), mask.to(device)).cpu().numpy())
    return np.concatenate(out)
