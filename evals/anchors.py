"""From the anchors of a case to the paragraphs of an index."""

from collections.abc import Mapping, Sequence

import msgspec

from evals.cases import Case, Support
from evals.errors import CaseError
from indexer.search import Index
from indexer.values import Hit, Paragraph

_PAGE = 500
_SHOWN_CHARS = 60


class Gold(msgspec.Struct, frozen=True, kw_only=True):
    """The paragraphs that a case asks for, by their ids in one index."""

    groups: tuple[frozenset[str], ...] = ()
    """As `Expectation.support`: of each group one is enough."""
    relevance: Mapping[str, int] = {}
    """Of every paragraph in any group; all that is cited beyond them is beside the point."""


class Anchors:
    """Finds the anchors of cases in one index."""

    def __init__(self, index: Index) -> None:
        self._ids: dict[str, str] = {}
        for offset in range(0, index.document_count, _PAGE):
            self._ids.update({each.path: each.id for each in index.documents(offset=offset, limit=_PAGE)})
        self._index = index
        self._paragraphs: dict[str, list[Paragraph]] = {}

    def gold_of(self, case: Case) -> Gold:
        """Return the paragraphs of a case. Raises CaseError for an anchor that fits no paragraph, or several."""
        relevance: dict[str, int] = {}
        groups = []
        for group in case.expect.support:
            ids = set()
            for support in group:
                for paragraph in self._found(case, support):
                    ids.add(paragraph.id)
                    relevance[paragraph.id] = max(support.relevance, relevance.get(paragraph.id, 0))
            groups.append(frozenset(ids))
        return Gold(groups=tuple(groups), relevance=relevance)

    def _found(self, case: Case, support: Support) -> Sequence[Paragraph]:
        paragraphs = self._of(case, support.document)
        if not support.anchor:
            return paragraphs
        anchor = _flat(support.anchor)
        found = [paragraph for paragraph in paragraphs if anchor in _flat(paragraph.text)]
        if len(found) != 1:
            shown = anchor if len(anchor) <= _SHOWN_CHARS else f"{anchor[:_SHOWN_CHARS]}…"
            count = "no paragraph" if not found else f"{len(found)} paragraphs"
            raise CaseError(
                f"case {case.id}: {support.document} has {count} with the anchor “{shown}”; "
                "quote words that stand in exactly one paragraph"
            )
        return found

    def _of(self, case: Case, document: str) -> list[Paragraph]:
        if document not in self._ids:
            raise CaseError(f"case {case.id}: the corpus has no document {document}; see `footnote index`")
        if document not in self._paragraphs:
            self._paragraphs[document] = self._index.paragraphs(self._ids[document])
        return self._paragraphs[document]


def by_document(ranked: Sequence[Hit], gold: Gold) -> tuple[tuple[str, ...], Gold]:
    """Return ranking and gold with documents in the place of paragraphs, for sets that judge whole documents.

    Without this a relevant document of ten paragraphs would be ten things to find. A document ranks where its first
    paragraph does, and is as relevant as the most relevant of its paragraphs.
    """
    documents = tuple(dict.fromkeys(hit.paragraph.document_id for hit in ranked))
    relevance: dict[str, int] = {}
    for paragraph_id, gain in gold.relevance.items():
        document_id = _document_id(paragraph_id)
        relevance[document_id] = max(gain, relevance.get(document_id, 0))
    groups = tuple(frozenset(_document_id(paragraph_id) for paragraph_id in group) for group in gold.groups)
    return documents, Gold(groups=groups, relevance=relevance)


def _document_id(paragraph_id: str) -> str:
    return paragraph_id.rpartition("-p")[0]


def _flat(text: str) -> str:
    return " ".join(text.split())
