"""llama.cpp's C interface, as much of it as the engine needs. One thread owns a `NativeContext` from birth to `close`.

The high-level `llama_cpp.Llama` is not used: it has no way to abort a prefill, knows one sequence, and tokenizes by
itself.
"""

import ctypes
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from qa_service.errors import CancelledError, ModelError
from qa_service.llm.chat import ChatTemplate, template_of
from qa_service.llm.vocabulary import Vocabulary, vocabulary_of

BATCH_TOKENS = 512
"""The most that one `decode` takes."""

_ABORTED = 2
"""What `llama_decode` returns when the abort callback stopped it."""
SLICE_TOKENS = 64
"""Of a prompt, evaluated in one step."""
BLOCK_TOKENS = 32
"""What matrix kernels take at a time; a part of it takes as long."""

_PROBED_ROWS = (2, 3, 4, 6, 8, 12, 16)
_PROBED_BEHIND = 40
"""Tokens that are evaluated before a probe: more than a block."""
_COMPARED_ROWS = 3
"""Of a step with several; a kernel that rounds otherwise does so in every row that it takes."""
_Q8_0_NUMBERS = 32
"""In a block, which takes two bytes more."""


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _discard_log(_level: int, _text: bytes, _data: ctypes.c_void_p) -> None:
    """llama.cpp writes some two hundred lines at each load; errors reach us as return codes."""


class Row(NamedTuple):
    """One token to evaluate."""

    token: int
    position: int
    sequence: int


class StepCosts(NamedTuple):
    """What decoding several tokens in one step means on this processor, with this build and these weights."""

    seconds: tuple[float, ...]
    """Of a step of 1, 2, … tokens, as many as get the very logits that they get one by one."""
    exact_slices: bool = False
    """Whether that holds for slices of a prompt, however it is cut."""

    @property
    def exact_rows(self) -> int:
        """The most tokens of a step that get the very logits that they get one by one."""
        return len(self.seconds)

    def of_more(self, rows: int) -> list[float]:
        """Return what one token more costs than `rows`, two more, …, in steps of one token."""
        return [(more - self.seconds[rows - 1]) / self.seconds[0] for more in self.seconds[rows:]]


