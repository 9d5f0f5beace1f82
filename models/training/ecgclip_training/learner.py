"""What is trained together: the signal model, and for contrastive runs the text encoder and the space they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .distributed import gathered
from .losses import InfoNCE, SigmoidLoss, jaccard
from .material import Material
from .model import AttentionPool, SpreadPool, StatementModel
from .rhythm import TARGETS
from .statements import NAMES, RHYTHM
from .text_encoder import TextEncoder, Tokeniser

if TYPE_CHECKING:
    from .train import Recipe

SHARED_WIDTH = 128
TEXT_RATE_SHARE = 4


class Learner(nn.Module):
    """Statement model, projection into the shared space, text encoder and alignment. Without a text side only the first."""

    def __init__(
        self, model: StatementModel, codes: list[str], tokeniser: Tokeniser | None, recipe: Recipe
    ) -> None:
        super().__init__()
        self.model, self.codes, self.tokeniser = model, codes, tokeniser
        self.text = self.projection = self.alignment = self.views = self.intervals = None
        if recipe.measured:
            self.intervals = nn.Linear(model.pool.output_width, TARGETS)
        self.frozen = recipe.frozen
        if recipe.supervised == 0 and recipe.distilled == 0:
            model.head.requires_grad_(False)
        if recipe.frozen:
            model.requires_grad_(False)
        if tokeniser is None:
            return
        self.text = TextEncoder.of(tokeniser, SHARED_WIDTH)
        self.projection = nn.Linear(model.pool.output_width, SHARED_WIDTH)
        self.alignment = SigmoidLoss(recipe.batch) if recipe.alignment == "sigmoid" else InfoNCE()
        if isinstance(model.pool, AttentionPool):
            self.views = DropoutViews(model.pool.output_width)

    def train(self, mode: bool = True) -> Learner:
        """A frozen signal model keeps its batch statistics."""
        super().train(mode)
        if self.frozen:
            self.model.eval()
        return self

    @staticmethod
    def build(recipe: Recipe, material: Material, training: np.ndarray) -> Learner:
        """Fresh weights; the statement head starts at the training prevalences, and only rhythms read how frames differ."""
        model = StatementModel(len(material.codes), recipe.shape, recipe.pooling, recipe.dropout)
        known = material.known[training].sum(0)
        rate = (material.labels[training] * material.known[training]).sum(0) / known.clip(1)
        rate = rate.clip(1e-3, 1 - 1e-3).astype(np.float32)
        with torch.no_grad():
            model.head.bias.copy_(torch.from_numpy(np.log(rate / (1 - rate))))
            if isinstance(model.pool, SpreadPool):
                width = model.encoder.output_width
                steady = [k for k, code in enumerate(material.codes) if code in NAMES and code not in RHYTHM]
                model.readable[steady, width : 2 * width] = 0
        tokeniser = Tokeniser.build() if recipe.contrastive else None
        return Learner(model, material.codes, tokeniser, recipe)

    @property
    def tokeniser_text(self) -> str | None:
        return self.tokeniser.to_json() if self.tokeniser else None

    def parameter_groups(self, peak_rate: float) -> list[dict]:
        """For the optimiser: the text encoder diverges at the rate that suits convolutions."""
        slow = set(self.text.parameters()) if self.text is not None else set()
        groups = [{"params": [p for p in self.parameters() if p not in slow], "lr": peak_rate}]
        if slow:
            groups.append({"params": list(self.text.parameters()), "lr": peak_rate / TEXT_RATE_SHARE})
        return groups

    def texts_of(
        self, material: Material, records: np.ndarray, seed: int, epoch: int, device: torch.device
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
        """Tokens of a fresh wording of each record's report, and its concepts [row][concept]."""
        assert self.tokeniser and material.text and material.concepts is not None
        wordings = [
            material.text(int(record), np.random.default_rng([seed, epoch, int(record), 1]))
            for record in records
        ]
        words, trigrams = self.tokeniser.encode(wordings)
        return (words.to(device), trigrams.to(device)), torch.from_numpy(material.concepts[records]).to(
            device
        )

    def forward(
        self,
        x: torch.Tensor,
        mask: torch.Tensor,
        tokens: tuple[torch.Tensor, torch.Tensor] | None = None,
        concepts: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """Statement logits [row][statement] and RR interval targets [row][5] of this process's rows, and the alignment loss
        over all processes' rows."""
        frames = self.model.encoder(x)
        embedding = self.model.pool(frames)
        logits = self.model.statements(embedding, mask)
        intervals = self.intervals(embedding) if self.intervals is not None else None
        if tokens is None or self.text is None:
            return logits, intervals, None
        signals = gathered(functional.normalize(self.projection(embedding).float(), dim=-1))
        texts = gathered(self.text(*tokens).float())
        everyone = gathered(concepts)
        loss = self.alignment(signals, texts, jaccard(everyone, everyone))
        if self.views is not None:
            loss = loss + self.views(self.model.pool.reduce(frames).mean(-1).float())
        return logits, intervals, loss


class DropoutViews(nn.Module):
    """MERL's second term: two dropout views of the averaged frames are each other's match."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.1)
        self.one, self.other = nn.Linear(width, width), nn.Linear(width, width)
        self.match = InfoNCE()

    def forward(self, averaged: torch.Tensor) -> torch.Tensor:
        one = functional.normalize(self.one(self.dropout(averaged)), dim=-1)
        other = functional.normalize(self.other(self.dropout(averaged)), dim=-1)
        return self.match(gathered(one), gathered(other))
