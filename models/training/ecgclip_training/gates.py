"""The bars a shipped model is held to, and what it reached: nothing is shipped without saying which it missed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gate:
    """`must` and `aim` are upper bounds where `atMost`, else lower ones."""

    name: str
    value: float
    must: float
    aim: float | None = None
    at_most: bool = False
    digits: int = 3

    @property
    def met(self) -> bool:
        return self.reaches(self.must)

    def reaches(self, bar: float) -> bool:
        return self.value <= bar if self.at_most else self.value >= bar

    def row(self) -> str:
        sign, aim = "<=" if self.at_most else ">=", "" if self.aim is None else f"{self.aim:g}"
        verdict = "met" if self.met else "**missed**"
        if self.aim is not None and self.reaches(self.aim):
            verdict = "met, aim too"
        return f"| {self.name} | {self.value:.{self.digits}f} | {sign} {self.must:g} | {aim} | {verdict} |"


def gates(metrics: dict) -> list[Gate]:
    """All that can be told from metrics.json."""
    loss, taught = metrics["quantisation"]["int8MinusFloat"], metrics["teacher"]["studentMinusTeacher"]
    crossed, cohorts = metrics["crossValidated"]["statements"], metrics["otherCohorts"]
    found = [
        Gate("fold 9, int8, macro AUC", metrics["int8"]["auc"], 0.925, 0.94),
        Gate("fold 9, int8, macro average precision", metrics["int8"]["averagePrecision"], 0.60, 0.65),
        Gate("super-classes, macro AUC", metrics["superClasses"]["auc"], 0.91, 0.93),
        Gate(
            "AFIB average precision, teachers cross-validated",
            crossed["AFIB"]["averagePrecision"],
            0.85,
            0.92,
        ),
        Gate(
            "CLBBB average precision, teachers cross-validated",
            crossed["CLBBB"]["averagePrecision"],
            0.85,
            0.90,
        ),
        Gate("other cohorts, macro AUC", cohorts["auc"], 0.85, 0.90),
        Gate(
            "other cohorts, AFIB average precision", cohorts["codes"]["AFIB"]["averagePrecision"], 0.85, 0.92
        ),
        Gate("macro AUC lost to int8", -loss["auc"]["difference"], 0.002, None, True, 4),
        Gate("average precision lost to int8", -loss["averagePrecision"]["difference"], 0.005, None, True, 4),
        Gate("logit RMS error of int8", metrics["quantisation"]["logitRootMeanSquareError"], 0.1, None, True),
        Gate(
            "macro AUC lost to pruning and distillation", -taught["auc"]["difference"], 0.005, None, True, 4
        ),
        Gate(
            "average precision lost to pruning and distillation",
            -taught["averagePrecision"]["difference"],
            0.015,
            None,
            True,
            4,
        ),
        Gate("M multiply-accumulates a window", metrics["multiplyAccumulates"] / 1e6, 90, 45, True, 1),
        Gate(
            "share of empty windows with a finding",
            metrics["emptyWindows"]["shareOfWindows"],
            0.01,
            None,
            True,
        ),
    ]
    if "zeroShot" in metrics:
        found.append(Gate("prompted, never named, mean AUC", metrics["zeroShot"]["auc"], 0.65, 0.75))
    return found


def table(metrics: dict) -> str:
    """For the card."""
    rows = ["## Bars\n\n| figure | reached | must | aim | |", "|---|---|---|---|---|"]
    return "\n".join(rows + [gate.row() for gate in gates(metrics)])
