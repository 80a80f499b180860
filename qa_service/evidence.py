"""The sentences that the answer may rest on, each with its place in its document."""

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from indexer.sentences import sentences
from indexer.values import Hit
from qa_service.tables import named_rows
from qa_service.years import day_in_words, with_times_named


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of a retrieved paragraph, or one row of a table in it."""

    hit: Hit
    index: int
    """Its position in its paragraph, from 0."""
    start: int
    end: int
    text: str
    """`document.text[start:end]`; of a row, with its columns' names; with the time that "last year" means beside it."""
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
    spans = sentences(paragraph.text)
    places = [(paragraph.start + start, paragraph.start + end) for start, end in spans]
    lines = named_rows([paragraph.text[start:end] for start, end in spans])
    read = [(place, line) for place, line in zip(places, lines, strict=True) if line.text]
    return tuple(
        Sentence(
            hit=hit,
            index=index,
            start=start,
            end=end,
            text=with_times_named(line.text, hit.published_at),
            header=None if line.header is None else places[line.header],
        )
        for index, ((start, end), line) in enumerate(read)
    )


def joined(support: Iterable[Sentence]) -> str:
    """Return sentences as one text, to be compared with another; for a quotation see `AnswerText.add_quote`."""
    return " ".join(sentence.text for sentence in support)


def date_in_words(hit: Hit) -> str:
    """Return when the paragraph's document was published as its readers write it ("14 March 2024"), "" if unknown."""
    return day_in_words(hit.published_at) if hit.published_at else ""
