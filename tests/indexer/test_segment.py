"""From documents to paragraphs."""

from indexer.segment import segment
from indexer.values import Document, Paragraph


def document(text: str, title: str = "", source: str = "", **fields: object) -> Document:
    return Document(
        id="d1",
        path="a.txt",
        media_type="text/plain",
        title=title,
        source=source,
        published_at=None,
        text=text,
        **fields,
    )


def texts(paragraphs: list[Paragraph]) -> list[str]:
    return [paragraph.text for paragraph in paragraphs]


def segmented(text: str, max_paragraph_chars: int = 2000, **fields: object) -> list[str]:
    return texts(segment(document(text, **fields), max_paragraph_chars=max_paragraph_chars))


def test_blank_lines_part_paragraphs_which_are_numbered_and_exact() -> None:
    text = "The first.\n\n \n  The second.  \n\nThe third."

    paragraphs = segment(document(text), max_paragraph_chars=100)

    assert texts(paragraphs) == ["The first.", "The second.", "The third."]
    assert [paragraph.id for paragraph in paragraphs] == ["d1-p1", "d1-p2", "d1-p3"]
    assert [paragraph.number for paragraph in paragraphs] == [1, 2, 3]
    assert all(text[paragraph.start : paragraph.end] == paragraph.text for paragraph in paragraphs)


def test_an_empty_document_has_no_paragraphs() -> None:
    assert segmented("") == []
    assert segmented(" \n\n\t") == []


def test_hard_wrapped_prose_keeps_its_line_ends_within_a_paragraph() -> None:
    wrapped = (
        "The council of Port Callan decided on Tuesday that the\n"
        "bridge will be built. It will cost 220 million marks\n"
        "and be open in 2025."
    )

    assert segmented(f"{wrapped}\n\nNobody objected.") == [wrapped, "Nobody objected."]


def test_a_copy_from_the_web_without_blank_lines_has_a_paragraph_on_each_line() -> None:
    lines = ["The bridge will be built.", "It will cost 220 million marks.", "“Nobody objected.”"]

    assert segmented("\n".join(lines)) == lines


def test_long_lines_are_paragraphs_even_if_they_end_without_a_full_stop() -> None:
    lines = ["word " * 60 + "end", "other " * 60 + "end"]

    assert segmented("\n".join(lines)) == lines


def test_section_title_credits_and_site_phrases_are_left_out() -> None:
    text = (
        "Economy\n\nButter is firm again this week\n\nUpland Farmer\nPublished: 3 March 2025\n\n"
        "Butter closed at 7.15 marks. Eggs were steady.\n\nShow More\n\nRelated Articles\n\n"
        "Back to top button\nVerified by MonsterInsights"
    )

    assert segmented(text, title="Butter is firm again this week", source="Upland Farmer") == [
        "Butter closed at 7.15 marks. Eggs were steady."
    ]


def test_a_site_phrase_below_a_paragraph_is_cut_off_and_a_sentence_with_its_words_stays() -> None:
    text = "They read all related articles.\nShow More\n\nAnd then they slept well."

    assert segmented(text) == ["They read all related articles.", "And then they slept well."]


def test_a_line_of_wrapped_prose_is_not_taken_for_a_site_phrase() -> None:
    text = (
        "The button that we had looked for in vain all the time was called\n"
        "Show More\n"
        "and it stood at the very end of the long and winding page, below."
    )

    assert segmented(text) == [text]


def test_a_date_further_down_is_content() -> None:
    text = "Chronicle\n\nThe bridge was planned for many years.\n\n14 March 2023\n\nThe council says yes."

    assert "14 March 2023" in segmented(text, title="Chronicle")


def test_a_short_line_above_the_text_that_is_no_title_stays() -> None:
    assert segmented("Hello there\n\nThis is the text.", title="Another title") == ["Hello there", "This is the text."]


def test_headings_go_into_the_paragraphs_below_them_and_the_title_does_not() -> None:
    text = "Tides\n\nIntro.\n\nLow water\n\nBelow.\n\nHigh water\n\nAbove."
    headings = ("Tides", "Low water", "High water")
    spans = tuple((text.index(heading), text.index(heading) + len(heading)) for heading in headings)

    paragraphs = segment(document(text, title="Tides", heading_spans=spans), max_paragraph_chars=100)

    assert [(paragraph.heading, paragraph.text) for paragraph in paragraphs] == [
        ("", "Intro."),
        ("Low water", "Below."),
        ("High water", "Above."),
    ]


def test_a_document_of_nothing_but_headings_is_not_lost() -> None:
    text = "Only a title\n\nAnd a heading"

    assert segmented(text, title="Only a title", heading_spans=((0, 12), (14, 27))) == ["Only a title", "And a heading"]


def test_a_document_of_one_line_that_became_its_title_keeps_it() -> None:
    assert segmented("The meeting was held on Monday.", title="The meeting was held on Monday.") == [
        "The meeting was held on Monday."
    ]


def test_a_list_stays_one_paragraph_with_the_line_that_introduces_it() -> None:
    text = "It is open.\n\nPrices:\n\n- Cars: 3\n- Lorries: 9\n\nBikes pay nothing."
    start, end = text.index("- Cars"), text.index("\n\nBikes")

    assert segmented(text, block_spans=((start, end),)) == [
        "It is open.",
        "Prices:\n\n- Cars: 3\n- Lorries: 9",
        "Bikes pay nothing.",
    ]


def test_a_list_longer_than_the_limit_is_cut_between_items() -> None:
    items = [f"- item number {number}" for number in range(10)]
    text = "\n".join(items)

    assert segmented(text, max_paragraph_chars=35, block_spans=((0, len(text)),)) == [
        "\n".join(items[index : index + 2]) for index in range(0, 10, 2)
    ]


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    assert segmented("One two three. Four five six. Seven eight nine.", max_paragraph_chars=31) == [
        "One two three. Four five six.",
        "Seven eight nine.",
    ]


def test_a_long_sentence_is_cut_at_white_space() -> None:
    assert segmented("aaaa bbbb cccc dddd", max_paragraph_chars=10) == ["aaaa bbbb", "cccc dddd"]


def test_a_long_word_is_cut_without_parting_a_letter_from_its_accent() -> None:
    pieces = segmented("abcde\u0301fghij", max_paragraph_chars=5)

    assert "".join(pieces) == "abcde\u0301fghij"
    assert pieces[0] == "abcd"


def test_a_paragraph_is_on_the_page_on_which_it_starts() -> None:
    text = "First page.\n\nStill first, then\nsecond.\n\nThird."
    starts = (0, text.index("second"), text.index("Third"))

    paragraphs = segment(document(text, page_starts=starts), max_paragraph_chars=100)

    assert [paragraph.page for paragraph in paragraphs] == [1, 1, 3]


def test_a_document_without_pages_has_none() -> None:
    assert segment(document("Text."), max_paragraph_chars=100)[0].page is None
