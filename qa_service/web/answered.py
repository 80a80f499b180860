"""Answers that were given, for when the same question is asked of the same index again."""

import uuid

import msgspec

from qa_service.values import Answer, Question, Usage

_NOTHING_SPENT = Usage(prompt_tokens=0, reused_tokens=0, answer_tokens=0)


class AnswerCache:
    """Keeps the answers that were asked for last. Belongs to one thread.

    Model, prompts and settings are those of the process, and so is the cache.
    """

    def __init__(self, size: int) -> None:
        """`size`: answers at most; 0 keeps none."""
        self._size = size
        self._answers: dict[bytes, Answer] = {}
        """The longest not asked for first."""

    def get(self, question: Question, index_version: str) -> Answer | None:
        """Return the answer under an id of its own, if that question was answered from that index."""
        key = key_of(question, index_version)
        answer = self._answers.pop(key, None)
        if answer is None:
            return None
        self._answers[key] = answer
        return msgspec.structs.replace(
            answer,
            id=uuid.uuid4().hex,
            question=question.question,
            usage=_NOTHING_SPENT,
            timings_s={"total": 0.0},
            cached=True,
        )

    def put(self, question: Question, answer: Answer) -> None:
        """Keep an answer, unless the time for it was up: it may be better next time."""
        if answer.reason == "deadline" or answer.past_deadline:
            return
        self._answers[key_of(question, answer.index_version)] = answer
        if len(self._answers) > self._size:
            del self._answers[next(iter(self._answers))]


def key_of(question: Question, index_version: str) -> bytes:
    """Return what two questions have in common that have the same answer."""
    plain = msgspec.structs.replace(question, question=" ".join(question.question.split()))
    return index_version.encode() + b"\0" + msgspec.json.encode(plain)
