"""The page of a report in a real browser, opened from a file.

Needs the Python package `playwright` and Debian's package `chromium`; nothing is downloaded.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from evals.reports.html import render_html
from tests.evals.report_factory import ARABIC, ATTACK, BASELINE, make_report

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render_html(make_report()), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """An opened page. Afterwards: nothing but its file was requested, and the console holds no error."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    requested: list[str] = []
    complaints: list[str] = []
    context.on("request", lambda request: requested.append(request.url.partition("#")[0]))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.goto(address)
    yield opened
    context.close()
    assert set(requested) == {address}
    assert complaints == []


def shown(page: Page) -> list[str]:
    return page.locator(".case:visible").evaluate_all("cases => cases.map(each => each.id.slice(5))")


def test_cases_are_filtered_by_words_of_question_answer_and_expectation(page: Page) -> None:
    page.get_by_label("Search").fill("CRACKED bolt")
    assert {case_id.partition("-")[0] for case_id in shown(page)} == {"bolt"}
    expect(page.locator("output")).to_have_text("3 of 40 cases")
    page.get_by_label("Search").fill("منكب الجوزاء")
    assert {case_id.partition("-")[0] for case_id in shown(page)} == {"stars"}
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("output")).to_have_text("40 cases")


def test_target_status_and_result_are_those_of_one_outcome(page: Page) -> None:
    page.get_by_label("Target").select_option("plain")
    page.get_by_label("Status").select_option("answered")
    page.get_by_label("Result").select_option("wrong")
    found = page.locator(".case:visible")
    assert 0 < found.count() < 40
    assert all(
        "plain/answered/wrong" in outcomes for outcomes in found.evaluate_all("all => all.map(e => e.dataset.outcomes)")
    )
    page.get_by_label("Result").select_option("crashed")
    expect(page.locator("output")).to_have_text("0 of 40 cases")
    page.get_by_label("Status").select_option("")
    assert shown(page) == ["bolt-5", "crane-6"]


def test_a_filter_is_kept_in_the_address(page: Page, address: str) -> None:
    page.get_by_label("Stratum").select_option("near-miss")
    page.get_by_label("Flips").select_option(BASELINE)
    found = shown(page)
    assert page.url == f"{address}#stratum=near-miss&flips={BASELINE}"
    page.reload()
    assert shown(page) == found


def test_the_number_of_flips_of_a_comparison_leads_to_its_cases(page: Page) -> None:
    link = page.get_by_role("link", name="14 cases")
    link.click()
    expect(page.locator("output")).to_have_text("14 of 40 cases")
    expect(page.locator("output")).to_be_in_viewport()


def test_an_alarm_leads_to_its_case_though_a_filter_hides_it(page: Page) -> None:
    page.get_by_label("Stratum").select_option("near-miss")
    page.locator(".gate").get_by_role("link", name="bolt-5").click()
    case = page.locator("[id='case=bolt-5']")
    expect(case).to_have_attribute("open", "")
    expect(case.locator("> summary")).to_be_focused()
    expect(case.locator(".error").first).to_contain_text(f"DecodeError: llama_decode failed with code -3 {ATTACK}")


def test_a_case_and_a_paragraph_of_it_open_by_keyboard(page: Page) -> None:
    page.locator("[id='case=stars-10'] > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[id='case=stars-10'] .outcome")).to_have_count(2)
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    first = page.locator("[id='case=stars-10'] .outcome").first.locator(".hits details").first
    expect(first.locator("p")).to_have_text(ARABIC)
    assert first.locator("p").evaluate("each => getComputedStyle(each).direction") == "rtl"


def test_both_answers_stand_side_by_side_and_below_each_other_on_a_telephone(page: Page) -> None:
    page.locator("[id='case=toll-2'] > summary").click()
    left, right = page.locator("[id='case=toll-2'] .outcome").all()
    assert left.bounding_box()["y"] == right.bounding_box()["y"]
    page.set_viewport_size({"width": 400, "height": 800})
    assert left.bounding_box()["x"] == right.bounding_box()["x"]


@pytest.mark.parametrize("width", [400, 700, 1000, 1400])
def test_nothing_is_wider_than_the_window_though_everything_is_open(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.wait_for_function("[...document.querySelectorAll('.hits p')].every((each) => each.textContent !== '')")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_no_word_of_a_document_runs(page: Page) -> None:
    page.get_by_role("button", name="Open all").click()
    page.evaluate("document.querySelectorAll('.hits details').forEach((each) => { each.open = true; })")
    expect(page.locator(".hits p").filter(has_text="BANANA").first).to_contain_text(ATTACK)
    expect(page.locator("main img, main script")).to_have_count(0)
    expect(page).to_have_title("sample · 2026-11-23 · Footnote evaluation")
