"""The page in a real browser, against a stub of the service that speaks the contract's values.

Needs the Python package `playwright` and Debian's package `chromium`; nothing is downloaded.
"""

import threading
from collections.abc import Iterator
from itertools import chain

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.page_stub import (
    ANSWER,
    ATTACK,
    OPENING,
    REFUSAL,
    Reply,
    Stub,
    cite,
    claim,
    event,
    found,
    hit,
    problem,
    streamed,
    token,
)

pytestmark = pytest.mark.e2e


@pytest.fixture
def stub() -> Iterator[Stub]:
    served = Stub()
    yield served
    served.close()


@pytest.fixture
def page(browser: Browser, stub: Stub) -> Iterator[Page]:
    """An opened page. Afterwards: nothing was requested from elsewhere, and the console holds no error.

    The browser itself reports failed responses as errors; the page's own are all others, breaches of policy included.
    """
    context = browser.new_context(locale="en-GB", reduced_motion="reduce")
    opened = context.new_page()
    requested: list[str] = []
    complaints: list[str] = []
    context.on("request", lambda request: requested.append(request.url))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.goto(stub.url)
    yield opened
    context.close()
    assert [url for url in requested if not url.startswith(f"{stub.url}/")] == []
    assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")


def test_the_empty_page_tells_how_many_documents_there_are_and_offers_some(page: Page) -> None:
    expect(page.locator("#promise")).to_have_text(
        "Answers come only from these 48 documents. Every sentence has its source."
    )
    expect(page.get_by_role("button", name="Ask about")).to_have_count(3)


def test_a_suggestion_keeps_the_question_to_its_document(page: Page, stub: Stub) -> None:
    stub.replies = [streamed(ANSWER), streamed(ANSWER)]
    page.get_by_role("button", name="Ask about Drivers take 6.2 percent").click()
    ask(page, "How much?")
    expect(page.locator(".answer")).to_be_visible()
    page.get_by_label("Search all documents again").click()
    ask(page, "And elsewhere?")
    expect(page.locator(".answer")).to_have_count(2)
    assert [question.filters.document_ids for question in stub.questions] == [("d2",), ()]


def test_sources_then_a_draft_then_the_answer_appear(page: Page, stub: Stub) -> None:
    steps = [threading.Event() for _ in range(3)]

    def parts() -> Iterator[bytes]:
        stages = (found(ANSWER), token("Hanna Birk — draft"), event("answer", ANSWER))
        for part, step in zip(stages, steps, strict=True):
            step.wait(30)
            yield part

    stub.replies = [Reply(parts=parts())]
    ask(page, "Who opened the bridge?")
    expect(page.locator(".stage")).to_contain_text("Searching 48 documents")
    steps[0].set()
    expect(page.locator(".stage")).to_contain_text("Reading 2 passages in 1 document")
    expect(page.locator(".reading")).to_contain_text("The day the Gannet Bridge opened")
    steps[1].set()
    expect(page.locator(".draft")).to_have_text("Hanna Birk — draft")
    steps[2].set()
    expect(page.locator(".prose")).to_have_text("🌉 Hanna Birk opened it.1 It cost 247 million marks.12")
    expect(page.locator(".draft")).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text("🌉 Hanna Birk opened it. It cost 247 million marks.")
    expect(page.locator(".colophon")).to_contain_text("4.2 s · qwen2.5-coder-1.5b-instruct-q4_k_m · index g12ab34")


def test_a_footnote_opens_its_whole_paragraph_with_the_quote_marked(page: Page, stub: Stub) -> None:
    stub.replies = [streamed(ANSWER)]
    ask(page, "Who opened the bridge?")
    marker = page.locator(".marker").first
    marker.click()
    note = page.locator(".prose > p + .footnote")
    expect(note.locator("blockquote")).to_have_text(OPENING)
    expect(note.locator("mark")).to_have_text("Then the city walked.")
    expect(note).to_contain_text("The Callan Courier · 31 August 2025 · ¶ 1 · p. 2")
    link = note.get_by_role("link", name="Open in document")
    expect(link).to_have_attribute("href", f"{stub.url}/documents/d1#p1")
    expect(link).to_have_attribute("rel", "noopener")
    marker.click()
    expect(page.locator(".footnote")).to_have_count(0)


