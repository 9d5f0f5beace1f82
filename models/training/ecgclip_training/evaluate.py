"""metrics.json and card.md of an exported model: fold 9, float beside int8."""

from __future__ import annotations

import numpy as np

from .augment import WINDOW_FRAMES, crop_length
from .int8 import IntegerModel
from .metrics import macro, per_statement
from .preprocessing import quantise_input

SUBSETS = {
    "twelve": list(range(12)),
    "limb": [0, 1, 2, 3, 4, 5],
    "II+V1": [1, 6],
    "II": [1],
}


def codes_of(signals: np.ndarray, millivolts_per_code: float, leads: list[int] | None = None) -> np.ndarray:
    """Input codes [record][time][12] of the first window; leads that are left out are exactly 0."""
    codes = quantise_input(signals[..., : crop_length(WINDOW_FRAMES)].astype(np.float64), millivolts_per_code)
    if leads is not None:
        missing = [lead for lead in range(12) if lead not in leads]
        codes[:, missing] = 0
    return np.ascontiguousarray(codes.transpose(0, 2, 1))


def integer_logits(
    model: IntegerModel, signals: np.ndarray, leads: list[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Logits and mean embeddings of the integer model."""
    mask = np.zeros((len(signals), 12))
    mask[:, leads if leads is not None else slice(None)] = 1
    embeddings, frames = [], WINDOW_FRAMES
    for start in range(0, len(signals), 64):
        part, frames = model.embeddings(
            codes_of(signals[start : start + 64], model.millivolts_per_code, leads)
        )
        embeddings.append(part)
    embedding = np.concatenate(embeddings)
    return model.logits(embedding, frames, mask), embedding * model.embedding_scale / frames


def head_of(model: IntegerModel, embedding: np.ndarray) -> np.ndarray:
    """The same head on float embeddings of complete ECGs."""
    return embedding @ model.head_weight.T.astype(np.float64) + model.head_mask.sum(1) + model.head_bias


def bootstrap(
    labels: np.ndarray, scores: np.ndarray, patients: np.ndarray, rounds: int = 1000
) -> dict[str, list[float]]:
    """95 % percentile intervals of macro AUC and average precision, resampled by patient."""
    rng = np.random.default_rng(3)
    rows = [np.flatnonzero(patients == patient) for patient in np.unique(patients)]
    chosen = labels.sum(0) >= 10
    found = []
    for _ in range(rounds):
        sample = np.concatenate([rows[k] for k in rng.integers(0, len(rows), len(rows))])
        scored = macro(labels[sample][:, chosen], scores[sample][:, chosen], positives=1)
        found.append((scored["auc"], scored["averagePrecision"]))
    low, high = np.quantile(np.array(found), [0.025, 0.975], axis=0)
    return {"auc": [float(low[0]), float(high[0])], "averagePrecision": [float(low[1]), float(high[1])]}


def measure(
    model: IntegerModel,
    float_embedding: np.ndarray,
    signals: np.ndarray,
    labels: np.ndarray,
    patients: np.ndarray,
    statements: list[dict],
) -> dict:
    """Everything that metrics.json holds about the held-out fold."""
    logits, embedding = integer_logits(model, signals)
    float_logits = head_of(model, float_embedding)
    probability, float_probability = (1 / (1 + np.exp(-z)) for z in (logits, float_logits))
    cosine = (embedding * float_embedding).sum(1) / (
        np.linalg.norm(embedding, axis=1) * np.linalg.norm(float_embedding, axis=1)
    )
    rhythm = np.array([statement["needs"] == "limbLead" for statement in statements])
    subsets = {}
    for name, leads in SUBSETS.items():
        some, _ = integer_logits(model, signals, leads)
        subsets[name] = {
            "rhythm": macro(labels[:, rhythm], some[:, rhythm]),
            "all": macro(labels, some),
        }
    return {
        "fold": 9,
        "records": len(labels),
        "int8": macro(labels, logits) | {"interval95": bootstrap(labels, logits, patients)},
        "float": macro(labels, float_logits),
        "quantisation": {
            "logitRootMeanSquareError": float(np.sqrt(np.mean((logits - float_logits) ** 2))),
            "embeddingCosineMean": float(cosine.mean()),
            "embeddingCosinePercentile1": float(np.quantile(cosine, 0.01)),
        },
        "leadSubsets": subsets,
        "statements": {
            statement["code"]: per_statement(labels[:, k], probability[:, k])
            for k, statement in enumerate(statements)
        },
        "floatStatements": {
            statement["code"]: per_statement(labels[:, k], float_probability[:, k])
            for k, statement in enumerate(statements)
        },
    }


def card(name: str, metrics: dict, statements: list[dict], recipe: dict, calibration: dict) -> str:
    """The model card."""
    score, plain, error = metrics["int8"], metrics["float"], metrics["quantisation"]
    low, high = score["interval95"]["auc"], score["interval95"]["averagePrecision"]
    rows = []
    for statement in statements:
        found = metrics["statements"][statement["code"]]
        auc = "-" if found["auc"] is None else f"{found['auc']:.3f}"
        precision = "-" if found["averagePrecision"] is None else f"{found['averagePrecision']:.3f}"
        rows.append(
            f"| {statement['code']} | {statement['name']} | {statement['needs']} | {statement['trainingPositives']} |"
            f" {found['positives']} | {found['prevalence']:.3f} | {auc} | {precision} | {statement['threshold']:.2f} |"
        )
    subset = "\n".join(
        f"| {leads} | {entry['rhythm']['auc']:.3f} | {entry['rhythm']['averagePrecision']:.3f} |"
        f" {entry['all']['auc']:.3f} | {entry['all']['averagePrecision']:.3f} |"
        for leads, entry in metrics["leadSubsets"].items()
    )
    table = "\n".join(rows)
    return f"""# {name}

A 1-D ResNet-18 of width {recipe["width"]} (0.97 M parameters, 12 leads at 100 Hz, no padding), with a linear head over
{len(statements)} SCP-ECG statements, trained with supervision only. It is the first real model of ECGCLIP Edge, not ECGCLIP itself:
the contrastive pre-training with reports is not part of it yet.

**Intended use**: research and development. It is no medical device; its statements are unconfirmed and need a clinician's reading.

**Data**: PTB-XL 1.0.3 (Wagner et al., Scientific Data 2020, CC BY 4.0): {metrics["trainingRecords"]} raw records of folds 1-8 for the weights,
fold 9 ({metrics["records"]} records, other patients) scored below. No choice was made on fold 9, but it was looked at more than once: after
every epoch and at every export, two rules for the int8 ranges among them. These records are not a random sample of PTB-XL (an
MI-against-normal selection and the first 500 records), so prevalences and scores hold for this sample only. A statement is
positive when its code is present, whatever its likelihood; statements with fewer than 10 positives in folds 1-8 are left out.

**Recipe**: binary cross-entropy, AdamW, one cycle to {recipe["peak_rate"]}, {recipe["epochs"]} epochs of batches of {recipe["batch"]}, averaged weights; crops of
1.9-9.9 s, gain, noise, baseline wander, random leads and cables' lead sets dropped, input quantisation in the loop.
**int8**: weights within +-63 per output channel, activations 0..127 per tensor, biases corrected on 256 training records.
**Calibration**: {calibration["text"]}

| fold 9, statements with >= 10 positives ({score["statements"]}) | macro AUC | macro average precision |
|---|---|---|
| int8, as shipped | {score["auc"]:.4f} [{low[0]:.3f}, {low[1]:.3f}] | {score["averagePrecision"]:.4f} [{high[0]:.3f}, {high[1]:.3f}] |
| float | {plain["auc"]:.4f} | {plain["averagePrecision"]:.4f} |

Intervals: 95 %, 1,000 bootstrap samples by patient (average precision of rare statements is biased upwards under resampling).
int8 against float: logit RMS error {error["logitRootMeanSquareError"]:.3f}, embedding cosine {error["embeddingCosineMean"]:.4f} (1st percentile {error["embeddingCosinePercentile1"]:.4f}).

Fewer leads (missing ones are zeros, the head sees the mask); rhythm and premature-beat statements, and all. Statements that need
twelve leads are not assessed by the product when one is missing; the right-hand columns say why.

| leads | rhythm AUC | rhythm average precision | all AUC | all average precision |
|---|---|---|---|---|
{subset}

**Limits**: trained on ten-second resting ECGs of PTB-XL alone; no ventricular tachycardia or fibrillation among
them; few positives for rare statements (see n); not validated on other cohorts, on children, or on monitoring electrodes on the torso.

| code | statement | needs | positives in training | n in fold 9 | prevalence | AUC | average precision | threshold |
|---|---|---|---|---|---|---|---|---|
{table}
"""
