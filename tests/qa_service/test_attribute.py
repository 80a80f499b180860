"""Which sentences of the evidence a sentence of the draft rests on."""

from collections.abc import Callable

from qa_service.attribute import attribute
from qa_service.evidence import Sentence

Make = Callable[..., tuple[Sentence, ...]]


def texts(support: tuple[Sentence, ...]) -> list[str]:
    return [sentence.text for sentence in support]


def test_a_claim_rests_on_the_sentence_that_holds_its_words(make_sentences: Make) -> None:
    evidence = make_sentences("The vote was close. The bridge opened in June.", "A storm came. It rained.")
    (only,) = attribute("The bridge opened in June.", evidence, question="When did the bridge open?")
    assert texts(only.support) == ["The bridge opened in June."]


def test_a_pronouns_sentence_brings_the_one_that_names_it(make_sentences: Make) -> None:
    evidence = make_sentences("Mayor Nessa Halloran was abroad. She wrote to the harbour pilots instead.")
    (only,) = attribute("Halloran wrote to the harbour pilots.", evidence, question="Whom did Halloran write to?")
    assert texts(only.support) == [
        "She wrote to the harbour pilots instead.",
        "Mayor Nessa Halloran was abroad.",
    ]


def test_a_name_that_only_the_sentence_before_gives_brings_it_even_when_the_question_said_it(
    make_sentences: Make,
) -> None:
    evidence = make_sentences(
        "When the long talks between the ministers began in Tarsk, Halloran was not there. "
        "She was seen at a reception with the envoy Sava Miron of the island council."
    )
    (only,) = attribute("Halloran met the envoy Sava Miron.", evidence, question="Whom did Halloran meet?")
    assert only.support == (evidence[1], evidence[0])


def test_each_sentence_of_the_draft_is_a_claim_of_its_own(make_sentences: Make) -> None:
    evidence = make_sentences("The fine is 3 million marks.", "Ivo Lenz was the judge.")
    found = attribute("The fine is 3 million marks. The judge was Ivo Lenz.", evidence, question="What happened?")
    assert [texts(claim.support) for claim in found] == [["The fine is 3 million marks."], ["Ivo Lenz was the judge."]]


def test_a_claim_without_any_common_word_rests_on_nothing(make_sentences: Make) -> None:
    (only,) = attribute("Zebras gallop.", make_sentences("The vote was close."), question="Who?")
    assert only.support == ()


def test_ties_go_to_the_better_paragraph_and_the_earlier_sentence(make_sentences: Make) -> None:
    evidence = make_sentences("It cost ten marks. It cost ten marks.", "It cost ten marks.")
    (only,) = attribute("It cost ten marks.", evidence, question="What did it cost?")
    assert only.support == evidence[:1]


def test_an_empty_draft_has_no_claims(make_sentences: Make) -> None:
    assert attribute("", make_sentences("A vote."), question="Who?") == ()


def test_the_sentence_with_the_answers_number_wins_over_one_with_more_words_of_the_question(
    make_sentences: Make,
) -> None:
    evidence = make_sentences(
        "The merged company is to shed 210 jobs by the end of the year.", "Around 140 jobs will be lost in the company."
    )
    question = "How many jobs is the merged company to shed by the end of the year?"
    (only,) = attribute("The merged company is to shed 140 jobs by the end of the year.", evidence, question=question)
    assert texts(only.support)[0] == "Around 140 jobs will be lost in the company."
