"""A model folder asked in words: the device's integers and the text side beside them, without any checkpoint.

A record's score for a text is their cosine; for a statement, the cosine with its prompts less that with its contrast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

from . import cohorts, wfdb_tree
from .infer import integer_logits
from .metrics import macro_interval
from .preprocessing import Preprocessing
from .reading import open_model


@dataclass(frozen=True)
class TextSide:
    """text.safetensors read back: `weight` [shared][feature] and `bias` take the model's features into the shared space, where
    `positive` and `contrast` [code][shared] are the prompts of `codes`."""

    tensors: dict[str, np.ndarray]
    metadata: dict[str, str]

    @staticmethod
    def open(folder: Path) -> TextSide:
        path = folder / "text.safetensors"
        if not path.exists():
            raise ValueError(f"{folder}: no text.safetensors: name a folder with a text side")
        with safe_open(path, "numpy") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no iterator)
            return TextSide(tensors, opened.metadata())

    @property
    def codes(self) -> list[str]:
        return self.metadata["codes"].split(";")

    def shared(self, features: np.ndarray) -> np.ndarray:
        """Features [record][feature] as unit vectors of the shared space."""
        found = features @ self.tensors["projection.weight"].T.astype(np.float64)
        found += self.tensors["projection.bias"]
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def prompted(self, features: np.ndarray) -> np.ndarray:
        """Scores [record][code] of the statements."""
        return self.shared(features) @ (self.tensors["prompts.positive"] - self.tensors["prompts.contrast"]).T

    def embedded(self, texts: list[str]) -> np.ndarray:
        """Texts in any words, German ones too, as unit vectors [text][shared]."""
        import torch

        from .text_encoder import TextEncoder, Tokeniser

        tokeniser = Tokeniser.from_json(self.metadata["tokeniser"])
        encoder = TextEncoder.of(tokeniser, int(self.metadata["sharedWidth"])).eval()
        state = {
            name.removeprefix("text."): torch.from_numpy(value)
            for name, value in self.tensors.items()
            if name.startswith("text.")
        }
        encoder.load_state_dict(state)
        with torch.no_grad():
            return encoder.embed(tokeniser, texts).double().numpy()


def ask(folder: Path, record: Path, texts: list[str]) -> dict[str, float]:
    """The cosine of every text with a WFDB record, its mean over the windows that `ecgclip screen` reads."""
    model, *_ = open_model(folder)
    side = TextSide.open(folder)
    signal, rate = wfdb_tree.signal(record.parent, record.name.removesuffix(".hea"))
    whole, length = Preprocessing.load()(signal, rate), model.shape.window_samples
    starts = cohorts.window_starts(whole.shape[1], model.shape)
    if not starts:
        raise ValueError(f"record {record}: shorter than a window: give at least ten seconds")
    windows = np.stack([whole[:, start : start + length] for start in starts])
    cosines = side.shared(integer_logits(model, windows)[1]) @ side.embedded(texts).T
    return dict(zip(texts, cosines.mean(0).tolist(), strict=True))


def scores(
    side: TextSide, features: np.ndarray, labels: np.ndarray, patients: np.ndarray, codes: list[str]
) -> dict:
    """Macro scores by prompts [record][code]. Where training texts named the statements this is no zero-shot: it says how much of
    what the statement heads know can be asked for in words."""
    found = side.prompted(features)[:, [side.codes.index(code) for code in codes]]
    return macro_interval(labels, found, patients)
