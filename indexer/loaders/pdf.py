"""PDF: text by page, in paragraphs, by PDFium; title, author and day from the text or the file's metadata."""

import re
import threading

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.errors import LoadError
from indexer.loaders.dates import parse_pdf_date
from indexer.loaders.decode import readable
from indexer.loaders.faults import EXPORT_AGAIN, reading
from indexer.loaders.opening import read_opening
from indexer.loaders.parsed import Composer, Parsed
from indexer.loaders.pdf_layout import PdfBlock, lay_out
from indexer.loaders.pdf_lines import PdfLine, page_lines, without_running_lines

# PDFium keeps global state: two threads inside it crash the process.
_PDFIUM = threading.Lock()

_NO_TITLE = re.compile(
    r"untitled.*|microsoft (?:word|powerpoint) - .*|.*\.(?:docx?|pdf|indd|tex|rtf|odt|qxd|dvi)|\W*", re.IGNORECASE
)
_NO_AUTHOR = {"", "anonymous", "unknown", "user", "admin", "administrator", "unspecified"}


def parse_pdf(content: bytes, place: str) -> Parsed:
    """Reads a PDF. Raises LoadError when it is broken, needs a password, or has no text layer."""
    with _PDFIUM, reading(place, "PDF"):
        pages, metadata = _read(content, place)
    if not any(line.text for lines in pages for line in lines):
        raise LoadError(place, "no text layer in the PDF (scanned pages?); run OCR on it first, such as ocrmypdf")
    with reading(place, "PDF"):
        blocks = lay_out(without_running_lines(pages))
        if not blocks:  # nothing but lines that look like page numbers or headers: then they are the text
            blocks = lay_out([line for lines in pages for line in lines])
        return _parsed(blocks, len(pages), metadata)


def _read(content: bytes, place: str) -> tuple[list[list[PdfLine]], dict[str, str]]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as fault:
        if fault.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise LoadError(place, "password-protected PDF; save a copy without the password") from fault
        reason = re.sub(r".*PDFium: (.*?)\.?\)\.?$", r"\1", str(fault))
        raise LoadError(place, f"broken PDF: {reason}; {EXPORT_AGAIN}") from fault
    try:
        return [page_lines(page, number) for number, page in enumerate(document)], document.get_metadata_dict()
    finally:
        document.close()


def _parsed(blocks: list[PdfBlock], page_count: int, metadata: dict[str, str]) -> Parsed:
    composer = Composer()
    page_starts: list[int] = []
    for block in blocks:
        add = {"heading": composer.heading, "block": composer.block, "paragraph": composer.paragraph}[block.kind]
        start = add(block.text)
        page_starts += [start] * (block.page + 1 - len(page_starts))
        for page, offset in block.page_breaks:
            page_starts += [start + offset] * (page + 1 - len(page_starts))
    page_starts += [len(composer.text)] * (page_count - len(page_starts))
    headings = composer.heading_spans
    opening = read_opening(composer.text)
    if not headings and opening.title_span:
        headings = (opening.title_span,)
    title = " ".join(readable(metadata.get("Title", "")).split())
    author = " ".join(readable(metadata.get("Author", "")).split())
    return Parsed(
        text=composer.text,
        title="" if _NO_TITLE.fullmatch(title) else title,
        source=opening.source or ("" if author.strip("()").lower() in _NO_AUTHOR else author),
        published_at=opening.published_at or parse_pdf_date(metadata.get("CreationDate", "")),
        page_starts=tuple(page_starts),
        heading_spans=headings,
        block_spans=composer.block_spans,
    )
