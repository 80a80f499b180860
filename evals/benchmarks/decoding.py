"""Tokens per second of llama.cpp itself, through `NativeContext` in a process of its own: the floor under answers.

In this one it would not do: torch's matrix instructions and llama.cpp's, in turn in one thread, end in SIGILL.
"""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from config.errors import ConfigError
from config.models import require
from config.paths import footnote_home
from config.processor import available_cores
from config.settings import Settings
from evals.benchmarks.machine import peak_memory_bytes
from evals.benchmarks.report import Line, Section
from evals.benchmarks.timing import spread
from evals.benchmarks.workbench import SAMPLE_CORPUS, Tell, Workbench
from indexer.corpus import load_documents
from qa_service.answerability import load_adapter
from qa_service.bootstrap import open_model
from qa_service.llm.llama import LlamaModel
from qa_service.llm.native import BATCH_TOKENS, NativeContext, Row

PREFILL_TOKENS = 512
DECODE_TOKENS = 32


class RawSeconds(msgspec.Struct, frozen=True, kw_only=True):
    """What llama.cpp took."""

    prefill: float
    decode: float


class RawModel(msgspec.Struct, frozen=True, kw_only=True):
    """A loaded model, and text to keep it busy with."""

    model: LlamaModel
    """In its process, for the questions."""
    alone: Executor
    """The process of the floor."""
    tokens: tuple[int, ...]
    """Of the sample corpus, as many as the context holds."""

    def seconds(self, *, prefill_tokens: int, decode_tokens: int) -> RawSeconds:
        """Evaluate that many tokens as one prompt, then more one by one.

        Nothing is sampled: what is decoded is known. No tokens take no time. Raises ModelError when llama.cpp fails.
        """
        if not prefill_tokens:
            return RawSeconds(prefill=0.0, decode=0.0)
        prompt = self.tokens[:prefill_tokens]
        answer = self.tokens[prefill_tokens : prefill_tokens + decode_tokens]
        return self.evaluate(
            [prompt[start : start + BATCH_TOKENS] for start in range(0, len(prompt), BATCH_TOKENS)], answer
        )

    def evaluate(self, prompt: Sequence[Sequence[int]], answer: Sequence[int]) -> RawSeconds:
        """Evaluate a prompt in these steps, then the answer's tokens one by one."""
        return self.alone.submit(_evaluate, prompt, answer).result()


_opened: list[NativeContext] = []
"""In the process of the floor."""


def _open(path: Path, name: str, context_tokens: int, memory_mib: int, threads: int) -> None:
    _opened.append(
        NativeContext(path, name=name, context_tokens=context_tokens, memory_mib=memory_mib, threads=threads)
    )


def _evaluate(prompt: Sequence[Sequence[int]], answer: Sequence[int]) -> RawSeconds:
    context = _opened[0]
    context.clear()
    place = 0
    started_s = time.perf_counter()
    for tokens in prompt:
        context.decode([Row(token, place + index, 0) for index, token in enumerate(tokens)])
        place += len(tokens)
    context.logits()  # reading them waits until they are there
    prefilled_s = time.perf_counter()
    for index, token in enumerate(answer):
        context.decode([Row(token, place + index, 0)])
    context.logits()
    return RawSeconds(prefill=prefilled_s - started_s, decode=time.perf_counter() - prefilled_s)


def measure_model(bench: Workbench, *, rounds: int, tell: Tell) -> Section:
    """Evaluate the same stretch of text in every round."""
    with opened_model(bench) as raw:
        taken = []
        for number in range(1, rounds + 1):
            tell(f"model: round {number} of {rounds}")
            taken.append(raw.seconds(prefill_tokens=PREFILL_TOKENS, decode_tokens=DECODE_TOKENS))
    prefill = spread([PREFILL_TOKENS / seconds.prefill for seconds in taken])
    decode = spread([DECODE_TOKENS / seconds.decode for seconds in taken])
    return Section(
        name="model",
        lines=(
            Line(name=f"floor: llama.cpp prefill of {PREFILL_TOKENS} tokens", unit="tokens/s", value=prefill),
            Line(name=f"floor: llama.cpp decode of {DECODE_TOKENS} tokens", unit="tokens/s", value=decode),
        ),
        peak_memory_bytes=peak_memory_bytes(),
    )


@contextmanager
def opened_llama(settings: Settings) -> Iterator[LlamaModel]:
    """Load the language model in its process, with its adapter. Raises ConfigError when it has none, ModelError when it
    does not load.
    """
    with closing(open_model(settings.llm, load_adapter(settings.answer.adapter))) as model:
        if not isinstance(model, LlamaModel):
            kind = settings.llm.kind
            raise ConfigError(f'llm.kind is "{kind}": the benchmarks need "llama_cpp"; choose another profile')
        yield model


@contextmanager
def opened_model(bench: Workbench) -> Iterator[RawModel]:
    """Load the language model in its process and in another, and have that one evaluate something: the first time
    reads the file's pages from the disk.

    Raises ConfigError when the context has no room for the floor, ModelError when the model does not load.
    """
    settings = bench.settings.llm
    if settings.context_tokens < PREFILL_TOKENS + DECODE_TOKENS:
        raise ConfigError(
            f"llm.context_tokens is {settings.context_tokens}: the benchmarks need at least "
            f"{PREFILL_TOKENS + DECODE_TOKENS}; raise it"
        )
    with opened_llama(bench.settings) as model:
        text = "\n\n".join(document.text for document in load_documents([SAMPLE_CORPUS]).documents)
        path, threads = require(settings.model, home=footnote_home()), settings.threads or available_cores()
        alone = ProcessPoolExecutor(
            1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_open,
            initargs=(path, settings.model, settings.context_tokens, settings.memory_mib, threads),
        )
        with alone:
            tokens = tuple(model.vocabulary.encode(text)[: settings.context_tokens])
            raw = RawModel(model=model, alone=alone, tokens=tokens)
            raw.seconds(prefill_tokens=PREFILL_TOKENS, decode_tokens=DECODE_TOKENS)
            yield raw
