"""llama.cpp's C interface, as little of it as one sequence needs. One thread owns a `NativeContext` from birth to
`close`.

The high-level `llama_cpp.Llama` is not used: it has no way to abort a prefill, and tokenizes by itself.
"""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from qa_service.errors import CancelledError, ModelError
from qa_service.models.chat import ChatTemplate, template_of
from qa_service.models.vocabulary import Vocabulary, vocabulary_of

BATCH_TOKENS = 512

_ABORTED = 2
"""What `llama_decode` returns when the abort callback stopped it."""


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _discard_log(_level: int, _text: bytes, _data: ctypes.c_void_p) -> None:
    """llama.cpp writes some two hundred lines at each load; errors reach us as return codes."""


class NativeContext:
    """A loaded model with one sequence of evaluated tokens."""

    def __init__(
        self, path: Path, *, name: str, context_tokens: int, threads: int, adapter: Path | None = None
    ) -> None:
        """Load the model (seconds), and the adapter that `evaluate` uses on request, a LoRA in a GGUF file.

        Raises ModelError when either is no file that this build can run, or the adapter is for another model.
        """
        llama_cpp.llama_log_set(_discard_log, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        self._model = load_file(path, name=name, vocabulary_only=False)
        trained_tokens = llama_cpp.llama_model_n_ctx_train(self._model)
        if context_tokens > trained_tokens:
            raise ModelError(
                f"{name}: llm.context_tokens is {context_tokens}, the model was trained for {trained_tokens}"
            )
        self.vocabulary: Vocabulary = vocabulary_of(self._model, name)
        self.template: ChatTemplate = template_of(self._model, name)
        self._tokens = llama_cpp.llama_model_get_vocab(self._model)
        self._token_count = llama_cpp.llama_vocab_n_tokens(self._tokens)
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = context_tokens
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.n_threads = params.n_threads_batch = threads
        self._context = llama_cpp.llama_init_from_model(self._model, params)
        if not self._context:
            raise ModelError(f"{name}: no memory for a context of {context_tokens} tokens; lower llm.context_tokens")
        self._adapter = _load_adapter(self._model, name, adapter) if adapter else None
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._parts: list[list[int]] = []
        self._cancel = threading.Event()
        self._abort = llama_cpp.ggml_abort_callback(lambda _data: self._cancel.is_set())
        llama_cpp.llama_set_abort_callback(self._context, self._abort, None)

    @property
    def has_adapter(self) -> bool:
        """Whether an adapter was loaded."""
        return self._adapter is not None

    def evaluate(self, parts: list[list[int]], cancel: threading.Event, *, adapted: bool = False) -> int:
        """Make `parts` the evaluated sequence, and return how many of their tokens were still evaluated from before.

        Parts are reused whole, and each is decoded in batches of its own: the numbers that llama.cpp computes for a
        token depend, in their last digits, on what is decoded with it, and an answer must not depend on the question
        before. The last part is decoded always, for its logits; if `adapted`, with the adapter, and for this once.

        Raises CancelledError within one layer's time after `cancel` is set; the evaluated sequence is then empty.
        """
        self._cancel = cancel
        reused = _common_prefix(self._parts, parts[:-1])
        kept = sum(map(len, parts[:reused]))
        if not llama_cpp.llama_memory_seq_rm(self._memory, 0, kept, -1):
            self._forget()
            reused = kept = 0
        del self._parts[reused:]
        for index, part in enumerate(parts[reused:], reused + 1):
            with self._adapted(adapted and index == len(parts)):
                for start in range(0, len(part), BATCH_TOKENS):
                    self._decode(part[start : start + BATCH_TOKENS])
            if index < len(parts) or not adapted:
                self._parts.append(part)
        return kept

    @contextmanager
    def _adapted(self, wanted: bool) -> Iterator[None]:
        if not (wanted and self._adapter):
            yield
            return
        one = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(self._adapter)  # type: ignore[misc]  # it takes what init gives
        scale = (ctypes.c_float * 1)(1.0)
        llama_cpp.llama_set_adapters_lora(self._context, one, 1, scale)
        try:
            yield
        finally:
            llama_cpp.llama_set_adapters_lora(self._context, None, 0, None)

    def append(self, token: int) -> None:
        """Evaluate one more token, under the cancel event of the last `evaluate`. It is not reused."""
        self._decode([token])

    def logits(self) -> NDArray[np.float32]:
        """Return the next token's logits: `(vocabulary,) float32`, a view that the next decode overwrites."""
        pointer = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._token_count,))

    def ends_answer(self, token: int) -> bool:
        """Tell whether `token` ends a generation."""
        return bool(llama_cpp.llama_vocab_is_eog(self._tokens, token))

    def close(self) -> None:
        """Free the native memory."""
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    def _decode(self, tokens: list[int]) -> None:
        if self._cancel.is_set():
            raise CancelledError("nobody waits for this answer any more")
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        code = llama_cpp.llama_decode(self._context, llama_cpp.llama_batch_get_one(array, len(tokens)))
        if code != 0:
            self._forget()
            if code == _ABORTED:
                raise CancelledError("nobody waits for this answer any more")
            raise ModelError(f"llama_decode failed with code {code} on {len(tokens)} tokens")

    def _forget(self) -> None:
        llama_cpp.llama_memory_clear(self._memory, True)
        self._parts.clear()


def _load_adapter(model: llama_cpp.llama_model_p, name: str, path: Path) -> llama_cpp.llama_adapter_lora_p:
    """Return the adapter; the model frees it."""
    adapter: llama_cpp.llama_adapter_lora_p | None = llama_cpp.llama_adapter_lora_init(model, str(path).encode())
    if not adapter:
        raise ModelError(f"{name}: llama.cpp cannot load the adapter {path}; is it made for this model?")
    return adapter


def load_file(path: Path, *, name: str, vocabulary_only: bool) -> llama_cpp.llama_model_p:
    """Load a GGUF file. Raises ModelError when llama.cpp cannot."""
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = vocabulary_only
    model: llama_cpp.llama_model_p | None = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        raise ModelError(f"{name}: llama.cpp cannot load {path}; run `footnote models verify {name}`")
    return model


def load_vocabulary(path: Path, *, name: str) -> Vocabulary:
    """Return the vocabulary of a GGUF file without loading its weights."""
    llama_cpp.llama_log_set(_discard_log, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = load_file(path, name=name, vocabulary_only=True)
    try:
        return vocabulary_of(model, name)
    finally:
        llama_cpp.llama_model_free(model)


def _common_prefix(left: list[list[int]], right: list[list[int]]) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
