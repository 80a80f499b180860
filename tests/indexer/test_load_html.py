"""HTML: the article without the page around it."""

import datetime

import pytest

from indexer.errors import LoadError
from indexer.loaders.html import parse_html
from indexer.loaders.parsed import Parsed

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="{charset}"><title>Toll set | The Callan Courier</title>
<meta property="og:title" content="Toll set at three marks"><meta property="og:site_name" content="The Callan Courier">
<meta property="og:url" content="https://courier.example/toll">
<meta property="article:published_time" content="2025-03-07">
<meta name="author" content="Isolde Tranter"></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/city">City</a></li></ul></nav>
<main><article><h1>Toll set at three marks</h1><p class="byline">By Isolde Tranter</p>
<p>The toll on the Gannet Bridge – for all vehicles – will be <b>three marks</b>, the council decided on Tuesday
after a debate of five hours, in which nobody raised his voice.</p>
<h2>What it costs</h2>
<p>These are the tolls that were decided for the first year, said the clerk:</p>
<ul><li>Cars pay three marks</li><li>Bikes pay <em>nothing</em></li></ul>
<table><tr><th>Vehicle</th><th>Toll</th></tr><tr><td>Lorry</td><td>9 marks</td></tr></table>
<p>The money goes to the fund for the upkeep of the bridge, which is empty. Größe zählt, said Mr Moss.</p>
</article></main>
<footer>© 2025 The Callan Courier. <a href="/imprint">Imprint</a></footer></body></html>"""


def parsed(page: str = PAGE, charset: str = "utf-8") -> Parsed:
    return parse_html(page.replace("{charset}", charset).encode(charset), "a.html")


def test_the_metadata_of_the_page_is_read() -> None:
    document = parsed()

    assert document.title == "Toll set at three marks"
    assert document.source == "The Callan Courier"
    assert document.published_at == datetime.date(2025, 3, 7)
    assert document.url == "https://courier.example/toll"


def test_only_the_article_is_kept_with_its_lists_and_tables() -> None:
    document = parsed()

    assert "Imprint" not in document.text
    assert "Home" not in document.text
    assert "will be three marks, the council decided on Tuesday after a debate of five hours" in document.text
    assert [document.text[start:end] for start, end in document.block_spans] == [
        "- Cars pay three marks\n- Bikes pay nothing",
        "Vehicle | Toll\nLorry | 9 marks",
    ]
    assert [document.text[start:end] for start, end in document.heading_spans] == [
        "Toll set at three marks",
        "What it costs",
    ]


def test_the_encoding_that_the_page_declares_is_used() -> None:
    assert "Größe zählt" in parsed(charset="windows-1252").text
    assert "Größe zählt" in parsed(charset="utf-8").text


def test_an_unknown_declared_encoding_is_guessed_instead() -> None:
    page = PAGE.replace("{charset}", "x-klingon").encode("cp1252")

    assert "the council decided" in parse_html(page, "a.html").text


@pytest.mark.parametrize(
    "page",
    ["<html><body></body></html>", "<html><head><title>T</title></head><body><script>x()</script></body></html>"],
)
def test_a_page_without_content_is_refused(page: str) -> None:
    with pytest.raises(LoadError, match="no main content"):
        parsed(page)


def test_deep_nesting_is_an_error_of_ours_or_read() -> None:
    page = "<div>" * 5000 + "<p>" + "Some words of an article. " * 20 + "</p>" + "</div>" * 5000

    try:
        assert "Some words" in parsed(f"<html><body>{page}</body></html>").text
    except LoadError as error:
        assert error.path == "a.html"  # noqa: PT017


@pytest.mark.parametrize(
    "shown",
    [
        '<p style="font-size:1em; opacity: 0.9">It is read.</p>',
        '<div style="background:#036"><p style="color:white">It is read.</p></div>',
        '<div style="display:block"><p style="top:-12px; height:0">It is read.</p></div>',
        "<details><summary>More</summary><p>It is read.</p></details>",
        '<p>Some <span style="display:none">nothing</span>It is read.</p>',
        '<style>p { color: white }</style><p style="color:white">It is read.</p>',
    ],
)
def test_what_may_be_seen_stays(shown: str) -> None:
    assert "It is read." in parsed(PAGE.replace("<h2>", f"{shown}<h2>", 1)).text


def test_a_page_that_shows_itself_only_once_its_script_has_run_is_read() -> None:
    assert "three marks" in parsed(PAGE.replace("<body>", '<body style="opacity:0" hidden>')).text
