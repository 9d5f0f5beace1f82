"""card.md of an exported model, written from metrics.json alone."""

from __future__ import annotations

from . import gates
from .cells import interval, number, score_row
from .cohort_card import cohort_table

SUMMARY = """The signal encoder of ECGCLIP Edge for the device: a 1-D ResNet-18 without padding, cut down channel by channel to
{millions:.1f} M multiply-accumulates a window of 9.87 s, in integers of eight bits, with a linear head over {statements} SCP-ECG statements{text}.
Twelve leads at 100 Hz; any lead may be missing."""

INTENDED = """**Intended use**: research and development on ECGs of adults, read by clinicians who know that a machine wrote it. It is no
medical device; its statements are unconfirmed. Not for children, not for treatment decisions."""

DATA = """PTB-XL 1.0.3: {trainingRecordsMeasured} raw records of folds 1-8, and {restored} further ones of which only per-lead z-scores
were at hand; fold 9 ({records} raw records of other patients) is scored below and decided nothing: it was scored
once for this network, in integers once more when their rounding changed (2026-11-30), and the scores of an earlier one on it were known. These records are not a random sample of
PTB-XL (an MI-against-normal selection and the first 500 records), so prevalences and scores hold for this sample only.
A statement is positive when its code is present, whatever its likelihood; statements with fewer than 10 positives among raw
training records are left out.

Z-scored records have lost their amplitude. Limb leads are sums of each other, so regressing III on I and II gives their ratios back exactly;
the common limb factor and the chest leads' scales are estimated from features that do not depend on scale (held-out error of the
logarithm 0.24 and 0.30-0.35), varied by as much in training, and voltage statements (LVH, VCLVH, LVOLT, HVOLT, RVH, SEHYP,
RAO/RAE) are masked there. Diagnostic classes that stand for several statements are masked too."""

MAKING = """Five teachers of width 32 (four leave out two folds each, one sees all of 1-8): binary cross-entropy on known statements, RR interval
measures as a second target, AdamW in one cycle, crops of 5-9.9 s, gain, noise, wander, mains, lost leads, windows without any ECG
(all statements negative), the input's quantisation in the loop, averaged weights. The last one's channels are ranked by their
first-order effect on the loss, removed in groups of eight until the budget is met, and the rest is distilled from the mean of all
five. A window's frames are pooled into mean and standard deviation; only statements about rhythm read the latter.
Weights within +-63 for each output channel, and so that the three of a kernel add up within +-127 with either sign of the middle
one (pairs of windows are computed from such sums); activations 0..127 for each tensor, ranges the widest that 512 training
records, paced ones among them, and augmented windows reach; biases corrected on 256 training records.
One slope, a shift for each statement, thresholds (best F1, drawn towards 0.5 where positives are few) and the lead sets of each
statement come from the four teachers' logits on the folds that each had left out. That they fit the student is an assumption; the
calibration errors below are its test. Everything that decides the result stands in `training/lock.toml` and `training/splits.csv`."""

LIMITS = """Trained on ten-second resting ECGs of one data set; no ventricular tachycardia or fibrillation among them. Few positives for rare
statements: see n and the intervals. Not validated on children or on monitoring electrodes on the torso. On other cohorts
thresholds and calibration do not carry over as ranking does. Findings in the records that PTB-XL's readers did not code count
as errors here."""

PROMPTED = """The shipped files asked in words (`python -m ecgclip_training ask`), fold 9, the same statements as above. Training texts named
them, so this is no zero-shot; it says how much of what the heads know can be asked for.

| | macro AUC | macro average precision |
|---|---|---|
{}
{}"""

LICENCES = """| source | licence | what it means for these weights |
|---|---|---|
| PTB-XL 1.0.3 (Wagner et al., Scientific Data 2020) | CC BY 4.0 | trained on; cite it |
| PTB-XL, records of which only per-lead z-scores were at hand | CC BY 4.0 | trained on with restored amplitude, voltage statements masked |
| CPSC2018, Challenge 2020/21 sets (Georgia, Chapman/Ningbo, PTB) | CC BY 4.0 | only scored; nothing of them is in the weights |
| LUDB | ODC-By 1.0 | only scored; nothing of it is in the weights |"""

DEPARTURES = """| the paper (arXiv 2605.25446, what its abstract says) | here | why |
|---|---|---|
| pre-training on 2,837,962 ECGs of 1,324,856 patients | {records} ECGs of PTB-XL | what is open and was at hand |
| ECGCLIP-R34 and -R18 | the same two families without padding, at width 32 or less | a stream must give the bits of a whole window |
| loss, text encoder, augmentation: not public | sigmoid loss with label-aware targets, a text encoder from scratch | measured better on few reports |
| 45 ECG diagnoses, 39 echo targets, 5 rare diseases | the catalogue lists 89, ours; echo and rare ones are untrained | the authors' lists are not public; no open labels |
| average precision on nine external cohorts | average precision with prevalence and n, AUC, intervals by patient; CPSC2018, Challenge 2021, LUDB parts | what was at hand |"""