class NativeContext:
    """A loaded model and the memory of the tokens that it has evaluated, in sequences that know nothing of each other.

    Sequences that shared one memory (`kv_unified`) would get other last digits by where in it they lie. Keys are kept
    in q8_0: where both keys and values are f16, a single token is computed in another way than several as soon as 256
    are evaluated.
    """

    def __init__(
        self, path: Path, *, name: str, context_tokens: int, memory_mib: int, threads: int, adapter: Path | None = None
    ) -> None:
        """Load the model (seconds), with memory for evaluated tokens, and the adapter that `decode` uses on request, a
        LoRA in a GGUF file.

        Raises ModelError when either is no file that this build can run, when the adapter is for another model, and
        when a prompt of `context_tokens` is too long for the model or its memory.
        """
        llama_cpp.llama_log_set(_discard_log, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        self._model = load_file(path, name=name, vocabulary_only=False)
        trained_tokens = llama_cpp.llama_model_n_ctx_train(self._model)
        if context_tokens > trained_tokens:
            raise ModelError(
                f"{name}: llm.context_tokens is {context_tokens}, the model was trained for {trained_tokens}"
            )
        bytes_each = context_tokens * _bytes_per_token(self._model)
        self.sequences = min((memory_mib << 20) // bytes_each, llama_cpp.llama_max_parallel_sequences())
        """Evaluated at once: those of calls under way, and those kept for later ones."""
        if self.sequences < 1:
            raise ModelError(
                f"{name}: llm.memory_mib is {memory_mib}, and {context_tokens} tokens, llm.context_tokens, take "
                f"{-(-bytes_each >> 20)} MiB; raise the one or lower the other"
            )
        self._tokens = llama_cpp.llama_model_get_vocab(self._model)
        self._token_count = llama_cpp.llama_vocab_n_tokens(self._tokens)
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = self.sequences * context_tokens
        params.n_seq_max = self.sequences
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.n_threads = params.n_threads_batch = threads
        if _fits_q8_0(self._model):
            params.type_k = llama_cpp.GGML_TYPE_Q8_0
        self._context = llama_cpp.llama_init_from_model(self._model, params)
        if not self._context:
            raise ModelError(f"{name}: no memory for {memory_mib} MiB of evaluated tokens; lower llm.memory_mib")
        self._adapter = _load_adapter(self._model, name, adapter) if adapter else None
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._stop: Callable[[], bool] = bool
        self._abort = llama_cpp.ggml_abort_callback(lambda _data: self._stop())

    @property
    def has_adapter(self) -> bool:
        """Whether an adapter was loaded."""
        return self._adapter is not None

    def decode(
        self,
        rows: Sequence[Row],
        *,
        every: bool = False,
        adapted: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        """Evaluate 1 to `BATCH_TOKENS` tokens in one step; then `logits` has those of the last row, or of `every` row.

        Raises CancelledError within one layer's time after `stop` tells so, ModelError when the library fails; nothing
        of `rows` is evaluated then.
        """
        batch = self._batch
        batch.n_tokens = len(rows)
        for index, row in enumerate(rows):
            batch.token[index] = row.token
            batch.pos[index] = row.position
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = row.sequence
            batch.logits[index] = every or index + 1 == len(rows)
        with self._adapted(adapted), self._stoppable(stop):
            code = llama_cpp.llama_decode(self._context, batch)
        if code == _ABORTED:
            raise CancelledError("nobody waits for this answer any more")
        if code != 0:
            raise ModelError(f"llama_decode failed with code {code} on {len(rows)} tokens")

    def logits(self, row: int = -1) -> NDArray[np.float32]:
        """Return what follows a row of the last step: `(vocabulary,) float32`, a view that the next step overwrites."""
        pointer = llama_cpp.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, shape=(self._token_count,))

    def copy(self, source: int, target: int) -> None:
        """Make the sequence `target` what `source` is. Raises ModelError when the library fails."""
        size = llama_cpp.llama_state_seq_get_size(self._context, source)
        state = (ctypes.c_uint8 * size)()
        self.cut(target, 0)
        if (
            llama_cpp.llama_state_seq_get_data(self._context, state, size, source) != size
            or llama_cpp.llama_state_seq_set_data(self._context, state, size, target) != size
        ):
            raise ModelError("llama.cpp could not copy a sequence")

    def cut(self, sequence: int, tokens: int) -> None:
        """Forget all of a sequence but its first `tokens` tokens."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, tokens, -1)

    def clear(self) -> None:
        """Forget all sequences."""
        llama_cpp.llama_memory_clear(self._memory, True)

    def ends_answer(self, token: int) -> bool:
        """Tell whether `token` ends a generation."""
        return bool(llama_cpp.llama_vocab_is_eog(self._tokens, token))

    def step_costs(self, *, adapted: bool = False) -> StepCosts:
        """Measure what several tokens in one step mean here (a second or two), with the adapter or without. Forgets all
        sequences.

        From some number of rows on, llama.cpp's kernels may round otherwise than for one; where, depends on the
        processor, the build and the weights.
        """
        behind = _PROBED_BEHIND
        tokens = [1 + place * 37 % (self._token_count - 1) for place in range(behind + SLICE_TOKENS)]
        rows = [Row(token, place, 0) for place, token in enumerate(tokens)]
        self.clear()
        self.decode(rows[:behind])
        alone, each_s = [], []
        for row in rows[behind : behind + _COMPARED_ROWS]:
            started_s = time.perf_counter()
            self.decode([row], adapted=adapted)
            alone.append(self.logits().copy())
            each_s.append(time.perf_counter() - started_s)
        seconds = {1: float(np.median(each_s))}
        for count in _PROBED_ROWS if _fits_q8_0(self._model) else ():
            self.cut(0, behind)
            started_s = time.perf_counter()
            self.decode(rows[behind : behind + count], every=True, adapted=adapted)
            if not self._has_logits(alone[:count], 0):
                break
            seconds[count] = max(time.perf_counter() - started_s, *seconds.values())
        if not self._same_in_several(rows[behind], min(max(seconds), self.sequences), alone[0], adapted=adapted):
            seconds = {1: seconds[1]}
        exact_slices = not adapted and max(seconds) == _PROBED_ROWS[-1] and self._same_in_slices(rows, alone)
        self.clear()
        counts = range(1, max(seconds) + 1)
        known = sorted(seconds.items())
        between = np.interp(counts, [count for count, _ in known], [spent for _, spent in known])
        return StepCosts(tuple(map(float, between)), exact_slices)

    def _has_logits(self, known: Sequence[NDArray[np.float32]], first: int) -> bool:
        """Tell whether the rows of the last step from `first` on have the logits `known`."""
        return all(np.array_equal(self.logits(first + place), logits) for place, logits in enumerate(known))

    def _same_in_slices(self, rows: Sequence[Row], known: Sequence[NDArray[np.float32]]) -> bool:
        """Tell whether rows behind the probed prefix get the logits `known` as the last of a slice, and amid one."""
        start, end = _PROBED_BEHIND - BLOCK_TOKENS, _PROBED_BEHIND + 1
        self.cut(0, start)
        self.decode(rows[start:end])
        if not self._has_logits(known[:1], -1):
            return False
        self.cut(0, start)
        self.decode(rows[start : start + SLICE_TOKENS], every=True)
        return self._has_logits(known, _PROBED_BEHIND - start)

    def _same_in_several(self, row: Row, count: int, known: NDArray[np.float32], *, adapted: bool) -> bool:
        """Tell whether `row` gets the logits `known` in each of several sequences in one step."""
        self.cut(row.sequence, row.position)
        others = [each for each in range(self.sequences) if each != row.sequence][: count - 1]
        for other in others:
            self.copy(row.sequence, other)
        self.decode([row, *(row._replace(sequence=other) for other in others)], every=True, adapted=adapted)
        return all(np.array_equal(self.logits(place), known) for place in range(count))

    def close(self) -> None:
        """Free the native memory."""
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    @contextmanager
    def _stoppable(self, stop: Callable[[], bool] | None) -> Iterator[None]:
        """The callback costs a call into Python per node of the graph, which a step of few tokens would feel."""
        if stop is None:
            yield
            return
        self._stop = stop
        llama_cpp.llama_set_abort_callback(self._context, self._abort, None)
        try:
            yield
        finally:
            llama_cpp.llama_set_abort_callback(self._context, llama_cpp.ggml_abort_callback(), None)

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


def _head_width(model: llama_cpp.llama_model_p) -> int:
    width: int = llama_cpp.llama_model_n_embd(model) // llama_cpp.llama_model_n_head(model)
    return width


def _fits_q8_0(model: llama_cpp.llama_model_p) -> bool:
    return _head_width(model) % _Q8_0_NUMBERS == 0


def _bytes_per_token(model: llama_cpp.llama_model_p) -> int:
    """Of the keys and values of one evaluated token."""
    heads: int = llama_cpp.llama_model_n_layer(model) * llama_cpp.llama_model_n_head_kv(model)
    numbers = heads * _head_width(model)
    keys = numbers + 2 * numbers // _Q8_0_NUMBERS if _fits_q8_0(model) else 2 * numbers
    return keys + 2 * numbers


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
    with _without_weights(path, name) as model:
        return vocabulary_of(model, name)


def load_language(path: Path, *, name: str) -> tuple[Vocabulary, ChatTemplate]:
    """Return vocabulary and chat template of a GGUF file without loading its weights."""
    with _without_weights(path, name) as model:
        return vocabulary_of(model, name), template_of(model, name)


@contextmanager
def _without_weights(path: Path, name: str) -> Iterator[llama_cpp.llama_model_p]:
    llama_cpp.llama_log_set(_discard_log, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = load_file(path, name=name, vocabulary_only=True)
    try:
        yield model
    finally:
        llama_cpp.llama_model_free(model)
