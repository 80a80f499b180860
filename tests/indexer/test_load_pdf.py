"""PDF: paragraphs, pages, running lines, hyphens, and what cannot be read."""

import datetime
import io

import pypdf
import pytest
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, ListItem, Paragraph, SimpleDocTemplate, Table

from indexer.errors import LoadError
from indexer.loaders.parsed import Parsed
from indexer.loaders.pdf import parse_pdf

LEFT, TOP, LEADING = 60, 500, 14


def drawn(*pages: list[tuple[float, float, str]], title: str = "", author: str = "") -> bytes:
    """A PDF with each text at its place, in 11 point Helvetica."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    for page in pages:
        canvas.setFont("Helvetica", 11)
        for x, y, text in page:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def column(*lines: str, top: float = TOP, left: float = LEFT) -> list[tuple[float, float, str]]:
    return [(left, top - LEADING * number, line) for number, line in enumerate(lines) if line]


def paragraphs(document: Parsed) -> list[str]:
    return document.text.split("\n\n")


def test_lines_are_joined_and_gaps_part_paragraphs() -> None:
    content = drawn(
        column(
            "The council decided on Tuesday that the toll will",
            "be three marks for every car.",
            "",
            "Nobody objected to it, and so everybody went",
            "home before midnight.",
        )
    )

    assert paragraphs(parse_pdf(content, "a.pdf")) == [
        "The council decided on Tuesday that the toll will be three marks for every car.",
        "Nobody objected to it, and so everybody went home before midnight.",
    ]


def test_an_indented_line_starts_a_paragraph() -> None:
    first = column(
        "The council decided on Tuesday that the toll will", "be three marks for every car and nine for a lorry."
    )
    second = [
        (LEFT + 14, TOP - 2 * LEADING, "Nobody objected to it, and so everybody"),
        (LEFT, TOP - 3 * LEADING, "went home."),
    ]

    assert len(paragraphs(parse_pdf(drawn(first + second), "a.pdf"))) == 2


def test_two_columns_are_read_one_after_the_other_and_a_paragraph_goes_on_in_the_second() -> None:
    left = column("The council decided on", "Tuesday that the toll will", "be three marks. Every car", left=40)
    right = column("that crosses by day pays", "it. Nobody objected.", "", "They went home.", left=220)

    assert paragraphs(parse_pdf(drawn(left + right), "a.pdf")) == [
        "The council decided on Tuesday that the toll will be three marks. Every car that crosses by day pays it. "
        "Nobody objected.",
        "They went home.",
    ]


def test_a_word_that_a_hyphen_divides_is_put_together_and_a_real_hyphen_stays() -> None:
    content = drawn(
        column(
            "It was a long-winded debate, and the mem-",
            "bers of the council were tired of the long-",
            "winded speech on the Iraqi-",
            "Turkish trade.",
        )
    )

    assert paragraphs(parse_pdf(content, "a.pdf")) == [
        "It was a long-winded debate, and the members of the council were tired of the long-winded speech on the "
        "Iraqi-Turkish trade."
    ]


def test_running_lines_and_page_numbers_are_left_out_and_a_paragraph_goes_on_across_pages() -> None:
    def page(number: int, *lines: str) -> list[tuple[float, float, str]]:
        return [(LEFT, 570, "The Callan Courier"), *column(*lines), (200, 25, f"Page {number} of 2")]

    document = parse_pdf(
        drawn(
            page(1, "The council decided on Tuesday that the toll will be", "three marks for every car that"),
            page(2, "crosses it by day.", "", "Nobody objected."),
        ),
        "a.pdf",
    )

    assert paragraphs(document) == [
        "The council decided on Tuesday that the toll will be three marks for every car that crosses it by day.",
        "Nobody objected.",
    ]
    assert document.page_starts == (0, document.text.index("crosses"))


def test_an_empty_page_keeps_the_count_of_pages() -> None:
    document = parse_pdf(drawn(column("First."), [], column("Third.")), "a.pdf")

    assert document.page_starts == (0, 8, 8)


def test_headings_lists_tables_and_the_title_are_recognised() -> None:
    styles = getSampleStyleSheet()
    items = [ListItem(Paragraph(text, styles["BodyText"])) for text in ("Cars pay three marks", "Bikes pay nothing")]
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, title="untitled.docx", author="(anonymous)", invariant=True).build(
        [
            Paragraph("Toll set at three marks", styles["Title"]),
            Paragraph("Port Callan, 7 March 2025", styles["BodyText"]),
            Paragraph("The toll on the Gannet Bridge will be three marks. " * 5, styles["BodyText"]),
            Paragraph("What it costs", styles["Heading2"]),
            ListFlowable(items, bulletType="bullet"),
            Table([["", "Day", "Night"], ["Cars", "3 marks", "2 marks"], ["Lorries", "9 marks", "8 marks"]]),
            Paragraph("That is all.", styles["BodyText"]),
        ]
    )

    document = parse_pdf(buffer.getvalue(), "a.pdf")

    assert [document.text[start:end] for start, end in document.heading_spans] == [
        "Toll set at three marks",
        "What it costs",
    ]
    assert [document.text[start:end] for start, end in document.block_spans] == [
        "• Cars pay three marks\n• Bikes pay nothing",
        "| Day | Night\nCars | 3 marks | 2 marks\nLorries | 9 marks | 8 marks",
    ]
    assert document.published_at == datetime.date(2025, 3, 7)
    assert (document.title, document.source) == ("", "")


def test_title_author_and_day_of_creation_come_from_the_metadata() -> None:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(drawn(column("Some text.")))))
    writer.add_metadata({"/Title": "Toll set", "/Author": "City Clerk", "/CreationDate": "D:20240314120000Z"})
    buffer = io.BytesIO()
    writer.write(buffer)

    document = parse_pdf(buffer.getvalue(), "a.pdf")

    assert (document.title, document.source) == ("Toll set", "City Clerk")
    assert document.published_at == datetime.date(2024, 3, 14)


def test_a_pdf_with_a_password_says_so() -> None:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(drawn(column("Some text.")))))
    writer.encrypt("secret")
    buffer = io.BytesIO()
    writer.write(buffer)

    with pytest.raises(LoadError, match=r"^a.pdf: password-protected PDF"):
        parse_pdf(buffer.getvalue(), "a.pdf")


@pytest.mark.parametrize("content", [b"%PDF-1.7 and nothing else", b"no PDF at all"])
def test_a_broken_pdf_says_so(content: bytes) -> None:
    with pytest.raises(LoadError, match=r"^a.pdf: broken PDF: [A-Z].*; export or download it again$"):
        parse_pdf(content, "a.pdf")


def test_a_pdf_without_text_asks_for_ocr() -> None:
    with pytest.raises(LoadError, match="no text layer"):
        parse_pdf(drawn([]), "a.pdf")


def test_a_page_of_nothing_but_a_number_is_still_text() -> None:
    assert parse_pdf(drawn([(200, 25, "42")]), "a.pdf").text == "42"


def test_white_text_is_read_on_a_dark_ground_only_and_text_without_ink_behind_a_scan_always() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    canvas.setFont("Helvetica", 11)
    canvas.setFillGray(0.2)
    canvas.rect(LEFT - 5, 395, 200, 20, fill=1)
    canvas.setFillGray(1)
    canvas.drawString(LEFT, 400, "White on a dark ground.")
    canvas.drawString(LEFT, 300, "White on the page.")
    canvas.setFillGray(0)
    scanned = canvas.beginText(LEFT, 200)
    scanned.setTextRenderMode(3)
    scanned.textOut("Words of a scan.")
    canvas.drawText(scanned)
    canvas.save()

    assert paragraphs(parse_pdf(buffer.getvalue(), "a.pdf")) == ["White on a dark ground.", "Words of a scan."]


def test_a_page_that_is_turned_or_cropped_is_seen_as_it_is_shown() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn(column("It stays.", *[""] * 20, "It is cut off."))))
    page = writer.pages[0]
    page.cropbox.lower_left = (20, 400)
    page.rotate(90)
    buffer = io.BytesIO()
    writer.write(buffer)

    assert paragraphs(parse_pdf(buffer.getvalue(), "a.pdf")) == ["It stays."]
