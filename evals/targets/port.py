"""The port through which a run asks."""

from typing import Protocol

from evals.values import TargetName
from indexer.values import Hit
from qa_service.values import Answer, Question


class Target(Protocol):
    """Something that answers questions over one index."""

    name: TargetName
    fingerprint: str
    """SHA-256 of the source that its answers depend on, besides model, index and settings: prompts, stages, weights."""

    def answer(self, question: Question) -> Answer:
        """Answer one question; whatever it raises is a crash."""
        ...

    def retrieve(self, question: str, asked: Question, *, limit: int) -> tuple[Hit, ...]:
        """Return the `limit` best paragraphs for `question`, with the filters of `asked`."""
        ...
