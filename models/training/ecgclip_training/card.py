"""card.md of an exported model, written from metrics.json alone."""

from __future__ import annotations

INTRODUCTION = """**Intended use**: research and development on {leads}-lead ECGs of adults, read by clinicians who know that a machine wrote it.
It is no medical device; its statements are unconfirmed. Not for children, not for treatment decisions."""

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


def interval(entry: dict, key: str) -> str:
    low, high = entry["interval95"][key]
    return f"{entry[key]:.3f} [{low:.3f}, {high:.3f}]"


def score_row(name: str, entry: dict) -> str:
    return f"| {name} | {interval(entry, 'auc')} | {interval(entry, 'averagePrecision')} |"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def card(name: str, metrics: dict, statements: list[dict]) -> str:
    """The whole card."""
    parts = [
        f"# {name}",
        metrics["summary"],
        INTRODUCTION.format(leads="twelve"),
        headline(metrics),
        "## Data\n\n" + metrics["data"] + "\n\n" + LICENCES,
        "## How it was made\n\n" + metrics["making"],
        "## What leaves the paper\n\n" + DEPARTURES.format(records=metrics["trainingRecords"]),
        lead_table(metrics),
        subgroup_table(metrics),
        statement_table(metrics, statements),
    ]
    for key, title in (
        ("comparison", "Against other ways to train"),
        ("zeroShot", "Prompted, never trained"),
        ("otherCohorts", "Other cohorts"),
        ("saliency", "What it looks at"),
        ("textEncoder", "Why not a general sentence encoder"),
    ):
        if key in metrics and "text" in metrics[key]:
            parts.append(f"## {title}\n\n{metrics[key]['text']}")
    parts.append("## Limits\n\n" + metrics["limits"])
    return "\n\n".join(parts) + "\n"


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
    text = (
        "\n\nIntervals: 95 %, 1,000 bootstrap samples by patient (average precision of rare statements is biased upwards"
        f" under resampling).\nint8 minus float: AUC {loss['auc']['difference']:+.4f}, average precision"
        f" {loss['averagePrecision']['difference']:+.4f}; logit RMS error {error['logitRootMeanSquareError']:.3f}, embedding"
        f" cosine {error['embeddingCosineMean']:.4f} (1st percentile {error['embeddingCosinePercentile1']:.4f}).\n"
        f"{empty['windows']} windows of noise, mains, wander, flat lines or nothing: {empty['findings']} findings in"
        f" {empty['windowsWithFindings']} windows."
    )
    return "\n".join(rows) + text


def lead_table(metrics: dict) -> str:
    rows = [
        "## Fewer leads\n\nMissing leads are zeros and the head sees the mask. A finding is assessed only with the leads that"
        " the model file names for it.\n\n| leads | AUC, all | average precision, all | AUC, rhythm | average precision, rhythm |",
        "|---|---|---|---|---|",
    ]
    for name, entry in metrics["leadSubsets"].items():
        plain, rhythm = entry["all"], entry["rhythm"]
        rows.append(
            f"| {name} | {plain['auc']:.3f} | {plain['averagePrecision']:.3f} | {rhythm['auc']:.3f} |"
            f" {rhythm['averagePrecision']:.3f} |"
        )
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
