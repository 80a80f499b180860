"""Which connectives say that one thing caused another."""

import pytest

from qa_service.causes import says_cause


@pytest.mark.parametrize(
    "text",
    ["It fell because of wind.", "Due to wind it fell.", "Wind led to the fall.", "It rained; hence it was off."],
)
def test_a_connective_says_cause(text: str) -> None:
    assert says_cause(text)


@pytest.mark.parametrize("text", ["It fell in the wind.", "The causeway opened.", "Sincerely yours.", "Thusnelda."])
def test_words_that_only_look_like_one_do_not(text: str) -> None:
    assert not says_cause(text)
