"""What `footnote doctor` reports: findings, each well or with its remedy."""

import importlib.metadata
import platform
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from config.errors import FootnoteError
from config.models import model_sha256, require
from config.paths import footnote_home
from config.processor import INSTRUCTION_SETS, X86_MACHINES, available_cores, cmake_args, processor_flags
from config.settings import Settings
from indexer.folder import IndexFolder
from indexer.generation import read_manifest
from qa_service.answerability import CHOICES
from qa_service.bootstrap import open_model
from qa_service.decode_proof import REBUILD_LIBRARY, DecodeProof, prove_decode
from qa_service.entailment import open_checker
from qa_service.llm.port import Prompt
from qa_service.ranker import load_record

PACKAGES = (
    "footnote", "llama-cpp-python", "torch", "sentence-transformers", "chromadb", "tiktoken", "litestar", "uvicorn",
    "msgspec", "numpy",
)  # fmt: skip

_SILENT_SETS = frozenset({"SSE42"})
"""Instruction sets that llama.cpp can be built with but does not report."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    topic: str
    says: str
    well: bool = True
    remedy: str = ""
    """What to do; empty when all is well or `says` already tells."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All findings, in the order in which they matter to each other."""

    well: bool
    packages: dict[str, str]
    """From the name to the version; empty where it is not installed."""
    findings: list[Finding]


def examine(settings: Settings, *, prove: Callable[[Path, int], DecodeProof] = prove_decode) -> Report:
    """Look at everything that answering questions with these settings needs. Nothing is changed or fetched."""
    packages = {name: _version(name) for name in PACKAGES}
    findings = [
        *_missing_packages(packages),
        _processor(),
        _cores(settings),
        *_models(settings),
        _fact_checker(settings),
        _ranker(settings),
        _index(settings),
        *_language_model(settings, prove),
    ]
    return Report(well=all(finding.well for finding in findings), packages=packages, findings=findings)


def judge_instruction_sets(system_info: str, *, machine: str, flags: Iterable[str]) -> Finding:
    """Compare the instruction sets that the processor has with those that llama.cpp reports it was built with.

    `system_info` is llama.cpp's line (`CPU : AVX2 = 1 | …`), `flags` those of /proc/cpuinfo.
    """
    topic = "model library"
    if machine.lower() not in X86_MACHINES:
        return Finding(topic=topic, says=system_info.strip(" |"))
    options = dict(part.removeprefix("-DGGML_").split("=") for part in cmake_args(machine, flags))
    choices = {name: options[name] == "ON" for name in INSTRUCTION_SETS.keys() & options.keys() - _SILENT_SETS}
    has = set(_reported(system_info)) & INSTRUCTION_SETS.keys()
    dangers = {name for name in has if not choices.get(name, True)}
    # A build goes without AMX where that is listed and does not run.
    missing = {name for name, wanted in choices.items() if wanted and not name.startswith("AMX")} - has
    says = f"built with {_listed(has) or 'no instruction set'}"
    if dangers:
        says = f"{says}; {_listed(dangers)} can crash on this processor"
    elif missing:
        says = f"{says}; slower without {_listed(missing)}"
    else:
        return Finding(topic=topic, says=f"{says}: all that the processor has")
    return Finding(topic=topic, says=says, well=False, remedy=REBUILD_LIBRARY)


def render_report(report: Report) -> RenderableType:
    """Lay out the report for a terminal."""
    versions = ", ".join(f"{name} {version or 'missing'}" for name, version in report.packages.items())
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    table.add_row(Text(" "), Text("packages"), Text(versions))
    for finding in report.findings:
        mark = Text("✓", style="green") if finding.well else Text("✗", style="red")
        remedy = f"\n→ {finding.remedy}" if finding.remedy else ""
        table.add_row(mark, Text(finding.topic), Text(f"{finding.says}{remedy}"))
    return Group(table, Text(), Text("All is well." if report.well else "Something has to be mended; see ✗."))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _missing_packages(packages: dict[str, str]) -> Iterator[Finding]:
    missing = [name for name, version in packages.items() if not version]
    if missing:
        yield Finding(
            topic="packages", says=f"not installed: {', '.join(missing)}", well=False, remedy="run `make environment`"
        )


def _processor() -> Finding:
    known = {need for needs in INSTRUCTION_SETS.values() for need in needs}
    flags = sorted(flag for flag in processor_flags() if flag in known)
    return Finding(topic="processor", says=f"{platform.machine()}: {' '.join(flags) or 'flags unknown'}")


def _cores(settings: Settings) -> Finding:
    cores = available_cores()
    embedding = f"{settings.embedder.threads or cores} for embedding documents, 1 for a question"
    if settings.llm.kind != "llama_cpp":
        return Finding(topic="threads", says=f"{embedding}; {cores} cores are available")
    threads = settings.llm.threads or cores
    says = f"{threads} for the language model, {embedding}; {cores} cores are available"
    remedy = "set llm.threads to 0: threads that share a core wait for each other"
    return Finding(topic="threads", says=says, well=threads <= cores, remedy=remedy if threads > cores else "")


