"""Words as the checks compare them."""

from hypothesis import given
from hypothesis import strategies as st

from qa_service.terms import content_keys, keys, terms


def kinds(text: str) -> dict[str, str]:
    return {text[term.start : term.end]: term.kind for term in terms(text)}


def test_a_name_is_a_capitalised_word_that_does_not_merely_begin_a_sentence() -> None:
    found = kinds("Bridges fell. Then Nessa Halloran said: \u201cYes.\u201d NATO came")
    assert found["Halloran"] == found["Nessa"] == found["NATO"] == "name"
    assert found["Bridges"] == "content"
    assert found["Then"] == "function"
    assert kinds("the US and us, in May one may")["US"] == "name"
    assert kinds("in May")["May"] == "name"
    assert kinds("May I ask")["May"] == "function"


def test_inflected_words_and_possessives_meet_under_one_key() -> None:
    assert content_keys("meetings") == content_keys("meeting") == content_keys("Meeting\u2019s")


def test_accents_and_case_do_not_matter() -> None:
    assert content_keys("ÉCLAIR") == content_keys("eclair")


def test_numbers_meet_by_value() -> None:
    assert content_keys("1,250") == content_keys("1250") == content_keys("1250.0") == {"1250"}
    assert content_keys("three") == content_keys("3") == content_keys("٣")
    assert content_keys("2.5") != content_keys("25")


def test_a_month_cut_short_beside_a_number_is_the_month() -> None:
    assert content_keys("11 Nov") == content_keys("11 November")
    assert content_keys("Sept. 9") == content_keys("September 9")
    assert content_keys("Jan Novak") != content_keys("January Novak")


def test_an_ordinal_is_not_the_number_and_a_code_is_one_word() -> None:
    assert content_keys("fourth") == content_keys("4th") != content_keys("4")
    assert content_keys("the 1990s") == {"1990"}
    assert kinds("only 10 DB10s, 5km away")["DB10s"] == "name"
    assert kinds("5km") == {"5": "number", "km": "content"}


def test_a_capital_letter_names_something() -> None:
    assert content_keys("T cells and vitamin D") >= {"t", "d"}
    assert not content_keys("it's") & {"s", "t"}


def test_scripts_without_spaces_are_compared_by_character() -> None:
    assert content_keys("中文") == {"中", "文"}


@given(st.text())
def test_any_text_has_terms_in_order_within_bounds(text: str) -> None:
    place = 0
    for term in terms(text):
        assert place <= term.start < term.end <= len(text)
        assert term.key
        place = term.end
    assert keys(terms(text), "name", "number", "content") == content_keys(text)


def test_one_of_several_is_no_number() -> None:
    assert "1" not in {term.key for term in terms("One of the mills burnt, one of them twice.")}
    assert [term.kind for term in terms("one mill")] == ["number", "content"]
