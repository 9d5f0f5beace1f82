"""python -m ecgclip_training train | export: from recordings to the model folder, one command each."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from . import export as files
from .augment import evaluation_batch, training_batch
from .calibrate import Calibration, fit
from .data import CALIBRATION_FOLD, TEST_FOLD, TRAINING_FOLDS, Dataset, data_folder, load
from .evaluate import card, codes_of, integer_logits, measure
from .int8 import IntegerModel
from .model import StatementModel
from .preprocessing import Preprocessing
from .quantise import FloatLayer, float_layers, largest, quantise, run_float
from .statements import MINIMUM_POSITIVES, NAMES, needs
from .train import Recipe, load_average, train

MODELS = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="ecgclip_training", description=__doc__)
    parser.add_argument("--data", help="folder of recordings (default: ECGCLIP_DATA or ../shared/data)")
    parser.add_argument(
        "--runs", type=Path, default=MODELS / "training" / "runs", help="checkpoints and cache"
    )
    parser.add_argument("--threads", type=int, default=2)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="train, or go on from the last checkpoint")
    training.add_argument(
        "--run", choices=["ship", "twin"], default="ship", help="ship: folds 1-8; twin: 1-7, to calibrate"
    )
    training.add_argument("--epochs", type=int, default=Recipe.epochs)
    training.add_argument("--seed", type=int, default=1)
    exporting = commands.add_parser("export", help="quantise, calibrate, score and write the model folder")
    exporting.add_argument("--name", default="ecgclip-r18-w32")
    exporting.add_argument("--created", default=datetime.now(UTC).date().isoformat())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = load(data_folder(options.data), Preprocessing.load(), options.runs)
    if options.command == "train":
        folds = [*TRAINING_FOLDS, CALIBRATION_FOLD] if options.run == "ship" else list(TRAINING_FOLDS)
        watched = TEST_FOLD if options.run == "ship" else CALIBRATION_FOLD
        recipe = Recipe(epochs=options.epochs, seed=options.seed)
        train(data, data.fold(*folds), data.fold(watched), recipe, options.runs / options.run)
    else:
        export(data, options.runs, options.name, options.created)


def export(data: Dataset, runs: Path, name: str, created: str) -> None:
    """Writes models/<name> from the runs `ship` and `twin`."""
    trained = data.fold(*TRAINING_FOLDS, CALIBRATION_FOLD)
    kept = np.flatnonzero(data.labels[trained].sum(0) >= MINIMUM_POSITIVES)
    model, recipe = load_average(runs / "ship")
    integer, layers = to_integers(model, data.signals[trained], recipe.millivolts_per_code)
    calibration = calibrate(data, runs / "twin", kept)
    set_head(integer, model, kept, calibration)
    statements = describe(data, trained, kept, calibration)
    held_out = data.fold(TEST_FOLD)
    x, _ = evaluation_batch(data.signals[held_out], recipe.millivolts_per_code)
    with torch.no_grad():
        embedding = run_float(layers, x)[layers[-1].name].mean(-1).double().numpy()
    metrics = measure(
        integer,
        embedding,
        data.signals[held_out],
        data.labels[held_out][:, kept],
        data.patients[held_out],
        statements,
    )
    metrics |= {
        "trainingRecords": len(trained),
        "recipe": asdict(recipe),
        "calibrationSlope": calibration.slope,
    }
    folder = MODELS / name
    folder.mkdir(parents=True, exist_ok=True)
    splits = "\n".join(f"{k},{fold}" for k, fold in enumerate(data.folds))
    digest = files.training_digest(Path(__file__).parent, splits)
    files.save_int8(
        folder / "model.safetensors", name, integer, statements, Preprocessing.load(), digest, created
    )
    files.save_float(folder / "float.safetensors", layers, integer)
    files.save_golden(folder / "golden.safetensors", integer)
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    text = (
        f"slope {calibration.slope:.3f} and a shift for each statement, fitted on fold 8 with a twin trained on folds 1-7"
        f" for {calibration.epochs} epochs; thresholds of the best F1 there, drawn towards 0.5 where positives are few."
    )
    (folder / "card.md").write_text(card(name, metrics, statements, asdict(recipe), {"text": text}))
    files.save_manifest(folder)
    print(json.dumps({key: metrics[key] for key in ("int8", "float", "quantisation")}, indent=1))


def to_integers(
    model: StatementModel, signals: np.ndarray, unit: float
) -> tuple[IntegerModel, list[FloatLayer]]:
    """Ranges from 512 training records, as they are and as augmentation makes them (noise, lost leads)."""
    rng = np.random.default_rng(0)
    chosen = signals[rng.permutation(len(signals))[:512]]
    batches = []
    for start in range(0, len(chosen), 64):
        part = chosen[start : start + 64]
        batches += [evaluation_batch(part, unit)[0], training_batch(part, rng, unit)[0]]
    layers = float_layers(model)
    return quantise(layers, largest(layers, batches, 0.99999), unit, codes_of(chosen[:256], unit)), layers


def calibrate(data: Dataset, run: Path, kept: np.ndarray) -> Calibration:
    """Fits on fold 8 with the twin's integer model, which has not seen it."""
    model, recipe = load_average(run)
    twin, _ = to_integers(model, data.signals[data.fold(*TRAINING_FOLDS)], recipe.millivolts_per_code)
    unchanged = Calibration(1.0, np.zeros(len(kept)), np.full(len(kept), 0.5))
    set_head(twin, model, kept, unchanged)
    rows = data.fold(CALIBRATION_FOLD)
    logits, _ = integer_logits(twin, data.signals[rows])
    return replace(fit(data.labels[rows][:, kept], logits), epochs=recipe.epochs)


def set_head(
    integer: IntegerModel, model: StatementModel, kept: np.ndarray, calibration: Calibration
) -> None:
    """The head of the kept statements, with the calibration folded in."""
    weight = model.head.weight.detach().double().numpy()[kept] * calibration.slope
    bias = model.head.bias.detach().double().numpy()[kept] * calibration.slope + calibration.shift
    width = model.encoder.output_width
    integer.head_weight = weight[:, :width].astype(np.float32)
    integer.head_mask = weight[:, width:].astype(np.float32)
    integer.head_bias = bias.astype(np.float32)


def describe(data: Dataset, trained: np.ndarray, kept: np.ndarray, calibration: Calibration) -> list[dict]:
    """The statements as the model file lists them."""
    counts = data.labels[trained].sum(0)
    return [
        {
            "code": data.statements[k]["code"],
            "name": NAMES[data.statements[k]["code"]],
            "group": data.statements[k]["group"],
            "needs": needs(data.statements[k]["code"], data.statements[k]["group"]),
            "threshold": round(float(calibration.threshold[row]), 3),
            "trainingPositives": int(counts[k]),
        }
        for row, k in enumerate(kept)
    ]


if __name__ == "__main__":
    main()
