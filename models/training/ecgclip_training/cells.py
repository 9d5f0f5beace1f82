"""Numbers as the card writes them."""

from __future__ import annotations


def interval(entry: dict, key: str) -> str:
    low, high = entry["interval95"][key]
    return f"{entry[key]:.3f} [{low:.3f}, {high:.3f}]"


def score_row(name: str, entry: dict) -> str:
    return f"| {name} | {interval(entry, 'auc')} | {interval(entry, 'averagePrecision')} |"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
