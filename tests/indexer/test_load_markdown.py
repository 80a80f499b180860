"""Markdown: front matter, and text without syntax."""

import datetime

import pytest

from indexer.errors import LoadError
from indexer.loaders.markdown import parse_markdown
from indexer.loaders.parsed import Parsed


def parsed(text: str) -> Parsed:
    return parse_markdown(text.encode(), "a.md")


def blocks(document: Parsed) -> list[str]:
    return [document.text[start:end] for start, end in document.block_spans]


def test_front_matter_gives_title_source_date_and_address() -> None:
    document = parsed(
        "---\ntitle: 'Bridge: approved'\nsource: Lindmoor Ledger\ndate: 2023-03-14\nurl: https://a.example/b\n---\n\nText.\n"
    )

    assert document.title == "Bridge: approved"
    assert document.source == "Lindmoor Ledger"
    assert document.published_at == datetime.date(2023, 3, 14)
    assert document.url == "https://a.example/b"
    assert document.text == "Text."


def test_a_site_counts_more_than_its_authors() -> None:
    assert parsed("---\nauthor: [A. Moss, B. Pell]\nsite: Quill Radio\n---\nText.").source == "Quill Radio"
    assert parsed("---\nauthor: [A. Moss, B. Pell]\n---\nText.").source == "A. Moss, B. Pell"


def test_a_date_of_another_form_or_none_is_no_error() -> None:
    assert parsed("---\npublished: 14 March 2023\n---\nText.").published_at == datetime.date(2023, 3, 14)
    assert parsed("---\ndate: 2024-13-45\ntitle: no\n---\nText.").title == "no"
    assert parsed("---\ndate: soon\n---\nText.").published_at is None


def test_wrong_front_matter_names_the_line() -> None:
    with pytest.raises(LoadError, match=r"^a.md: wrong front matter in line 3: "):
        parsed("---\ntitle: A\nsource: B: C\n---\nText.")


@pytest.mark.parametrize(
    "fields", ["[" * 3000, "? [a]\n: b", "!!python/object:os.system x", "a: &x [*x]", "- just\n- a list"]
)
def test_odd_front_matter_is_content_or_an_error_of_ours(fields: str) -> None:
    try:
        assert "Text." in parsed(f"---\n{fields}\n---\nText.").text
    except LoadError as error:
        assert "wrong front matter" in error.reason  # noqa: PT017


def test_text_between_two_rules_is_content() -> None:
    assert parsed("---\n\nJust prose here\n\n---\n\nText.").text == "Just prose here\n\nText."


def test_the_first_heading_is_the_title_if_nothing_else_is() -> None:
    document = parsed("# The *old* bridge\n\nText.\n\n## Its end\n\nMore.")

    assert document.title == "The old bridge"
    assert [document.text[start:end] for start, end in document.heading_spans] == ["The old bridge", "Its end"]
    assert document.text == "The old bridge\n\nText.\n\nIts end\n\nMore."


def test_readers_see_no_syntax() -> None:
    source = (
        'It **was** a `code` [link](https://a.example "t") and ![a crane](c.png), ~~no~~ <b>bold</b> &amp; \\*so\\*  \n'
        "on.\nWrapped.\n\n> Quoted *words*.\n\n***\n\n<div><p>Raw</p><script>x()</script></div>\n"
    )

    assert parsed(source).text == (
        "It was a code link and a crane, no bold & *so*\non. Wrapped.\n\nQuoted words.\n\nRaw"
    )


def test_lists_keep_their_order_and_nesting() -> None:
    document = parsed("Do:\n\n3. first\n4. second\n   - deeper **one**\n   - deeper two\n\nDone.")

    assert blocks(document) == ["3. first\n4. second\n  - deeper one\n  - deeper two"]


def test_tables_have_a_line_for_each_row() -> None:
    document = parsed("| Car | Toll |\n|---|--:|\n| Lorry | **9** marks |\n| Bike |  |\n")

    assert blocks(document) == ["Car | Toll\nLorry | 9 marks\nBike"]


def test_code_stays_as_it_is() -> None:
    assert blocks(parsed("```python\nx = 1\n    y = **2**\n```\n")) == ["x = 1\n    y = **2**"]


@pytest.mark.parametrize(
    "source",
    [
        "<div>\n\nIt is read.\n\n</div>",
        "<div hidden>\n\nNothing <b>at</b> all.\n\n<div>\n\nNothing.\n\n</div>\n\n</div>\n\nIt is read.",
        "<img hidden src='a.png'> It is read.",
        "Nothing hides <br hidden> It is read.",
        "Some <span hidden>nothing</span> It is read.",
        "</div> It is read.",
        "1 < 2 <- hidden> It is read.",
    ],
)
def test_only_what_stands_in_a_hidden_element_is_left_out(source: str) -> None:
    text = parse_markdown(f"# Title\n\n{source}\n".encode(), "a.md").text
    assert "It is read." in text
    assert "Nothing." not in text