def card(name: str, metrics: dict, statements: list[dict]) -> str:
    """The whole card."""
    restored = metrics["trainingRecords"] - metrics["trainingRecordsMeasured"]
    summary = SUMMARY.format(
        millions=metrics["multiplyAccumulates"] / 1e6,
        statements=len(statements),
        text=" and a text encoder aligned with it" if "text" in metrics else "",
    )
    parts = [
        f"# {name}",
        summary,
        INTENDED,
        headline(metrics),
        gates.table(metrics),
        "![Calibration](calibration.png)",
        "## Data\n\n" + DATA.format(restored=restored, **metrics) + "\n\n" + LICENCES,
        "## How it was made\n\n" + MAKING,
        "## What departs from the paper\n\n" + DEPARTURES.format(records=metrics["trainingRecords"]),
        lead_table(metrics),
        subgroup_table(metrics),
        cohort_table(metrics["otherCohorts"]),
        explanation(metrics["explain"]),
    ]
    if "comparison" in metrics:
        parts.append(comparison_table(metrics["comparison"]))
    if "zeroShot" in metrics:
        parts.append(prompt_table(metrics["zeroShot"]))
    if "prompted" in metrics:
        parts.append(
            PROMPTED.format(score_row("prompts", metrics["prompted"]), score_row("heads", metrics["int8"]))
        )
    if "text" in metrics:
        parts.append(text_table(metrics["text"]))
    parts += [statement_table(metrics, statements), "## Limits\n\n" + LIMITS]
    return "\n\n".join(parts) + "\n"


def explanation(found: dict) -> str:
    """Saliency in numbers, and what embeddings sort by."""
    rows = [
        "## What it looks at\n\nIntegrated gradients of the float student on fold 9: how much of the absolute relevance lies where the"
        " criterion is, against the share of the plane that this covers; 1 is chance. Random weights show what the signal alone"
        " would draw.\n\n| statement | criterion | records | relevance | area | ratio | ratio, random weights |",
        "|---|---|---|---|---|---|---|",
    ]
    for code, entry in found["saliency"].items():
        rows.append(
            f"| {code} | {entry['criterion']} | {entry['records']} | {entry['share']:.3f} | {entry['area']:.3f} |"
            f" {entry['ratio']:.2f} | {entry['ratioRandomWeights']:.2f} |"
        )
    near = found["neighbours"]
    text = (
        "\n\n![Relevance](saliency.png)\n\nOf ten nearest neighbours of other patients"
        f" {near['finding']['purity']:.0%} share the finding (chance {near['finding']['chance']:.0%}) and"
        f" {near['recorder']['purity']:.0%} the recorder (chance {near['recorder']['chance']:.0%}).\n\n![Embedding](embedding.png)"
    )
    return "\n".join(rows) + text


METHODS = {
    "ecgclip34": "ECGCLIP-R34 (reports, sigmoid)",
    "ecgclip18": "ECGCLIP-R18 (reports, sigmoid)",
    "merl": "MERL-type R18 (reports, InfoNCE)",
    "random": "random R18",
    "tuned": "ECGCLIP-R18, fine-tuned",
    "supervised": "supervised only R18",
}


def comparison_table(found: dict) -> str:
    """The mandatory comparison."""
    rows = [
        "## Ways to pre-train\n\nWidth 16, the same folds, one ridge probe on frozen embeddings (supervised only: its own head),"
        f" {found['statements']} statements of fold 9, mean over seeds; texts are what reports say, no statement codes. ECGCLIP's recipe"
        " here includes the spread pooling, augmentation and RR targets; MERL's is its own.\n\n| method | labels | seeds | macro AUC |"
        " macro average precision |",
        "|---|---|---|---|---|",
    ]
    for method, shares in found["methods"].items():
        for share, entry in sorted(shares.items(), key=lambda item: float(item[0])):
            rows.append(
                f"| {METHODS[method]} | {float(share):.0%} | {entry['seeds']} | {interval(entry, 'auc')} |"
                f" {interval(entry, 'averagePrecision')} |"
            )
    rows += ["\n| difference | AUC | average precision |", "|---|---|---|"]
    for entry in found["differences"]:
        one, other = (f"{METHODS[name]} at {share:.0%}" for name, share in (entry["one"], entry["other"]))
        cells = []
        for key in ("auc", "averagePrecision"):
            low, high = entry[key]["interval95"]
            cells.append(f"{entry[key]['difference']:+.3f} [{low:+.3f}, {high:+.3f}]")
        rows.append(f"| {one} - {other} | {cells[0]} | {cells[1]} |")
    return "\n".join(rows)


