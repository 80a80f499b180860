"""Whatever the bytes are: a document whose spans fit its text, or a LoadError."""

import io
from collections.abc import Callable

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from indexer.errors import LoadError
from indexer.load import FORMATS
from indexer.loaders.parsed import Parsed
from indexer.segment import segment
from indexer.values import Document

PARSERS = [FORMATS[suffix].parse for suffix in (".txt", ".md", ".html", ".pdf", ".docx")]
MARKUP = [
    "<p>",
    "</p>",
    "<table>",
    "<td>",
    "<li>",
    "<!--",
    "&#0;",
    "---\n",
    "title: x\n",
    "# ",
    "| a |\n|--|\n",
    "* ",
    "```\n",
    "text. ",
    "\n",
]


def _pdf() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    canvas.drawString(60, 500, "The toll on the Gannet Bridge will be three marks.")
    canvas.save()
    return buffer.getvalue()


def _docx() -> bytes:
    buffer = io.BytesIO()
    document = docx.Document()
    document.add_heading("Toll", level=1)
    document.add_paragraph("The toll on the Gannet Bridge will be three marks.")
    document.save(buffer)
    return buffer.getvalue()


REAL_FILES = {".pdf": _pdf(), ".docx": _docx()}


def check(parse: Callable[[bytes, str], Parsed], content: bytes) -> None:
    try:
        parsed = parse(content, "a")
    except LoadError as error:
        assert error.path == "a"  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
        return
    parsed.text.encode("utf-8")
    spans = (*parsed.heading_spans, *parsed.block_spans)
    assert all(0 <= start < end <= len(parsed.text) for start, end in spans)
    assert list(parsed.page_starts) == sorted(parsed.page_starts)
    fields = {name: getattr(parsed, name) for name in parsed.__struct_fields__}
    segment(Document(id="d", path="a", media_type="text/plain", **fields), max_paragraph_chars=200)


@settings(deadline=None, max_examples=40)
@pytest.mark.parametrize("parse", PARSERS)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(parse: Callable[[bytes, str], Parsed], content: bytes) -> None:
    check(parse, content)


@settings(deadline=None, max_examples=40)
@pytest.mark.parametrize("parse", PARSERS[:3])
@given(content=st.one_of(st.text(max_size=200), st.lists(st.sampled_from(MARKUP), max_size=30).map("".join)))
def test_any_text_is_read_or_refused(parse: Callable[[bytes, str], Parsed], content: str) -> None:
    check(parse, content.encode())


@settings(deadline=None, max_examples=40)
@pytest.mark.parametrize("suffix", list(REAL_FILES))
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(suffix: str, data: st.DataObject) -> None:
    content = bytearray(REAL_FILES[suffix])
    kept = data.draw(st.integers(min_value=0, max_value=len(content)))
    for place in data.draw(st.lists(st.integers(min_value=0, max_value=len(content) - 1), max_size=8)):
        content[place] ^= data.draw(st.integers(min_value=1, max_value=255))

    check(FORMATS[suffix].parse, bytes(content[:kept]))
    check(FORMATS[suffix].parse, bytes(content))
