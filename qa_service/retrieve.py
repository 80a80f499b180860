"""Stage: find the paragraphs that may answer one part of a question, from several documents."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

import msgspec
from rapidfuzz import fuzz

from config.settings import RetrievalSettings
from indexer.search import Index
from indexer.values import Filters, Hit
from qa_service.divide import with_names
from qa_service.terms import content_keys

_SAME_TEXT_RATIO = 90.0
"""Of rapidfuzz's normalised similarity, 0 to 100: a reprint with a changed byline, not two reports of one event."""
_RANK_CONSTANT = 60
_SEARCHED_FOR_EACH = 3
"""Times `evidence_paragraphs` that are looked through for distinct paragraphs and other documents."""

_PARAGRAPHS_OF_ACCOUNT = 6
"""Of another document, that are looked through for what it says."""
_ACCOUNTS_SEARCHED = 60
"""Paragraphs of all of them."""

_BEST_DOCUMENTS = 2
"""In which a part is searched for again."""
_WEIGHT_WITHIN = 2
"""Times that ranking counts; both by what evidence then holds (docs/decisions/0019-within-documents.md)."""


_CANDIDATES = 16
"""Paragraphs of which a ranker chooses."""


class Found(NamedTuple):
    """What was found for one part of a question."""

    hits: tuple[Hit, ...]
    """The evidence, best first."""
    candidates: tuple[Hit, ...]
    """What may be evidence too, best first: what is best of all among it."""


def retrieve(part: str, whole: str, *, index: Index, filters: Filters, settings: RetrievalSettings) -> Found:
    """Return the best paragraphs for `part` of the question `whole`, best first; none when the filters leave none.

    What is only a part is searched for alone, with the names of the whole, and as the whole: what stands high in all
    three rankings is what it means. Then it is searched for again in the best documents alone: news names what it is
    about once, and not in every paragraph. Behind the best `evidence_paragraphs` come those of up to `other_documents`
    further documents that fit at least `other_document_share` as well as the best: they may tell it differently.

    Paragraphs with much the same words as a better one (reprints of a wire story) are left out: they would take the
    place of other evidence.
    """
    limit = _SEARCHED_FOR_EACH * settings.evidence_paragraphs
    ranked = found_for(part, whole, index=index, filters=filters, limit=limit)
    room = settings.evidence_paragraphs
    hits = (*ranked[:room], *_other_documents(ranked, room=room, settings=settings))
    return Found(hits=hits, candidates=tuple(ranked[:_CANDIDATES]))


def found_for(part: str, whole: str, *, index: Index, filters: Filters, limit: int) -> list[Hit]:
    """Return what the searches for `part` of the question `whole` find, `limit` paragraphs each, best first."""
    found = [
        _distinct(index.search(query, filters=filters, limit=limit))
        for query in dict.fromkeys((part, with_names(part, whole), whole))
    ]
    best = tuple(dict.fromkeys(hit.paragraph.document_id for hit in by_rank(found)))[:_BEST_DOCUMENTS]
    if best:
        found += _WEIGHT_WITHIN * [_within(best, part, index=index, filters=filters, limit=limit)]
    return _distinct(by_rank(found))


def accounts(
    part: str,
    whole: str,
    *,
    said: str,
    told: Collection[str],
    compared: str,
    index: Index,
    filters: Filters,
    settings: RetrievalSettings,
) -> tuple[tuple[Hit, ...], ...]:
    """Return what each document other than those `told` may say about `part` of the question `whole`: what a search in
    it finds for that and for what was `said` to it, best first. The documents are those that fit at least
    `other_document_share` as well as the best of all, best first, and before them those whose source is named where
    accounts are `compared`.

    A document that tells the same event seldom does so best where it fits the question best: what was found first of
    it may be its opening.
    """
    limit = _SEARCHED_FOR_EACH * settings.evidence_paragraphs
    found = index.search(with_names(part, whole), filters=filters, limit=limit)
    least = settings.other_document_share * max((hit.fused_score for hit in found), default=0.0)
    named = [hit for hit in found if _is_named(hit.source, compared)]
    near = (hit for hit in found if hit.fused_score >= least)
    documents = tuple(
        document
        for document in dict.fromkeys(hit.paragraph.document_id for hit in (*named, *near))
        if document not in told
    )
    if not documents:
        return ()
    best: dict[str, list[Hit]] = {document: [] for document in documents}
    for hit in _within(documents, f"{part} {said}", index=index, filters=filters, limit=_ACCOUNTS_SEARCHED):
        best[hit.paragraph.document_id].append(hit)
    return tuple(tuple(own[:_PARAGRAPHS_OF_ACCOUNT]) for own in best.values() if own)


def in_turn(rankings: Iterable[Sequence[Hit]]) -> tuple[Hit, ...]:
    """Return the first of each ranking, then the second of each, and so on, every paragraph once."""
    found: dict[str, Hit] = {}
    for hit in (hit for row in zip_longest(*rankings) for hit in row if hit):
        found.setdefault(hit.paragraph.id, hit)
    return tuple(found.values())


def _is_named(source: str, text: str) -> bool:
    """Tell whether a text has half of a source's name: "the Ledger" for the Lindmoor Ledger."""
    name = content_keys(source)
    return bool(name) and 2 * len(name & content_keys(text)) >= len(name)


def _within(documents: tuple[str, ...], part: str, *, index: Index, filters: Filters, limit: int) -> list[Hit]:
    """Search for `part` in these documents alone, all of which pass the filters."""
    narrowed = msgspec.structs.replace(filters, document_ids=documents)
    return _distinct(index.search(part, filters=narrowed, limit=limit))


def by_rank(rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Fuse rankings by reciprocal rank (Cormack, Clarke and Buettcher 2009)."""
    score: dict[str, float] = defaultdict(float)
    for ranking in rankings:
        for rank, hit in enumerate(ranking, 1):
            score[hit.paragraph.id] += 1 / (_RANK_CONSTANT + rank)
    return sorted(in_turn(rankings), key=lambda hit: -score[hit.paragraph.id])


def _distinct(hits: Sequence[Hit]) -> list[Hit]:
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
