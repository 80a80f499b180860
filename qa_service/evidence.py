"""The sentences that the answer may rest on, each with its place in its document."""

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from indexer.sentences import sentences
from indexer.values import Hit
from qa_service.tables import named_rows


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of a retrieved paragraph, or one row of a table in it."""

    hit: Hit
    index: int
    """Its position in its paragraph, from 0."""
    start: int
    end: int
    text: str
    """`document.text[start:end]`; of a row, with its columns' names."""
    header: tuple[int, int] | None = None
    """Of a row read so, where in the document these names stand."""

    @property
    def place(self) -> tuple[str, int]:
        """The id of its paragraph and its position there: what makes it the same sentence in another selection."""
        return self.hit.paragraph.id, self.index


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences of one retrieved paragraph that the model gets to read, in reading order."""

    hit: Hit
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The sentences as one text, with an ellipsis where some were left out."""
        words = [sentence.text for sentence in self.sentences[:1]]
        for before, sentence in pairwise(self.sentences):
            words.append(sentence.text if sentence.index == before.index + 1 else f"\u2026 {sentence.text}")
        return " ".join(words)


def sentences_of(hit: Hit) -> tuple[Sentence, ...]:
    """Return all sentences of a retrieved paragraph, with offsets in its document; no header of a table, whose names
    are read in its rows.
    """
    paragraph = hit.paragraph
    spans = [(paragraph.start + start, paragraph.start + end) for start, end in sentences(paragraph.text)]
    written = [paragraph.text[start - paragraph.start : end - paragraph.start] for start, end in spans]
    found: list[Sentence] = []
    header: tuple[int, int] | None = None
    for span, own, text in zip(spans, written, named_rows(written), strict=True):
        header = span if not text else header if text != own else None
        if text:
            start, end = span
            found.append(Sentence(hit=hit, index=len(found), start=start, end=end, text=text, header=header))
    return tuple(found)


def joined(support: Iterable[Sentence]) -> str:
    """Return sentences as one text, to be compared with another; for a quotation see `AnswerText.add_quote`."""
    return " ".join(sentence.text for sentence in support)


def date_in_words(hit: Hit) -> str:
    """Return when the paragraph's document was published as its readers write it ("14 March 2024"), "" if unknown."""
    return f"{hit.published_at:%-d %B %Y}" if hit.published_at else ""
