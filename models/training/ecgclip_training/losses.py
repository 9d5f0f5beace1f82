"""What training minimises: masked cross-entropy on statements, and the two contrastive losses between signals and texts."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from .distributed import mean_over_processes


def statement_loss(logits: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy, mean over the statements about which something is known; with several processes each one's
    part of the whole batch's mean."""
    each = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (each * known).sum() / mean_over_processes(known.sum()).clamp(min=1)


def interval_loss(found: torch.Tensor, wanted: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    """Smooth absolute error of the RR interval targets, mean over the rows that have any."""
    each = functional.smooth_l1_loss(found, wanted, reduction="none") * counted
    return each.sum() / (mean_over_processes(counted.sum()) * wanted.shape[1]).clamp(min=1)


def jaccard(concepts: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Overlap of concept sets [n][concept], [m][concept] of zeros and ones: 1 for equal sets, also for two empty ones."""
    both = concepts @ others.T
    either = concepts.sum(1)[:, None] + others.sum(1)[None] - both
    return torch.where(either > 0, both / either.clamp(min=1), torch.ones_like(both))


class SigmoidLoss(nn.Module):
    """SigLIP's loss (arXiv 2303.15343) with label-aware targets: pair i, j is wanted as close as its concept sets are alike,
    so that two ECGs with the same findings do not push each other's reports away. Scale and bias are learned."""

    def __init__(self, batch: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(10.0).log())
        # A pair is a match about once in a batch: the bias starts there.
        self.bias = nn.Parameter(-torch.tensor(float(batch)).log())

    def forward(self, signals: torch.Tensor, texts: torch.Tensor, alike: torch.Tensor) -> torch.Tensor:
        """Mean over signals of the sum over texts, for unit vectors [n][d], [n][d] and targets [n][n]."""
        logits = signals @ texts.T * self.log_scale.exp() + self.bias
        return functional.binary_cross_entropy_with_logits(logits, alike, reduction="sum") / len(signals)


class InfoNCE(nn.Module):
    """The symmetric softmax loss of CLIP and MERL with its fixed temperature; only the own report is a match."""

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(
        self, signals: torch.Tensor, texts: torch.Tensor, alike: torch.Tensor | None = None
    ) -> torch.Tensor:
        logits = signals @ texts.T / self.temperature
        own = torch.arange(len(signals), device=signals.device)
        return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
