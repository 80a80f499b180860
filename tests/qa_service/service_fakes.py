"""Stand-ins for what the HTTP layer and the commands stand on, and a server on loopback that serves them."""

import asyncio
import datetime
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import uvicorn

from config.settings import load_settings
from indexer.errors import IndexMissingError
from indexer.values import Document, DocumentSummary, Hit, Paragraph
from qa_service.entailment import Judgement
from qa_service.errors import CancelledError, QueueFullError
from qa_service.values import Answer, Citation, Claim, EvidenceFound, TextDrafted, Usage

TEXT = "The Day\n\nThe bridge opened on Sunday. 🌉\n\nShow more\n\nIt cost 247 million marks."
PARAGRAPHS = (
    Paragraph(id="d1-p1", document_id="d1", number=1, start=9, end=39, text="The bridge opened on Sunday. 🌉"),
    Paragraph(id="d1-p2", document_id="d1", number=2, start=52, end=78, text="It cost 247 million marks."),
)
DOCUMENT = Document(
    id="d1",
    path="news/bridge.md",
    media_type="text/markdown",
    title="The <b>Day</b>",
    source="The Callan Courier",
    published_at=datetime.date(2025, 8, 31),
    text=TEXT,
    heading_spans=((0, 7),),
)
HIT = Hit(
    paragraph=PARAGRAPHS[1],
    title=DOCUMENT.title,
    source=DOCUMENT.source,
    published_at=DOCUMENT.published_at,
    fused_score=0.03,
    cosine_similarity=0.7,
    bm25_score=9.5,
)
ANSWER = Answer(
    id="a1",
    status="answered",
    reason=None,
    question="What did it cost?",
    standalone_question=None,
    text="It cost 247 million marks.[1]",
    claims=(Claim(start=0, end=26, verdict="supported", score=1.0, markers=(1,)),),
    citations=(
        Citation(
            marker=1,
            document_id="d1",
            title=DOCUMENT.title,
            source=DOCUMENT.source,
            published_at=DOCUMENT.published_at,
            paragraph_id="d1-p2",
            paragraph_number=2,
            page=None,
            start=52,
            end=78,
            quote="It cost 247 million marks.",
            url="/documents/d1#p2",
        ),
    ),
    evidence=(HIT,),
    removed_claims=0,
    index_version="g1",
    model="fake",
    usage=Usage(prompt_tokens=10, reused_tokens=0, answer_tokens=5),
    timings_s={"total": 0.1},
)
EVIDENCE = EvidenceFound(index_version="g1", standalone_question=None, evidence=(HIT,))


class FakeIndex:
    """An index of one document."""

    generation = SimpleNamespace(id="g1")
    document_count = 1

    def __init__(self):
        self.searches = []

    def search(self, query, *, filters, limit):
        self.searches.append((query, filters, limit))
        return [HIT]

    def document(self, document_id):
        return DOCUMENT if document_id == "d1" else None

    def paragraphs(self, document_id):
        return list(PARAGRAPHS)

    def documents(self, *, offset, limit):
        summary = DocumentSummary(
            id="d1",
            path=DOCUMENT.path,
            media_type=DOCUMENT.media_type,
            title=DOCUMENT.title,
            source=DOCUMENT.source,
            published_at=DOCUMENT.published_at,
            url=None,
            paragraph_count=2,
        )
        return [summary][offset : offset + limit]


class FakeKeeper:
    """Leases its index and counts the leases that are out; raises `error` instead, if it has one."""

    def __init__(self, error=None):
        self.index = FakeIndex()
        self.error = error
        self.leased = 0

    @contextmanager
    def lease(self):
        if self.error is not None:
            raise self.error
        self.leased += 1
        try:
            yield self.index
        finally:
            self.leased -= 1


class FakeSession:
    def __init__(self, model, cancel):
        self.model = model
        self.cancel = cancel

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.model.sessions.remove(self)


class FakeModel:
    """Admits `places` sessions at a time."""

    name = "fake"

    def __init__(self, places=9):
        self.places = places
        self.sessions = []
        self.last_cancel = None
        self.is_ready = True

    def admit(self, cancel):
        if len(self.sessions) >= self.places:
            raise QueueFullError(len(self.sessions), 7)
        self.last_cancel = cancel
        session = FakeSession(self, cancel)
        self.sessions.append(session)
        return session

    def ready(self):
        return self.is_ready


class FakeChecker:
    """Judges by rote: `judgements` by claim, and what it does not know is supported."""

    def __init__(self, judgements=()):
        self.judgements = dict(judgements)
        self.calls = []

    def judge(self, pairs):
        self.calls.append(list(pairs))
        return [self.judgements.get(claim, Judgement(verdict="supported", score=0.9)) for _, claim in pairs]


class FakeParts(SimpleNamespace):
    """Fits where Parts is wanted."""


def fake_parts(*, keeper=None, model=None, **overrides):
    return FakeParts(
        settings=load_settings(
            "default", environ={}, overrides={"server.max_body_bytes": 200_000, "server.cached_answers": 0, **overrides}
        ),
        keeper=keeper or FakeKeeper(),
        model=model or FakeModel(),
        checker=FakeChecker(),
        ranker=None,
    )


NO_INDEX = IndexMissingError("no index in data/index; run `footnote index PATH…`")


def answer_at_once(question, *, index, session, settings, checker, ranker, tell):
    tell(EVIDENCE)
    tell(TextDrafted(text="It cost\n"))
    tell(TextDrafted(text="247 million marks."))
    return ANSWER


class Stalling:
    """An `ask` that tells `told` and then does nothing until it is cancelled or let go."""

    def __init__(self, *told):
        self.told = told
        self.stalled = threading.Event()
        self.let_go = threading.Event()
        self.cancelled = threading.Event()

    def __call__(self, question, *, index, session, settings, checker, ranker, tell):
        for progress in self.told:
            tell(progress)
        self.stalled.set()
        while not self.let_go.is_set():
            if session.cancel.wait(0.01):
                self.cancelled.set()
                raise CancelledError("nobody waits for this answer any more")
        return ANSWER


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        if condition():
            return True
        time.sleep(0.01)
    return False


@contextmanager
def serving(app, server_class=uvicorn.Server, **options) -> Iterator[str]:
    """Serve `app` on a free port of loopback, in a thread; yield its address."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5)
    server = server_class(config, **options)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])), daemon=True)
    thread.start()
    assert wait_until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"


def sse_events(body: str) -> deque[tuple[str, str]]:
    """Read a stream of events strictly: each block is `event`, `data`, or a comment."""
    events = deque()
    assert body.endswith("\n\n")
    for block in body.removesuffix("\n\n").split("\n\n"):
        if block.startswith(":"):
            continue
        event, data = block.split("\n")
        events.append((event.removeprefix("event: "), data.removeprefix("data: ")))
    return events
