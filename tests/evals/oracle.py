"""A target that knows the gold labels, and the ways in which a pipeline can be wrong."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from evals.anchors import Anchors
from evals.cases import Case
from indexer.search import Index
from indexer.values import Filters, Hit, Paragraph
from qa_service.values import Answer, Claim, Question, Usage
from tests.evals.answers_by_hand import citation_of, hit_of

Mutate = Callable[[Case, Answer], Answer]


def unchanged(_case: Case, answer: Answer) -> Answer:
    return answer


class Oracle:
    """Answers each case as it expects, citing a paragraph of each gold group; `mutate` then spoils the answer."""

    name = "footnote"

    def __init__(self, cases: Sequence[Case], index: Index, *, mutate: Mutate = unchanged) -> None:
        self._cases = {msgspec.json.encode(case.asked): case for case in cases}
        self._index = index
        self._anchors = Anchors(index)
        self._mutate = mutate
        self.fingerprint = f"oracle {id(self)}"

    def answer(self, question: Question) -> Answer:
        case = self._cases[msgspec.json.encode(question)]
        return self._mutate(case, self._right(case))

    def retrieve(self, question: str, asked: Question, *, limit: int) -> tuple[Hit, ...]:
        return tuple(self._index.search(question, filters=asked.filters, limit=limit))

    def _right(self, case: Case) -> Answer:
        status = "answered" if "answered" in case.expect.status else case.expect.status[0]
        reason = None if status == "answered" else next(iter(case.expect.reason), "low_relevance")
        if "refused" in case.expect.status and not case.answerable:
            return answer_with(case.question, status, reason, "The documents do not state it.")
        words = "; ".join(fact.any[0] for fact in case.expect.facts)
        groups = self._anchors.gold_of(case).groups
        return answer_with(case.question, status, reason, words, [self._paragraph(min(group)) for group in groups])

    def _paragraph(self, paragraph_id: str) -> Paragraph:
        document_id = paragraph_id.rpartition("-p")[0]
        return next(each for each in self._index.paragraphs(document_id) if each.id == paragraph_id)


def answer_with(
    question: str, status: str, reason: str | None, words: str, paragraphs: Sequence[Paragraph] = ()
) -> Answer:
    """One claim with a footnote to each of the paragraphs; without paragraphs there is no claim."""
    citations = tuple(citation_of(number, paragraph) for number, paragraph in enumerate(paragraphs, 1))
    markers = tuple(citation.marker for citation in citations)
    claim = Claim(start=0, end=len(words), verdict="supported", score=1.0, markers=markers)
    return Answer(
        id="a",
        status=status,
        reason=reason,
        question=question,
        standalone_question=None,
        text=words + "".join(f"[{marker}]" for marker in markers),
        claims=(claim,) if citations else (),
        citations=citations,
        evidence=tuple(hit_of(paragraph) for paragraph in paragraphs),
        removed_claims=0,
        index_version="",
        model="oracle",
        usage=Usage(prompt_tokens=1, reused_tokens=0, answer_tokens=1),
        timings_s={"total": 0.1},
    )


def any_paragraph(index: Index, *, beside: Mapping[str, int]) -> Paragraph:
    """A paragraph that is not among the gold ones."""
    for hit in index.search("the", filters=Filters(), limit=50):
        if hit.paragraph.id not in beside:
            return hit.paragraph
    raise AssertionError("every paragraph is gold")
