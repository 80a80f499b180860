"""Spans of sentences: exact, complete, and right on what trips simpler splitters."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.sentences import sentences

ODD_CHARACTERS = "\r\n\t \u00a0\u0085\u2028\u2029\u3000\u200b\u200f\u202bé\u0301😀👩‍👧.!?。؟۔।…:“”‘’\"'«»()[]|-•1aAß"


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Mr. Smith met Dr. Jones in the U.S. on Monday.", "He left."],
        ["The rule is No. 5 in the list.", "It cost 3.5 million."],
        ["J. Smith said so.", "A. B. Carter agreed."],
        ["He lives in the U.S.", "He likes it."],
        ["The U.S. Army moved.", "Then it stopped."],
        ["It rose by 5 p.m. on Jan. 3, 2024.", "Gov. Brown was pleased."],
        ["“There are many people.”", "He left."],
        ['"We did our sums in December," she said.', '"Then the world ate more butter."'],
        ["He asked “Why?”", "Nobody knew."],
        ["Acme Inc. said so.", "It is true."],
        ["The vote was 5 to 3.", "12 members abstained."],
        ["It fell by 4 pct. in the third quarter.", "That was all."],
        ["He saw Mr. X.", "Then he left."],
        ["هل جاء الوزير؟", "نعم جاء.", "وقال كذا۔", "ثم ذهب!"],
        ["यह एक वाक्य है।", "यह दूसरा है।"],
        ["Is it so?!", "Yes.", "No…"],
    ],
)
def test_sentences_end_where_a_reader_ends_them(expected: list[str]) -> None:
    assert pieces(" ".join(expected)) == expected


def test_chinese_needs_no_spaces() -> None:
    assert pieces("他去了北京。她没有去！为什么？") == ["他去了北京。", "她没有去！", "为什么？"]


def test_a_statement_of_several_sentences_stays_with_its_speaker() -> None:
    text = "“We heard a groan. Then it went into the water,” said Dora Fenwick. She left."

    assert pieces(text) == ["“We heard a groan. Then it went into the water,” said Dora Fenwick.", "She left."]


def test_a_line_end_within_wrapped_prose_is_only_a_space() -> None:
    text = "The council decided on Tuesday that\nthe toll will be three marks. Mr.\nPell voted against it."

    assert pieces(text) == [
        "The council decided on Tuesday that\nthe toll will be three marks.",
        "Mr.\nPell voted against it.",
    ]


def test_each_item_of_a_list_is_a_sentence_with_its_continuation() -> None:
    text = "Opening hours:\n\n* April to September. Daily\n  from nine\n* October to March"

    assert pieces(text) == ["Opening hours:", "* April to September. Daily\n  from nine", "* October to March"]


def test_each_row_of_a_table_is_a_sentence() -> None:
    assert pieces("Car | 3 marks.\nLorry | 9 marks") == ["Car | 3 marks.", "Lorry | 9 marks"]


def test_the_number_of_a_numbered_sentence_stays_with_it() -> None:
    assert pieces("4. The fourth rule applies.") == ["4. The fourth rule applies."]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u2028"])
def test_a_text_without_content_has_no_sentences(text: str) -> None:
    assert sentences(text) == []


def test_the_caller_may_change_the_list_that_it_gets() -> None:
    sentences("One. Two.").clear()

    assert pieces("One. Two.") == ["One.", "Two."]


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(alphabet=ODD_CHARACTERS)))
@example("A\u00a0. b")  # sentencex 1.0.32 panics on this unless white space is replaced
@example("A\u2028.] x")
def test_the_spans_hold_every_visible_character_once_and_are_trimmed(text: str) -> None:
    spans = sentences(text)

    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    covered = {index for start, end in spans for index in range(start, end)}
    assert all(index in covered for index, character in enumerate(text) if not character.isspace())