def test_a_quote_that_is_not_where_its_offsets_say_is_still_found_or_shown_bare(page: Page, stub: Stub) -> None:
    moved = msgspec.structs.replace(ANSWER.citations[0], start=41)
    foreign = msgspec.structs.replace(ANSWER.citations[1], paragraph_id="d9-p9")
    stub.replies = [streamed(msgspec.structs.replace(ANSWER, citations=(moved, foreign)))]
    ask(page, "Who opened the bridge?")
    page.get_by_label("Footnote 1: ").first.click()
    page.get_by_label("Footnote 2: ").click()
    expect(page.locator("blockquote")).to_have_text([OPENING, "The final bill is 247 million marks"])
    expect(page.locator("mark")).to_have_text(["Then the city walked.", "The final bill is 247 million marks"])


def test_everything_is_reached_by_keyboard_alone(page: Page, stub: Stub) -> None:
    stub.replies = [streamed(ANSWER)]
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("Who opened")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("the bridge?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn h2")).to_have_text("Who opened the bridge?")
    expect(page.locator(".prose")).to_be_visible()
    for _ in range(20):
        if page.evaluate("document.activeElement.className") == "marker":
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".marker:focus")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Close footnote 2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".footnote")).to_have_count(0)
    expect(page.locator(".marker:focus")).to_have_attribute("aria-expanded", "false")
    assert stub.questions[0].question == "Who opened\nthe bridge?"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("no_hits", "may help"),
        ("low_relevance", "only touch on this"),
        ("unsupported", "No passage bears out an answer"),
        ("contradicted", "at odds with a passage"),
        ("reason_not_stated", "give no reason for it"),
        ("false_premise", "takes something for granted"),
        ("deadline", "longer than is allowed"),
        ("a_reason_of_tomorrow", "do not bear out is not shown"),
    ],
)
def test_a_refusal_is_explained_and_shows_the_nearest_passages(page: Page, stub: Stub, reason: str, words: str) -> None:
    refusal = msgspec.structs.replace(REFUSAL, reason=reason)  # type: ignore[arg-type]
    stub.replies = [streamed(refusal)]
    ask(page, "Why at eleven?")
    expect(page.locator(".outcome")).to_contain_text("Not answered")
    expect(page.locator(".outcome")).to_contain_text(words)
    expect(page.locator("details blockquote").first).to_be_hidden()
    page.locator("summary").first.press("Enter")
    expect(page.locator("details blockquote").first).to_have_text(OPENING)


def test_a_partial_answer_tells_what_was_left_out_and_marks_what_is_in_doubt(page: Page, stub: Stub) -> None:
    doubtful = msgspec.structs.replace(ANSWER.claims[1], verdict="unsupported")
    partial = msgspec.structs.replace(
        ANSWER,
        status="partial",
        reason="unsupported",
        removed_claims=2,
        claims=(ANSWER.claims[0], doubtful),
        standalone_question="What did the Gannet Bridge cost?",
    )
    stub.replies = [streamed(partial)]
    ask(page, "And the cost?")
    expect(page.locator(".outcome")).to_contain_text("could not be confirmed and was left out (2 sentences)")
    expect(page.locator(".doubt")).to_have_text("[not confirmed by the documents]")
    expect(page.locator(".understood")).to_have_text("Understood as: What did the Gannet Bridge cost?")


@pytest.mark.parametrize(
    ("status", "words"), [("conflict", "The documents disagree"), ("clarify", "Which one do you mean?")]
)
def test_a_conflict_and_a_question_back_are_named(page: Page, stub: Stub, status: str, words: str) -> None:
    stub.replies = [streamed(msgspec.structs.replace(ANSWER, status=status, reason="ambiguous"))]
    ask(page, "Who?")
    expect(page.locator(".outcome")).to_contain_text(words)


def test_a_follow_up_carries_questions_and_answers_but_nothing_that_failed(page: Page, stub: Stub) -> None:
    stub.replies = [streamed(ANSWER), problem(500, "The model failed.", {}), streamed(ANSWER)]
    ask(page, "Who opened the bridge?")
    expect(page.locator(".answer")).to_have_count(1)
    ask(page, "Lost")
    expect(page.locator(".failure")).to_be_visible()
    ask(page, "And the cost?")
    expect(page.locator(".answer")).to_have_count(2)
    assert [turn.text for turn in stub.questions[2].conversation] == ["Who opened the bridge?", ANSWER.text]


