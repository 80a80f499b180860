"""Evidence made by hand for the stages' tests."""

import datetime
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from indexer.segment import segment
from indexer.values import Document, Filters, Hit, Paragraph
from qa_service.evidence import Sentence, sentences_of
from qa_service.terms import content_keys


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


class WordIndex:
    """An index over documents given as texts; paragraphs rank by the share of the query's words that they have."""

    def __init__(self, *documents: Document) -> None:
        self.generation = SimpleNamespace(id="g0")
        self._documents = {document.id: document for document in documents}
        self._paragraphs = [
            (document, paragraph) for document in documents for paragraph in segment(document, max_paragraph_chars=1500)
        ]

    def search(self, query: str, *, filters: Filters, limit: int) -> list[Hit]:
        wanted = content_keys(query)
        ranked = sorted(self._paragraphs, key=lambda pair: (-len(wanted & content_keys(pair[1].text)), pair[1].id))
        return [
            Hit(
                paragraph=paragraph,
                title=document.title,
                source=document.source,
                published_at=document.published_at,
                fused_score=len(wanted & content_keys(paragraph.text)) / max(len(wanted), 1),
                cosine_similarity=None,
                bm25_score=None,
            )
            for document, paragraph in ranked
            if not filters.document_ids or document.id in filters.document_ids
        ][:limit]

    def paragraphs(self, document_id: str) -> list[Paragraph]:
        return [paragraph for document, paragraph in self._paragraphs if document.id == document_id]

    def document(self, document_id: str) -> Document | None:
        return self._documents.get(document_id)


def document(text: str, *, number: int = 1, title: str = "Title", source: str = "The Test", day: int = 14) -> Document:
    """A document of `day` March 2024."""
    return Document(
        id=f"d{number:016x}",
        path=f"{number}.txt",
        media_type="text/plain",
        title=title,
        source=source,
        published_at=datetime.date(2024, 3, day),
        text=text,
    )


@pytest.fixture
def make_index() -> Callable[..., WordIndex]:
    """An index over texts, one document each."""

    def make(*texts: str) -> WordIndex:
        return WordIndex(*(document(text, number=number) for number, text in enumerate(texts, 1)))

    return make
