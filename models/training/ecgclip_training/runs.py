"""Named runs: lock.toml says what each one trains on, from what it starts and who teaches it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch

from .augment import crop_frames
from .cohort import TRAINING_FOLDS
from .learner import Learner
from .material import Material
from .model import StatementModel
from .prune import importance, prune, shrink
from .reports import naming
from .shape import Shape
from .text_encoder import Tokeniser
from .train import Batch, Recipe, make_batch, train

LOCK = Path(__file__).resolve().parents[1] / "lock.toml"


@dataclass(frozen=True)
class Plan:
    """One run. `held`: folds of 1-8 that it never sees. `teachers`: runs whose mean logits it is distilled from.
    `begin`: the run whose signal model it starts from (fine-tuning; with a frozen recipe it stays). `pruned`: the run
    whose channels are cut down to `budget` multiply-accumulates to start from.
    `labels`: the share of patients whose labels may be used, drawn with the recipe's seed. `left_out`: statements that no
    training text names. `coded`: whether texts also say the statement codes, or only what reports state."""

    name: str
    recipe: Recipe
    held: tuple[int, ...] = ()
    restored: bool = True
    teachers: tuple[str, ...] = ()
    begin: str = ""
    pruned: str = ""
    budget: int = 0
    labels: float = 1.0
    left_out: tuple[str, ...] = ()
    coded: bool = True


def read(path: Path = LOCK) -> dict[str, Plan]:
    """All runs of a lock file by name."""
    document = tomllib.loads(path.read_text())
    defaults, entries = document.get("defaults", {}), document["run"]
    return {name: plan_of(name, {**defaults, **inherited(entries, name)}) for name in entries}


def inherited(entries: dict[str, dict], name: str) -> dict:
    """An entry with all that the runs say which it is like."""
    entry = dict(entries[name])
    base = entry.pop("like", None)
    return {**inherited(entries, base), **entry} if base else entry


def plan_of(name: str, values: dict) -> Plan:
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
    kind, width = values.pop("kind", "r18"), values.pop("width", 32)
    shape = Shape.of(kind, width, values.pop("padded", False))
    own = {field.name for field in fields(Plan)}
    recipe = {key: values.pop(key) for key in list(values) if key not in own}
    known = {field.name for field in fields(Recipe)}
    if unknown := set(recipe) - known:
        raise ValueError(f"lock.toml, run {name}: unknown {', '.join(sorted(unknown))}")
    return Plan(name, Recipe(shape=shape, **recipe), **values)


def load_average(folder: Path) -> tuple[Learner, Recipe]:
    """The averaged learner of a run, in evaluation mode."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        raise ValueError(f"{folder.name} has not been trained: run it first")
    state = torch.load(path, map_location="cpu", weights_only=False)
    recipe = Recipe.read(state["recipe"])
    tokeniser = Tokeniser.from_json(state["tokeniser"]) if state["tokeniser"] else None
    model = StatementModel(len(state["codes"]), recipe.shape, recipe.pooling, recipe.dropout)
    learner = Learner(model, state["codes"], tokeniser, recipe)
    learner.load_state_dict(state["average"])
    return learner.eval(), recipe


def is_finished(folder: Path) -> bool:
    """Whether a run has been trained to its last epoch."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        return False
    state = torch.load(path, map_location="cpu", weights_only=False)
    return state["epoch"] >= Recipe.read(state["recipe"]).epochs


def execute(plan: Plan, material: Material, runs: Path, device: torch.device) -> Learner:
    """Trains a run, or goes on with it."""
    folds = [fold for fold in TRAINING_FOLDS if fold not in plan.held]
    training = material.rows(*folds, measured=not plan.restored)
    if plan.labels < 1:
        training = labelled_share(material, training, plan.labels, plan.recipe.seed)
    if plan.recipe.contrastive:
        assert material.concepts is not None
        training = training[material.concepts[training].sum(1) > 0]
    if plan.left_out:
        hidden = [k for k, code in enumerate(material.codes) if code in naming(plan.left_out)]
        material = replace(material, known=material.known.copy())
        material.known[:, hidden] = 0
    teachers = [load_average(runs / teacher)[0].model.to(device).eval() for teacher in plan.teachers]
    recipe, start = plan.recipe, None
    if plan.begin:
        model = load_average(runs / plan.begin)[0].model
        recipe = replace(recipe, shape=model.encoder.shape)
        start = {f"model.{key}": value for key, value in model.state_dict().items()}
    if plan.pruned:
        dense, _ = load_average(runs / plan.pruned)
        small = pruned_start(dense.model, material, training, recipe, plan.budget)
        recipe = replace(recipe, shape=small.encoder.shape)
        start = {f"model.{key}": value for key, value in small.state_dict().items()}
    return train(material, training, recipe, runs / plan.name, teachers, start, device=device)


def labelled_share(material: Material, training: np.ndarray, share: float, seed: int) -> np.ndarray:
    """The records of a share of the patients; smaller shares are parts of larger ones."""
    patients = np.unique(material.patients[training])
    order = np.random.default_rng([seed, 99]).permutation(patients)
    chosen = order[: max(1, round(share * len(order)))]
    return training[np.isin(material.patients[training], chosen)]


def pruned_start(
    model: StatementModel, material: Material, training: np.ndarray, recipe: Recipe, budget: int
) -> StatementModel:
    """The dense model cut down to the budget, by the importance of its channels on training windows."""
    ranks = importance(model, windows(material, training, replace(recipe, shape=model.encoder.shape)))
    return prune(model, ranks, shrink(model.encoder.shape, ranks, budget))


def windows(material: Material, records: np.ndarray, recipe: Recipe, count: int = 16) -> list[Batch]:
    """Augmented training batches for statistics, the same ones for the same recipe."""
    rng = np.random.default_rng([recipe.seed, 7])
    chosen = rng.permutation(records)
    parts = [chosen[k * recipe.batch : (k + 1) * recipe.batch] for k in range(count)]
    return [
        make_batch(material, part, recipe, 10_000 + k, crop_frames(recipe.shape, rng, recipe.shortest))
        for k, part in enumerate(parts)
        if len(part)
    ]
