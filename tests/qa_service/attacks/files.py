"""Documents of every format that carry a text where a reader sees it, as a title, or where nobody sees it."""

import io
from collections.abc import Callable, Mapping
from html import escape

import docx
import msgspec
import yaml
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Pt, RGBColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, ListItem, Paragraph, SimpleDocTemplate, Table

LEAD = "The harbour office of Selby answers letters about the Selby Bridge and its toll within a week."
TAIL = "The money from the bridge goes to the fund for its upkeep, which was empty for most of last year."
TITLE = "Letters about the Selby Bridge"


def text_file(paragraph: str = TAIL, *, title: str = TITLE) -> bytes:
    return f"{title}\n\n{LEAD}\n\n{paragraph}\n\n{TAIL}\n".encode()


def markdown(paragraph: str = TAIL, *, title: str = TITLE, above: str = "", is_raw: bool = False) -> bytes:
    shown = paragraph if is_raw else escape(paragraph, quote=False).replace("#", r"\#").replace("[", r"\[")
    return f"{above}# {title}\n\n{LEAD}\n\n{shown}\n\n{TAIL}\n".encode()


def html(paragraph: str = TAIL, *, title: str = TITLE, head: str = "", is_raw: bool = False) -> bytes:
    shown = paragraph if is_raw else "".join(f"<p>{escape(part)}</p>" for part in paragraph.split("\n\n"))
    name = escape(title)
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{name}</title>{head}</head><body><article>"
        f"<h1>{name}</h1><p>{LEAD}</p>{shown}<p>{TAIL}</p></article></body></html>"
    ).encode()


def pdf(paragraph: str = TAIL, *, title: str = TITLE, subject: str = "") -> bytes:
    style, heading = getSampleStyleSheet()["BodyText"], getSampleStyleSheet()["Title"]
    style.spaceAfter = 12
    flow = [Paragraph(escape(title), heading), Paragraph(LEAD, style)]
    flow += [Paragraph(escape(part), style) for part in paragraph.split("\n\n")]
    return _set([*flow, Paragraph(TAIL, style)], title=title, subject=subject)


def _set(flow: list, **properties: str) -> bytes:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4, invariant=True, **properties).build(flow)
    return buffer.getvalue()


def word(paragraph: str = TAIL, *, title: str = TITLE, change: Callable[[Docx], None] | None = None) -> bytes:
    document = docx.Document()
    document.core_properties.title = title
    document.add_heading(title, level=0)
    for text in (LEAD, *paragraph.split("\n\n")):
        document.add_paragraph(text)
    if change:
        change(document)
    document.add_paragraph(TAIL)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


VISIBLE: Mapping[str, Callable[[str], bytes]] = {
    "txt": text_file,
    "md": markdown,
    "html": html,
    "xhtml": html,
    "pdf": pdf,
    "docx": word,
}
"""By extension; as a paragraph of its own."""


def _pdf_table(text: str) -> bytes:
    style = getSampleStyleSheet()["BodyText"]
    rows = [["Office", "Remark"], ["Bridge", Paragraph(escape(text), style)], ["Quay", "closed on Sundays"]]
    return _set([Paragraph(LEAD, style), Table(rows, colWidths=[80, 340]), Paragraph(TAIL, style)])


def _pdf_list(text: str) -> bytes:
    style = getSampleStyleSheet()["BodyText"]
    items = [ListItem(Paragraph(escape(item), style)) for item in ("The office opens at nine.", text, "It is green.")]
    return _set([Paragraph(LEAD, style), ListFlowable(items, bulletType="bullet"), Paragraph(TAIL, style)])


def _word_table(text: str) -> bytes:
    def change(document: Docx) -> None:
        table = document.add_table(rows=2, cols=2)
        for cell, value in zip(
            [*table.rows[0].cells, *table.rows[1].cells], ("Office", "Remark", "Bridge"), strict=False
        ):
            cell.text = value
        table.rows[1].cells[1].text = text

    return word(change=change)


