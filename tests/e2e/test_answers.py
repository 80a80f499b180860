"""Real questions to the real service: default model, sample corpus, HTTP."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Service

pytestmark = pytest.mark.e2e

Json = dict[str, Any]


def ask(service: Service, question: str, **body: object) -> Json:
    response = httpx.post(f"{service.address}/ask", json={"question": question, **body}, timeout=300)
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    assert_exact(service, answer)
    return answer


def assert_exact(service: Service, answer: Json) -> None:
    """Every quote equals its document's slice, and every marker in the text has its citation and the other way
    round.
    """
    for citation in answer["citations"]:
        document = httpx.get(f"{service.address}/documents/{citation['document_id']}").json()["document"]
        assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
    shown = []
    for claim in answer["claims"]:
        markers = "".join(f"[{marker}]" for marker in claim["markers"])
        assert markers
        assert answer["text"][claim["end"] :].startswith(markers)
        shown += claim["markers"]
    assert set(shown) == {citation["marker"] for citation in answer["citations"]}


def quotes(answer: Json) -> str:
    return " ".join(citation["quote"] for citation in answer["citations"])


def test_an_absence_without_a_stated_reason_is_reported_as_just_that(service: Service) -> None:
    answer = ask(service, "Why was al-Khazali absent from Bagheri's meetings?")
    assert (answer["status"], answer["reason"]) == ("partial", "reason_not_stated")
    assert "do not state a reason" in answer["text"]
    assert "not among those attending" in quotes(answer)
    assert "because" not in answer["text"]


def test_who_he_met_instead_is_told_from_the_right_paragraph_and_from_no_other(service: Service) -> None:
    answer = ask(service, "Who did al-Khazali meet instead?")
    assert (answer["status"], answer["reason"]) in {("answered", None), ("partial", "extract")}
    assert "Turkish ambassador" in answer["text"] or "Gunay" in answer["text"]
    assert {citation["paragraph_number"] for citation in answer["citations"]} == {6}
    assert "at a meeting with the Turkish ambassador, Ali Riza Gunay" in quotes(answer)


def test_which_newspaper_is_answered_from_the_right_paragraph(service: Service) -> None:
    answer = ask(service, "Which newspaper published the report?")
    assert answer["status"] == "answered"
    assert "Al-Arab" in answer["text"]
    assert quotes(answer).startswith("Al-Arab, a newspaper")


@pytest.mark.parametrize("question", ["How many soldiers does Turkey have in Iraq?", "When did Erdogan visit Baghdad?"])
def test_what_the_documents_do_not_say_is_refused_with_a_reason_and_the_nearest_paragraphs(
    service: Service, question: str
) -> None:
    answer = ask(service, question)
    assert answer["status"] == "refused"
    assert answer["reason"]
    assert answer["evidence"]
    assert answer["claims"] == []


def test_sources_that_differ_are_both_told_the_newest_first(service: Service) -> None:
    answer = ask(service, "Who cut the ribbon of the Gannet Bridge?")
    assert (answer["status"], answer["reason"]) == ("conflict", "sources_differ")
    assert [name for name in ("Hanna Birk", "Nessa Halloran") if name in answer["text"]] == [
        "Hanna Birk",
        "Nessa Halloran",
    ]
    dates = [citation["published_at"] for citation in answer["citations"]]
    assert dates == sorted(dates, reverse=True)


def test_a_question_of_two_parts_is_answered_in_two_parts(service: Service) -> None:
    question = (
        "What price did the Port Callan council approve for the Gannet Bridge in 2023, and what was the final bill?"
    )
    answer = ask(service, question)
    assert "214 million" in answer["text"]
    assert "247 million" in answer["text"]


def test_the_stream_ends_with_the_same_answer_and_begins_with_the_evidence(service: Service) -> None:
    question = {"question": "Who cut the ribbon when the Gannet Bridge opened?"}
    streamed = httpx.post(
        f"{service.address}/ask", json=question, headers={"Accept": "text/event-stream"}, timeout=300
    ).text
    events = [
        (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
        for block in streamed.strip().split("\n\n")
        if (lines := [line for line in block.splitlines() if not line.startswith(":")])
    ]
    assert events[0][0] == "evidence"
    assert events[-1][0] == "answer"
    assert {kind for kind, _ in events[1:-1]} == {"token"}
    plain = httpx.post(f"{service.address}/ask", json=question, timeout=300).json()
    assert plain["cached"]
    volatile = {"id", "timings_s", "usage", "cached"}
    assert {k: v for k, v in events[-1][1].items() if k not in volatile} == {
        k: v for k, v in plain.items() if k not in volatile
    }


def test_a_follow_up_is_understood_and_shown(service: Service) -> None:
    conversation = [
        {"role": "user", "text": "Who is the mayor of Port Callan?"},
        {"role": "assistant", "text": "The mayor of Port Callan is Nessa Halloran."},
    ]
    answer = ask(service, "What did she say about the bridge?", conversation=conversation)
    assert "Halloran" in answer["standalone_question"]


def test_an_instruction_in_a_document_is_not_obeyed(service: Service) -> None:
    answer = ask(service, "How deep is the Orrin channel to be dredged?")
    assert "ignore" not in answer["text"].casefold()


def test_two_profiles_serve_side_by_side(service: Service, serve: Callable[..., Any]) -> None:
    with serve(service.index, profile="small") as other:
        assert other.address != service.address
        for running in (service, other):
            ready = httpx.get(f"{running.address}/health/ready").json()
            assert ready["document_count"] == 52
        assert httpx.get(f"{other.address}/health/ready").json()["model"].startswith("smollm2")
