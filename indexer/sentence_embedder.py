"""The embedder on sentence-transformers, on the CPU, from a local folder."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from config.errors import ModelFileError
from config.processor import processor_flags
from indexer.embed import Vectors

# Texts run through the model together; the library sorts what it is given by length first, so little is padding.
_BATCH_TEXTS = 16

_QUERY_PROMPTS = ("query",)
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")


_BF16_FLAGS = frozenset({"amx_tile", "amx_bf16"})
"""Of a processor on which bf16 is three times as fast as fp32; what it costs stands in docs/benchmarks.md."""


class SentenceEmbedder:
    """Port `Embedder` on a sentence-transformers model folder.

    One lock guards the model and its tokenizer: the fast tokenizer keeps its truncation as state and fails with
    "Already borrowed" when two threads use it. A query is embedded on one core, which takes as long as on two and does
    not wait at each step for a core that the language model keeps busy (0.4 s in all).
    """

    def __init__(self, folder: Path, *, name: str, sha256: str, threads: int) -> None:
        """Load the model. `threads` is for documents; a query is embedded by one.

        Raises ModelFileError when the folder is not a sentence-transformers model.
        """
        self._threads = threads
        # "Loading weights" would flash up on every start, for less than a second.
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
            if processor_flags() >= _BF16_FLAGS:
                self._model.bfloat16()
        except (OSError, ValueError, KeyError) as error:
            raise ModelFileError(
                f"{folder}: not a usable sentence-transformers folder ({' '.join(str(error).split())});"
                f" fetch it again with `footnote models fetch {name}`"
            ) from error
        self.name = name
        self.sha256 = sha256
        self._lock = threading.Lock()
        self.dimensions = self._measured_dimensions()
        self.max_tokens = self._window()
        self._query_prompt = self._prompt(_QUERY_PROMPTS)
        self._document_prompt = self._prompt(_DOCUMENT_PROMPTS)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Embedder.count_tokens`."""
        if not texts:
            return []
        prompted = [self._document_prompt + text for text in texts]
        with self._lock:
            encoded = self._model.tokenizer(prompted, add_special_tokens=True, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed_documents`."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return self._encode(list(texts), self._document_prompt, threads=self._threads)

    def embed_query(self, text: str) -> Vectors:
        """See `Embedder.embed_query`."""
        vector: Vectors = self._encode([text], self._query_prompt, threads=1)[0]
        return vector

    def _encode(self, texts: list[str], prompt: str, *, threads: int) -> Vectors:
        with self._lock:
            torch.set_num_threads(threads)
            vectors = self._model.encode(
                texts,
                prompt=prompt,
                batch_size=_BATCH_TEXTS,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        exact = np.asarray(vectors, np.float32)
        return np.asarray(exact / np.linalg.norm(exact, axis=1, keepdims=True), np.float32)

    def _measured_dimensions(self) -> int:
        """Ask the model for a vector: not every model names its dimensions."""
        return int(self._model.encode(["."], show_progress_bar=False, convert_to_numpy=True).shape[1])

    def _window(self) -> int:
        """Return the model's own limit or its tokenizer's, which for some models is a placeholder of 10^30."""
        limits = (self._model.max_seq_length, self._model.tokenizer.model_max_length)
        return min(int(limit) for limit in limits if limit)

    def _prompt(self, names: Sequence[str]) -> str:
        """Return the instruction with which the model was trained for this kind of text, or nothing."""
        return next((prompt for name in names if (prompt := self._model.prompts.get(name))), "")
