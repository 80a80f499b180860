"""Paragraphs to the texts that are embedded: each in its context, each within the embedder's window."""

from collections.abc import Callable, Iterator

from config.errors import ConfigError
from indexer.embed import Embedder
from indexer.sentences import sentences
from indexer.values import Chunk, Paragraph

CHUNKER_VERSION = 1
"""Raised with every change of what `chunk` returns: an index made by another version is built anew."""

MIN_CHUNK_TOKENS = 16
"""A smaller window would hold no sentence beside its title."""

_CONTEXT_SHARE = 3  # the title and heading get at most a third of the window, however long they are

Fits = Callable[[str], bool]


def chunk(paragraph: Paragraph, *, title: str, embedder: Embedder, max_tokens: int) -> list[Chunk]:
    """Return the chunks of `paragraph` in reading order, at least one.

    A chunk is `title` and heading, a line each, and then the paragraph or, where that does not fit, as many of its
    whole sentences as fit. A sentence too long for a window is cut at white space, one without white space anywhere.
    No chunk takes more than `max_tokens` of the embedder's own tokens, special tokens included.

    Raises ConfigError when `max_tokens` is less than `MIN_CHUNK_TOKENS` or more than the embedder's window.
    """
    if not MIN_CHUNK_TOKENS <= max_tokens <= embedder.max_tokens:
        raise ConfigError(
            f"index.max_chunk_tokens is {max_tokens}: allowed are {MIN_CHUNK_TOKENS} to {embedder.max_tokens}"
            f" (the window of {embedder.name}), or 0 for the whole window"
        )

    def fits(text: str, share: int = 1) -> bool:
        return embedder.count_tokens([text])[0] <= max_tokens // share

    context = _context(title, paragraph.heading, lambda text: fits(text, _CONTEXT_SHARE))
    windows = _windows(paragraph.text, lambda text: fits(context + text))
    return [
        Chunk(id=f"{paragraph.id}-c{number}", paragraph_id=paragraph.id, text=context + window)
        for number, window in enumerate(windows, start=1)
    ]


def _context(title: str, heading: str, fits: Fits) -> str:
    """Return title and heading, a line each; if that does not fit, as much of the title alone as fits."""
    lines = [" ".join(line.split()) for line in (title, heading)]
    whole = "".join(f"{line}\n" for line in lines if line)
    if fits(whole):
        return whole
    return lines[0][: _cut(lines[0], 0, len(lines[0]), fits)].rstrip() + "\n"


def _windows(text: str, fits: Fits) -> Iterator[str]:
    if fits(text):
        yield text
        return
    start = end = 0
    for _, sentence_end in sentences(text):
        if not fits(text[start:sentence_end].strip()):
            if end > start:
                yield text[start:end].strip()
            start = _skip_space(text, end)
            while (cut := _cut(text, start, sentence_end, fits)) < sentence_end:
                yield text[start:cut].strip()
                start = _skip_space(text, cut)
        end = sentence_end
    if rest := text[start:].strip():
        yield rest


def _cut(text: str, start: int, stop: int, fits: Fits) -> int:
    """Return where to end the longest piece of `text` from `start` that fits: at `stop`, behind a space, or anywhere.

    At least one character long. Doubles the piece until it no longer fits, then halves the step, so that a hundred
    thousand characters are never counted at once.
    """
    good, step = min(start + 1, stop), 1
    while good + step <= stop and fits(text[start : good + step]):
        good += step
        step *= 2
    while step:
        if good + step <= stop and fits(text[start : good + step]):
            good += step
        step //= 2
    if good == stop:
        return stop
    space = max(text.rfind(" ", start + 1, good), text.rfind("\n", start + 1, good))
    return space + 1 if space > start else good


def _skip_space(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start
