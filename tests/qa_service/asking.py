"""The whole pipeline on a scripted model, asked one question."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec

from config.settings import load_settings
from indexer.values import Hit
from qa_service.ask import ask
from qa_service.entailment import FactChecker
from qa_service.llm.port import Prompt
from qa_service.llm.scripted import ScriptedModel
from qa_service.ranker import Ranker
from qa_service.values import Answer, Question, Turn

MakeIndex = Callable[..., Any]
MakeHit = Callable[..., Hit]

VOTE = (
    "Bridge vote\n\n"
    "The council of Port Callan approved the Gannet Bridge on 13 March 2023. "
    "Eleven members voted for it and 8 against.\n\n"
    "Mayor Nessa Halloran stayed away from the vote. She opened a school in Saltmarket instead.\n"
)


def answer_to(
    question: str,
    draft: str | Callable[[Prompt], str],
    index: Any,
    *,
    yes: float = 9.0,
    conversation: tuple[Turn, ...] = (),
    checker: FactChecker | None = None,
    ranker: Ranker | None = None,
    verdict: Callable[[Prompt, str], float] | None = None,
    words: Callable[[Prompt], str] | None = None,
    first_evidence_tokens: int = 0,
) -> Answer:
    script = draft if callable(draft) else lambda _prompt: draft
    model = ScriptedModel(
        script, verdict=verdict or (lambda _prompt, choice: yes if choice == "Yes" else 0.0), words=words
    )
    settings = load_settings()
    if first_evidence_tokens:
        limits = msgspec.structs.replace(settings.answer, first_evidence_tokens=first_evidence_tokens)
        settings = msgspec.structs.replace(settings, answer=limits)
    with model.admit(threading.Event()) as session:
        asked = Question(question=question, conversation=conversation)
        answer = ask(asked, index=index, session=session, settings=settings, checker=checker, ranker=ranker)
    assert_exact(answer, index)
    return answer


def assert_exact(answer: Answer, index: Any) -> None:
    """Every quote is a slice of its document, and markers, claims and citations pair up."""
    for citation in answer.citations:
        assert index.document(citation.document_id).text[citation.start : citation.end] == citation.quote
    for claim in answer.claims:
        shown = "".join(f"[{marker}]" for marker in claim.markers)
        assert answer.text[claim.end :].startswith(shown)
        assert claim.markers
    assert {marker for claim in answer.claims for marker in claim.markers} == {c.marker for c in answer.citations}
    assert (answer.reason is None) == (answer.status == "answered")


def judging(right: float, *, decision: float = 1.0) -> Callable[[Prompt, str], float]:
    """Return a verdict whose log-odds of a yes are `right` where it is asked about an answer, and else `decision`."""

    def verdict(prompt: Prompt, choice: str) -> float:
        return (right if "Answer: " in prompt.ask else decision) if choice == "Yes" else 0.0

    return verdict