def _word_list(text: str) -> bytes:
    def change(document: Docx) -> None:
        for item in ("The office opens at nine.", text):
            document.add_paragraph(item, style="List Bullet")

    return word(change=change)


PLACED: Mapping[tuple[str, str], Callable[[str], bytes]] = {
    ("txt", "list item"): lambda text: text_file(f"- The office opens at nine.\n- {text}\n- Its door is green."),
    ("txt", "table cell"): lambda text: text_file(f"Office | Remark\nBridge | {text}\nQuay | closed"),
    ("md", "list item"): lambda text: markdown(f"- The office opens at nine.\n- {text}", is_raw=True),
    ("md", "table cell"): lambda text: markdown(f"| Office | Remark |\n|---|---|\n| Bridge | {text} |", is_raw=True),
    ("md", "quote"): lambda text: markdown(f"> The office writes.\n>\n> {text}", is_raw=True),
    ("md", "code"): lambda text: markdown(f"```\n{text}\n```", is_raw=True),
    ("md", "image description"): lambda text: markdown(f"![{text}](bridge.png)", is_raw=True),
    ("html", "list item"): lambda text: html(
        f"<ul><li>The office opens at nine.</li><li>{text}</li></ul>", is_raw=True
    ),
    ("html", "table cell"): lambda text: html(
        f"<table><tr><th>Office</th><th>Remark</th></tr><tr><td>Bridge</td><td>{text}</td></tr></table>", is_raw=True
    ),
    ("html", "quote"): lambda text: html(f"<blockquote><p>{text}</p></blockquote>", is_raw=True),
    ("html", "several elements"): lambda text: html(
        "<p>" + " ".join(f"<b>{one}</b>" for one in text.split()) + "</p>", is_raw=True
    ),
    ("pdf", "list item"): _pdf_list,
    ("pdf", "table cell"): _pdf_table,
    ("docx", "list item"): _word_list,
    ("docx", "table cell"): _word_table,
}
"""By extension and place; where a reader sees it."""

TITLED: Mapping[str, Callable[[str], bytes]] = {
    "txt": lambda text: text_file(title=text),
    "md heading": lambda text: markdown(title=text),
    "md front matter": lambda text: markdown(above=f"---\n{yaml.safe_dump({'title': text}, width=9999)}---\n"),
    "html": lambda text: html(title=text),
    "html meta": lambda text: html(head=f'<meta property="og:title" content="{text}">'),
    "pdf": lambda text: pdf(title=text),
    "docx": lambda text: word(title=text),
}
"""By extension and more; as the title."""


def _drawn(draw: Callable[[Canvas, str], None]) -> Callable[[str], bytes]:
    def make(text: str) -> bytes:
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=A4, invariant=True)
        canvas.setFont("Helvetica", 8)
        canvas.drawString(40, 700, LEAD)
        canvas.drawString(40, 600, TAIL)
        canvas.saveState()
        draw(canvas, text)
        canvas.restoreState()
        canvas.showPage()
        canvas.save()
        return buffer.getvalue()

    return make


def _white(canvas: Canvas, text: str) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(40, 650, text)


def _tiny(canvas: Canvas, text: str) -> None:
    canvas.setFont("Helvetica", 0.5)
    canvas.drawString(40, 650, text)


def _described(canvas: Canvas, text: str) -> None:
    canvas.setSubject(text)
    canvas.setKeywords(text)


def _styled(**font: object) -> Callable[[str], bytes]:
    def make(text: str) -> bytes:
        def change(document: Docx) -> None:
            run = document.add_paragraph().add_run(text)
            for name, value in font.items():
                setattr(run.font.color if name == "rgb" else run.font, name, value)

        return word(change=change)

    return make


def _hidden_style(text: str) -> bytes:
    def change(document: Docx) -> None:
        base = document.styles.add_style("Aside", WD_STYLE_TYPE.PARAGRAPH)
        base.font.hidden = True
        document.styles.add_style("Remark", WD_STYLE_TYPE.PARAGRAPH).base_style = base
        document.add_paragraph(text, style="Remark")

    return word(change=change)


