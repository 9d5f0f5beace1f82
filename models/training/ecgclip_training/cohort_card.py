"""The card's section on other cohorts: scores, and what every change of the rules did to them."""

from __future__ import annotations

from .cells import interval, number

RULES = """Never trained on: {parts}. They are read as `ecgclip screen` reads them (the mean probability over
all windows of a record, only at ages for which the product assesses, thresholds as shipped); two records whose rhythm keeps the
product from reading are scored all the same. One fixed code map: the tasks of the catalogue with their SNOMED CT codes, each a union
of the statements that mean it, put together like a super-class. Silence is a negative only where a cohort can state the finding.
Findings with at least 8 positives."""

LUDB = """LUDB's headers scale every lead of every record to a range of exactly 1 mV, so that its limb leads contradict each other by 14 to
89 % of their size. The codes obey III = II - I to the last bit and are read as microvolts: the median range of lead II is then
0.96 mV, as in PTB-XL (0.99).

What simple measures say of three labels, within one set: left ventricular hypertrophy in LUDB (76 of 120 records, median
Sokolow-Lyon voltage 2.3 mV where the criterion wants 3.5) is ranked by that voltage with AUC 0.71 and by Cornell's with 0.41; left
atrial enlargement in LUDB (80 of the 98 with a P wave) by the terminal force of P in V1 with 0.72; ST depression in CPSC2018 by the
depression 100 ms after the R wave with 0.55 (median 0.08 mV, as without the label), ischaemia in LUDB with 0.71."""

CHANGES = """The rules were changed after the first scores had been seen: each time for what codes mean or for how the product works, and kept
whatever it did to the score. Macro AUC and AUC by finding after each change, every column with all changes to its left:
*unclear ST-T*, a nonspecific ST-T change may be ST depression, so it does not deny it; *all windows*, codes are of whole records;
*validated ages*, the product assesses nobody under 18; *tasks*, the catalogue's instead of single statements (hypertrophy told by its
voltage is hypertrophy, ST depression called ischaemia is ST depression); *ischaemia in LUDB*, its column of ischaemia can now be
scored. ST depression or ischaemia stands in the row STD_."""


def cohort_table(found: dict) -> str:
    """Other cohorts together, task by task."""
    parts = ", ".join(
        f"{name} {entry['records']} records ({entry['windows']} windows)"
        for name, entry in found["cohorts"].items()
    )
    rows = [
        "## Other cohorts\n\n" + RULES.format(parts=parts),
        "\n| finding | statements | positives | records | AUC | average precision | ECE | AUC within a set of >= 8 positives |",
        "|---|---|---|---|---|---|---|---|",
        f"| mean of {found['statements']} | | | {found['records']} | {interval(found, 'auc')} |"
        f" {interval(found, 'averagePrecision')} | | |",
    ]
    for entry in found["codes"].values():
        within = ", ".join(f"{name} {number(auc)}" for name, auc in entry["bySet"].items())
        rows.append(
            f"| {entry['name']} | {', '.join(entry['heads'])} | {entry['positives']} | {entry['records']} |"
            f" {interval(entry, 'auc')} | {interval(entry, 'averagePrecision')} | {entry['calibrationError']:.3f} | {within} |"
        )
    return "\n".join(rows) + "\n\n" + LUDB + "\n\n" + CHANGES + "\n\n" + history(found["history"])


def history(steps: list[dict]) -> str:
    """Macro scores and AUC by finding after every change, the last column what is printed above."""
    names = list(dict.fromkeys(key for step in steps for key in step["codes"]))
    rows = [
        "| | " + " | ".join(step["change"] for step in steps) + " |",
        "|---" * (len(steps) + 1) + "|",
        "| macro AUC | " + " | ".join(interval(step, "auc") for step in steps) + " |",
        "| macro average precision | "
        + " | ".join(f"{step['averagePrecision']:.3f}" for step in steps)
        + " |",
        "| findings | " + " | ".join(str(step["statements"]) for step in steps) + " |",
    ]
    rows += [
        f"| {name} | " + " | ".join(number(step["codes"].get(name)) for step in steps) + " |"
        for name in names
    ]
    return "\n".join(rows)
