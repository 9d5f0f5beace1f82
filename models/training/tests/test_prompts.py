"""Every prompt names its statement and nothing else; the embeddings of prompts are what the model card's numbers come from."""

from __future__ import annotations

import pytest

from ecgclip_training import prompts
from ecgclip_training.concepts import english, mentions, named
from ecgclip_training.statements import NAMES

PROMPTS = {prompt.code: prompt for prompt in prompts.load()}
OPPOSITES = [
    {"left", "right"},
    {"complete", "incomplete"},
    {"complete", "partial"},
    {"elevation", "depression"},
    {"bradycardia", "tachycardia"},
    {"normal", "abnormal"},
    {"low", "high"},
    {"prolonged", "short"},
    {"premature", "escape"},
    {"clockwise", "counterclockwise"},
    {"ischaemia", "injury"},
    {"fibrillation", "flutter"},
]


def test_every_statement_has_prompts_in_its_order():
    assert list(PROMPTS) == list(NAMES)


@pytest.mark.parametrize("code", list(NAMES))
def test_prompts_are_short_and_exclusive(code):
    prompt = PROMPTS[code]
    assert 3 <= len(prompt.prompts) <= 8 and prompt.contrast
    assert len({english(text) for text in prompt.prompts}) == len(prompt.prompts), "said twice"
    for text in prompt.prompts:
        assert len(text) <= 90 and named(text) == {code}, text
    words = {word for text in prompt.prompts for word in english(text).split()}
    assert not [pair for pair in OPPOSITES if pair <= words]


@pytest.mark.parametrize("code", list(NAMES))
def test_the_contrast_denies_the_statement_and_speaks_of_nothing_else(code):
    for text in PROMPTS[code].contrast:
        found = mentions(english(text))
        if code == "NORM":
            assert [m.concept for m in found] == ["abnormal-ecg"], "its contrast is its counterpart"
        else:
            assert [(m.concept, m.denied) for m in found] == [(code, True)], text


def test_embeddings_are_renormalised_means():
    torch = pytest.importorskip("torch")
    from ecgclip_training.text_encoder import TextEncoder, Tokeniser

    torch.manual_seed(1)
    tokeniser = Tokeniser.build()
    encoder = TextEncoder.of(tokeniser, 16)
    codes, positive, contrast = prompts.prompt_embeddings(encoder, tokeniser)
    assert encoder.training, "the mode is put back"
    assert codes == tuple(NAMES) and positive.shape == contrast.shape == (71, 16)
    torch.testing.assert_close(positive.norm(dim=1), torch.ones(71))
    torch.testing.assert_close(contrast.norm(dim=1), torch.ones(71))
    with torch.no_grad():
        one = encoder.eval().embed(tokeniser, list(PROMPTS["AFIB"].prompts)).sum(0)
    torch.testing.assert_close(positive[codes.index("AFIB")], one / one.norm())


def test_the_geometry_takes_translations_as_one():
    torch = pytest.importorskip("torch")
    from ecgclip_training.text_encoder import TextEncoder, Tokeniser

    torch.manual_seed(1)
    tokeniser = Tokeniser.build()
    found = prompts.geometry(TextEncoder.of(tokeniser), tokeniser)
    assert len(found) == 8
    assert all(-1 <= pair["ours"] <= 1.0001 and 0 < pair["miniLM"] < 1 for pair in found.values())
    for name in ("left bundle branch block in German", "atrial fibrillation in German"):
        assert found[name]["ours"] == pytest.approx(1, abs=1e-5)
