"""What holds for every document, whatever stands in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.boilerplate import is_boilerplate, is_credit_line
from indexer.line_shapes import folded, is_section_line
from indexer.segment import segment
from indexer.values import Document

CHARACTERS = "\r\n\n\n \t\u00a0\u0085\u2028\u2029\u200b\u200f\u202b\u0301é😀👩‍👧🏽.!?。؟:“”()-•|19aAzß中ע"
PHRASES = [
    *("Show More", "Related Articles", "© 2024 X", "Published: 3 March 2025", "Tides", "- item", "a | b", "tides:"),
    *(
        "A sentence. And another one! Is it?",
        "words that go on and on without an end " * 3,
        "They read all related articles.",
    ),
]

lines = st.one_of(st.sampled_from(PHRASES), st.text(alphabet=CHARACTERS, min_size=1, max_size=40))
composed_text = st.lists(st.tuples(lines, st.sampled_from(["\n", "\n", "\n\n", " "])), min_size=1, max_size=14).map(
    lambda parts: "".join(line + end for line, end in parts)
)
arbitrary_text = st.one_of(composed_text, composed_text, st.text(max_size=300))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(arbitrary_text)
    offsets = st.integers(min_value=0, max_value=len(text) + 3)
    spans = st.lists(st.tuples(offsets, offsets).map(sorted).map(tuple), max_size=4).map(tuple)
    pages = draw(st.lists(offsets, max_size=3).map(sorted).map(tuple))
    title = draw(st.sampled_from(["", "Tides", text.strip().split("\n", maxsplit=1)[0].strip()]))
    return Document(
        id="d",
        path="a.txt",
        media_type="text/plain",
        title=title,
        source=draw(st.sampled_from(["", "Tides"])),
        published_at=None,
        text=text,
        page_starts=pages,
        heading_spans=draw(spans),
        block_spans=draw(spans),
    )


@settings(deadline=None)
@given(documents(), st.integers(min_value=1, max_value=400))
def test_paragraphs_are_exact_ordered_trimmed_slices_within_the_limit(document: Document, limit: int) -> None:
    paragraphs = segment(document, max_paragraph_chars=limit)

    position = 0
    for number, paragraph in enumerate(paragraphs, start=1):
        assert document.text[paragraph.start : paragraph.end] == paragraph.text
        assert paragraph.text == paragraph.text.strip() != ""
        assert len(paragraph.text) <= limit
        assert paragraph.start >= position
        assert (paragraph.number, paragraph.id) == (number, f"d-p{number}")
        assert (paragraph.page is None) == (not document.page_starts)
        position = paragraph.end


@settings(deadline=None)
@given(documents(), st.integers(min_value=1, max_value=400))
def test_nothing_is_lost_but_headings_title_section_credits_and_boilerplate(document: Document, limit: int) -> None:
    text = document.text
    paragraphs = segment(document, max_paragraph_chars=limit)
    kept = [index for paragraph in paragraphs for index in range(paragraph.start, paragraph.end)]
    headings = {index for start, end in document.heading_spans for index in range(start, end)}

    lost = {index for index, character in enumerate(text) if not character.isspace()} - set(kept) - headings

    assert len(kept) == len(set(kept))
    assert all(_may_be_left_out(document, index) for index in lost)


def _may_be_left_out(document: Document, index: int) -> bool:
    """Whether the line around, or what the edges of spans leave of it, is something that segment promises to drop."""
    text = document.text
    start, end = text.rfind("\n", 0, index) + 1, text.find("\n", index)
    end = len(text) if end < 0 else end
    edges = {edge for span in document.heading_spans + document.block_spans for edge in span if start < edge < end}
    cuts = sorted({start, end, *edges})
    parts = [text[left:right] for left in cuts for right in cuts if left <= index < right]
    title = folded(document.title)
    above_title = title and title in {folded(line) for line in text[start:].split("\n")[1:]}
    return any(
        is_boilerplate(part)
        or is_credit_line(part, document.source)
        or (title and folded(part) == title)
        or (above_title and is_section_line(part))
        for part in parts
    )


@settings(deadline=None)
@given(arbitrary_text)
def test_segmenting_twice_gives_the_same(text: str) -> None:
    document = Document(
        id="d", path="a.txt", media_type="text/plain", title="", source="", published_at=None, text=text
    )

    assert segment(document, max_paragraph_chars=50) == segment(document, max_paragraph_chars=50)
