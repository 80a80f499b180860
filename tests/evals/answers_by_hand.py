"""Cases, gold and answers made by hand, over two short documents with two paragraphs each."""

from collections.abc import Sequence

from evals.anchors import Gold
from evals.cases import Case, Expectation, Fact
from evals.values import Outcome
from indexer.values import Hit, Paragraph
from qa_service.values import Answer, Citation, Claim, Reason, Status, Usage

DOCUMENTS = {
    "tower": "The Blue Tower opened in 1931.\n\nIt cost 40 million marks.",
    "ferry": "The ferry leaves at seven.\n\nDogs travel free.",
}


def _paragraphs() -> dict[str, Paragraph]:
    paragraphs = {}
    for document_id, text in DOCUMENTS.items():
        for number, words in enumerate(text.split("\n\n"), 1):
            start = text.index(words)
            paragraphs[f"{document_id}-p{number}"] = Paragraph(
                id=f"{document_id}-p{number}",
                document_id=document_id,
                number=number,
                start=start,
                end=start + len(words),
                text=words,
            )
    return paragraphs


PARAGRAPHS = _paragraphs()


def hit(paragraph_id: str) -> Hit:
    return hit_of(PARAGRAPHS[paragraph_id])


def hit_of(paragraph: Paragraph) -> Hit:
    return Hit(
        paragraph=paragraph,
        title="",
        source="",
        published_at=None,
        fused_score=0.5,
        cosine_similarity=None,
        bm25_score=None,
    )


def citation(marker: int, paragraph_id: str) -> Citation:
    return citation_of(marker, PARAGRAPHS[paragraph_id])


def citation_of(marker: int, paragraph: Paragraph) -> Citation:
    """A citation of the whole paragraph."""
    return Citation(
        marker=marker,
        document_id=paragraph.document_id,
        title="",
        source="",
        published_at=None,
        paragraph_id=paragraph.id,
        paragraph_number=paragraph.number,
        page=None,
        start=paragraph.start,
        end=paragraph.end,
        quote=paragraph.text,
        url="",
    )


def answer(
    *claims: tuple[str, Sequence[str]], status: Status = "answered", reason: Reason | None = None, text: str = ""
) -> Answer:
    """An answer of claims, each with the ids of the paragraphs that it cites; or of a text without claims."""
    markers: dict[str, int] = {}
    made = []
    for words, cited in claims:
        text += " " if text else ""
        named = tuple(markers.setdefault(paragraph_id, len(markers) + 1) for paragraph_id in cited)
        made.append(Claim(start=len(text), end=len(text) + len(words), verdict="supported", score=1.0, markers=named))
        text += words + "".join(f"[{marker}]" for marker in named)
    return Answer(
        id="a",
        status=status,
        reason=reason,
        question="?",
        standalone_question=None,
        text=text,
        claims=tuple(made),
        citations=tuple(citation(marker, paragraph_id) for paragraph_id, marker in markers.items()),
        evidence=tuple(hit(paragraph_id) for paragraph_id in PARAGRAPHS),
        removed_claims=0,
        index_version="g0",
        model="none",
        usage=Usage(prompt_tokens=300, reused_tokens=100, answer_tokens=20),
        timings_s={"retrieve": 0.25, "gate": 0.5, "generate": 2.0, "conclude": 0.01, "total": 3.0},
    )


def refusal(status: Status = "refused", reason: Reason = "unsupported", text: str = "Not stated.") -> Answer:
    return answer(status=status, reason=reason, text=text)


def outcome(made: Answer | None, *retrieved: str) -> Outcome:
    return Outcome(case_id="c", target="footnote", answer=made, retrieved=tuple(map(hit, retrieved)))


def case(expect: Expectation) -> Case:
    return Case(id="c", question="?", expect=expect)


def fact(*wordings: str, vital: bool = True) -> Fact:
    return Fact(any=wordings, vital=vital)


def gold(*groups: set[str], **relevance: int) -> Gold:
    """Groups of paragraph ids; a paragraph's relevance is 1 unless it is given, with `_` for `-`."""
    graded = {name.replace("_", "-"): grade for name, grade in relevance.items()}
    return Gold(
        groups=tuple(map(frozenset, groups)),
        relevance={paragraph_id: graded.get(paragraph_id, 1) for group in groups for paragraph_id in group},
    )
