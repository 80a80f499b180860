"""Several clients at once: how many questions are answered in a minute, and who waits."""

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import msgspec

from config.paths import footnote_home
from config.settings import Settings
from evals.benchmarks.asking import QUESTIONS
from evals.benchmarks.decoding import opened_llama
from evals.benchmarks.machine import peak_memory_bytes
from evals.benchmarks.report import Line, Section
from evals.benchmarks.timing import ratios, spread
from evals.benchmarks.workbench import Tell, Workbench
from indexer.search import Index, open_index
from qa_service.ask import ask
from qa_service.entailment import FactChecker, open_checker
from qa_service.llm.llama import LlamaModel
from qa_service.ranker import Ranker, open_ranker
from qa_service.values import Question

CLIENTS = (1, 2, 4, 8)


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """All questions, asked by some clients, each of whom asks when the question before is answered."""

    seconds: float
    answers_s: tuple[float, ...]
    """Of each question, from when its client asked."""


def measure_clients(bench: Workbench, *, rounds: int, tell: Tell) -> Section:
    """Have the same questions asked by one client, and by several at once."""
    taken: dict[int, list[Load]] = {clients: [] for clients in CLIENTS}
    with closing(open_index(bench.settings, bench.embedder)) as index, opened_llama(bench.settings) as model:
        index.warm()
        checker = open_checker(bench.settings.verifier, home=footnote_home())
        ranker = open_ranker(bench.settings.retrieval, home=footnote_home())
        for number in range(1, rounds + 1):
            for clients in CLIENTS:
                tell(f"clients: round {number} of {rounds}, {clients} at once")
                taken[clients].append(
                    _load(clients, index=index, model=model, bench=bench, checker=checker, ranker=ranker)
                )
    return Section(name="clients", lines=client_lines(taken), peak_memory_bytes=peak_memory_bytes())


def client_lines(taken: dict[int, list[Load]]) -> tuple[Line, ...]:
    """Summarise the rounds of each number of clients, next to one client's."""
    alone = [load.seconds for load in taken[min(taken)]]
    lines = []
    for clients, loads in taken.items():
        rates = [60 * len(load.answers_s) / load.seconds for load in loads]
        lines.append(Line(name=f"answers a minute, {clients} at once", unit="1/min", value=spread(rates)))
        if clients > min(taken):
            faster = ratios(alone, [load.seconds for load in loads])
            lines.append(Line(name=f"answers a minute, {clients} at once / one", unit="ratio", value=faster))
            longest = [max(load.answers_s) / statistics.mean(load.answers_s) for load in loads]
            lines.append(Line(name=f"longest / mean wait, {clients} at once", unit="ratio", value=spread(longest)))
    return tuple(lines)


def _load(
    clients: int,
    *,
    index: Index,
    model: LlamaModel,
    bench: Workbench,
    checker: FactChecker | None,
    ranker: Ranker | None,
) -> Load:
    model.forget_evaluated()
    started_s = time.perf_counter()
    once = partial(_seconds, index=index, model=model, settings=bench.settings, checker=checker, ranker=ranker)
    with ThreadPoolExecutor(clients, thread_name_prefix="client") as threads:
        answers = list(threads.map(once, QUESTIONS))
    return Load(seconds=time.perf_counter() - started_s, answers_s=tuple(answers))


def _seconds(
    question: str,
    *,
    index: Index,
    model: LlamaModel,
    settings: Settings,
    checker: FactChecker | None,
    ranker: Ranker | None,
) -> float:
    started_s = time.perf_counter()
    with model.admit(threading.Event()) as session:
        ask(
            Question(question=question), index=index, session=session, settings=settings, checker=checker, ranker=ranker
        )
    return time.perf_counter() - started_s
