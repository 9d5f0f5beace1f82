"""The files of the shipped model asked in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: texts are not read")
pytest.importorskip("wfdb", reason="wfdb is not installed: records in its format are not read")

from test_wfdb_tree import ecg, write

from ecgclip_training import asking, ptbxl
from ecgclip_training.infer import integer_logits
from ecgclip_training.preprocessing import Preprocessing
from ecgclip_training.prompts import load
from ecgclip_training.reading import open_model

SHIPPED = Path(__file__).resolve().parents[2] / "ecgclip-r18"
FOLDER = ptbxl.data_folder()


def test_the_prompts_that_are_stored_are_those_of_the_catalogue():
    """The text encoder read back gives the embeddings that were written from it."""
    side = asking.TextSide.open(SHIPPED)
    for prompt in load():
        found = side.embedded(list(prompt.prompts)).mean(0)
        stored = side.tensors["prompts.positive"][side.codes.index(prompt.code)]
        np.testing.assert_allclose(found / np.linalg.norm(found), stored, atol=1e-5, err_msg=prompt.code)


def test_words_of_any_language_fit_alike():
    side = asking.TextSide.open(SHIPPED)
    english, german, other = side.embedded(["atrial fibrillation", "Vorhofflimmern", "sinus rhythm"])
    assert english @ german > 0.999 and english @ other < 0.5


def test_a_record_is_asked_by_the_windows_that_screen_reads(tmp_path):
    write(tmp_path / "1", ecg(12_000))
    found = asking.ask(SHIPPED, tmp_path / "1.hea", ["normal ECG", "atrial fibrillation"])
    model, *_ = open_model(SHIPPED)
    whole = Preprocessing.load()(ecg(12_000), 500)
    windows = np.stack([whole[:, start : start + 987] for start in (0, 992)])
    side = asking.TextSide.open(SHIPPED)
    wanted = side.shared(integer_logits(model, windows)[1]) @ side.embedded(list(found)).T
    np.testing.assert_allclose(list(found.values()), wanted.mean(0), atol=1e-9)
    with pytest.raises(ValueError, match="no text.safetensors"):
        asking.TextSide.open(tmp_path)


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recordings in {FOLDER}: set ECGCLIP_DATA")
def test_atrial_fibrillation_is_found_by_its_name():
    """Of the records of one set whose label is all that matters here: those in fibrillation fit the words best."""
    table = {"A0019": True, "A0029": False, "A0037": False, "A0065": True, "A0125": False, "A0126": True}
    fit = {
        name: asking.ask(SHIPPED, FOLDER / "cpsc2018" / name, ["Vorhofflimmern"])["Vorhofflimmern"]
        for name in table
    }
    assert min(fit[name] for name in table if table[name]) > max(
        fit[name] for name in table if not table[name]
    )


def test_what_the_card_says_of_prompts_was_measured():
    metrics = json.loads((SHIPPED / "metrics.json").read_text())["prompted"]
    assert metrics["statements"] == 21 and f"{metrics['auc']:.3f} [" in (SHIPPED / "card.md").read_text()
