"""The routes, with an index and a model that are made up."""

import datetime
import json
import logging
import re

import msgspec
import pytest
from litestar.testing import TestClient

from indexer.values import Document, Filters, Paragraph
from qa_service.values import Answer, Question
from qa_service.web.app import create_app
from qa_service.web.blocks import Block, blocks_of
from qa_service.web.described import ANSWER_EXAMPLE, QUESTION_EXAMPLES
from tests.qa_service.service_fakes import (
    ANSWER,
    DOCUMENT,
    NO_INDEX,
    PARAGRAPHS,
    FakeKeeper,
    FakeModel,
    answer_at_once,
    fake_parts,
)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def parts():
    return fake_parts()


@pytest.fixture
def http(parts):
    with TestClient(create_app(parts, ask=answer_at_once)) as client:
        yield client


def test_the_made_up_paragraphs_are_slices_of_their_document():
    assert all(DOCUMENT.text[each.start : each.end] == each.text for each in PARAGRAPHS)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/plain", BROWSER])
def test_a_question_is_answered_in_json_unless_a_stream_is_asked_for(http, parts, accept):
    headers = {} if accept is None else {"Accept": accept}
    response = http.post("/ask", json={"question": "What did it cost?"}, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.content == msgspec.json.encode(ANSWER)
    assert (parts.model.sessions, parts.keeper.leased) == ([], 0)


def test_the_whole_question_reaches_the_pipeline_while_the_index_is_leased(parts):
    asked = []

    def ask(question, *, index, session, settings, checker, ranker, tell):
        asked.append((question, index, settings, checker, parts.keeper.leased, session in parts.model.sessions))
        return ANSWER

    body = {
        "question": "And when?",
        "conversation": [{"role": "user", "text": "What did it cost?"}, {"role": "assistant", "text": "247.[1]"}],
        "filters": {"document_ids": ["d1"], "published_to": "2025-12-31"},
    }
    with TestClient(create_app(parts, ask=ask)) as http:
        assert http.post("/ask", json=body).status_code == 200
    [(question, index, settings, checker, leased, admitted)] = asked
    assert question == msgspec.convert(body, Question)
    assert (index, settings, checker) == (parts.keeper.index, parts.settings, parts.checker)
    assert (leased, admitted) == (1, True)


def test_search_passes_query_filters_and_limit_on(http, parts):
    query = "q=What+cost%3F&limit=3&published_from=2025-01-01&published_to=2025-12-31&document_id=d1&document_id=d2"
    results = http.get(f"/search?{query}").json()
    assert (results["query"], results["index_version"]) == ("What cost?", "g1")
    assert results["hits"][0]["paragraph"]["id"] == "d1-p2"
    filters = Filters(
        document_ids=("d1", "d2"),
        published_from=datetime.date(2025, 1, 1),
        published_to=datetime.date(2025, 12, 31),
    )
    assert parts.keeper.index.searches == [("What cost?", filters, 3)]


def test_documents_are_listed_page_by_page(http):
    first = http.get("/documents").json()
    assert (first["index_version"], first["total"], first["offset"]) == ("g1", 1, 0)
    assert [each["id"] for each in first["documents"]] == ["d1"]
    assert http.get("/documents?offset=1").json()["documents"] == []


@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
def test_a_document_comes_as_json_with_text_and_paragraphs(http, accept):
    response = http.get("/documents/d1", headers={} if accept is None else {"Accept": accept})
    body = response.json()
    assert body["index_version"] == "g1"
    assert msgspec.convert(body["document"], Document) == DOCUMENT
    assert msgspec.convert(body["paragraphs"], tuple[Paragraph, ...]) == PARAGRAPHS
    assert response.headers["vary"] == "Accept"


def test_a_document_comes_to_a_browser_as_a_page_with_numbered_paragraphs_and_nothing_unescaped(http):
    response = http.get("/documents/d1", headers={"Accept": BROWSER})
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["vary"] == "Accept"
    assert 'id="p1"' in response.text
    assert 'id="p2"' in response.text
    assert "Show more" in response.text
    assert "&lt;b&gt;Day" in response.text
    assert "<b>Day" not in response.text


def test_blocks_hold_the_whole_text_in_order():
    assert blocks_of(DOCUMENT, PARAGRAPHS) == [
        Block(kind="heading", text="The Day"),
        Block(kind="paragraph", number=1, text=PARAGRAPHS[0].text),
        Block(kind="other", text="Show more"),
        Block(kind="paragraph", number=2, text=PARAGRAPHS[1].text),
    ]


def test_blocks_know_their_page_and_keep_a_heading_inside_a_paragraph_there():
    text = "Head one\nline\nTwo\n\nThree"
    document = msgspec.structs.replace(DOCUMENT, text=text, page_starts=(0, 14), heading_spans=((0, 8), (14, 17)))
    paragraph = Paragraph(id="d1-p1", document_id="d1", number=1, start=0, end=13, text="Head one\nline")
    assert blocks_of(document, [paragraph]) == [
        Block(kind="paragraph", number=1, page=1, text="Head one\nline"),
        Block(kind="heading", page=2, text="Two"),
        Block(kind="other", page=2, text="Three"),
    ]


def test_blocks_of_an_empty_document_are_none():
    assert blocks_of(msgspec.structs.replace(DOCUMENT, text="", heading_spans=()), []) == []


def test_a_ready_service_says_what_it_answers_from(http):
    assert http.get("/health/live").json() == {"status": "live"}
    ready = {"status": "ready", "index_version": "g1", "document_count": 1, "model": "fake"}
    assert http.get("/health/ready").json() == ready


def test_a_service_without_index_lives_and_is_not_ready():
    with TestClient(create_app(fake_parts(keeper=FakeKeeper(NO_INDEX)), ask=answer_at_once)) as http:
        assert http.get("/health/live").status_code == 200
        assert http.get("/").status_code == 200
        response = http.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["type"] == "urn:footnote:problem:index-missing"


def test_a_service_whose_model_has_stopped_is_not_ready():
    model = FakeModel()
    model.is_ready = False
    with TestClient(create_app(fake_parts(model=model), ask=answer_at_once)) as http:
        response = http.get("/health/ready")
    assert (response.status_code, response.json()["type"]) == (503, "urn:footnote:problem:model-failed")


def test_a_request_keeps_its_own_id_and_gets_one_otherwise(http):
    assert http.get("/health/live", headers={"X-Request-ID": "Mine.1_a-b"}).headers["x-request-id"] == "Mine.1_a-b"
    issued = {http.get("/health/live").headers["x-request-id"] for _ in range(3)}
    assert len(issued) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in issued)


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "a;b", "é"])
def test_an_id_that_could_do_harm_is_replaced(http, given):
    replaced = http.get("/health/live", headers=[(b"X-Request-ID", given.encode())]).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", replaced)


