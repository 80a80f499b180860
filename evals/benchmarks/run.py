"""A whole run: the benchmarks one after the other, and the facts without which their figures mean nothing."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Protocol

from config.models import model_sha256, require
from config.paths import footnote_home
from config.settings import Settings
from evals.benchmarks.asking import measure_asking
from evals.benchmarks.clients import measure_clients
from evals.benchmarks.decoding import measure_model
from evals.benchmarks.engine import measure_engine
from evals.benchmarks.indexing import measure_indexing
from evals.benchmarks.machine import describe_machine
from evals.benchmarks.report import Report, Section, SectionName, UsedModel
from evals.benchmarks.searching import measure_searching
from evals.benchmarks.workbench import Tell, Workbench, open_workbench


class Benchmark(Protocol):
    """Measures one section."""

    def __call__(self, bench: Workbench, *, rounds: int, tell: Tell) -> Section:
        """Measure `rounds` times, telling which round begins."""
        ...


BENCHMARKS: Mapping[SectionName, Benchmark] = {
    "indexing": measure_indexing,
    "search": measure_searching,
    "model": measure_model,
    "engine": measure_engine,
    "ask": measure_asking,
    "clients": measure_clients,
}


def run(settings: Settings, *, sections: Sequence[SectionName], rounds: int, tell: Tell) -> Report:
    """Measure the named sections, in that order, in this process.

    Raises ConfigError for settings that leave this process, ModelFileError for a model that is not here, and what
    building, searching and answering raise.
    """
    started_at, machine = datetime.datetime.now(datetime.UTC), describe_machine()
    with open_workbench(settings, tell=tell) as bench:
        return Report(
            started_at=started_at,
            rounds=rounds,
            settings=settings,
            machine=machine,
            embedder=_used(settings.embedder.model),
            language_model=_used(settings.llm.model),
            generation_id=bench.generation.id,
            chunk_count=bench.generation.chunk_count,
            sections=tuple(BENCHMARKS[name](bench, rounds=rounds, tell=tell) for name in sections),
        )


def _used(model: str) -> UsedModel:
    return UsedModel(id=model, sha256=model_sha256(model, require(model, home=footnote_home())))
