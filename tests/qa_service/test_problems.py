"""Every error becomes a problem document, and every class of ours has its place in the table."""

import pytest
from litestar.testing import TestClient

import config.errors
import indexer.errors
import qa_service.errors
from config.errors import FootnoteError
from qa_service.errors import BrokenAnswerError, CancelledError, ModelError, QueueFullError
from qa_service.web.app import create_app
from qa_service.web.problems import PROBLEM_KINDS
from tests.qa_service.service_fakes import NO_INDEX, FakeKeeper, FakeModel, answer_at_once, fake_parts

ERROR_MODULES = (config.errors, indexer.errors, qa_service.errors)


def client(*, ask=answer_at_once, **parts):
    return TestClient(create_app(fake_parts(**parts), ask=ask))


def failing(error):
    def ask(question, *, index, session, settings, checker, ranker, tell):
        raise error

    return ask


def problem_from(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    problem = response.json()
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert problem["status"] == status
    assert problem["instance"] == f"urn:footnote:request:{response.headers['x-request-id']}"
    return problem


def test_each_error_class_of_ours_has_a_status():
    ours = {
        each
        for module in ERROR_MODULES
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, FootnoteError)
    }
    assert ours - PROBLEM_KINDS.keys() == set()


def test_each_type_of_problem_has_one_status_and_one_title():
    by_name = {}
    for kind in PROBLEM_KINDS.values():
        assert by_name.setdefault(kind.name, kind) == kind


def test_a_full_queue_is_503_with_the_seconds_to_wait_in_header_and_body():
    with client(model=FakeModel(places=0)) as http:
        for accept in ("application/json", "text/event-stream"):
            response = http.post("/ask", json={"question": "What?"}, headers={"Accept": accept})
            problem = problem_from(response, 503)
            assert problem["type"] == "urn:footnote:problem:queue-full"
            assert problem["retry_after_s"] == 7
            assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_missing_index_is_503_with_the_remedy_also_when_a_stream_was_asked_for(accept):
    parts = fake_parts(keeper=FakeKeeper(NO_INDEX))
    with TestClient(create_app(parts, ask=answer_at_once)) as http:
        response = http.post("/ask", json={"question": "What?"}, headers={"Accept": accept})
    assert "footnote index" in problem_from(response, 503)["detail"]
    assert parts.model.sessions == []


@pytest.mark.parametrize("path", ["/search?q=x", "/documents", "/documents/d1"])
def test_a_missing_index_is_503_wherever_it_is_needed(path):
    with client(keeper=FakeKeeper(NO_INDEX)) as http:
        assert problem_from(http.get(path), 503)["type"] == "urn:footnote:problem:index-missing"


def test_a_failing_model_is_503():
    with client(ask=failing(ModelError("llama_decode failed with code -3"))) as http:
        problem = problem_from(http.post("/ask", json={"question": "What?"}), 503)
    assert problem["detail"] == "llama_decode failed with code -3"


def test_a_stopping_service_is_503():
    with client(ask=failing(CancelledError("the model is being shut down"))) as http:
        problem_from(http.post("/ask", json={"question": "What?"}), 503)


