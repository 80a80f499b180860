"""Stage: find the paragraphs that may answer a question."""

from config.settings import RetrievalSettings
from indexer.search import Index
from indexer.values import Filters, Hit


def retrieve(question: str, *, index: Index, filters: Filters, settings: RetrievalSettings) -> tuple[Hit, ...]:
    """Return the best paragraphs for `question`, best first; empty when the filters leave none.

    Paragraphs with the same words as a better one (reprints of a wire story) are left out: they would take the place of
    other evidence.
    """
    hits = index.search(question, filters=filters, limit=2 * settings.evidence_paragraphs)
    distinct = {" ".join(hit.paragraph.text.casefold().split()): hit for hit in reversed(hits)}
    kept = {hit.paragraph.id for hit in distinct.values()}
    return tuple(hit for hit in hits if hit.paragraph.id in kept)[: settings.evidence_paragraphs]
