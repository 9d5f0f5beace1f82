"""python -m ecgclip_training COMMAND: from recordings to the model folder, one command each."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

import torch

from . import asking, cohort, compare, distributed, ptbxl, runs, ship, splits, standard, task
from .manifest import Record
from .material import Material

TRAINING = Path(__file__).resolve().parents[1]
MODEL = "ecgclip-r18"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="ecgclip_training", description=__doc__)
    top.add_argument("--data", help="folder of recordings (default: ECGCLIP_DATA or ../shared/data)")
    top.add_argument("--runs", type=Path, default=TRAINING / "runs", help="checkpoints and cache")
    top.add_argument("--threads", type=int, default=2)
    top.add_argument("--lock", type=Path, default=runs.LOCK, help="what each run is")
    top.add_argument(
        "--own",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="a WFDB tree or table.csv to train on as well",
    )
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("run", help="train runs of the lock file, or go on from their last checkpoints")
    one.add_argument("names", nargs="+", metavar="NAME")
    commands.add_parser(
        "compare", help="one probe on all encoders of the comparison, into runs/comparison.json"
    )
    commands.add_parser("prompt", help="score left-out statements by prompts, into runs/zero-shot.json")
    writing = commands.add_parser(
        "records", help="write a fold as WFDB and labels for ecgclip evaluate findings"
    )
    writing.add_argument("target", type=Path, help="a folder outside the project")
    writing.add_argument("--fold", type=int, default=cohort.TEST_FOLD)
    checking = commands.add_parser("splits", help="compare the data with splits.csv")
    checking.add_argument("--write", action="store_true", help="write it anew from the data that is here")
    adding = commands.add_parser(
        "task", help="fit a labelled CSV's tasks on a model and write a model with them"
    )
    adding.add_argument("table", type=Path, help="table of recordings, see table.py")
    adding.add_argument("target", type=Path, help="model folder to write")
    adding.add_argument(
        "--model", type=Path, default=TRAINING.parent / MODEL, help="model folder to build on"
    )
    adding.add_argument("--created", default=datetime.now(UTC).date().isoformat())
    timed = commands.add_parser("standard", help="write the textbook R18 and R34 to measure speed with")
    timed.add_argument("--target", type=Path, default=TRAINING.parent / "bench", help="folder for the models")
    timed.add_argument(
        "--given", type=Path, help="a dense run's folder to take weights from (default: random ones)"
    )
    timed.add_argument("--created", default=datetime.now(UTC).date().isoformat())
    words = commands.add_parser("ask", help="how well texts in any words fit a WFDB record")
    words.add_argument("record", type=Path)
    words.add_argument("texts", nargs="+", metavar="TEXT")
    words.add_argument("--model", type=Path, default=TRAINING.parent / MODEL, help="model folder")
    again = commands.add_parser(
        "rescore",
        help="score a model folder's files anew on other cohorts and by prompts, and write its card",
    )
    again.add_argument("--model", type=Path, default=TRAINING.parent / MODEL, help="model folder")
    rounding = commands.add_parser(
        "requantise", help="make a model folder's integers anew from its float weights, and score them"
    )
    rounding.add_argument("--model", type=Path, default=TRAINING.parent / MODEL, help="model folder")
    rounding.add_argument("--created", default=datetime.now(UTC).date().isoformat())
    exporting = commands.add_parser("export", help="quantise, calibrate, score and write the model folder")
    exporting.add_argument("--name", default=MODEL)
    exporting.add_argument("--created", default=datetime.now(UTC).date().isoformat())
    return top


def main() -> None:
    options = parser().parse_args()
    torch.set_num_threads(options.threads)
    if options.command == "task":
        print(json.dumps(task.add(options.table, options.model, options.target, options.created), indent=1))
        return
    if options.command == "standard":
        write_standard(options)
        return
    if options.command == "ask":
        print(json.dumps(asking.ask(options.model, options.record, options.texts), indent=1))
        return
    folder = ptbxl.data_folder(options.data)
    if options.command == "records":
        print(f"{ptbxl.write_wfdb(folder, options.target, options.fold)} records")
        return
    if options.command == "splits":
        if options.write:
            splits.PATH.write_text(splits.table(folder))
        print(f"{splits.check(folder)} records are those of {splits.PATH.name}")
        return
    if options.command == "rescore":
        metrics = ship.rescore(options.model, folder, options.runs)
        print(json.dumps({key: metrics.get(key) for key in ("otherCohorts", "prompted")}, indent=1))
        return
    plans = runs.read(options.lock)
    if options.command == "run" and (unknown := set(options.names) - set(plans)):
        raise SystemExit(f"no run {min(unknown)} in {options.lock}: {', '.join(plans)}")
    material, records = cohort.load(folder, options.runs, options.own)
    if options.command == "run":
        train([plans[name] for name in options.names], material, records, options.runs)
    elif options.command == "compare":
        found = compare.comparison(plans, material, options.runs)
        save(options.runs / "comparison.json", found)
    elif options.command == "prompt":
        found = compare.zero_shot(plans, material, options.runs)
        save(options.runs / "zero-shot.json", found)
    elif options.command == "requantise":
        requantise(plans, material, folder, options)
    else:
        export(plans, material, folder, options)


def write_standard(options: argparse.Namespace) -> None:
    """Both kinds at both lengths, or those of the run whose weights are given."""
    kinds = standard.KINDS
    if options.given:
        kinds = (runs.load_average(options.given)[0].model.encoder.shape.kind,)
    for kind in kinds:
        for length in standard.LENGTHS:
            print(standard.write(kind, length, options.target, options.created, options.given))


def save(path: Path, found: dict) -> None:
    text = json.dumps(found, indent=1)
    path.write_text(text + "\n")
    print(text)


def train(plans: list[runs.Plan], material: Material, records: list[Record], folder: Path) -> None:
    """Trains the runs in turn; under torchrun all processes share each."""
    with distributed.processes() as device:
        for plan in plans:
            if plan.recipe.contrastive:
                cohort.with_texts(material, records, plan.left_out, plan.coded)
            runs.execute(plan, material, folder, device)


def export(
    plans: dict[str, runs.Plan], material: Material, folder: Path, options: argparse.Namespace
) -> None:
    """Writes models/<name>."""
    table = ptbxl.read_statements(folder)
    shipment = ship.prepare(plans, material, options.runs, table, options.name, options.created)
    metrics = ship.measured(shipment, plans, material, options.runs, folder)
    devices = ptbxl.devices(folder)
    metrics["explain"] = ship.looked_at(shipment, material, options.runs, devices)
    target = TRAINING.parent / options.name
    ship.write(shipment, options.runs / "aligned", target, splits.PATH.read_text())
    metrics |= ship.from_files(target, folder)
    metrics |= ship.gathered(options.runs) | ship.text_geometry(options.runs / "aligned")
    ship.draw(shipment, metrics, material, devices, target)
    ship.describe(target, metrics)
    shown = ("int8", "float", "superClasses", "crossValidated", "quantisation", "emptyWindows", "teacher")
    print(json.dumps({key: metrics[key] for key in shown}, indent=1))


def requantise(
    plans: dict[str, runs.Plan], material: Material, folder: Path, options: argparse.Namespace
) -> None:
    """The model folder's integers anew."""
    devices = ptbxl.devices(folder)
    metrics = ship.requantise(options.model, plans["student"], material, folder, devices, options.created)
    shown = ("int8", "float", "superClasses", "quantisation", "emptyWindows", "otherCohorts")
    print(json.dumps({key: metrics[key] for key in shown}, indent=1))


if __name__ == "__main__":
    main()
