"""What the network looks at, in numbers: integrated gradients against the leads and the time where a cardiologist looks, the
same with randomised weights, and whether embeddings sort by finding or by recorder."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from .augment import evaluation_batch
from .material import Material
from .model import StatementModel
from .ptbxl import LEADS

STEPS = 32
# Milliseconds about the steepest point of a QRS complex.
LATE_QRS, P_WAVE, ST_T = (0, 100), (-280, -80), (80, 400)


@dataclass(frozen=True)
class Criterion:
    """Where a statement's criterion lies: leads, and the band about each QRS complex in milliseconds."""

    code: str
    leads: tuple[str, ...]
    band: tuple[int, int]
    said: str


CRITERIA = [
    Criterion("CLBBB", ("I", "V1", "V5", "V6"), LATE_QRS, "late QRS in I, V1, V5, V6"),
    Criterion("CRBBB", ("I", "V1", "V2", "V6"), LATE_QRS, "late QRS in I, V1, V2, V6"),
    Criterion("IRBBB", ("V1", "V2"), LATE_QRS, "late QRS in V1, V2"),
    Criterion(
        "1AVB", ("I", "II", "III", "aVF", "V1"), P_WAVE, "P wave and PR segment in I, II, III, aVF, V1"
    ),
    Criterion("AFIB", ("II", "III", "aVF", "V1"), P_WAVE, "where a P wave would be in II, III, aVF, V1"),
    Criterion("IMI", ("II", "III", "aVF"), (-40, 400), "QRS to T in II, III, aVF"),
    Criterion("ASMI", ("V1", "V2", "V3", "V4"), (-40, 400), "QRS to T in V1-V4"),
    Criterion("ISC_", ("I", "aVL", "V4", "V5", "V6"), ST_T, "ST and T in I, aVL, V4-V6"),
    Criterion("LVH", ("aVL", "V1", "V2", "V5", "V6"), (-60, 100), "QRS in aVL, V1, V2, V5, V6"),
    Criterion("LAFB", ("I", "II", "III", "aVL", "aVF"), (-60, 100), "QRS in the limb leads"),
]


def integrated_gradients(model: StatementModel, x: torch.Tensor, statement: int) -> torch.Tensor:
    """Relevance [row][12][time] of the inputs for one statement's logit, along the straight way from a flat line
    (Sundararajan et al. 2017, arXiv 1703.01365). It sums to logit(x) - logit(flat), but for the steps."""
    model.eval()
    total = torch.zeros_like(x)
    mask = torch.ones(len(x), 12)
    for step in range(STEPS):
        point = (x * ((step + 0.5) / STEPS)).requires_grad_()
        model(point, mask)[:, statement].sum().backward()
        assert point.grad is not None
        total += point.grad
    return x * total / STEPS


def band_mask(beats: np.ndarray, band: tuple[int, int], length: int) -> np.ndarray:
    """Samples [time] at 100 Hz that lie in the band about any beat."""
    inside = np.zeros(length, bool)
    for beat in beats:
        start, end = beat + band[0] // 10, beat + band[1] // 10
        inside[max(0, start) : max(0, min(length, end))] = True
    return inside


def randomised(model: StatementModel, seed: int = 0) -> StatementModel:
    """The same network with every convolution's weights drawn anew: a saliency that stays the same shows the input, not what
    was learnt (Adebayo et al. 2018, arXiv 1810.03292)."""
    torch.manual_seed(seed)
    other = copy.deepcopy(model)
    for module in other.modules():
        if isinstance(module, nn.Conv1d):
            module.reset_parameters()
    return other


def saliency(model: StatementModel, material: Material, rows: np.ndarray, unit: float) -> dict:
    """For every criterion, over the records that have the statement: the share of absolute relevance within the criterion, the
    share of the plane that it covers, their ratio, and the ratio with random weights."""
    table = {}
    random = randomised(model)
    for criterion in CRITERIA:
        column = material.codes.index(criterion.code)
        chosen = rows[material.labels[rows, column] > 0][:32]
        if len(chosen) < 5:
            continue
        x, _ = evaluation_batch(material.signals[chosen], model.encoder.shape, unit)
        leads = [LEADS.index(lead) for lead in criterion.leads]
        inside = np.zeros(x.shape, bool)
        for row, record in enumerate(chosen):
            inside[row, leads] = band_mask(material.beats[record], criterion.band, x.shape[-1])
        area = inside.mean()
        ratios, shares = [], []
        for net in (model, random):
            relevance = integrated_gradients(net, x, column).abs().numpy()
            share = (relevance * inside).sum((1, 2)) / relevance.sum((1, 2))
            shares.append(share)
            ratios.append(float(share.mean() / area))
        table[criterion.code] = {
            "criterion": criterion.said,
            "records": len(chosen),
            "share": float(shares[0].mean()),
            "area": float(area),
            "ratio": ratios[0],
            "ratioRandomWeights": ratios[1],
        }
    return table


def neighbour_purity(
    embeddings: np.ndarray, groups: np.ndarray, patients: np.ndarray, count: int = 10
) -> dict:
    """How many of a record's nearest neighbours (cosine, other patients only) share its group, and how many would by chance."""
    unit = embeddings - embeddings.mean(0)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    alike = unit @ unit.T
    alike[patients[:, None] == patients[None]] = -np.inf
    nearest = np.argsort(-alike, axis=1)[:, :count]
    _, sizes = np.unique(groups, return_counts=True)
    chance = float(((sizes / len(groups)) ** 2).sum())
    return {"purity": float((groups[nearest] == groups[:, None]).mean()), "chance": chance}
