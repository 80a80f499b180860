"""Evidence made by hand for the stages' tests."""

import datetime
from collections.abc import Callable

import pytest

from indexer.values import Hit, Paragraph
from qa_service.evidence import Sentence, sentences_of


def _hit(text: str, *, title: str = "Title", number: int = 1, document: str = "d1", before: str = "") -> Hit:
    """A retrieved paragraph; `before` is what stands in its document ahead of it."""
    start = len(before)
    paragraph = Paragraph(
        id=f"{document}-p{number}", document_id=document, number=number, start=start, end=start + len(text), text=text
    )
    return Hit(
        paragraph=paragraph,
        title=title,
        source="The Test",
        published_at=datetime.date(2024, 3, 14),
        fused_score=1 / number,
        cosine_similarity=0.5,
        bm25_score=1.0,
    )


@pytest.fixture
def make_hit() -> Callable[..., Hit]:
    return _hit


@pytest.fixture
def make_sentences() -> Callable[..., tuple[Sentence, ...]]:
    """Sentences of paragraphs given as texts, best paragraph first."""

    def make(*paragraphs: str) -> tuple[Sentence, ...]:
        hits = [_hit(text, number=number) for number, text in enumerate(paragraphs, 1)]
        return tuple(sentence for hit in hits for sentence in sentences_of(hit))

    return make
