"""How a paragraph that was found looks on a terminal."""

import re
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from indexer.values import Hit

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def render_hit(hit: Hit, *, rank: int, console: Console) -> Iterator[Text]:
    """Give the lines of one hit, none wider than `console`: title, place, scores, text, all below `rank`.

    They are wrapped here because rich's own blocks fill each line with spaces, which end up in what people copy.
    """
    mark = f"{rank}. "
    yield from _wrapped(hit.title, console, first=mark, indent=" " * len(mark), style="bold")
    for text, style in ((_place(hit), "dim"), (_scores(hit), "dim"), (hit.paragraph.text, "")):
        yield from _wrapped(text, console, first=" " * len(mark), indent=" " * len(mark), style=style)


def plain(text: str) -> str:
    """Return `text` on one line, without control characters: in a document they could move the cursor."""
    return _CONTROL.sub(" ", text)


def _wrapped(text: str, console: Console, *, first: str, indent: str, style: str) -> Iterator[Text]:
    for number, line in enumerate(Text(plain(text), style=style).wrap(console, console.width - len(indent))):
        line.rstrip()
        yield Text.assemble(indent if number else first, line)


def _place(hit: Hit) -> str:
    page = f"page {hit.paragraph.page}" if hit.paragraph.page else ""
    day = hit.published_at.isoformat() if hit.published_at else ""
    return ", ".join(part for part in (hit.source, day, page, hit.paragraph.id) if part)


def _scores(hit: Hit) -> str:
    cosine = "-" if hit.cosine_similarity is None else f"{hit.cosine_similarity:.3f}"
    bm25 = "-" if hit.bm25_score is None else f"{hit.bm25_score:.2f}"
    return f"fused {hit.fused_score:.3f}   cosine {cosine}   BM25 {bm25}"
