"""What the engine adds to bare llama.cpp, and what it saves: the same tokens through both."""

import threading
import time
from collections.abc import Sequence
from itertools import chain

import msgspec

from evals.benchmarks.decoding import RawModel, opened_model
from evals.benchmarks.machine import peak_memory_bytes
from evals.benchmarks.report import Line, Section
from evals.benchmarks.timing import Spread, ratios, spread
from evals.benchmarks.workbench import Tell, Workbench
from qa_service.llm.native import SLICE_TOKENS
from qa_service.llm.port import Prompt

PASSAGE_TOKENS = 160
ANSWER_TOKENS = 40
COPYING = "\n\nCopy the passage above, word by word."
INVENTING = "\n\nWrite a poem about the sea."
SYSTEM = "You do as you are told."


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Of one prompt with its answer, through the engine and by the library alone."""

    engine_prompt_s: float
    engine_answer_s: float
    """Per token."""
    raw_prompt_s: float
    raw_answer_s: float


def measure_engine(bench: Workbench, *, rounds: int, tell: Tell) -> Section:
    """Have a passage copied, and something written that is not in it, in each round."""
    copied, invented = list[Times](), list[Times]()
    with opened_model(bench) as raw:
        first = raw.tokens[:PASSAGE_TOKENS]
        passage = b"".join(map(raw.model.vocabulary.bytes_of, first)).decode(errors="ignore")
        for number in range(1, rounds + 1):
            tell(f"engine: round {number} of {rounds}")
            for taken, ask in ((copied, COPYING), (invented, INVENTING)):
                taken.append(_measure(raw, Prompt(system=SYSTEM, shared=(passage,), ask=ask)))
    return Section(name="engine", lines=engine_lines(copied, invented), peak_memory_bytes=peak_memory_bytes())


def engine_lines(copied: Sequence[Times], invented: Sequence[Times]) -> tuple[Line, ...]:
    """Summarise the rounds."""
    every = [*copied, *invented]
    return (
        Line(
            name="prompt through the engine / by llama.cpp alone, seconds",
            unit="ratio",
            value=ratios([each.engine_prompt_s for each in every], [each.raw_prompt_s for each in every]),
        ),
        Line(name="tokens/s of an answer that copies, engine / alone", unit="ratio", value=_rates(copied)),
        Line(name="tokens/s of an answer that does not, engine / alone", unit="ratio", value=_rates(invented)),
        Line(
            name="floor: llama.cpp decode, behind a prompt",
            unit="tokens/s",
            value=spread([1 / each.raw_answer_s for each in every]),
        ),
    )


def _rates(taken: Sequence[Times]) -> Spread:
    return ratios([each.raw_answer_s for each in taken], [each.engine_answer_s for each in taken])


def _measure(raw: RawModel, prompt: Prompt) -> Times:
    raw.model.forget_evaluated()
    pieces: list[float] = []
    started_s = time.perf_counter()
    with raw.model.admit(threading.Event()) as session:
        for _piece in session.generate(prompt, max_tokens=ANSWER_TOKENS):
            pieces.append(time.perf_counter())
        tokens = session.spent.answer_tokens
    parts = raw.model.template.encode(prompt, raw.model.vocabulary)
    whole = list(chain.from_iterable(parts))
    slices = [whole[start : start + SLICE_TOKENS] for start in range(0, len(whole), SLICE_TOKENS)]
    alone = raw.evaluate(slices, raw.tokens[: tokens - 1])
    return Times(
        engine_prompt_s=pieces[0] - started_s,
        engine_answer_s=(pieces[-1] - pieces[0]) / max(1, tokens - 1),
        raw_prompt_s=alone.prefill,
        raw_answer_s=alone.decode / max(1, tokens - 1),
    )