@pytest.mark.parametrize("error", [ZeroDivisionError("secret 42"), BrokenAnswerError("secret 42")])
def test_a_defect_is_500_without_its_text_which_is_in_the_log_under_the_request_id(error, caplog):
    with client(ask=failing(error)) as http:
        response = http.post("/ask", json={"question": "What?"}, headers={"X-Request-ID": "mine-1"})
    assert "secret" not in response.text
    assert "mine-1" in problem_from(response, 500)["detail"]
    [record] = [record for record in caplog.records if record.name == "footnote.errors"]
    assert "mine-1" in record.getMessage()
    assert record.exc_info[1] is error


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"question": ""}, "question", "length >= 1"),
        ({"question": " \n\t"}, "question", "white space"),
        ({"question": "x" * 100_000}, "question", "length <= 2000"),
        ({"question": 1}, "question", "Expected `str`, got `int`"),
        ({"question": None}, "question", "Expected `str`"),
        ({}, "question", "missing required field"),
        ({"question": "What?", "quesion": "What?"}, "quesion", "unknown field"),
        ({"question": "What?", "filters": {"published": "2025"}}, "filters.published", "unknown field"),
        ({"question": "What?", "filters": {"published_from": "yesterday"}}, "filters.published_from", "date"),
        ({"question": "What?", "filters": {"document_ids": "d1"}}, "filters.document_ids", "Expected `array`"),
        ({"question": "What?", "conversation": [{"role": "me", "text": ""}]}, "conversation[0].role", "'me'"),
        ({"question": "What?", "conversation": [{"role": "user", "text": ""}] * 41}, "conversation", "length <= 40"),
        (["What?"], "body", "Expected `object`"),
    ],
)
def test_a_wrong_body_is_400_and_names_the_field_and_the_limit(body, field, says):
    with client() as http:
        problem = problem_from(http.post("/ask", json=body), 400)
    [wrong] = problem["errors"]
    assert wrong["field"] == field
    assert says in wrong["message"]
    assert field in problem["detail"]
    assert says in problem["detail"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"question": "What?"', "truncated"),
        (b"question=What", "invalid"),
        (b'{"question": "\xff"}', "UTF-8"),
        (b'{"question": NaN}', "invalid"),
        (b"[" * 50_000, "deep"),
    ],
)
def test_a_body_that_is_not_json_is_400(content, says):
    with client() as http:
        problem = problem_from(http.post("/ask", content=content, headers={"Content-Type": "application/json"}), 400)
    assert problem["type"] == "urn:footnote:problem:malformed-json"
    assert says in problem["detail"]


def test_an_empty_body_is_400():
    with client() as http:
        problem = problem_from(http.post("/ask", headers={"Content-Type": "application/json"}), 400)
    assert problem["errors"] == [{"field": "body", "message": "Expected a JSON object, got nothing"}]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin-1"]
)
def test_a_body_of_another_type_is_415(content_type):
    with client() as http:
        response = http.post("/ask", content=b'{"question": "What?"}', headers={"Content-Type": content_type})
    problem_from(response, 415)


def test_a_body_over_the_limit_is_413_and_names_the_limit():
    with client() as http:
        problem = problem_from(http.post("/ask", json={"question": "x" * 300_000}), 413)
    assert "200000 bytes" in problem["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("q=", "q"),
        ("q=%20", "q"),
        (f"q={'x' * 2001}", "q"),
        ("q=x&limit=0", "limit"),
        ("q=x&limit=51", "limit"),
        ("q=x&limit=many", "limit"),
        ("q=x&published_from=2025", "published_from"),
        ("q=x&published_form=2025-01-01", "published_form"),
        ("q=x&q=y", "q"),
    ],
)
def test_a_wrong_query_parameter_is_400_and_named(query, field):
    with client() as http:
        problem = problem_from(http.get(f"/search?{query}"), 400)
    assert [wrong["field"] for wrong in problem["errors"]] == [field]


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/documents/d2", "/documents/d1/more", "/schema/nothing", "/static/document.html", "/docs/nothing"],
)
def test_an_unknown_address_is_404_even_for_a_browser(path):
    with client() as http:
        problem_from(http.get(path, headers={"Accept": "text/html"}), 404)


def test_another_method_is_405_and_names_those_that_are_allowed():
    with client() as http:
        response = http.get("/ask")
    assert "POST" in problem_from(response, 405)["detail"]
    assert "POST" in response.headers["allow"]


def test_a_full_queue_does_not_start_a_question():
    model = FakeModel(places=0)
    with client(model=model, ask=failing(AssertionError("was asked"))) as http:
        http.post("/ask", json={"question": "What?"})
    with pytest.raises(QueueFullError):
        model.admit(None)