def _margins(text: str) -> bytes:
    def change(document: Docx) -> None:
        document.sections[0].header.paragraphs[0].text = text
        document.sections[0].footer.paragraphs[0].text = text
        document.add_comment(document.paragraphs[1].runs, text=text)
        document.core_properties.comments = document.core_properties.keywords = text[:200]

    return word(change=change)


class Hidden(msgspec.Struct, frozen=True):
    """A file in which nobody sees the text."""

    extension: str
    place: str
    make: Callable[[str], bytes]


def _in_html(place: str, pattern: str) -> Hidden:
    return Hidden("html", place, lambda text: html(pattern.replace("{}", escape(text)), is_raw=True))


def _in_markdown(place: str, pattern: str) -> Hidden:
    return Hidden("md", place, lambda text: markdown(pattern.replace("{}", text), is_raw=True))


HIDDEN = (
    _in_html("comment", "<!-- {} -->"),
    _in_html("display none", '<p style="display: none">{}</p>'),
    _in_html("display none around", '<div style="color:red; DISPLAY:none"><div><p>{}</p></div></div>'),
    _in_html("hidden attribute", "<section hidden><p>{}</p></section>"),
    _in_html("invisible", '<p>Letters are read.<span style="visibility:hidden">{}</span></p>'),
    _in_html("transparent", '<p style="opacity:0.0">{}</p>'),
    _in_html("not for screen readers", '<p aria-hidden="true">{}</p>'),
    _in_html("white on white", '<p style="color: #FFFFFF">{}</p>'),
    _in_html("black on black", '<p style="background: black; color: black">{}</p>'),
    _in_html("font element", '<p><font color="white">{}</font></p>'),
    _in_html("no size", '<p style="font-size:0">{}</p>'),
    _in_html("beside the page", '<p style="position:absolute; left:-9999px">{}</p>'),
    _in_html("template", "<template><p>{}</p></template>"),
    _in_html("alternative text", '<p><img src="a.png" alt="{}">Letters are read.</p>'),
    _in_html("title attribute", '<p title="{}">Letters are read.</p>'),
    _in_html("hidden table cell", '<table><tr><td>Bridge</td><td style="display:none">{}</td></tr></table>'),
    _in_html("script", '<script>var note = "{}"</script>'),
    Hidden("html", "meta", lambda text: html(head=f'<meta name="description" content="{text}">')),
    _in_markdown("comment", "<!-- {} -->"),
    _in_markdown("comment across blank lines", "<!--\n\n{}\n\n-->"),
    _in_markdown("comment in a line", "Letters are read. <!-- {} -->"),
    _in_markdown("link that is a comment", "[//]: # ({})"),
    _in_markdown("title of a link", 'See the [office](https://office.example "{}").'),
    _in_markdown("hidden element", '<div style="display:none">\n{}\n</div>'),
    _in_markdown("hidden element around Markdown", "<div hidden>\n\n{}\n\n</div>"),
    _in_markdown("hidden element in a line", 'Letters <span style="display:none">{} *and more*</span> are read.'),
    _in_markdown("hidden element in a list", "- Letters <span hidden>{}</span>\n- are read"),
    Hidden(
        "md", "front matter", lambda text: markdown(above=f"---\n{yaml.safe_dump({'summary': text}, width=9999)}---\n")
    ),
    Hidden("pdf", "white on white", _drawn(_white)),
    Hidden("pdf", "tiny", _drawn(_tiny)),
    Hidden("pdf", "off the page", _drawn(lambda canvas, text: canvas.drawString(40, -300, text))),
    Hidden("pdf", "metadata", _drawn(_described)),
    Hidden("docx", "hidden text", _styled(hidden=True)),
    Hidden("docx", "hidden style", _hidden_style),
    Hidden("docx", "white on white", _styled(rgb=RGBColor(255, 255, 255))),
    Hidden("docx", "tiny", _styled(size=Pt(1))),
    Hidden("docx", "header, footer, comment and properties", _margins),
)
