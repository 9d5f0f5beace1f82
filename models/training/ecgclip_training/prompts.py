"""Prompts of the 71 statements: short wordings that name one concept each and no other, and what says that it is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from .concepts import CATALOGUE

if TYPE_CHECKING:
    import torch

    from .text_encoder import TextEncoder, Tokeniser

# Pairs that a frozen general sentence encoder gets wrong, with the cosines of all-MiniLM-L6-v2 (measured for this project; not
# measured again by this code). The first six should lie apart, the two translations together.
PAIRS = {
    "left and right bundle branch block": ("left bundle branch block", "right bundle branch block", 0.97),
    "left and right hypertrophy": ("left ventricular hypertrophy", "right ventricular hypertrophy", 0.97),
    "first and third degree AV block": ("first degree AV block", "third degree AV block", 0.88),
    "sinus bradycardia and tachycardia": ("sinus bradycardia", "sinus tachycardia", 0.83),
    "normal and abnormal ECG": ("normal ECG", "abnormal ECG", 0.82),
    "no infarction and infarction": ("no myocardial infarction", "myocardial infarction", 0.85),
    "left bundle branch block in German": ("left bundle branch block", "Linksschenkelblock", 0.32),
    "atrial fibrillation in German": ("atrial fibrillation", "Vorhofflimmern", 0.16),
}


@dataclass(frozen=True)
class Prompt:
    """The wordings of one statement and of its absence."""

    code: str
    prompts: tuple[str, ...]
    contrast: tuple[str, ...]


@cache
def load() -> tuple[Prompt, ...]:
    """All prompts, in the order of PTB-XL's statements."""
    content = json.loads((CATALOGUE / "prompts.json").read_text())
    return tuple(Prompt(code, tuple(p["prompts"]), tuple(p["contrast"])) for code, p in content.items())


@contextmanager
def at_rest(encoder: TextEncoder) -> Iterator[None]:
    """Without gradients and dropout; the encoder's mode is put back."""
    import torch

    training = encoder.training
    encoder.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        encoder.train(training)


def mean_embedding(encoder: TextEncoder, tokeniser: Tokeniser, texts: tuple[str, ...]) -> torch.Tensor:
    """The mean [d] of the texts' embeddings, which are of unit length, at unit length again."""
    mean = encoder.embed(tokeniser, list(texts)).mean(0)
    return mean / mean.norm()


def prompt_embeddings(
    encoder: TextEncoder, tokeniser: Tokeniser
) -> tuple[tuple[str, ...], torch.Tensor, torch.Tensor]:
    """Codes, and for each the embeddings [code][d] of its prompts and of its contrast, all of unit length. An ECG's score
    is its cosine with the first less that with the second."""
    import torch

    with at_rest(encoder):
        positive = [mean_embedding(encoder, tokeniser, prompt.prompts) for prompt in load()]
        contrast = [mean_embedding(encoder, tokeniser, prompt.contrast) for prompt in load()]
    return tuple(prompt.code for prompt in load()), torch.stack(positive), torch.stack(contrast)


def geometry(encoder: TextEncoder, tokeniser: Tokeniser) -> dict[str, dict[str, float]]:
    """For each pair our cosine, and MiniLM's to hold against it: why a frozen general encoder fails here."""
    with at_rest(encoder):
        return {
            name: {
                "ours": float(
                    mean_embedding(encoder, tokeniser, (one,)) @ mean_embedding(encoder, tokeniser, (other,))
                ),
                "miniLM": general,
            }
            for name, (one, other, general) in PAIRS.items()
        }
