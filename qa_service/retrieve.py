"""Stage: find the paragraphs that may answer a question, each part of it, and from several documents."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rapidfuzz import fuzz

from config.settings import RetrievalSettings
from indexer.search import Index
from indexer.values import Filters, Hit
from qa_service.divide import Division, with_names

_SAME_TEXT_RATIO = 90.0
"""Of rapidfuzz's normalised similarity, 0 to 100: a reprint with a changed byline, not two reports of one event."""
_SEARCHED_FOR_EACH = 3
"""Times `evidence_paragraphs` that are looked through for distinct paragraphs and other documents."""


def retrieve(division: Division, *, index: Index, filters: Filters, settings: RetrievalSettings) -> tuple[Hit, ...]:
    """Return the best paragraphs for the question, best first; empty when the filters leave none.

    A question of several parts is searched for as a whole and part by part, with the names of the whole, and may have
    `evidence_paragraphs` more for half of each further part. Then come the best paragraphs of up to `other_documents`
    further documents that fit at least `other_document_share` as well as the best: they may tell it differently.

    Paragraphs with much the same words as a better one (reprints of a wire story) are left out: they would take the
    place of other evidence.
    """
    limit = _SEARCHED_FOR_EACH * settings.evidence_paragraphs
    found = [
        _distinct(index.search(query, filters=filters, limit=limit)) for query in dict.fromkeys(_queries(division))
    ]
    room = settings.evidence_paragraphs + (len(division.parts) - 1) * settings.evidence_paragraphs // 2
    ranked = _distinct(hit for row in zip_longest(*found) for hit in row if hit)
    return (*ranked[:room], *_other_documents(ranked, room=room, settings=settings))


def _queries(division: Division) -> Iterator[str]:
    yield division.whole
    if len(division.parts) > 1:
        yield from (with_names(part, division.whole) for part in division.parts)


def _distinct(hits: Iterator[Hit] | Sequence[Hit]) -> list[Hit]:
    kept: dict[str, Hit] = {}
    texts: list[str] = []
    for hit in hits:
        text = " ".join(hit.paragraph.text.casefold().split())
        if hit.paragraph.id in kept or any(fuzz.ratio(text, other, score_cutoff=_SAME_TEXT_RATIO) for other in texts):
            continue
        kept[hit.paragraph.id] = hit
        texts.append(text)
    return list(kept.values())


def _other_documents(ranked: Sequence[Hit], *, room: int, settings: RetrievalSettings) -> list[Hit]:
    seen = {hit.paragraph.document_id for hit in ranked[:room]}
    others: list[Hit] = []
    least = settings.other_document_share * max((hit.fused_score for hit in ranked), default=0.0)
    for hit in ranked[room:]:
        if (
            len(others) < settings.other_documents
            and hit.paragraph.document_id not in seen
            and hit.fused_score >= least
        ):
            seen.add(hit.paragraph.document_id)
            others.append(hit)
    return others
