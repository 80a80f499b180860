"""How a hit looks on a terminal."""

import io
from datetime import date

from rich.console import Console

from indexer.terminal import render_hit
from indexer.values import Hit, Paragraph

TEXT = "The base price will be 43.2 cents a litre."
HIT = Hit(
    paragraph=Paragraph(id="d1-p2", document_id="d1", number=2, start=0, end=len(TEXT), text=TEXT, page=3),
    title="Brannock Dairy now to pay 43.2 cents",
    source="Upland Farmer",
    published_at=date(2025, 3, 3),
    fused_score=0.78712,
    cosine_similarity=0.66249,
    bm25_score=None,
)


def shown(hit: Hit, *, rank: int, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for line in render_hit(hit, rank=rank, console=console):
        console.print(line)
    return console.file.getvalue()


def test_a_hit_is_its_title_place_scores_and_text_below_its_rank() -> None:
    assert shown(HIT, rank=1, width=80) == (
        "1. Brannock Dairy now to pay 43.2 cents\n"
        "   Upland Farmer, 2025-03-03, page 3, d1-p2\n"
        "   fused 0.787   cosine 0.662   BM25 -\n"
        "   The base price will be 43.2 cents a litre.\n"
    )


def test_all_of_it_is_wrapped_below_its_first_letter_without_spaces_at_the_ends() -> None:
    assert shown(HIT, rank=12, width=24) == (
        "12. Brannock Dairy now\n"
        "    to pay 43.2 cents\n"
        "    Upland Farmer,\n"
        "    2025-03-03, page 3,\n"
        "    d1-p2\n"
        "    fused 0.787   cosine\n"
        "    0.662   BM25 -\n"
        "    The base price will\n"
        "    be 43.2 cents a\n"
        "    litre.\n"
    )
