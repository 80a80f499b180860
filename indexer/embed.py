"""Texts to vectors: the port, and a small deterministic implementation that needs no model.

The real adapter is `indexer.sentence_embedder`; both pass the same contract tests.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from config.models import model_sha256, require
from config.processor import available_cores
from config.settings import EmbedderSettings

Vectors = npt.NDArray[np.float32]
"""`(n, dimensions)` or `(dimensions,)`, every row of unit length."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is the cosine similarity. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """What a user calls the model."""
        ...

    @property
    def sha256(self) -> str:
        """Of the model's weights: an index belongs to the embedder that made it."""
        ...

    @property
    def dimensions(self) -> int:
        """Of every vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """The window, special tokens and prompt included; what lies beyond it would be cut off silently."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return for each text, as a document, how much of the window it takes, special tokens and prompt included."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return `(n, dimensions)` float32 of unit length, in the order of `texts`; `(0, dimensions)` for no text."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """Return `(dimensions,)` float32 of unit length."""
        ...


def open_embedder(settings: EmbedderSettings, *, home: Path) -> Embedder:
    """Load the configured sentence-transformers model from its local folder; the network is never asked.

    Raises ModelFileError when the folder is missing or altered.
    """
    from indexer.sentence_embedder import SentenceEmbedder  # noqa: PLC0415  torch takes seconds to import

    path = require(settings.model, home=home)
    return SentenceEmbedder(
        path,
        name=settings.model,
        sha256=model_sha256(settings.model, path),
        threads=settings.threads or available_cores(),
    )


class HashingEmbedder:
    """An embedder without a model: the sum of pseudo-random vectors of the words, from their SHA-256.

    Texts that share words are similar, texts that share none are nearly orthogonal, and the same text gives the same
    vector on every machine: rankings mean something. For tests and dry runs, not for use: it knows no synonyms.
    A token is a run of at most eight characters of a word, or any other character; two special tokens frame a text.
    """

    def __init__(self, *, dimensions: int = 256, max_tokens: int = 64) -> None:
        self.name = "hashing"
        self.dimensions = dimensions
        self.max_tokens = max_tokens
        recipe = f"hashing embedder 1, {dimensions} dimensions, {max_tokens} tokens"
        self.sha256 = hashlib.sha256(recipe.encode()).hexdigest()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Embedder.count_tokens`."""
        return [2 + len(_TOKEN.findall(text)) for text in texts]

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed_documents`."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        """See `Embedder.embed_query`."""
        words = _WORD.findall(text.casefold()) or [""]
        total = np.sum([self._word_vector(word) for word in words], axis=0)
        return np.asarray(total / np.linalg.norm(total), np.float32)

    def _word_vector(self, word: str) -> npt.NDArray[np.float64]:
        digest = hashlib.shake_256(word.encode("utf-8", "surrogatepass")).digest(2 * self.dimensions)
        return np.frombuffer(digest, ">u2").astype(np.float64) - 32767.5


_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\w{1,8}|[^\w\s]")
