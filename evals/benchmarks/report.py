"""The values of a run of the benchmarks, as `--json` writes them."""

import datetime
from typing import Literal, get_args

import msgspec

from config.settings import Settings
from evals.benchmarks.timing import Spread

SectionName = Literal["indexing", "search", "model", "engine", "ask", "clients"]
SECTIONS: tuple[SectionName, ...] = get_args(SectionName)
"""In the order in which they are measured."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measured quantity."""

    name: str
    unit: str
    """`chunks/s`, `ms`, …; `ratio` for a quotient of two others of the same round."""
    value: Spread


class AskedQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question over all rounds. Seconds count from before the question takes its place at the model."""

    question: str
    status: str
    evidence_s: Spread
    draft_s: Spread | None
    """To the first piece of the draft; None when the question was refused before one."""
    answer_s: Spread
    prompt_tokens: int
    """Of all calls on the model; `reused_tokens` of them were still evaluated from the call before."""
    reused_tokens: int
    answer_tokens: int
    raw_share: Spread
    """Of `answer_s`, what bare llama.cpp takes for the tokens evaluated and the tokens answered; more than 1 when the
    machine was busier meanwhile than during the answer."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one benchmark measured."""

    name: SectionName
    lines: tuple[Line, ...]
    questions: tuple[AskedQuestion, ...] = ()
    """Only of the section `ask`."""
    peak_memory_bytes: int
    """Resident, of the whole process since its start: it never falls from one section to the next."""


class UsedModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that was measured."""

    id: str
    sha256: str
    """Of its weights."""


class Machine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the run took place."""

    system: str
    processor: str
    processor_fingerprint: str
    """Equal where llama.cpp is compiled with the same options: see `config.processor.fingerprint`."""
    cores: int
    """That this process may use."""
    memory_bytes: int
    load_average: float
    """Processes that wanted a core in the minute before the run; figures of a machine that is not idle are noisy."""
    python: str
    packages: dict[str, str]
    """From the name to the version."""


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole run."""

    started_at: datetime.datetime
    """UTC."""
    rounds: int
    settings: Settings
    """Except for the index folder: a temporary one is used."""
    machine: Machine
    embedder: UsedModel
    language_model: UsedModel
    generation_id: str
    """Of the index of the sample corpus that was searched."""
    chunk_count: int
    sections: tuple[Section, ...]
