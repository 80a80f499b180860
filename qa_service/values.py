"""What the service takes and gives: the same values for JSON, the stream, the page and the terminal."""

import datetime
from typing import Annotated, Literal

import msgspec

from indexer.values import Filters, Hit

Status = Literal["answered", "partial", "refused", "conflict", "clarify"]
Reason = Literal[
    "no_hits",
    "low_relevance",
    "unsupported",
    "contradicted",
    "reason_not_stated",
    "false_premise",
    "ambiguous",
    "sources_differ",
    "extract",
    "deadline",
]
Verdict = Literal["supported", "unsupported", "contradicted"]

MAX_QUESTION_CHARS = 2_000
MAX_TURNS = 40
MAX_TURN_CHARS = 8_000


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One earlier message of the conversation. It helps to understand the question and is never evidence."""

    role: Literal["user", "assistant"]
    text: Annotated[str, msgspec.Meta(max_length=MAX_TURN_CHARS)]


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /ask`."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_QUESTION_CHARS)]
    conversation: Annotated[tuple[Turn, ...], msgspec.Meta(max_length=MAX_TURNS)] = ()
    filters: Filters = Filters()


class Citation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A footnote: `quote == document.text[start:end]`, inside the named paragraph."""

    marker: int
    """From 1, in order of first appearance; stands in the answer's text as `[marker]`."""
    document_id: str
    title: str
    source: str
    published_at: datetime.date | None
    paragraph_id: str
    paragraph_number: int
    page: int | None
    start: int
    end: int
    quote: str
    url: str
    """Permalink to the paragraph on the document's page."""


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sentence of the answer: `answer.text[start:end]`, without its markers, which follow right behind it."""

    start: int
    end: int
    verdict: Verdict
    score: float
    """Share of the claim's checked words that stand in its evidence, 0 to 1; the probability of support where a model
    checks facts.
    """
    markers: tuple[int, ...]


class Usage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tokens of the model's own vocabulary."""

    prompt_tokens: int
    reused_tokens: int
    """How many of the prompt's tokens were still evaluated from before."""
    answer_tokens: int


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The outcome of one question. A refusal is an answer, not an error."""

    id: str
    status: Status
    reason: Reason | None
    """None exactly when `status` is `answered`."""
    question: str
    standalone_question: str | None
    """What was really asked of the index, when a follow-up had to be completed from the conversation, or a question
    about several accounts was asked of each."""
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Hit, ...]
    """The paragraphs that were considered, best first; for a refusal these are the nearest ones."""
    removed_claims: int
    """How many sentences of the model were cut because the evidence does not support them."""
    answerability: float | None = None
    """Probability that the evidence answers the question, 0 to 1, of its parts the least; None when nothing told it."""
    index_version: str
    model: str
    usage: Usage
    timings_s: dict[str, float]
    """Seconds by stage, and `total`."""
    past_deadline: bool = False
    """Whether the time was up before everything was tried; asked again, the answer may be another."""
    cached: bool = False
    """Whether the same question was answered from the same index before, and this is that answer."""


class EvidenceFound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Told as soon as retrieval is done: what the answer will be drawn from."""

    index_version: str
    standalone_question: str | None
    evidence: tuple[Hit, ...]


class TextDrafted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of the model's draft, not yet verified; the final answer replaces the draft."""

    text: str


Progress = EvidenceFound | TextDrafted