def test_each_request_is_one_log_line_without_its_question(http, caplog):
    with caplog.at_level(logging.INFO, logger="footnote.access"):
        http.get("/search?q=secret", headers={"X-Request-ID": "id-1"})
        http.get("/no%0Awhere", headers={"X-Request-ID": "id-2"})
        http.post("/ask", json={"question": "secret"}, headers={"X-Request-ID": "id-3"})
    lines = [record.getMessage() for record in caplog.records if record.name == "footnote.access"]
    assert [re.sub(r"\d+\.\d{3} s", "T s", line) for line in lines] == [
        "GET /search 200 T s id-1",
        "GET /no%0Awhere 404 T s id-2",
        "POST /ask 200 T s id-3",
    ]


def test_pages_allow_nothing_from_elsewhere_and_nothing_inline(http):
    for path in ("/", "/documents/d1", "/static/style.css"):
        headers = http.get(path, headers={"Accept": BROWSER}).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_other_origins_are_not_let_in(http):
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for response in (http.get("/health/live", headers=headers), http.options("/ask", headers=headers)):
        assert "access-control-allow-origin" not in response.headers


def test_a_file_that_the_browser_has_is_not_sent_again(http):
    first = http.get("/static/style.css")
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    assert first.headers["cache-control"] == "no-cache"
    for given in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = http.get("/static/style.css", headers={"If-None-Match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert http.get("/static/style.css", headers={"If-None-Match": '"other"'}).content == first.content


@pytest.mark.parametrize(
    "name", ["..%2Fapp.py", "%2e%2e/app.py", "..%5Capp.py", "%00", ".", "", "style.css%00.js", "/etc/hosts"]
)
def test_nothing_outside_the_page_is_served(http, name):
    assert http.get(f"/static/{name}").status_code == 404


def test_head_is_get_without_the_body(http):
    response = http.head("/")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["etag"] == http.get("/").headers["etag"]


def test_the_api_reference_needs_no_network(http):
    page = http.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(sources) == 4
    for source in sources:
        assert http.get(f"/{source}").status_code == 200, source
    for text in (page.text, http.get("/docs/start.js").text):
        assert not re.search(r"(https?:)?//", text)
    style = http.get("/docs/swagger-ui.css").text
    assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", style)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert http.get("/schema/openapi.json").json()["openapi"].startswith("3.1")


def test_the_description_covers_every_operation_with_errors_as_problems(http):
    schema = http.get("/schema/openapi.json").json()
    operations = {(path, method): each for path, item in schema["paths"].items() for method, each in item.items()}
    assert operations.keys() == {
        ("/ask", "post"),
        ("/search", "get"),
        ("/documents", "get"),
        ("/documents/{document_id}", "get"),
        ("/health/live", "get"),
        ("/health/ready", "get"),
    }
    for operation in operations.values():
        assert operation["summary"]
        assert operation["description"]
        for status, response in operation["responses"].items():
            if status >= "400":
                [(media_type, content)] = response["content"].items()
                assert media_type == "application/problem+json"
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                [example] = content["examples"].values()
                assert example["value"]["status"] == int(status)
    ask = operations["/ask", "post"]
    assert ask["responses"]["200"]["content"].keys() == {"application/json", "text/event-stream"}
    assert "Retry-After" in ask["responses"]["503"]["headers"]
    for event in ("evidence", "token", "answer", "error"):
        assert f"`{event}`" in ask["description"]
    read = operations["/documents/{document_id}", "get"]
    assert read["responses"]["200"]["content"].keys() == {"application/json", "text/html"}


def test_the_examples_of_the_description_are_valid():
    msgspec.convert(ANSWER_EXAMPLE.value, Answer)
    for example in QUESTION_EXAMPLES:
        msgspec.convert(example.value, Question)
    answer = ANSWER_EXAMPLE.value
    [claim] = answer["claims"]
    assert answer["text"][claim["start"] : claim["end"]] + "[1]" == answer["text"]
    [citation] = answer["citations"]
    assert citation["end"] - citation["start"] == len(citation["quote"])


def test_all_references_of_the_description_resolve(http):
    schema = http.get("/schema/openapi.json").json()
    for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schema)):
        assert name in schema["components"]["schemas"]