def test_a_busy_service_is_waited_for_and_then_asked_again(page: Page, stub: Stub) -> None:
    busy = problem(503, "8 questions are already waiting for the model.", {"Retry-After": "1"})
    stub.replies = [busy, streamed(ANSWER)]
    ask(page, "Who opened the bridge?")
    expect(page.locator(".failure")).to_contain_text("8 questions are already waiting for the model.")
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(page.locator(".prose")).to_contain_text("Hanna Birk opened it.")
    assert [question.question for question in stub.questions] == ["Who opened the bridge?"] * 2


@pytest.mark.parametrize("ending", [b"", b'event: answer\ndata: {"status": \n\n'])
def test_a_stream_that_breaks_off_says_so_and_can_be_asked_again(page: Page, stub: Stub, ending: bytes) -> None:
    stub.replies = [Reply(parts=[found(ANSWER), token("Half an ans"), ending]), streamed(ANSWER)]
    ask(page, "Who opened the bridge?")
    expect(page.locator(".failure")).to_contain_text("broke off before the answer was complete")
    expect(page.get_by_text("Half an ans")).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".prose")).to_be_visible()


def test_an_error_in_the_stream_is_shown_in_its_own_words(page: Page, stub: Stub) -> None:
    problem_document = {"status": 503, "detail": "The model library failed.", "retry_after_s": 900}
    stub.replies = [Reply(parts=[event("error", problem_document)])]
    ask(page, "Who opened the bridge?")
    expect(page.locator(".failure")).to_contain_text("The model library failed.")
    expect(page.get_by_role("button", name="Try again in")).to_be_disabled()


def test_a_question_survives_a_lost_network(page: Page, stub: Stub) -> None:
    def refuse(route: Route) -> None:
        route.abort("connectionrefused")

    page.route("**/ask", refuse)
    ask(page, "Who opened the bridge?")
    expect(page.locator(".failure")).to_contain_text("cannot be reached")
    page.get_by_role("button", name="Edit question").click()
    expect(page.get_by_label("Your question")).to_have_value("Who opened the bridge?")


def test_stop_ends_the_request_and_keeps_no_draft(page: Page, stub: Stub) -> None:
    stub.replies = [Reply(parts=chain([found(ANSWER), token("Unchecked")], stub.comments()))]
    ask(page, "Who opened the bridge?")
    expect(page.locator(".draft")).to_have_text("Unchecked")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".stopped")).to_contain_text("Stopped")
    expect(page.get_by_text("Unchecked", exact=True)).to_have_count(0)
    assert stub.client_left.wait(30)


def test_a_new_conversation_forgets_the_old_one(page: Page, stub: Stub) -> None:
    stub.replies = [streamed(ANSWER), streamed(ANSWER)]
    ask(page, "Who opened the bridge?")
    expect(page.locator(".answer")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_label("Your question")).to_be_focused()
    ask(page, "And the cost?")
    expect(page.locator(".answer")).to_have_count(1)
    assert stub.questions[1].conversation == ()


def test_the_copy_holds_the_text_with_markers_and_its_footnotes(page: Page, stub: Stub) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stub.replies = [streamed(ANSWER)]
    ask(page, "Who opened the bridge?")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"Who opened the bridge?\n\n{ANSWER.text}\n\n[1] The day the Gannet Bridge opened" in copied
    assert f"¶ 1 · p. 2): “Then the city walked.”\n    {stub.url}/documents/d1#p1" in copied


def test_a_question_that_is_too_long_is_counted_and_not_sent_nor_cut(page: Page, stub: Stub) -> None:
    ask(page, "🌉" * 2_003)
    expect(page.locator("#counter")).to_have_text("3 characters too many")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_disabled()
    expect(page.get_by_label("Your question")).to_have_value("🌉" * 2_003)
    assert stub.questions == []


