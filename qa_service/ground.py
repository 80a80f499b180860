"""What an answer may stand on: the paragraphs that were found, what stands around them, and what takes them back."""

import msgspec

from indexer.search import Index
from indexer.values import Hit
from qa_service.corrections import Correction, corrections_in
from qa_service.surroundings import Surroundings, documents_of, surroundings


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Paragraphs with what belongs to them."""

    hits: tuple[Hit, ...]
    """Best first."""
    corrections: tuple[Correction, ...]
    """Paragraphs that take back a figure of one of them."""
    around: Surroundings
    """Of both."""


def ground_of(hits: tuple[Hit, ...], *, index: Index) -> Ground:
    """Read what belongs to the paragraphs found."""
    documents = documents_of(hits, index=index)
    corrections = corrections_in(hits, documents=documents)
    around = surroundings([*hits, *(correction.hit for correction in corrections)], documents=documents)
    return Ground(hits=hits, corrections=corrections, around=around)
