"""Which connectives say that one thing caused another."""

from collections.abc import Callable

import pytest

from qa_service.causes import says_cause, states_cause
from qa_service.evidence import Sentence


@pytest.mark.parametrize(
    "text",
    ["It fell because of wind.", "Due to wind it fell.", "Wind led to the fall.", "It rained; hence it was off."],
)
def test_a_connective_says_cause(text: str) -> None:
    assert says_cause(text)


@pytest.mark.parametrize("text", ["It fell in the wind.", "The causeway opened.", "Sincerely yours.", "Thusnelda."])
def test_words_that_only_look_like_one_do_not(text: str) -> None:
    assert not says_cause(text)


def test_a_quotation_links_what_its_sentence_links(make_sentences: Callable[..., tuple[Sentence, ...]]) -> None:
    text = "Because of the graves the line takes another way."
    evidence, question = make_sentences(text), "How come the chestnut trees were spared?"
    assert states_cause(text, question, evidence)
    assert not states_cause("The chestnut trees were spared because of the graves.", question, evidence)
