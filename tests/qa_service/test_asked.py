"""What a question asks for, and whether a claim brings it."""

import pytest

from qa_service.asked import answers_kind, asks_for_words, is_open


@pytest.mark.parametrize(
    ("claim", "question", "answers"),
    [
        ("The tower was first shown in May 1889.", "Where was the tower first shown?", False),
        ("The tower was first shown in Westerby.", "Where was the tower first shown?", True),
        ("The tower was shown behind the mill.", "Where was the tower shown?", True),
        ("The tower closes in May.", "In what month does the tower close?", True),
        ("The tower may close in 1889.", "In what month does the tower close?", False),
    ],
)
def test_a_place_is_no_time_and_a_month_no_year(claim: str, question: str, answers: bool) -> None:
    assert answers_kind(claim, question) is answers


@pytest.mark.parametrize(
    ("claim", "question", "answers"),
    [
        ("Mayor Halloran cast her vote last.", "Who beat Mayor Halloran at the vote?", False),
        ("Mayor Halloran was beaten by a carpenter.", "Who beat Mayor Halloran at the vote?", True),
        ("A carpenter beat Mayor Halloran.", "Who beat Mayor Halloran at the vote?", True),
        ("Halloran lost to Pell.", "Who beat Halloran?", True),
        ("Halloran is the mayor.", "Who is Halloran?", True),
        ("Halloran met a carpenter.", "Who did Halloran meet?", True),
    ],
)
def test_who_did_something_to_somebody_is_not_told_by_what_they_did(claim: str, question: str, answers: bool) -> None:
    assert answers_kind(claim, question) is answers


@pytest.mark.parametrize(
    ("question", "more"),
    [
        ("Were all of the people who died in the flood from Westerby?", False),
        ("Was the bridge which opened in May dear?", False),
        ("Who died?", True),
        ("Is it known who died?", True),
        ("Does anybody know who died?", True),
        ("Did the paper say what he ate?", True),
        ("Can you tell me where the bridge is?", True),
    ],
)
def test_what_only_says_more_of_somebody_asks_for_nothing(question: str, more: bool) -> None:
    assert is_open(question) is more
    assert asks_for_words(question) is more
