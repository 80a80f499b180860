"""DOCX: everything in its order, and what cannot be read."""

import datetime
import io
import zipfile

import docx
import pytest
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import RGBColor

from indexer.errors import LoadError
from indexer.loaders.docx import parse_docx
from indexer.loaders.parsed import Parsed


def parsed(document: Docx) -> Parsed:
    buffer = io.BytesIO()
    document.save(buffer)
    return parse_docx(buffer.getvalue(), "a.docx")


def blocks(document: Parsed) -> list[str]:
    return [document.text[start:end] for start, end in document.block_spans]


def test_headings_paragraphs_lists_and_tables_stand_in_order() -> None:
    source = docx.Document()
    source.add_heading("Minutes", level=0)
    source.add_paragraph("Opened at 18:00.")
    source.add_heading("Tolls", level=1)
    for text in ("Cars", "Bikes"):
        source.add_paragraph(text, style="List Bullet")
    source.add_paragraph("And then:")
    for text in ("Vote", "Go home"):
        source.add_paragraph(text, style="List Number")
    table = source.add_table(rows=2, cols=3)
    for cell, text in zip([*table.rows[0].cells, *table.rows[1].cells], ["A", "B", "C", "1", "2", "3"], strict=True):
        cell.text = text
    table.rows[1].cells[1].merge(table.rows[1].cells[2])
    source.add_paragraph("Closed.")

    document = parsed(source)

    assert document.title == "Minutes"
    assert [document.text[start:end] for start, end in document.heading_spans] == ["Minutes", "Tolls"]
    assert blocks(document) == ["- Cars\n- Bikes", "1. Vote\n2. Go home", "A | B | C\n1 | 2 3"]
    assert document.text.split("\n\n") == [
        "Minutes",
        "Opened at 18:00.",
        "Tolls",
        "- Cars\n- Bikes",
        "And then:",
        "1. Vote\n2. Go home",
        "A | B | C\n1 | 2 3",
        "Closed.",
    ]


def numbered(source: Docx, text: str, number_id: int, level: int) -> None:
    properties = source.add_paragraph(text, style="List Paragraph")._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_numId().val = number_id
    properties.get_or_add_ilvl().val = level


def number_ids(source: Docx, number_format: str) -> list[int]:
    numbering = source.part.numbering_part.element
    abstract = numbering.xpath(
        f"./w:abstractNum[w:lvl[@w:ilvl='0']/w:numFmt/@w:val='{number_format}']/@w:abstractNumId"
    )
    return [number.numId for number in numbering.xpath("./w:num") if str(number.abstractNumId.val) in abstract]


def test_items_numbered_by_the_word_processor_are_lists_with_levels() -> None:
    source = docx.Document()
    decimal, bullet = number_ids(source, "decimal")[0], number_ids(source, "bullet")[0]
    for text, number_id, level in (("One", decimal, 0), ("Inner", bullet, 1), ("Two", decimal, 0), ("Prose", 0, 0)):
        numbered(source, text, number_id, level)

    document = parsed(source)

    assert [line.lstrip() for line in blocks(document)[0].split("\n")] == ["1. One", "- Inner", "2. Two"]
    assert document.text.endswith("\n\nProse")


def test_properties_give_title_author_and_day() -> None:
    source = docx.Document()
    source.add_paragraph("Text.")
    source.core_properties.title = "Minutes"
    source.core_properties.author = "City Clerk"
    source.core_properties.created = datetime.datetime(2023, 3, 20, 9, 0)

    document = parsed(source)

    assert (document.title, document.source, document.published_at) == (
        "Minutes",
        "City Clerk",
        datetime.date(2023, 3, 20),
    )


def test_properties_that_nobody_set_are_not_taken_from_the_template() -> None:
    source = docx.Document()
    source.add_paragraph("It rained all day long, and nobody minded that.")

    document = parsed(source)

    assert (document.title, document.source, document.published_at) == ("", "", None)


def test_a_date_in_the_opening_counts_more_than_the_day_of_creation() -> None:
    source = docx.Document()
    source.add_heading("Minutes", level=0)
    source.add_paragraph("Published: 20 March 2023")
    source.core_properties.created = datetime.datetime(2024, 1, 1)

    assert parsed(source).published_at == datetime.date(2023, 3, 20)


def test_inserted_text_and_content_controls_count_and_deleted_text_does_not() -> None:
    source = docx.Document()
    source.add_paragraph("Before.")
    body = source.element.body
    body.insert(
        1,
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>Controlled.</w:t></w:r>"
            "<w:ins><w:r><w:t> Inserted.</w:t></w:r></w:ins><w:del><w:r><w:delText> Deleted.</w:delText></w:r></w:del>"
            "</w:p></w:sdtContent></w:sdt>"
        ),
    )

    assert parsed(source).text == "Before.\n\nControlled. Inserted."


def test_a_broken_file_says_so() -> None:
    with pytest.raises(LoadError, match=r"^a.docx: broken DOCX"):
        parse_docx(b"PK\x03\x04 and nothing else", "a.docx")


def test_a_zip_that_is_no_document_says_so() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "text")

    with pytest.raises(LoadError, match=r"^a.docx: broken DOCX"):
        parse_docx(buffer.getvalue(), "a.docx")


def test_an_encrypted_or_old_file_says_so() -> None:
    with pytest.raises(LoadError, match=r"password-protected or in the old \.doc format"):
        parse_docx(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "a.docx")


def test_a_file_that_inflates_beyond_reason_is_refused() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as member,
    ):
        for _ in range(501):
            member.write(bytes(1_000_000))

    with pytest.raises(LoadError, match="inflates to 501,000,000 bytes"):
        parse_docx(buffer.getvalue(), "a.docx")


def test_white_text_on_a_dark_ground_and_text_that_is_hidden_no_more_are_read() -> None:
    source = docx.Document()
    source.styles.add_style("Aside", WD_STYLE_TYPE.PARAGRAPH).font.hidden = True
    source.add_paragraph(style="Aside").add_run("Shown again.").font.hidden = False
    source.add_paragraph("Hidden.", style="Aside")
    white = source.add_paragraph().add_run("White on black.")
    white.font.color.rgb = RGBColor(255, 255, 255)
    white._r.get_or_add_rPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="000000"/>'))
    cell = source.add_table(rows=1, cols=1).rows[0].cells[0].paragraphs[0].add_run("White in a table.")
    cell.font.color.rgb = RGBColor(255, 255, 255)

    assert parsed(source).text.split("\n\n") == ["Shown again.", "White on black.", "White in a table."]
