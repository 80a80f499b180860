"""How an answer looks on a terminal. Pure: a value in, something to print out."""

import unicodedata
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from indexer.values import Hit
from qa_service.values import Answer, Citation

_NEAREST = 3
"""Paragraphs that are shown when there is no answer."""
_NEAREST_CHARS = 240
_INDENT = 4


def render_answer(answer: Answer) -> RenderableType:
    """Lay out the answer with its footnotes below; for an answer without footnotes the nearest paragraphs.

    Nothing in a document is taken as markup or as an order to the terminal: control characters show as `�`.
    """
    parts: list[RenderableType] = [Text(_harmless(answer.text))]
    if note := _note(answer):
        parts.append(Text(note, style="yellow"))
    if answer.citations:
        parts += _spaced(_footnote(citation) for citation in answer.citations)
    elif answer.evidence:
        parts += [Text(), Text("The nearest paragraphs:", style="dim")]
        parts += _spaced(_nearest(hit) for hit in answer.evidence[:_NEAREST])
    return Group(*parts)


def _note(answer: Answer) -> str:
    notes = []
    if answer.status != "answered":
        notes.append(f"{answer.status}: {answer.reason}" if answer.reason else answer.status)
    if answer.removed_claims:
        sentences = "1 sentence" if answer.removed_claims == 1 else f"{answer.removed_claims} sentences"
        notes.append(f"{sentences} left out, for lack of support in the documents")
    return f"({'; '.join(notes)})" if notes else ""


def _spaced(blocks: Iterator[RenderableType]) -> Iterator[RenderableType]:
    for block in blocks:
        yield Text()
        yield block


def _footnote(citation: Citation) -> RenderableType:
    page = f"page {citation.page}" if citation.page else ""
    date = citation.published_at.isoformat() if citation.published_at else ""
    place = _joined(citation.source, date, page, f"¶ {citation.paragraph_number}")
    head = _head(f"[{citation.marker}] ", citation.title, place)
    body = [Text(_harmless(f"“{citation.quote}”")), Text(_harmless(citation.url), style="dim")]
    return Group(head, *(Padding(each, (0, 0, 0, _INDENT), expand=False) for each in body))


def _nearest(hit: Hit) -> RenderableType:
    date = hit.published_at.isoformat() if hit.published_at else ""
    place = _joined(hit.source, date, f"¶ {hit.paragraph.number}")
    text = " ".join(hit.paragraph.text.split())
    shown = text if len(text) <= _NEAREST_CHARS else f"{text[: _NEAREST_CHARS - 1].rstrip()}…"
    head = _head("• ", hit.title, place)
    return Group(head, Padding(Text(_harmless(shown)), (0, 0, 0, _INDENT), expand=False))


def _head(mark: str, title: str, place: str) -> Text:
    return Text.assemble((mark, "bold"), (_harmless(title), "italic"), _harmless(f", {place}"))


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _harmless(text: str) -> str:
    return "".join("�" if unicodedata.category(letter) == "Cc" and letter not in "\n\t" else letter for letter in text)
