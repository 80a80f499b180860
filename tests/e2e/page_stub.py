"""A stub of the service for the page's tests: its addresses, its values, and replies laid out beforehand."""

import threading
from collections.abc import Iterable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader

from indexer.values import Hit, Paragraph
from qa_service.values import Answer, Citation, Claim, EvidenceFound, Question, TextDrafted, Usage, Verdict
from qa_service.web.assets import PAGE_HEADERS

PAGE = Path(__file__).parents[2] / "qa_service" / "web" / "page"
MEDIA_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
ATTACK = "<img src=x onerror=document.title='broken'><script>document.title='broken'</script>"

OPENING = (
    "Hanna Birk, the crane operator, cut the ribbon of the Gannet Bridge at eleven o'clock. 🌉 Then the city walked. "
    "By nightfall 30,000 people had crossed to the Saltmarket."
)
COST = "The final bill is 247 million marks, six million more than was forecast in February 2024."


def hit(number: int, text: str, *, start: int, title: str = "The day the Gannet Bridge opened") -> Hit:
    paragraph = Paragraph(
        id=f"d1-p{number}", document_id="d1", number=number, start=start, end=start + len(text), text=text, page=2
    )
    return Hit(
        paragraph=paragraph,
        title=title,
        source="The Callan Courier",
        published_at=date(2025, 8, 31),
        fused_score=0.03,
        cosine_similarity=0.71,
        bm25_score=9.5,
    )


EVIDENCE = (hit(1, OPENING, start=40), hit(4, COST, start=400))


def cite(marker: int, source: Hit, quote: str, *, url: str | None = None) -> Citation:
    paragraph = source.paragraph
    start = paragraph.start + paragraph.text.index(quote)
    return Citation(
        marker=marker,
        document_id=paragraph.document_id,
        title=source.title,
        source=source.source,
        published_at=source.published_at,
        paragraph_id=paragraph.id,
        paragraph_number=paragraph.number,
        page=paragraph.page,
        start=start,
        end=start + len(quote),
        quote=quote,
        url=url or f"/documents/{paragraph.document_id}#p{paragraph.number}",
    )


def claim(text: str, sentence: str, markers: tuple[int, ...], verdict: Verdict = "supported") -> Claim:
    start = text.index(sentence)
    return Claim(start=start, end=start + len(sentence), verdict=verdict, score=1.0, markers=markers)


ANSWER = Answer(
    id="a1",
    status="answered",
    reason=None,
    question="Who opened the bridge?",
    standalone_question=None,
    text="🌉 Hanna Birk opened it. [1] It cost 247 million marks. [2][1]",
    claims=(),
    citations=(
        cite(1, EVIDENCE[0], "Then the city walked."),
        cite(2, EVIDENCE[1], "The final bill is 247 million marks"),
    ),
    evidence=EVIDENCE,
    removed_claims=0,
    index_version="g12ab34",
    model="qwen2.5-coder-1.5b-instruct-q4_k_m",
    usage=Usage(prompt_tokens=420, reused_tokens=96, answer_tokens=31),
    timings_s={"retrieve": 0.1, "generate": 3.9, "total": 4.2},
)
ANSWER = msgspec.structs.replace(
    ANSWER,
    claims=(
        claim(ANSWER.text, "🌉 Hanna Birk opened it.", (1,)),
        claim(ANSWER.text, "It cost 247 million marks.", (2, 1)),
    ),
)
REFUSAL = msgspec.structs.replace(
    ANSWER, status="refused", reason="reason_not_stated", text="The documents do not say.", claims=(), citations=()
)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What `POST /ask` gets."""

    parts: Iterable[bytes]
    """Sent one by one; an iterator may wait for something between two of them."""
    status: int = 200
    media_type: str = "text/event-stream"
    headers: dict[str, str] = {}


def event(name: str, value: object) -> bytes:
    return f"event: {name}\ndata: ".encode() + msgspec.json.encode(value) + b"\n\n"


def found(answer: Answer) -> bytes:
    return event(
        "evidence",
        EvidenceFound(
            index_version=answer.index_version,
            standalone_question=answer.standalone_question,
            evidence=answer.evidence,
        ),
    )


def token(text: str) -> bytes:
    return event("token", TextDrafted(text=text))


def streamed(answer: Answer) -> Reply:
    return Reply(parts=[found(answer), token("Hanna Birk "), token("opened it."), event("answer", answer)])


def problem(status: int, detail: str, headers: dict[str, str]) -> Reply:
    body = {"type": "about:blank", "title": "Problem", "status": status, "detail": detail}
    return Reply(
        parts=[msgspec.json.encode(body)], status=status, media_type="application/problem+json", headers=headers
    )


class Stub:
    """The service's addresses, with replies that a test lays out beforehand, in the order of the questions."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.questions: list[Question] = []
        self.titles = ["The day the Gannet Bridge opened", "Drivers take 6.2 percent", "انهيار الرافعة"]
        self.client_left = threading.Event()
        self.closing = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def reply_to(self, question: Question) -> Reply:
        self.questions.append(question)
        return self.replies.pop(0)

    def comments(self) -> Iterator[bytes]:
        """Comments that keep a stream open until the client leaves or the stub closes."""
        while not self.closing.wait(0.02):
            yield b": still working\n\n"

    def document(self, title: str) -> dict[str, object]:
        return {"id": "d1", "title": title, "source": "The Callan Courier", "published_at": date(2025, 8, 31)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                if path == "/documents":
                    documents = [{**stub.document(title), "id": f"d{n}"} for n, title in enumerate(stub.titles, 1)]
                    self.send_json({"index_version": "g12ab34", "total": 48, "offset": 0, "documents": documents})
                elif path.startswith("/documents/") and "text/html" in self.headers["Accept"]:
                    self.send("text/html", render_document(stub.document(stub.titles[0])))
                elif path.startswith("/documents/"):
                    self.send_json({"document": stub.document(stub.titles[0])})
                else:
                    file = PAGE / ("index.html" if path == "/" else path.removeprefix("/static/"))
                    self.send(MEDIA_TYPES[file.suffix], file.read_bytes())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                reply = stub.reply_to(msgspec.json.decode(body, type=Question))
                self.start(reply.status, reply.media_type, reply.headers)
                try:
                    for part in reply.parts:
                        self.wfile.write(part)
                except ConnectionError:
                    stub.client_left.set()

            def send_json(self, value: object) -> None:
                self.send("application/json", msgspec.json.encode(value))

            def send(self, media_type: str, content: bytes) -> None:
                self.start(200, media_type, {})
                self.wfile.write(content)

            def start(self, status: int, media_type: str, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": f"{media_type}; charset=utf-8", **PAGE_HEADERS, **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        return Handler


TEMPLATES = Environment(loader=FileSystemLoader(PAGE.with_name("templates")), autoescape=False)


def render_document(document: dict[str, object]) -> bytes:
    template = TEMPLATES.get_template("document.html")
    shown = {**document, "url": "javascript:alert(1)", "path": "bridge.html", "media_type": "text/html"}
    blocks = [
        {"kind": "heading", "number": None, "text": str(document["title"]), "page": 1},
        {"kind": "paragraph", "number": 1, "text": OPENING, "page": 1},
        {"kind": "other", "number": None, "text": "Show more", "page": 1},
        {"kind": "paragraph", "number": 2, "text": "Pier | Depth\n5 | 44 m", "page": 2},
    ]
    return template.render(document=shown, blocks=blocks, index_version="g12ab34").encode()