def _models(settings: Settings) -> Iterator[Finding]:
    yield Finding(topic="model files", says=str(footnote_home() / "models"))
    llm = settings.llm.model if settings.llm.kind == "llama_cpp" else settings.llm.tokenizer
    for role, model in (("embedder", settings.embedder.model), ("language model", llm)):
        try:
            require(model, home=footnote_home())
        except FootnoteError as error:
            yield Finding(topic=role, says=str(error), well=False)
        else:
            yield Finding(topic=role, says=f"{model} is here and verified")


def _fact_checker(settings: Settings) -> Finding:
    topic, model = "fact checker", settings.verifier.model
    if not model:
        return Finding(topic=topic, says="off: claims are judged by their words; verifier.model would name a model")
    try:
        open_checker(settings.verifier, home=footnote_home())
    except FootnoteError as error:
        return Finding(topic=topic, says=str(error), well=False)
    return Finding(topic=topic, says=f"loaded from {model}")


def _ranker(settings: Settings) -> Finding:
    topic, name = "ranker", settings.retrieval.ranker
    try:
        loaded = load_record(name)
        if loaded is None:
            return Finding(topic=topic, says="off: sentences are read by their words; retrieval.ranker would name one")
        require(loaded[0].model, home=footnote_home())
    except FootnoteError as error:
        return Finding(topic=topic, says=str(error), well=False)
    return Finding(topic=topic, says=f"{name} is here and verified")


def _index(settings: Settings) -> Finding:
    try:
        folder = IndexFolder(Path(settings.index.directory))
        manifest = read_manifest(folder.path(folder.current_id()))
        embedder = require(settings.embedder.model, home=footnote_home())
        fits = manifest.embedder_sha256 == model_sha256(settings.embedder.model, embedder)
    except FootnoteError as error:
        return Finding(topic="index", says=str(error), well=False)
    says = f"{manifest.id}: {manifest.document_count} documents, {manifest.paragraph_count} paragraphs"
    if fits:
        return Finding(topic="index", says=says)
    wrong = f"{says}, made with {manifest.embedder}, configured is {settings.embedder.model}"
    return Finding(topic="index", says=wrong, well=False, remedy="run `footnote index PATH…`")


def _language_model(settings: Settings, prove: Callable[[Path, int], DecodeProof]) -> Iterator[Finding]:
    if settings.llm.kind == "openai":
        server = _model_server(settings)
        yield server
        if server.well:
            yield _model_scores(settings)
        return
    try:
        model = require(settings.llm.model, home=footnote_home())
    except FootnoteError:
        yield Finding(
            topic="decode", says="not tried: the language model is not here", well=False,
            remedy="fetch it with `footnote models fetch`",
        )  # fmt: skip
        return
    proof = prove(model, settings.llm.threads or available_cores())
    if proof.system_info:
        yield judge_instruction_sets(proof.system_info, machine=platform.machine(), flags=processor_flags())
    if proof.decoded is None:
        yield Finding(topic="decode", says=f"one decode in a process of its own failed: {proof.failure}", well=False)
    else:
        yield Finding(topic="decode", says=f"one token in {proof.decoded.seconds:.2f} s: {proof.decoded.token!r}")


def _model_server(settings: Settings) -> Finding:
    address = f"{settings.llm.url.rstrip('/')}/models"
    try:
        answer = httpx.get(address, timeout=5.0, trust_env=False)
    except httpx.HTTPError as error:
        return Finding(
            topic="model server", says=f"{address}: {error}", well=False, remedy="start it, or change llm.url"
        )
    return Finding(topic="model server", says=f"{address}: status {answer.status_code}", well=answer.status_code < 500)


def _model_scores(settings: Settings) -> Finding:
    """Tell whether the server lets us read how probable an answer is."""
    topic = "probabilities"
    try:
        with closing(open_model(settings.llm)) as model, model.admit(threading.Event()) as session:
            reading = session.read(Prompt(system="Answer yes or no.", shared=(), ask="Is water wet?"), CHOICES)
    except FootnoteError as error:
        return Finding(topic=topic, says=f"not tried: {error}", well=False)
    if reading is None:
        says = "the server gives no log-probabilities: only names and figures tell whether the evidence answers"
        return Finding(topic=topic, says=says)
    return Finding(topic=topic, says="the server gives log-probabilities: they tell whether the evidence answers")


def _reported(system_info: str) -> frozenset[str]:
    pairs = (part.rpartition(":")[2].partition("=") for part in system_info.split("|"))
    return frozenset(name.strip() for name, _, value in pairs if value.strip() == "1")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
