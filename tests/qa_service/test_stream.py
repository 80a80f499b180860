"""The stream, disconnects and stopping, on a real uvicorn on loopback where these matter."""

import asyncio
import json
import logging
import socket
import threading

import httpx
import msgspec
import pytest
from litestar.testing import TestClient

from config.errors import ConfigError
from qa_service.errors import ModelError
from qa_service.values import TextDrafted
from qa_service.web.app import create_app
from qa_service.web.server import FootnoteServer, address_of, bind
from qa_service.web.streaming import event, events_of
from tests.qa_service.service_fakes import (
    ANSWER,
    EVIDENCE,
    NO_INDEX,
    FakeKeeper,
    Stalling,
    answer_at_once,
    fake_parts,
    serving,
    sse_events,
    wait_until,
)

STREAM = {"Accept": "text/event-stream"}
QUESTION = {"question": "What did it cost?"}
PREFILL = (EVIDENCE,)
DECODING = (EVIDENCE, TextDrafted(text="It"), TextDrafted(text=" cost"))


def test_the_stream_is_evidence_then_tokens_then_the_same_bytes_as_without_streaming():
    with TestClient(create_app(fake_parts(), ask=answer_at_once)) as http:
        streamed = http.post("/ask", json=QUESTION, headers=STREAM)
        whole = http.post("/ask", json=QUESTION)
    assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert streamed.headers["cache-control"] == "no-store"
    assert streamed.headers["x-accel-buffering"] == "no"
    evidence, first, second, answer = sse_events(streamed.text)
    assert evidence == ("evidence", msgspec.json.encode(EVIDENCE).decode())
    assert first == ("token", json.dumps({"text": "It cost\n"}, separators=(",", ":")))
    assert second == ("token", '{"text":"247 million marks."}')
    assert answer == ("answer", whole.text)


@pytest.mark.parametrize(
    ("error", "status"), [(ModelError("llama_decode failed"), 503), (ZeroDivisionError("secret"), 500)]
)
def test_an_error_on_the_way_is_the_last_event(error, status):
    def ask(question, *, index, session, settings, checker, ranker, tell):
        tell(EVIDENCE)
        raise error

    parts = fake_parts()
    with TestClient(create_app(parts, ask=ask)) as http:
        response = http.post("/ask", json=QUESTION, headers=STREAM)
    assert "secret" not in response.text
    (first, _), (last, data) = sse_events(response.text)
    assert (first, last) == ("evidence", "error")
    problem = json.loads(data)
    assert problem["status"] == status
    assert problem["instance"] == f"urn:footnote:request:{response.headers['x-request-id']}"
    assert (parts.model.sessions, parts.keeper.leased) == ([], 0)


@pytest.mark.parametrize(
    "accept", ["text/event-stream", "text/event-stream, application/json;q=0.5", "text/event-stream, */*"]
)
def test_who_prefers_a_stream_gets_one(accept):
    with TestClient(create_app(fake_parts(), ask=answer_at_once)) as http:
        response = http.post("/ask", json=QUESTION, headers={"Accept": accept})
    assert response.headers["content-type"].startswith("text/event-stream")


def test_an_event_is_framed_as_the_standard_says():
    assert event("token", b'{"text":"a"}') == b'event: token\ndata: {"text":"a"}\n\n'


def test_a_silent_stream_is_kept_open_with_comments():
    class Silent:
        answer = None

        async def progress(self, heartbeat_s):
            assert heartbeat_s == 3
            yield None
            yield EVIDENCE

    async def first_two():
        events = events_of(Silent(), None, heartbeat_s=3)
        return [await anext(events), await anext(events)]

    comment, evidence = asyncio.run(first_two())
    assert comment == b": still working\n\n"
    assert evidence.startswith(b"event: evidence\n")


def test_a_heartbeat_comes_when_nothing_is_told():
    from qa_service.web.running import RunningAsk, Work

    async def beats():
        work = Work()
        work.begin(asyncio.get_running_loop().create_future())
        running = RunningAsk(work)
        told = running.progress(0.01)
        first = await anext(told)
        running.tell(EVIDENCE)
        second = await anext(told)
        running.answer.set_result(ANSWER)
        return first, second, [each async for each in told]

    assert asyncio.run(beats()) == (None, EVIDENCE, [])


