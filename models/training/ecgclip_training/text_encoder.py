"""The text encoder, small and from scratch: a frozen general one puts opposite findings together and knows no German.

A word is the sum of its own embedding and the mean of its letters' trigrams, hashed, so that an unseen wording still lands near
its kin. Two transformer layers, a mean over the words, a linear projection to unit length: what Swift can do in a page."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import nn
from torch.nn import functional

from .concepts import Terms, fold, load_concepts, load_terms
from .reports import DENYING, STATING

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2
WIDTH, HEADS, INNER, LAYERS = 128, 4, 256, 2
MAXIMUM_WORDS = 128
WORD_DROPOUT = 0.1


@lru_cache(maxsize=65536)
def trigrams(word: str, buckets: int) -> tuple[int, ...]:
    """Buckets 1... of the trigrams of `<word>`: FNV-1a of their UTF-8 bytes; 0 is padding."""
    marked = f"<{word}>"
    found = []
    for at in range(len(marked) - 2):
        value = 0x811C9DC5
        for byte in marked[at : at + 3].encode():
            value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
        found.append(1 + value % buckets)
    return tuple(found)


@dataclass(frozen=True)
class Tokeniser:
    """Text to words and trigrams. Terms of the three languages become English first, the longest first; a stop between
    sentences is a word, an empty text one unknown word. Plain data, kept as JSON inside the model file."""

    words: tuple[str, ...]
    terms: dict[str, str]
    buckets: int = 1024
    _index: dict[str, int] = field(init=False, repr=False, compare=False)
    _terms: Terms = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {word: FIRST_WORD + k for k, word in enumerate(self.words)})
        english = {tuple(source.split()): tuple(target.split()) for source, target in self.terms.items()}
        object.__setattr__(self, "_terms", Terms(english, frozenset()))

    @staticmethod
    def build(buckets: int = 1024) -> Tokeniser:
        """From the catalogue: the words of all wordings, of the sentences around them and of the terms' English."""
        terms = load_terms()
        texts = [w for concept in load_concepts().values() for w in concept.wordings]
        texts += [" ".join(english) for english in terms.english.values()] + [*STATING, *DENYING]
        words = sorted({word for text in texts for word in fold(text) if word[0].isalnum()} | {"."})
        changed = {" ".join(s): " ".join(english) for s, english in terms.english.items() if s != english}
        return Tokeniser(tuple(words), changed, buckets)

    def split(self, text: str) -> list[str]:
        """The English words of a text, at most MAXIMUM_WORDS."""
        translated, _ = self._terms.translate(fold(text), keep_unknown=True)
        kept = [word for word in translated if word != ","][:MAXIMUM_WORDS]
        while kept and kept[-1] == ".":
            kept.pop()
        return kept or [""]

    def encode(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Word indices [text][word] and trigram buckets [text][word][trigram], both padded with 0."""
        split = [self.split(text) for text in texts]
        pieces = [[trigrams(word, self.buckets) for word in words] for words in split]
        longest = max(len(words) for words in split)
        most = max([1, *(len(piece) for text in pieces for piece in text)])
        indices = torch.zeros(len(texts), longest, dtype=torch.long)
        buckets = torch.zeros(len(texts), longest, most, dtype=torch.long)
        for row, (words, text) in enumerate(zip(split, pieces, strict=True)):
            indices[row, : len(words)] = torch.tensor([self._index.get(word, UNKNOWN) for word in words])
            for column, piece in enumerate(text):
                buckets[row, column, : len(piece)] = torch.tensor(piece, dtype=torch.long)
        return indices, buckets

    def to_json(self) -> str:
        """One line of JSON with sorted keys."""
        content = {"buckets": self.buckets, "terms": self.terms, "words": self.words}
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Tokeniser:
        content = json.loads(text)
        return Tokeniser(tuple(content["words"]), content["terms"], content["buckets"])


class Layer(nn.Module):
    """Pre-norm attention and a ReLU layer, each added to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH)
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.inner_norm = nn.LayerNorm(WIDTH)
        self.widen = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)

    def forward(self, x: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        count, length, _ = x.shape
        packed = self.queries_keys_values(self.attention_norm(x)).view(
            count, length, 3, HEADS, WIDTH // HEADS
        )
        queries, keys, values = packed.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(queries, keys, values, present[:, None, None, :])
        x = x + self.mix(seen.transpose(1, 2).reshape(count, length, WIDTH))
        return x + self.narrow(torch.relu(self.widen(self.inner_norm(x))))


class TextEncoder(nn.Module):
    """Words and trigrams of `Tokeniser.encode` to embeddings [text][d] of unit length: normalised here, not by the caller."""

    def __init__(self, vocabulary: int, buckets: int = 1024, output_width: int = 128) -> None:
        super().__init__()
        self.output_width = output_width
        self.words = nn.Embedding(FIRST_WORD + vocabulary, WIDTH, padding_idx=PADDING)
        self.trigrams = nn.Embedding(1 + buckets, WIDTH, padding_idx=0)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.projection = nn.Linear(WIDTH, output_width, bias=False)
        for table in (self.words, self.trigrams):
            nn.init.normal_(table.weight, std=0.5)
            with torch.no_grad():
                table.weight[0] = 0
        self.register_buffer("positions", positions(MAXIMUM_WORDS), persistent=False)

    @staticmethod
    def of(tokeniser: Tokeniser, output_width: int = 128) -> TextEncoder:
        """An untrained encoder that fits the tokeniser."""
        return TextEncoder(len(tokeniser.words), tokeniser.buckets, output_width)

    def forward(self, words: torch.Tensor, buckets: torch.Tensor) -> torch.Tensor:
        """In training some words are made unknown, so that their trigrams learn to speak for them."""
        present = words != PADDING
        if self.training:
            dropped = torch.rand(words.shape, device=words.device) < WORD_DROPOUT
            words = torch.where(dropped & present, UNKNOWN, words)
        filled = (buckets != 0).sum(-1, keepdim=True).clamp(min=1)
        x = self.words(words) + self.trigrams(buckets).sum(-2) / filled + self.positions[: words.shape[1]]
        for layer in self.layers:
            x = layer(x, present)
        x = self.norm(x) * present[..., None]
        pooled = x.sum(1) / present.sum(1, keepdim=True)
        return functional.normalize(self.projection(pooled), dim=-1)

    def embed(self, tokeniser: Tokeniser, texts: list[str]) -> torch.Tensor:
        """Embeddings [text][d] of texts, on the encoder's device."""
        return self(*(part.to(self.positions.device) for part in tokeniser.encode(texts)))


def positions(length: int) -> torch.Tensor:
    """Sines and cosines [position][WIDTH], in turn, of wavelengths from 2 pi to 10,000 times as much; a quarter as strong
    as words, for order matters little but to "no" and "left"."""
    rate = torch.exp(torch.arange(0, WIDTH, 2) * (-math.log(10_000.0) / WIDTH))
    angle = torch.arange(length)[:, None] * rate
    return 0.25 * torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)
