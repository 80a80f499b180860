"""What a reader sees around a quoted paragraph: title, source, date and opening of its document, and its neighbours;
and the years that these mean by "last year".

A claim may repeat names of the question that its quote does not repeat, if they stand there: nobody writes the full
name of the town in every sentence.
"""

from collections.abc import Iterable, Mapping

from indexer.search import Index
from indexer.values import Hit, Paragraph
from qa_service.evidence import Sentence, date_in_words
from qa_service.terms import terms
from qa_service.years import years_meant

_OPENING_PARAGRAPHS = 2
_NEIGHBOURS = 2

Surroundings = Mapping[str, frozenset[str]]
"""Keys of the words around each paragraph and in it, by the paragraph's id."""
Documents = Mapping[str, list[Paragraph]]
"""All paragraphs of each document, in reading order, by the document's id."""


def documents_of(hits: Iterable[Hit], *, index: Index) -> Documents:
    """Read the documents of the hits, each once."""
    return {document_id: index.paragraphs(document_id) for document_id in {hit.paragraph.document_id for hit in hits}}


def surroundings(hits: Iterable[Hit], *, documents: Documents) -> Surroundings:
    """Return the surroundings of each hit, of whose document `documents` holds the paragraphs."""
    around: dict[str, frozenset[str]] = {}
    for hit in hits:
        document_id, number = hit.paragraph.document_id, hit.paragraph.number
        near = [
            paragraph.text
            for paragraph in documents[document_id]
            if paragraph.number <= _OPENING_PARAGRAPHS or abs(paragraph.number - number) <= _NEIGHBOURS
        ]
        texts = (hit.title, hit.source, date_in_words(hit), hit.paragraph.heading, *near)
        words = frozenset(term.key for text in texts for term in terms(text))
        around[hit.paragraph.id] = words.union(*(years_meant(text, hit.published_at) for text in near))
    return around


def beside(support: Iterable[Sentence], around: Surroundings) -> frozenset[str]:
    """Return the keys of the words around any of the sentences' paragraphs and in it."""
    return frozenset[str]().union(*(around.get(sentence.hit.paragraph.id, frozenset()) for sentence in support))