def raw_request(address, *, headers=""):
    """Open a connection and post the question by hand, so that the test decides when it is closed."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    body = json.dumps(QUESTION).encode()
    head = f"POST /ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    connection.sendall(f"{head}{headers}\r\n".encode() + body)
    return connection


@pytest.mark.parametrize("accept", ["Accept: application/json\r\n", "Accept: text/event-stream\r\n"])
@pytest.mark.parametrize("told", [(), PREFILL, DECODING], ids=["retrieval", "prefill", "decoding"])
def test_a_client_that_goes_away_cancels_its_question_and_frees_its_place(accept, told):
    ask = Stalling(*told)
    parts = fake_parts()
    with serving(create_app(parts, ask=ask)) as address:
        connection = raw_request(address, headers=accept)
        assert ask.stalled.wait(20)
        if told and "event-stream" in accept:
            assert b"200 OK" in connection.recv(65536)
        connection.close()
        # The contract is one second; a test that measures it would fail on a busy machine, so it only must not hang.
        assert ask.cancelled.wait(20)
        assert wait_until(lambda: parts.model.sessions == [] and parts.keeper.leased == 0)


def test_a_client_that_goes_away_while_an_event_is_being_sent_cancels_its_question():
    """The generator is then suspended at its `yield`, where no clean-up of its own would run."""
    stop = threading.Event()

    def ask(question, *, index, session, settings, checker, ranker, tell):
        while not session.cancel.is_set():
            tell(TextDrafted(text="x" * 100_000))
            session.cancel.wait(0.005)
        stop.set()
        return ANSWER

    with serving(create_app(fake_parts(), ask=ask)) as address:
        connection = raw_request(address, headers="Accept: text/event-stream\r\n")
        connection.recv(100)  # and no more: the server's buffers fill up
        threading.Event().wait(0.3)
        connection.close()
        assert stop.wait(20)


def test_a_client_that_goes_away_is_logged_as_such(caplog):
    ask = Stalling()
    with caplog.at_level(logging.INFO, logger="footnote.access"), serving(create_app(fake_parts(), ask=ask)) as address:
        connection = raw_request(address)
        assert ask.stalled.wait(20)
        connection.close()
        assert wait_until(lambda: any("POST /ask 499" in record.getMessage() for record in caplog.records))


def test_one_stalled_question_does_not_hold_up_another():
    first = Stalling(EVIDENCE)

    def ask(question, **rest):
        return first(question, **rest) if question.question == "slow" else answer_at_once(question, **rest)

    with serving(create_app(fake_parts(), ask=ask)) as address, httpx.Client(base_url=address, timeout=20) as http:
        slow = threading.Thread(
            target=httpx.post, args=(f"{address}/ask",), kwargs={"json": {"question": "slow"}, "timeout": 20}
        )
        slow.start()
        assert first.stalled.wait(20)
        assert http.post("/ask", json=QUESTION).content == msgspec.json.encode(ANSWER)
        first.let_go.set()
        slow.join(20)


def serve_until_stopped(app, parts, **callbacks):
    quiet = {"on_ready": lambda _ready: None, "on_wait": lambda _error: None}
    return serving(app, lambda _config, **options: FootnoteServer(app, parts, **options), **{**quiet, **callbacks})


def test_stopping_ends_running_questions_with_an_error_in_both_modes():
    asks = {"json": Stalling(EVIDENCE), "stream": Stalling(EVIDENCE)}
    answers = {}

    def ask(question, **rest):
        return asks[question.question](question, **rest)

    def post(name, headers):
        answers[name] = httpx.post(f"{address}/ask", json={"question": name}, headers=headers, timeout=20)

    parts = fake_parts()
    app = create_app(parts, ask=ask)
    with serve_until_stopped(app, parts) as address:
        posts = [threading.Thread(target=post, args=each) for each in (("json", {}), ("stream", STREAM))]
        for each in posts:
            each.start()
        assert all(each.stalled.wait(20) for each in asks.values())
    for each in posts:
        each.join(20)
    assert answers["json"].status_code == 503
    assert answers["json"].json()["type"] == "urn:footnote:problem:stopping"
    assert answers["json"].json()["detail"] == "the service is stopping; try again when it is back"
    name, data = sse_events(answers["stream"].text)[-1]
    assert (name, json.loads(data)["type"]) == ("error", "urn:footnote:problem:stopping")
    assert (parts.model.sessions, parts.keeper.leased) == ([], 0)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ask")]


def test_the_server_says_why_it_waits_once_and_then_that_it_is_ready_once():
    told = []
    keeper = FakeKeeper(NO_INDEX)
    parts = fake_parts(keeper=keeper)
    app = create_app(parts, ask=answer_at_once)
    with serve_until_stopped(app, parts, on_ready=told.append, on_wait=told.append):
        assert wait_until(lambda: told == [NO_INDEX])
        keeper.error = None
        assert wait_until(lambda: len(told) == 2)
    assert (told[1].index_version, told[1].document_count, told[1].model) == ("g1", 1, "fake")


def test_a_taken_port_is_an_error_that_names_it_and_the_remedy():
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert address_of(taken) == f"http://127.0.0.1:{port}"
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1 port {port}: .*--port"):
            bind("127.0.0.1", port)


def test_an_unknown_host_is_an_error():
    with pytest.raises(ConfigError, match="cannot listen on"):
        bind("no such host", 0)


def test_the_address_for_a_browser_is_this_machine_when_all_are_listened_on():
    with bind("0.0.0.0", 0) as bound:
        assert address_of(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"
