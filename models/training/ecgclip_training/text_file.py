"""The text side of a model in one file: tokeniser, text encoder, the projection of signal features into the shared space,
and the prompts' embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .export import save
from .learner import Learner
from .prompts import prompt_embeddings


def save_text(path: Path, learner: Learner) -> None:
    """Tensors `text.*` as the text encoder names them, `projection.*`, `prompts.positive` and `prompts.contrast` [code][width]."""
    assert learner.text is not None and learner.tokeniser is not None and learner.projection is not None
    codes, positive, contrast = prompt_embeddings(learner.text, learner.tokeniser)
    tensors = {f"text.{name}": value for name, value in learner.text.state_dict().items()}
    tensors |= {f"projection.{name}": value for name, value in learner.projection.state_dict().items()}
    tensors |= {"prompts.positive": positive, "prompts.contrast": contrast}
    arrays = {
        name: np.ascontiguousarray(value.detach().cpu().numpy().astype(np.float32))
        for name, value in tensors.items()
    }
    metadata = {
        "format": "ecgclip-text/1",
        "tokeniser": learner.tokeniser.to_json(),
        "codes": ";".join(codes),
        "sharedWidth": str(positive.shape[1]),
    }
    save(arrays, path, metadata)
