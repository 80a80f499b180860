"""Both sides of the lexical search see the same terms, and no text can break the query language."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.searchable import MAX_QUERY_TERMS, match_expression, searchable


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The CAFÉ, re-opened!", "the cafe re opened"),
        ("Straße", "strasse"),
        ("北京大学 2024", "北 京 大 学 2024"),
        ("ガス会社", "ガ ス 会 社"),
        ("مُحَمَّد", "محمد"),
        ("أحمد", "احمد"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("한국어 문서", "한국어 문서"),
        ("it's 3.5 %", "it s 3 5"),
        ("", ""),
        ("?! …", ""),
    ],
)
def test_a_text_becomes_folded_terms_split_at_spaces(text: str, terms: str) -> None:
    assert searchable(text) == terms


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert searchable(searchable(text)) == searchable(text)


def test_stop_words_are_left_out_of_a_query() -> None:
    assert match_expression("Why was the bridge closed?") == '"bridge" OR "closed"'


def test_a_query_of_nothing_but_stop_words_keeps_them() -> None:
    assert match_expression("To be or not to be") == '"to" OR "be" OR "or" OR "not"'


def test_letters_of_an_unspaced_script_are_asked_for_in_pairs() -> None:
    assert match_expression("東京都 opened") == '"東 京" OR "京 都" OR "opened"'


def test_a_single_letter_of_an_unspaced_script_is_asked_for_alone() -> None:
    assert match_expression("水") == '"水"'


@pytest.mark.parametrize("query", ["", "   ", "?!", '"', "''"])
def test_a_query_without_words_has_no_expression(query: str) -> None:
    assert match_expression(query) == ""


def test_a_query_keeps_its_first_different_words_up_to_a_limit() -> None:
    words = [f"w{number}" for number in range(1000)]
    assert match_expression(" ".join(words)).split(" OR ") == [f'"{word}"' for word in words[:MAX_QUERY_TERMS]]


@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(['"', "NEAR(", "AND", "OR", "NOT", "*", "^", "body:", "(", ")", "\0", "-", "{a b}:", "+"])
        ).map(" ".join),
    )
)
def test_no_text_is_a_syntax_error_of_fts5(query: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE terms USING fts5(body)")
    if expression := match_expression(query):
        assert connection.execute("SELECT count(*) FROM terms WHERE terms MATCH ?", (expression,)).fetchall() == [(0,)]
    connection.close()
