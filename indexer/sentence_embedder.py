"""The embedder on sentence-transformers, on the CPU, from a local folder."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from config.errors import ModelFileError
from config.processor import processor_flags
from indexer.embed import Vectors

_BATCH_TEXTS = 16
"""Texts of about the same length that run through the model together, so that little is padding."""

_QUERY_PROMPTS = ("query",)
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")


_BF16_FLAGS = frozenset({"amx_tile", "amx_bf16"})
"""Of a processor on which bf16 is three times as fast as fp32; what it costs stands in docs/benchmarks.md."""


class SentenceEmbedder:
    """Port `Embedder` on a sentence-transformers model folder.

    One lock guards the model and its tokenizer: the fast tokenizer keeps its truncation as state and fails with
    "Already borrowed" when two threads use it. Whatever runs through the model runs on one core, and documents in as
    many batches side by side as there are threads: cores that share a batch wait for each other at each of its small
    steps, and a query would wait for a core that the language model keeps busy (0.4 s in all).
    """

    def __init__(self, folder: Path, *, name: str, sha256: str, threads: int) -> None:
        """Load the model. So many batches of documents as `threads` are embedded at once.

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
        by_length = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        batches = [by_length[start : start + _BATCH_TEXTS] for start in range(0, len(texts), _BATCH_TEXTS)]
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        with self._lock, ThreadPoolExecutor(self._threads, initializer=on_one_core) as pool:
            inputs = [self._model.preprocess([texts[at] for at in batch], self._document_prompt) for batch in batches]
            for batch, found in zip(batches, pool.map(self._run, inputs), strict=True):
                vectors[batch] = found
        return _unit(vectors)

    def embed_query(self, text: str) -> Vectors:
        """See `Embedder.embed_query`."""
        with self._lock:
            on_one_core()
            vectors = self._run(self._model.preprocess([text], self._query_prompt))
        unit: Vectors = _unit(vectors)[0]
        return unit

    @torch.inference_mode()
    def _run(self, inputs: dict[str, Any]) -> Vectors:
        return np.asarray(self._model(inputs)["sentence_embedding"].float().numpy(), np.float32)

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


def on_one_core() -> None:
    """Have what this thread computes with torch done on one core."""
    torch.set_num_threads(1)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
