"""The reference to beat: what most tutorials build. The four nearest paragraphs by their vectors, one ordinary prompt,
the citations that the model writes, and its own word on whether the answer is there.
"""

import re
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from config.settings import Settings
from evals.targets.pipeline import sources_sha256
from evals.values import TargetName
from indexer.search import Index
from indexer.sentences import sentences
from indexer.values import Hit
from qa_service.ask import ignore
from qa_service.llm.port import LanguageModel, Prompt
from qa_service.stopwatch import Stopwatch
from qa_service.values import Answer, Citation, Claim, Question, TextDrafted, Usage

_USED = Path(__file__).resolve().parents[2]
_PARAGRAPHS = 4
_NOT_FOUND = "NOT FOUND"
_SYSTEM = "You are a helpful assistant that answers questions about documents."
_ASK = (
    "Answer the question using only the context above. Cite the passages that you use by their numbers in square "
    f"brackets, like [1]. If the context does not hold the answer, reply {_NOT_FOUND}."
)
_MARKER = re.compile(r"\s*\[(\d+)\]")


class Plain:
    """Dense search and one prompt, on the same model and the same generation as the pipeline."""

    name: TargetName = "plain"

    def __init__(self, *, dense: Index, model: LanguageModel, settings: Settings) -> None:
        """`dense` is an index opened with the settings that `dense_only` gives."""
        self._index = dense
        self._model = model
        self._settings = settings
        self.fingerprint = sources_sha256(
            [
                Path(__file__),
                *_USED.joinpath("indexer").rglob("*.py"),
                *_USED.joinpath("qa_service", "llm").rglob("*.py"),
            ]
        )

    def answer(self, question: Question, *, tell: Callable[[TextDrafted], None] = ignore) -> Answer:
        """See `Target.answer`. What the model says is told piece by piece."""
        watch = Stopwatch()
        with watch.stage("retrieve"):
            hits = self.retrieve(question.question, question, limit=_PARAGRAPHS)
        with self._model.admit(threading.Event()) as session, watch.stage("generate"):
            said = ""
            for piece in session.generate(_prompt(question, hits), max_tokens=self._settings.answer.max_tokens):
                said += piece
                tell(TextDrafted(text=piece))
            spent = session.spent
        refused = _NOT_FOUND.casefold() in said.casefold()
        text, claims, citations = ("", (), ()) if refused else _laid_out(said, hits)
        return Answer(
            id=uuid.uuid4().hex,
            status="refused" if refused else "answered",
            reason="low_relevance" if refused else None,
            question=question.question,
            standalone_question=None,
            text=said.strip() if refused else text,
            claims=claims,
            citations=citations,
            evidence=hits,
            removed_claims=0,
            index_version=self._index.generation.id,
            model=session.model_name,
            usage=Usage(
                prompt_tokens=spent.prompt_tokens,
                reused_tokens=spent.reused_tokens,
                answer_tokens=spent.answer_tokens,
            ),
            timings_s=watch.seconds(),
        )

    def retrieve(self, question: str, asked: Question, *, limit: int) -> tuple[Hit, ...]:
        """See `Target.retrieve`."""
        return tuple(self._index.search(question, filters=asked.filters, limit=limit))


def dense_only(settings: Settings) -> Settings:
    """Return the settings of the index that `Plain` searches."""
    return msgspec.structs.replace(settings, retrieval=msgspec.structs.replace(settings.retrieval, dense_weight=1.0))


def _prompt(question: Question, hits: Sequence[Hit]) -> Prompt:
    context = tuple(
        f"[{number}] {hit.title}{f' ({hit.published_at})' if hit.published_at else ''}\n{hit.paragraph.text}\n\n"
        for number, hit in enumerate(hits, 1)
    )
    talk = "".join(f"{turn.role.capitalize()}: {turn.text}\n" for turn in question.conversation)
    earlier = f"Conversation so far:\n{talk}\n" if talk else ""
    return Prompt(
        system=_SYSTEM, shared=("Context:\n\n", *context, f"{earlier}Question: {question.question}\n\n"), ask=_ASK
    )


def _laid_out(said: str, hits: Sequence[Hit]) -> tuple[str, tuple[Claim, ...], tuple[Citation, ...]]:
    """Return text, claims and citations in the service's form: each sentence is a claim, its markers follow behind it.

    A marker that names no passage stays in the text, without a citation: it is the model's mistake.
    """
    text, claims, citations = "", [], {}
    for start, end in sentences(said):
        words = _MARKER.sub("", said[start:end]).strip()
        named = sorted({int(number) for number in _MARKER.findall(said[start:end])})
        if not words:
            text += "".join(f"[{number}]" for number in named)
            continue
        text += " " if text else ""
        known = tuple(number for number in named if 1 <= number <= len(hits))
        claims.append(
            Claim(start=len(text), end=len(text) + len(words), verdict="unsupported", score=0.0, markers=known)
        )
        text += words + "".join(f"[{number}]" for number in named)
        citations.update({number: _citation(number, hits[number - 1]) for number in known})
    return text, tuple(claims), tuple(citations[number] for number in sorted(citations))


def _citation(marker: int, hit: Hit) -> Citation:
    paragraph = hit.paragraph
    return Citation(
        marker=marker,
        document_id=paragraph.document_id,
        title=hit.title,
        source=hit.source,
        published_at=hit.published_at,
        paragraph_id=paragraph.id,
        paragraph_number=paragraph.number,
        page=paragraph.page,
        start=paragraph.start,
        end=paragraph.end,
        quote=paragraph.text,
        url=f"/documents/{paragraph.document_id}#p{paragraph.number}",
    )
