"""Whether what is said stands on the paragraphs that bear it out, and whether quotes are what they promise to be.

Citation recall and precision are those of ALCE (Gao et al. 2023, "Enabling Large Language Models to Generate Text with
Citations"), with the case's gold paragraphs in place of the model that judges entailment there; `evals.judge` has the
judged ones. What has no claims is not measured: None.
"""

import re
from collections.abc import Callable

from evals.anchors import Gold
from qa_service.values import Answer, Citation

DocumentText = Callable[[str], str | None]
"""Returns the text of a document by its id, None for an unknown one."""

_MARKER = re.compile(r"\[(\d+)\]")


def citation_precision(answer: Answer, gold: Gold) -> float | None:
    """Return the share of (claim, citation) pairs whose paragraph is gold; 0 when no claim cites anything, as in ALCE.

    None without claims or gold.
    """
    if not (answer.claims and gold.relevance):
        return None
    cited = [paragraph_id for claim_cites in _cited_by_claim(answer) for paragraph_id in claim_cites]
    return sum(paragraph_id in gold.relevance for paragraph_id in cited) / len(cited) if cited else 0.0


def citation_recall(answer: Answer, gold: Gold) -> float | None:
    """Return the share of claims with at least one gold citation; None without claims or gold."""
    if not (answer.claims and gold.relevance):
        return None
    borne_out = [any(cited in gold.relevance for cited in claim_cites) for claim_cites in _cited_by_claim(answer)]
    return sum(borne_out) / len(borne_out)


def support_recall(answer: Answer, gold: Gold) -> float | None:
    """Return the share of the gold groups of which a claim cites a paragraph; None without claims or groups."""
    if not (answer.claims and gold.groups):
        return None
    cited = {paragraph_id for claim_cites in _cited_by_claim(answer) for paragraph_id in claim_cites}
    return sum(not group.isdisjoint(cited) for group in gold.groups) / len(gold.groups)


def claims_verified(answer: Answer) -> float | None:
    """Return the share of claims with the verdict `supported`; None without claims."""
    if not answer.claims:
        return None
    return sum(claim.verdict == "supported" for claim in answer.claims) / len(answer.claims)


def quotes_exact(answer: Answer, document_text: DocumentText) -> bool | None:
    """Return whether every quote is its document's slice, within its paragraph, and markers and citations pair up.

    The paragraphs are those of the answer's evidence; a citation of any other is not exact. None for an answer without
    citations whose claims have no markers either.
    """
    if not (answer.citations or any(claim.markers for claim in answer.claims)):
        return None
    return _paired(answer) and all(_exact(citation, answer, document_text) for citation in answer.citations)


def _cited_by_claim(answer: Answer) -> list[list[str]]:
    """Return the ids of the paragraphs that each claim cites; a marker without a citation names none."""
    paragraph_ids = {citation.marker: citation.paragraph_id for citation in answer.citations}
    return [[paragraph_ids[marker] for marker in claim.markers if marker in paragraph_ids] for claim in answer.claims]


def _exact(citation: Citation, answer: Answer, document_text: DocumentText) -> bool:
    text = document_text(citation.document_id)
    paragraph = next((hit.paragraph for hit in answer.evidence if hit.paragraph.id == citation.paragraph_id), None)
    return (
        text is not None
        and paragraph is not None
        and paragraph.document_id == citation.document_id
        and paragraph.start <= citation.start < citation.end <= paragraph.end
        and text[citation.start : citation.end] == citation.quote
    )


def _paired(answer: Answer) -> bool:
    """Whether each claim's markers stand in the text as it names them, and are those of the citations, each its own.

    Markers stand behind their claim; a bracket inside a claim is the document's own.
    """
    outside, place = "", 0
    for claim in answer.claims:
        outside += answer.text[place : claim.start]
        place = claim.end
    written = _MARKER.findall(outside + answer.text[place:])
    claimed = [str(marker) for claim in answer.claims for marker in claim.markers]
    cited = sorted(str(citation.marker) for citation in answer.citations)
    return written == claimed and sorted(set(claimed)) == cited