def prompt_table(found: dict) -> str:
    """Zero-shot scores."""
    rows = [
        "## Prompted, never named\n\nFive contrastive runs of width 16, each without every fifth statement in any text; folds 7, 8, 9,"
        " which none of them saw. Mean AUC of the"
        f" {found['statements']} statements when never named {interval(found, 'auc')}, when named"
        f" {found['aucWhenNamed']:.3f}.\n\n| statement | positives | AUC, never named | AUC, named |",
        "|---|---|---|---|",
    ]
    for code, entry in found["codes"].items():
        rows.append(
            f"| {code} | {entry['positives']} | {interval(entry, 'auc')} | {entry['aucWhenNamed']:.3f} |"
        )
    return "\n".join(rows)


def text_table(found: dict) -> str:
    """Why not a general sentence encoder."""
    rows = [
        "## Why not a general sentence encoder\n\nCosines of phrases: a frozen all-MiniLM-L6-v2 (measured for this project before) puts"
        " opposite findings together and knows no German; the text encoder of this model, trained from scratch, must not.\n\n| phrases |"
        " MiniLM | here |",
        "|---|---|---|",
    ]
    rows += [f"| {pair} | {entry['miniLM']:.2f} | {entry['ours']:.2f} |" for pair, entry in found.items()]
    return "\n".join(rows)


def headline(metrics: dict) -> str:
    error, empty = metrics["quantisation"], metrics["emptyWindows"]
    loss = error["int8MinusFloat"]
    rows = [
        f"## Scores\n\n| fold 9, {metrics['records']} records | macro AUC | macro average precision |",
        "|---|---|---|",
        score_row(
            f"int8 as shipped, {metrics['int8']['statements']} statements with >= 10 positives",
            metrics["int8"],
        ),
        score_row("the same network in float", metrics["float"]),
        score_row("five super-classes", metrics["superClasses"]),
    ]
    if "teacher" in metrics:
        rows.insert(4, score_row("its teachers' mean (float)", metrics["teacher"]["teacher"]))
        rows.insert(5, alone_row(metrics["teacher"]["alone"]))
    text = (
        "\n\nIntervals: 95 %, 1,000 bootstrap samples by patient (average precision of rare statements is biased upwards"
        f" under resampling).\nint8 minus float: AUC {loss['auc']['difference']:+.4f}, average precision"
        f" {loss['averagePrecision']['difference']:+.4f}; logit RMS error {error['logitRootMeanSquareError']:.3f}, embedding"
        f" cosine {error['embeddingCosineMean']:.4f} (1st percentile {error['embeddingCosinePercentile1']:.4f}).\n"
        f"{empty['windows']} windows of noise, mains, wander, flat lines or nothing: {empty['findings']} findings in"
        f" {empty['windowsWithFindings']} windows."
    )
    return "\n".join(rows) + text


def alone_row(teachers: list[dict]) -> str:
    """The spread between single runs: what rebuilding a teacher may give."""
    found = [sorted(entry[key] for entry in teachers) for key in ("auc", "averagePrecision")]
    cells = " | ".join(f"{values[0]:.3f} to {values[-1]:.3f}" for values in found)
    return f"| each of its {len(teachers)} teachers alone, lowest to highest | {cells} |"


def lead_table(metrics: dict) -> str:
    rows = [
        "## Fewer leads\n\nMissing leads are zeros and the head sees the mask. A finding is assessed only with the leads that"
        " the model file names for it. ECE is a mean over statements.\n\n| leads | AUC, all | average precision, all | ECE, all |"
        " AUC, rhythm | average precision, rhythm | ECE, rhythm |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, entry in metrics["leadSubsets"].items():
        cells = [
            f"{interval(entry[kind], 'auc')} | {interval(entry[kind], 'averagePrecision')} |"
            f" {entry[kind]['calibrationError']:.3f}"
            for kind in ("all", "rhythm")
        ]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def subgroup_table(metrics: dict) -> str:
    rows = [
        "## Subgroups\n\nStatements with at least five positives in the group, so groups are not scored on the same"
        " statements.\n\n| group | records | statements | macro AUC | macro average precision |",
        "|---|---|---|---|---|",
    ]
    for name, entry in metrics["subgroups"].items():
        rows.append(
            f"| {name} | {entry['records']} | {entry['statements']} | {interval(entry, 'auc')} |"
            f" {interval(entry, 'averagePrecision')} |"
        )
    return "\n".join(rows)


def statement_table(metrics: dict, statements: list[dict]) -> str:
    rows = [
        "## Statements\n\n| code | name | leads | positives in training | n | prevalence | AUC | average precision | Brier"
        " (of prevalence alone) | ECE | threshold |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for statement in statements:
        found = metrics["statements"][statement["code"]]
        leads = " or ".join("12" if len(one) == 12 else "+".join(one) for one in statement["leadSets"])
        rows.append(
            f"| {statement['code']} | {statement['name']} | {leads} | {statement['trainingPositives']} |"
            f" {found['positives']} | {found['prevalence']:.3f} | {number(found['auc'])} | {number(found['averagePrecision'])} |"
            f" {found['brier']:.3f} ({found['brierOfPrevalence']:.3f}) | {found['calibrationError']:.3f} |"
            f" {statement['threshold']:.2f} |"
        )
    return "\n".join(rows)