def test_markup_in_answers_titles_and_quotes_stays_text(page: Page, stub: Stub) -> None:
    stub.titles = [ATTACK]
    source = hit(1, f"{ATTACK} said the poster.", start=0, title=ATTACK)
    text = f"{ATTACK} is here. [1]"
    hostile = msgspec.structs.replace(
        ANSWER,
        text=text,
        claims=(claim(text, f"{ATTACK} is here.", (1,)),),
        citations=(cite(1, source, ATTACK, url="javascript:document.title='broken'"),),
        evidence=(source,),
    )
    stub.replies = [streamed(hostile), streamed(msgspec.structs.replace(hostile, status="refused", reason="no_hits"))]
    page.reload()
    expect(page.get_by_role("button", name="Ask about")).to_contain_text(ATTACK)
    ask(page, ATTACK)
    page.locator(".marker").click()
    expect(page.locator("mark")).to_have_text(ATTACK)
    expect(page.locator(".footnote cite")).to_have_text(ATTACK)
    expect(page.locator(".footnote-actions a")).to_have_count(0)
    ask(page, ATTACK)
    expect(page.locator("details cite")).to_have_text(ATTACK)
    expect(page.locator("main img, main script, [href^=javascript]")).to_have_count(0)
    expect(page).to_have_title("Footnote")


def test_a_document_page_numbers_its_paragraphs_and_marks_the_one_that_is_linked(page: Page, stub: Stub) -> None:
    stub.titles = [ATTACK]
    page.goto(f"{stub.url}/documents/d1#p2")
    expect(page.locator(".paragraph:target > p")).to_have_text("Pier | Depth\n5 | 44 m", use_inner_text=True)
    expect(page.locator(".number")).to_have_text(["1", "2"])
    expect(page.locator(".page-mark")).to_have_text(["Page 1", "Page 2"])
    expect(page.locator("h1")).to_have_text(ATTACK)
    expect(page.locator("main img, main script, [href^=javascript]")).to_have_count(0)
    page.get_by_role("link", name="Ask about this").click()
    expect(page.locator("#scope")).to_contain_text(ATTACK)


def test_events_are_read_wherever_the_network_cuts_them(page: Page) -> None:
    stream = (
        "\ufeff: hello\r\n\r\nevent: token\r\ndata: {\r\ndata:  é🌉\r\n\r\n"
        "data:two\n\ndata: three\r\rdata: incomplete\n"
    )
    read = page.evaluate(
        """async (text) => {
            const { readEvents } = await import("/static/sse.js");
            const bytes = new TextEncoder().encode(text);
            const found = [];
            for (let first = 0; first < bytes.length; first++) {
                const parts = [bytes.slice(0, first), bytes.slice(first, first + 1), bytes.slice(first + 1)];
                const body = new ReadableStream({ start(c) { parts.forEach((p) => c.enqueue(p)); c.close(); } });
                const events = [];
                for await (const event of readEvents(body)) events.push(`${event.event}=${event.data}`);
                found.push(events.join("; "));
            }
            return [...new Set(found)];
        }""",
        stream,
    )
    assert read == ["token={\n é🌉; message=two; message=three"]


def test_claims_are_cut_out_by_code_points_and_unknown_markers_stay_text(page: Page) -> None:
    text = "🌉🌉 One. [1][2] [9]\n\n- Two. [1]"
    value = {
        "text": text,
        "claims": [
            {"start": 0, "end": 7, "verdict": "supported", "markers": [1, 2]},
            {"start": text.index("- Two."), "end": text.index("- Two.") + 6, "verdict": "unsupported", "markers": [1]},
            {"start": 5, "end": 900, "verdict": "supported", "markers": []},
        ],
        "citations": [{"marker": 1}, {"marker": 2}],
    }
    lines = page.evaluate("""async (answer) => (await import("/static/text.js")).segment(answer)""", value)
    assert lines == [
        [
            {"kind": "claim", "text": "🌉🌉 One.", "verdict": "supported", "markers": [1, 2]},
            {"kind": "text", "text": " [9]"},
        ],
        [{"kind": "claim", "text": "- Two.", "verdict": "unsupported", "markers": [1]}],
    ]


def test_an_answer_that_was_given_before_says_so(page: Page, stub: Stub) -> None:
    stub.replies = [streamed(msgspec.structs.replace(ANSWER, cached=True))]
    ask(page, "Who opened the bridge?")
    expect(page.locator(".colophon")).to_contain_text("answered before · qwen2.5")
