"""The tokeniser by hand-worked hashes, the encoder against plain numpy, and that it learns to tell opposites apart."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from ecgclip_training import prompts, text_encoder  # noqa: E402
from ecgclip_training.concepts import load_concepts  # noqa: E402
from ecgclip_training.reports import render  # noqa: E402
from ecgclip_training.statements import NAMES  # noqa: E402
from ecgclip_training.text_encoder import TextEncoder, Tokeniser, positions, trigrams  # noqa: E402

TOKENISER = Tokeniser.build()


@pytest.fixture
def encoder() -> TextEncoder:
    torch.manual_seed(4)
    return TextEncoder.of(TOKENISER).eval()


def test_trigrams_are_hashed_by_fnv_1a():
    assert trigrams("abc", 1 << 32)[1] == 1 + 0x1A47E90B, "the published value of abc"
    assert trigrams("abc", 1000)[1] == 1 + 0x1A47E90B % 1000
    assert len(trigrams("block", 1024)) == 5 and len(trigrams("q", 1024)) == 1
    assert trigrams("", 1024) == ()


def test_terms_become_english_and_stops_part_sentences():
    assert TOKENISER.split("Linksschenkelblock. Kein AF, Xyzzy!") == [
        *("left", "bundle", "branch", "block"),
        *(".", "no", "atrial", "fibrillation", "xyzzy"),
    ]
    assert TOKENISER.split("sinus rhythm.") == ["sinus", "rhythm"]
    assert TOKENISER.split("...") == TOKENISER.split("") == [""]
    assert len(TOKENISER.split("word " * 1000)) == text_encoder.MAXIMUM_WORDS


def test_every_word_of_the_catalogue_and_the_prompts_is_known():
    texts = [w for concept in load_concepts().values() for w in concept.wordings]
    texts += [text for prompt in prompts.load() for text in (*prompt.prompts, *prompt.contrast)]
    assert text_encoder.UNKNOWN not in TOKENISER.encode(texts)[0]
    assert text_encoder.UNKNOWN in TOKENISER.encode(["torsades"])[0]


def test_a_tokeniser_is_read_back_from_its_json():
    again = Tokeniser.from_json(TOKENISER.to_json())
    assert again == TOKENISER and again.to_json() == TOKENISER.to_json()
    assert json.loads(TOKENISER.to_json()).keys() == {"words", "terms", "buckets"}
    texts = ["Vorhofflimmern bei V4-6", "torsades de pointes", ""]
    for one, other in zip(TOKENISER.encode(texts), again.encode(texts), strict=True):
        assert torch.equal(one, other)


def test_the_encoder_is_small(encoder):
    assert sum(parameter.numel() for parameter in encoder.parameters()) <= 500_000


def test_embeddings_are_of_unit_length_and_padding_changes_nothing(encoder):
    texts = [
        "atrial fibrillation",
        "",
        "sinus rhythm. left axis deviation. no myocardial infarction.",
        "torsades",
    ]
    together = encoder.embed(TOKENISER, texts)
    alone = torch.cat([encoder.embed(TOKENISER, [text]) for text in texts])
    assert together.shape == (4, 128)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(4))
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_the_order_of_words_counts_and_a_misspelt_word_stays_near(encoder):
    one, other = encoder.embed(TOKENISER, ["left axis. right block.", "right axis. left block."])
    assert one @ other < 1 - 1e-4
    true, misspelt, far = encoder.embed(TOKENISER, ["torsadespointes", "torsadespoints", "xyzzy"])
    assert true @ misspelt > true @ far + 0.1


def test_dropout_of_words_is_for_training_only(encoder):
    text = ["complete left bundle branch block with first degree AV block"] * 8
    assert torch.equal(*(encoder.embed(TOKENISER, text) for _ in range(2)))
    encoder.train()
    assert not torch.equal(*(encoder.embed(TOKENISER, text) for _ in range(2)))


def numpy_embedding(encoder: TextEncoder, text: str) -> np.ndarray:
    """What a device computes for one text: no batch, no padding, float64."""
    weights = {name: tensor.double().numpy() for name, tensor in encoder.state_dict().items()}

    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0)

    def norm(name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    words = TOKENISER.split(text)
    known = {word: 2 + k for k, word in enumerate(TOKENISER.words)}
    x = np.stack([weights["words.weight"][known.get(word, 1)] for word in words])
    for row, word in enumerate(words):
        if pieces := trigrams(word, TOKENISER.buckets):
            x[row] += weights["trigrams.weight"][list(pieces)].mean(0)
        x[row] += positions(len(words))[row].double().numpy()
    for layer in range(text_encoder.LAYERS):
        name = f"layers.{layer}"
        packed = linear(f"{name}.queries_keys_values", norm(f"{name}.attention_norm", x))
        queries, keys, values = packed.reshape(len(words), 3, text_encoder.HEADS, -1).transpose(1, 2, 0, 3)
        logits = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
        share = np.exp(logits - logits.max(-1, keepdims=True))
        seen = share / share.sum(-1, keepdims=True) @ values
        x = x + linear(f"{name}.mix", seen.transpose(1, 0, 2).reshape(len(words), -1))
        wide = np.maximum(linear(f"{name}.widen", norm(f"{name}.inner_norm", x)), 0)
        x = x + linear(f"{name}.narrow", wide)
    pooled = linear("projection", norm("norm", x).mean(0))
    return pooled / np.linalg.norm(pooled)


@pytest.mark.parametrize("text", ["sinus rhythm. no Rechtsschenkelblock", "torsades", ""])
def test_a_page_of_plain_arithmetic_gives_the_same_embedding(encoder, text):
    with torch.no_grad():
        expected = encoder.embed(TOKENISER, [text])[0].numpy()
    np.testing.assert_allclose(numpy_embedding(encoder, text), expected, atol=1e-5)


def test_a_short_training_parts_opposites_and_joins_wordings():
    """Two wordings of a finding are each other's match among 32: a stand-in for ECGs, which CI does not have."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    encoder = TextEncoder.of(TOKENISER)
    optimiser = torch.optim.AdamW(encoder.parameters(), 5e-4)
    before = prompts.geometry(encoder, TOKENISER)
    for _ in range(80):
        findings = rng.choice(list(NAMES), 32, replace=False)
        one, other = (encoder.embed(TOKENISER, [render({f}, (), rng) for f in findings]) for _ in range(2))
        loss = torch.nn.functional.cross_entropy(one @ other.T / 0.1, torch.arange(32))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    after = prompts.geometry(encoder, TOKENISER)
    for name in ("left and right bundle branch block", "left and right hypertrophy"):
        assert after[name]["ours"] < before[name]["ours"] - 0.1, name
    with prompts.at_rest(encoder):
        one, other, far = encoder.embed(
            TOKENISER, ["paced rhythm", "artificial pacemaker", "anteroseptal infarction"]
        )
    assert one @ other > one @ far + 0.3
