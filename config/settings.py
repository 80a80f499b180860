"""Everything that can be tuned, validated once at start. The values stand in `profiles/*.toml`, none of them here.

A value is looked for in this order: explicit overrides (command-line options), the environment
(`FOOTNOTE_SERVER__PORT=8001`), the profile, the profiles that it extends. Nothing reads the environment at import.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.catalogue import Kind, load_catalogue
from config.fields import build, dotted_keys, sections_of, wrong_value
from config.layers import Given, environment_layer, flatten, locate_profile, merge, profile_layers

PROMPT_HEADROOM_TOKENS = 600
"""Of the context, kept for what is neither evidence nor answer: instructions, titles, question, a few earlier turns."""

Name = Annotated[str, Meta(min_length=1, description="text that is not empty")]
Url = Annotated[str, Meta(pattern=r"^(https?://\S+)?$", description="empty, or an address with http:// or https://")]
VariableName = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
        description="empty, or the name of an environment variable (not the key itself)",
        extra={"may_be_secret": True},
    ),
]
Threads = Annotated[int, Meta(ge=0, le=1024)]
Candidates = Annotated[int, Meta(ge=1, le=10_000)]


class IndexSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How documents become paragraphs, chunks and a searchable generation, and where that lies."""

    directory: Name
    """Holds the generations of the index; relative to the working directory."""
    max_chunk_tokens: Annotated[int, Meta(ge=0, le=32_768)]
    """Longest chunk, in tokens of the embedder; 0 is the embedder's own window."""
    max_paragraph_chars: Annotated[int, Meta(ge=100, le=100_000)]
    """Longer paragraphs are cut at the ends of sentences."""
    embed_batch_chunks: Annotated[int, Meta(ge=1, le=4096)]
    """How many chunks are embedded in one call."""


class EmbedderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model that turns text into vectors."""

    model: Name
    """An id of the catalogue, or the path of a sentence-transformers folder."""
    threads: Threads
    """Of the processor; 0 is all available cores."""


class VectorsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the vectors are searched."""

    kind: Literal["embedded", "server"]
    """In this process, or on a Chroma server."""
    url: Url
    """Of the Chroma server; only for `kind = "server"`."""


class LlmSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The language model that composes answers."""

    kind: Literal["llama_cpp", "openai"]
    """In this process, or behind an OpenAI-compatible server."""
    model: Name
    """An id of the catalogue or the path of a .gguf file; for `openai` the server's name of the model."""
    tokenizer: str
    """`openai` only: an id of the catalogue, or a .gguf file, whose vocabulary counts the tokens."""
    url: Url
    """`openai` only: the base address, with its version (`…/v1`)."""
    api_key_env: VariableName
    """`openai` only: the NAME of the environment variable that holds the key; empty sends no key."""
    context_tokens: Annotated[int, Meta(ge=512, le=1_048_576)]
    """Prompt and answer together."""
    memory_mib: Annotated[int, Meta(ge=1, le=1_048_576)]
    """`llama_cpp` only: for evaluated tokens. As many prompts of `context_tokens` as it holds are evaluated at once or
    kept for later questions."""
    parallel: Annotated[int, Meta(ge=1, le=32)]
    """How many questions are answered at once."""
    threads: Threads
    """Of the processor; 0 is all available cores."""
    queue_length: Annotated[int, Meta(ge=0, le=10_000)]
    """How many requests may wait for the model; one more is told to come back later."""
    request_timeout_s: Annotated[float, Meta(gt=0, le=3600)]
    """The longest silence of the server, or of the process that runs the model, while it should say something."""


class RetrievalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How evidence is found."""

    dense_candidates: Candidates
    """Chunks that the search by vector returns."""
    bm25_candidates: Candidates
    """Paragraphs that the search by word returns."""
    dense_weight: Annotated[float, Meta(ge=0, le=1)]
    """Share of the dense search in the fused score; the rest is BM25's."""
    evidence_paragraphs: Annotated[int, Meta(ge=1, le=100)]
    """Paragraphs that an answer may be drawn from."""
    other_documents: Annotated[int, Meta(ge=0, le=20)]
    """Further documents of which the best paragraph is looked at, because it may tell it differently."""
    other_document_share: Annotated[float, Meta(ge=0, le=1)]
    """Of the best paragraph's fused score, what such a paragraph must have."""
    ranker: str
    """What judges which sentences answer: a folder of `qa_service/rankers/` by its name, or the path of one (with a
    `/`); empty goes by words and ranks alone."""


class AnswerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an answer is composed and judged."""

    max_tokens: Annotated[int, Meta(ge=8, le=8192)]
    """Longest answer, in tokens of the language model."""
    evidence_tokens: Annotated[int, Meta(ge=64, le=131_072)]
    """Evidence in one prompt, in tokens of the language model."""
    first_evidence_tokens: Annotated[int, Meta(ge=64, le=131_072)]
    """The same at a first look, with which a question is answered whose answer is surely in it; from `evidence_tokens`
    on there is none."""
    first_threshold: Annotated[float, Meta(ge=0, le=1)]
    """Probability that the evidence of the first look answers the question from which on no more is read."""
    deadline_s: Annotated[float, Meta(gt=0, le=3600)]
    """From the question's turn to its answer."""
    adapter: str
    """What makes the model tell what the evidence answers: a folder of `qa_service/adapters/` by its name, or the path
    of a folder (with a `/`), made for `llm.model`; empty takes the model as it is."""
    answerability_threshold: Annotated[float, Meta(ge=0, le=1)]
    """Probability that the evidence answers the question below which it is refused."""
    paraphrase_threshold: Annotated[float, Meta(ge=0, le=1)]
    """Probability that the evidence answers the question below which an answer may not repeat words of the question
    that its evidence does not have."""
    trust_threshold: Annotated[float, Meta(ge=0, le=1)]
    """Probability that the evidence answers the question from which on it is trusted: where no draft holds, a sentence
    is copied or the best ones are quoted. Also the confidence in an answer (see `confidence_threshold`) from which on
    it may use words that its evidence does not have."""
    confidence_threshold: Annotated[float, Meta(ge=0, le=1)]
    """Confidence below which an answer is taken back: what the model makes of evidence and answer together, half of it
    the probability that the evidence answers the question, half the probability that the answer is right."""
    yes_or_no_threshold: Annotated[float, Meta(ge=0, le=1)]
    """Confidence below which a sentence of a document does not answer a question for a yes or no."""
    support_threshold: Annotated[float, Meta(ge=0, le=1)]
    """Share of a sentence's checked words that must stand in its evidence."""


class VerifierSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that judges claims against their evidence in place of their words."""

    model: str
    """An id of the catalogue, or the path of a CrossEncoder folder; empty is none."""
    checker_threshold: Annotated[float, Meta(ge=0, le=1)]
    """For a model with one output: probability from which on a claim counts as supported. A model with labels decides
    by the likeliest one."""


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The HTTP server."""

    host: Name
    """Address to listen on; 127.0.0.1 admits this machine only."""
    port: Annotated[int, Meta(ge=0, le=65_535)]
    """Port to listen on; 0 takes any free one."""
    public_url: Url
    """Prefix of the links in citations, as readers reach this server; empty makes relative links."""
    max_body_bytes: Annotated[int, Meta(ge=1024, le=1_073_741_824)]
    """Largest body of a request."""
    cached_answers: Annotated[int, Meta(ge=0, le=1_000_000)]
    """How many answers are kept for when the same question is asked of the same index again; 0 keeps none."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings, one section a topic."""

    index: IndexSettings
    embedder: EmbedderSettings
    vectors: VectorsSettings
    llm: LlmSettings
    retrieval: RetrievalSettings
    answer: AnswerSettings
    verifier: VerifierSettings
    server: ServerSettings


def load_settings(
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Load a profile, lay the environment and the overrides over it, and validate the whole.

    `profile` is the name of a shipped one or the path of a TOML file; None takes `FOOTNOTE_PROFILE`, else `default`.
    `environ` stands in for `os.environ`. `overrides` has dotted keys (`{"server.port": 8001}`); None as a value means
    "not given", so that options of a command can be passed on as they are.

    Raises ConfigError on one line that names file or variable, key, value and what is allowed.
    """
    environ = os.environ if environ is None else environ
    named_by = "profile" if profile else "FOOTNOTE_PROFILE"
    chosen = profile or environ.get("FOOTNOTE_PROFILE") or "default"
    path = locate_profile(chosen, relative_to=Path.cwd(), named_by=named_by)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    layer = merge(
        [
            *profile_layers(path),
            environment_layer(environ, dotted_keys(sections_of(Settings))),
            flatten(given, origin="override"),
        ]
    )
    settings = build(Settings, layer, profile=str(path))
    for key, requirement in contradictions(settings):
        raise wrong_value(key, layer.get(key, Given(None, str(path))), requirement)
    return settings


def contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Give the key and the requirement of each setting that is right alone and wrong beside another."""
    yield from _missing_addresses(settings)
    yield from _overfull_context(settings)
    yield from _wrong_model_kinds(settings)
    retrieval = settings.retrieval
    candidates = retrieval.dense_candidates + retrieval.bm25_candidates
    if retrieval.evidence_paragraphs > candidates:
        yield (
            "retrieval.evidence_paragraphs",
            f"must be at most {candidates}, retrieval.dense_candidates + retrieval.bm25_candidates",
        )


def _missing_addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.vectors.kind == "server" and not settings.vectors.url:
        yield "vectors.url", 'must be the address of a Chroma server, because vectors.kind = "server"'
    if settings.llm.kind == "openai" and not settings.llm.url:
        yield "llm.url", 'must be the address of an OpenAI-compatible server, because llm.kind = "openai"'
    if settings.llm.kind == "openai" and not settings.llm.tokenizer:
        yield "llm.tokenizer", 'must be a catalogue id or a .gguf file that counts tokens, because llm.kind = "openai"'


def _overfull_context(settings: Settings) -> Iterator[tuple[str, str]]:
    room = settings.llm.context_tokens - settings.answer.max_tokens - PROMPT_HEADROOM_TOKENS
    if settings.answer.evidence_tokens > room:
        yield (
            "answer.evidence_tokens",
            f"must be at most {room}: llm.context_tokens = {settings.llm.context_tokens}, less answer.max_tokens = "
            f"{settings.answer.max_tokens}, less {PROMPT_HEADROOM_TOKENS} for instructions and question",
        )


def _wrong_model_kinds(settings: Settings) -> Iterator[tuple[str, str]]:
    wanted: list[tuple[str, str, Kind]] = [("embedder.model", settings.embedder.model, "sentence_transformers")]
    if settings.llm.kind == "llama_cpp":
        wanted.append(("llm.model", settings.llm.model, "gguf"))
    else:
        wanted.append(("llm.tokenizer", settings.llm.tokenizer, "gguf"))
    wanted.append(("verifier.model", settings.verifier.model, "cross_encoder"))
    catalogue = load_catalogue()
    for key, model, kind in wanted:
        entry = catalogue.get(model)
        if entry is not None and entry.kind != kind:
            ids = ", ".join(other.id for other in catalogue.models if other.kind == kind) or "the catalogue has none"
            yield key, f"is a {entry.kind} model: must be a {kind} model ({ids}), or a path"
