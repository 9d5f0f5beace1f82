"""The card's pictures: reliability, embedding map, relevance. No picture shows a recording."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.manifold import TSNE  # noqa: E402

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#777777"]


def save(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def reliability(path: Path, labels: np.ndarray, probabilities: np.ndarray, bins: int = 12) -> None:
    """Said against found, over all statements, bins of equal mass among probabilities above 1 %."""
    said, truth = probabilities.ravel(), labels.ravel()
    chosen = said > 0.01
    order = np.argsort(said[chosen], kind="stable")
    figure, axes = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--")
    points = [
        (said[chosen][part].mean(), truth[chosen][part].mean(), len(part))
        for part in np.array_split(order, bins)
    ]
    means, rates, counts = map(np.array, zip(*points, strict=True))
    error = 1.96 * np.sqrt(np.maximum(rates * (1 - rates), 1e-4) / counts)
    axes.errorbar(means, rates, error, color=COLOURS[0], marker="o", markersize=4, capsize=2)
    axes.set(xlabel="probability said", ylabel="share found", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("Calibration, fold 9, all statements", fontsize=10)
    save(figure, path)


def embedding_map(path: Path, embeddings: np.ndarray, panels: dict[str, np.ndarray]) -> None:
    """t-SNE of embeddings [record][feature], one panel for each way to group the records."""
    scaled = (embeddings - embeddings.mean(0)) / (embeddings.std(0) + 1e-6)
    place = TSNE(perplexity=40, init="pca", random_state=0, n_jobs=1).fit_transform(scaled)
    figure, axes = plt.subplots(
        1, len(panels), figsize=(5.4 * len(panels), 4.8), squeeze=False, layout="constrained"
    )
    for axis, (title, groups) in zip(axes[0], panels.items(), strict=True):
        names, counts = np.unique(groups[groups != "other"], return_counts=True)
        shown = names[np.argsort(-counts)][: len(COLOURS) - 1]
        for name, colour in zip([*shown, None], COLOURS, strict=False):
            chosen = ~np.isin(groups, shown) if name is None else groups == name
            if chosen.any():
                label = f"other ({chosen.sum()})" if name is None else f"{name} ({chosen.sum()})"
                axis.scatter(*place[chosen].T, s=5, color=colour, label=label, linewidths=0, alpha=0.8)
        axis.set_title(title, fontsize=10)
        axis.set(xticks=[], yticks=[])
        axis.legend(fontsize=7, markerscale=2.5, loc="best")
    save(figure, path)


def saliency_bars(path: Path, table: dict) -> None:
    """How much more relevance lies where the criterion is than its area would hold by chance, beside random weights."""
    codes = list(table)
    place = np.arange(len(codes))
    figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
    axes.bar(place - 0.2, [table[code]["ratio"] for code in codes], 0.4, color=COLOURS[0], label="as trained")
    random = [table[code]["ratioRandomWeights"] for code in codes]
    axes.bar(place + 0.2, random, 0.4, color="#bbbbbb", label="random weights")
    axes.axhline(1, color="#444444", linewidth=0.8, linestyle="--")
    axes.set_xticks(place, codes)
    axes.set_ylabel("relevance in the criterion / by chance")
    axes.legend(fontsize=8)
    save(figure, path)
