"""Cutting a stream at a stop string."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from qa_service.llm.stopping import until_stop


def test_a_stop_string_that_arrives_in_pieces_is_found_and_not_yielded() -> None:
    assert "".join(until_stop(iter(["ab", "\n", "\nQ", "uestion"]), ["\n\n"])) == "ab"


def test_what_only_looked_like_a_stop_is_yielded_in_the_end() -> None:
    assert "".join(until_stop(iter(["ab\n", "c\n"]), ["\n\n"])) == "ab\nc\n"


def test_the_source_is_closed_at_the_stop() -> None:
    closed = []

    def source() -> Iterator[str]:
        try:
            yield "a."
            yield "b"
        finally:
            closed.append(True)

    assert list(until_stop(source(), ["."])) == ["a"]
    assert closed


@given(st.lists(st.text("ab\n", max_size=4), max_size=8), st.lists(st.text("ab\n", min_size=1, max_size=3), max_size=3))
def test_the_result_is_the_text_before_the_first_stop_however_it_is_cut(pieces: list[str], stop: list[str]) -> None:
    whole = "".join(pieces)
    ends = [at for text in stop if (at := whole.find(text)) >= 0]
    found = "".join(until_stop(iter(pieces), stop))
    if ends:
        assert any(found == whole[:end] for end in ends)
    else:
        assert found == whole
