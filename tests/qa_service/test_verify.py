"""Claims against their evidence."""

from collections.abc import Callable

import pytest

from config.settings import load_settings
from indexer.values import Hit
from qa_service.attribute import Attribution
from qa_service.entailment import FactChecker, Judgement
from qa_service.evidence import Sentence, sentences_of
from qa_service.terms import content_keys, terms
from qa_service.values import Verdict
from qa_service.verify import Verified, verify
from tests.qa_service.service_fakes import FakeChecker

Make = Callable[..., tuple[Sentence, ...]]

BRIDGE = "The council approved the bridge on 13 March 2023 by 11 votes to 8."


def judge(claim: str, evidence: tuple[Sentence, ...], question: str, checker: FactChecker | None = None) -> Verified:
    around = {
        sentence.hit.paragraph.id: frozenset(
            term.key for text in (sentence.hit.title, sentence.hit.paragraph.text) for term in terms(text)
        )
        for sentence in evidence
    }
    attributions = [Attribution(text=claim, support=evidence)]
    (only,) = verify(attributions, question=question, around=around, settings=load_settings().answer, checker=checker)
    return only


def test_a_claim_in_the_evidences_words_is_supported(make_sentences: Make) -> None:
    evidence = make_sentences(BRIDGE)
    found = judge("The council approved the bridge by 11 votes to 8.", evidence, "How did the council vote?")
    assert (found.verdict, found.reason, found.score) == ("supported", None, 1.0)


@pytest.mark.parametrize(
    ("claim", "question"),
    [
        ("The council approved the bridge by 12 votes to 8.", "How did the council vote?"),
        ("The council and Mayor Halloran approved the bridge on 13 March.", "Who approved the bridge?"),
        ("Engineers praised the elegant design of the bridge.", "What is said about the bridge?"),
        ("The council approved the bridge.", "How many votes did the council need for the bridge?"),
        ("The council approved the bridge.", "When did the council approve the bridge?"),
        ("The council approved the bridge.", "Who paid the council for the approved bridge?"),
    ],
    ids=["another number", "another name", "other content", "no number to how many", "no time to when", "nothing new"],
)
def test_what_the_evidence_does_not_hold_is_unsupported(make_sentences: Make, claim: str, question: str) -> None:
    assert judge(claim, make_sentences(BRIDGE), question).verdict == "unsupported"


@pytest.mark.parametrize(
    ("claim", "question", "supported"),
    [
        ("The tower admits visitors until 15:30.", "Until what time does the tower admit visitors?", True),
        ("The tower admits visitors until 4 marks.", "Until what time does the tower admit visitors?", False),
        ("The tower opened in 1889.", "When was the tower opened?", True),
        ("The tower opened with 324 steps.", "When was the tower opened?", False),
        ("The lift ran for nine minutes.", "How long did the lift run?", True),
        ("The lift ran with visitors.", "How long did the lift run?", False),
    ],
)
def test_a_time_is_more_than_a_number(make_sentences: Make, claim: str, question: str, supported: bool) -> None:
    evidence = make_sentences(
        "The tower opened in 1889 with 324 steps. It admits visitors until 15:30, for 4 marks until then. "
        "The lift ran for nine minutes with visitors."
    )
    assert (judge(claim, evidence, question).verdict == "supported") is supported


def test_a_name_of_the_question_may_stand_beside_the_quote_an_answering_name_may_not(make_sentences: Make) -> None:
    beside, quoted = make_sentences("Football in Kardovia is odd, Dace says. A match takes 96 minutes.")
    question = "How long does a football match take in Kardovia?"
    assert judge("A football match in Kardovia takes 96 minutes.", (quoted,), question).verdict == "supported"
    assert judge("A match takes 96 minutes, as Dace says.", (quoted,), question).verdict == "unsupported"
    assert beside.text.endswith("Dace says.")


def test_a_number_of_the_question_may_be_an_ordinal_beside_the_quote(make_sentences: Make) -> None:
    _, quoted = make_sentences("The fourth stage led over the pass. Zubarte won it.")
    assert judge("Zubarte won stage 4.", (quoted,), "Who won stage 4?").verdict == "supported"
    assert judge("Zubarte won stage 5.", (quoted,), "Who won stage 5?").verdict == "unsupported"


def test_a_name_that_the_question_has_a_part_of_may_be_spelt_out_as_it_stands_around(make_sentences: Make) -> None:
    text = "The price comes into force on 1 April. The Brannock Dairy Cooperative announced it."
    evidence = make_sentences(text)[:1]
    claim = "The price of the Brannock Dairy Cooperative comes into force on 1 April."
    assert judge(claim, evidence, "When does the Brannock cooperative's price come into force?").verdict == "supported"
    other = claim.replace("Dairy", "Fishing")
    assert judge(other, evidence, "When does the Brannock cooperative's price come into force?").verdict != "supported"


def test_a_negation_in_another_clause_denies_nothing(make_sentences: Make) -> None:
    evidence = make_sentences("The architect could not be found; she was discovered later beneath Pier 2.")
    question = "Where was the architect found?"
    assert judge("The architect was found beneath Pier 2.", evidence, question).verdict == "supported"


def test_a_when_that_asks_nothing_wants_no_time(make_sentences: Make) -> None:
    evidence = make_sentences("The council approved the bridge when Mayor Halloran was abroad.")
    assert judge("Mayor Halloran was abroad.", evidence, "Who was abroad when it was approved?").verdict == "supported"


def test_a_claim_without_evidence_is_unsupported() -> None:
    assert judge("The bridge is blue.", (), "What colour is the bridge?").verdict == "unsupported"


def test_a_claim_that_denies_what_the_evidence_affirms_is_contradicted(make_sentences: Make) -> None:
    evidence = make_sentences("The council approved the bridge in March.")
    assert judge("The council never approved the bridge.", evidence, "What about the bridge?").verdict == "contradicted"


def test_a_claim_that_affirms_what_the_evidence_denies_is_contradicted(make_sentences: Make) -> None:
    evidence = make_sentences("The mayor did not attend the opening.")
    assert judge("The mayor did attend the opening.", evidence, "Which opening?").verdict == "contradicted"


def test_numbers_agree_by_value_and_numerals_count(make_sentences: Make) -> None:
    evidence = make_sentences("Three workers were hurt and 1,250 people left.")
    assert judge("3 workers were hurt.", evidence, "How many workers were hurt?").verdict == "supported"
    assert judge("1250 people left.", evidence, "How many people left?").verdict == "supported"


WHY = "Why did the mayor stay away from the opening?"


def test_a_reason_is_supported_where_the_evidence_states_it_as_one(make_sentences: Make) -> None:
    evidence = make_sentences("The mayor stayed away from the opening because her train was cancelled.")
    found = judge("The mayor stayed away because her train was cancelled.", evidence, WHY)
    assert found.verdict == "supported"


def test_two_facts_side_by_side_are_no_reason(make_sentences: Make) -> None:
    evidence = make_sentences("The mayor stayed away from the opening. Her train was cancelled.")
    found = judge("The mayor stayed away because her train was cancelled.", evidence, WHY)
    assert (found.verdict, found.reason) == ("unsupported", "reason_not_stated")


def test_the_reason_of_something_else_is_no_reason(make_sentences: Make) -> None:
    evidence = make_sentences("The mayor stayed away from the opening. The strike began because wages had been cut.")
    found = judge("The mayor stayed away from the opening because wages had been cut.", evidence, WHY)
    assert found.reason == "reason_not_stated"


def test_cause_and_effect_are_not_to_be_exchanged(make_sentences: Make) -> None:
    evidence = make_sentences("The flood led to the closure of the mill.")
    why = "Why was the mill closed?"
    assert judge("The closure of the mill was due to the flood.", evidence, why).verdict == "supported"
    turned = "The flood came because of the closure of the mill."
    assert judge(turned, evidence, "Why the flood?").verdict == "unsupported"


def test_repeating_the_question_is_no_answer_to_why(make_sentences: Make) -> None:
    evidence = make_sentences("The mayor stayed away from the opening.")
    found = judge("The mayor stayed away from the opening because she stayed away.", evidence, WHY)
    assert found.verdict == "unsupported"


def test_a_reason_given_in_the_next_sentence_is_found_through_its_pronoun(make_sentences: Make) -> None:
    evidence = make_sentences("The mayor stayed away from the opening. This was because her train was cancelled.")
    assert judge("The mayor stayed away because her train was cancelled.", evidence, WHY).verdict == "supported"


def test_a_pronoun_with_an_effect_of_its_own_does_not_borrow_the_sentence_before(make_sentences: Make) -> None:
    evidence = make_sentences("The mayor stayed away from the opening. She was angry because wages had been cut.")
    found = judge("The mayor stayed away from the opening because wages had been cut.", evidence, WHY)
    assert found.reason == "reason_not_stated"


HOW = "How did the council vote?"
PARAPHRASE = "A majority of 11 backed its construction."


def checker_saying(verdict: Verdict, claim: str, score: float = 0.8) -> FakeChecker:
    return FakeChecker({claim: Judgement(verdict=verdict, score=score)})


@pytest.mark.parametrize("verdict", ["supported", "unsupported", "contradicted"])
@pytest.mark.parametrize("claim", ["The council approved the bridge by 11 votes to 8.", PARAPHRASE])
def test_a_fact_checker_judges_in_place_of_the_content_words(
    make_sentences: Make, claim: str, verdict: Verdict
) -> None:
    found = judge(claim, make_sentences(BRIDGE), HOW, checker_saying(verdict, claim))
    assert (found.verdict, found.score) == (verdict, 0.8)
    assert found.reason == (None if verdict == "supported" else verdict)
    assert judge(PARAPHRASE, make_sentences(BRIDGE), HOW).verdict == "unsupported"


def test_a_fact_checker_judges_in_place_of_the_negations(make_sentences: Make) -> None:
    evidence = make_sentences("The council did not approve the bridge until 13 March 2023.")
    claim, question = "The council did approve the bridge on 13 March 2023.", "Did the council approve the bridge?"
    assert judge(claim, evidence, question).verdict == "contradicted"
    assert judge(claim, evidence, question, checker_saying("supported", claim)).verdict == "supported"


@pytest.mark.parametrize(
    ("claim", "question", "reason"),
    [
        ("The council approved the bridge by 12 votes to 8.", HOW, "unsupported"),
        ("The council and Mayor Halloran approved the bridge by 11 votes.", HOW, "unsupported"),
        ("The council approved the bridge.", "When did the council approve the bridge?", "unsupported"),
        ("The bridge was approved because 11 liked it.", "Why was the bridge approved?", "reason_not_stated"),
    ],
    ids=["another number", "another name", "no time to when", "unstated cause"],
)
def test_no_fact_checker_vouches_for_what_is_read_off_the_words(
    make_sentences: Make, claim: str, question: str, reason: str
) -> None:
    found = judge(claim, make_sentences(BRIDGE), question, checker_saying("supported", claim))
    assert (found.verdict, found.reason) == ("unsupported", reason)


def test_no_fact_checker_vouches_for_a_claim_without_evidence() -> None:
    assert judge("It was approved.", (), HOW, checker_saying("supported", "It was approved.")).verdict == "unsupported"


def test_a_fact_checker_is_asked_once_about_all_claims_with_their_evidence(make_sentences: Make) -> None:
    checker = FakeChecker()
    quotes = make_sentences(f"{BRIDGE} It was cheap.")
    attributions = [Attribution(text="One.", support=quotes), Attribution(text="Two.", support=quotes[1:])]
    verify(attributions, question=HOW, around={}, settings=load_settings().answer, checker=checker)
    assert checker.calls == [[(f"{BRIDGE} It was cheap.", "One."), ("It was cheap.", "Two.")]]


def test_where_an_answer_is_doubtful_it_may_not_repeat_what_the_evidence_does_not_say(make_sentences: Make) -> None:
    evidence = make_sentences("Three workers were injured when the crane fell.")
    claim, question = "Three workers were killed when the crane fell.", "How many workers were killed by the crane?"
    for probability, verdict in ((0.5, "unsupported"), (0.9, "supported"), (None, "supported")):
        (verified,) = verify(
            [Attribution(text=claim, support=evidence)],
            question=question,
            around={},
            settings=load_settings().answer,
            probability=probability,
        )
        assert verified.verdict == verdict


def test_what_is_suggested_as_the_reason_is_supported_only_where_it_is_stated_as_one(make_sentences: Make) -> None:
    evidence = make_sentences("Halloran stayed away from the vote. She has a rift with the council.")
    question = "Was it because of the rift that Halloran stayed away from the vote?"
    for claim in (
        "The rift with the council was the reason Halloran stayed away from the vote.",
        "Yes, Halloran stayed away from the vote.",
    ):
        assert judge(claim, evidence, question).reason == "reason_not_stated"
    stated = make_sentences("Halloran stayed away from the vote because of a rift with the council.")
    assert judge("Yes, because of the rift.", stated, question).verdict == "supported"


def test_what_somebody_died_of_is_a_cause(make_sentences: Make) -> None:
    question = "What did Captain Pell die of?"
    beside = make_sentences("Captain Pell once lost his rudder in a storm. Captain Pell died at home.")
    assert judge("Captain Pell died of a storm.", beside, question).reason == "reason_not_stated"
    stated = make_sentences("Captain Pell died of a fever at home.")
    assert judge("Captain Pell died of a fever.", stated, question).verdict == "supported"


def test_what_is_behind_a_negation_is_not_affirmed(make_sentences: Make) -> None:
    question = "What do they not talk about at the table?"
    evidence = make_sentences("At the table there is a rule: no trains and no trials.")
    assert judge("They do not talk about trains and trials at the table.", evidence, question).verdict == "supported"
    assert judge("They talk about trains at the table.", evidence, question).verdict == "contradicted"


@pytest.mark.parametrize(
    "evidence",
    [
        "Inspectors blame a sheared bolt for the collapse of the crane.",
        "A sheared bolt was to blame for the collapse of the crane.",
        "The collapse of the crane was put down to a sheared bolt.",
    ],
)
def test_what_is_blamed_is_a_cause(evidence: str, make_sentences: Make) -> None:
    claim = "The crane's collapse was due to a sheared bolt."
    assert judge(claim, make_sentences(evidence), "Why did the crane collapse?").verdict == "supported"
    turned = "The sheared bolt was due to the crane's collapse."
    assert judge(turned, make_sentences(evidence), "Why did the bolt shear?").verdict == "unsupported"


def test_a_light_verb_may_stand_for_another(make_sentences: Make) -> None:
    evidence = make_sentences("The history of the steam engine stretches back as far as the first century AD.")
    question = "In what century did the history of the steam engine begin?"
    assert judge("The history of the steam engine began in the first century AD.", evidence, question).reason is None
    assert judge("The history of the steam engine ended in the first century AD.", evidence, question).rewords


def test_only_words_that_are_nowhere_count_as_rewording(make_sentences: Make) -> None:
    evidence = make_sentences("Voss won the open in May.")
    assert judge("Voss triumphed at the open in May.", evidence, "When did Voss triumph at the open?").reason is None
    reworded = judge("Voss clinched it in May.", evidence, "When did Voss win the open?")
    assert (reworded.verdict, reworded.rewords) == ("unsupported", True)
    for claim in ("Voss won the open in June.", "Voss did not win the open in May.", "Adler won the open in May."):
        failed = judge(claim, evidence, "Who won the open, and when?")
        assert failed.verdict != "supported"
        assert not failed.rewords, claim


def test_an_answer_stands_where_the_subject_of_the_question_does(make_hit: Callable[..., Hit]) -> None:
    tram, tower = (
        sentences_of(make_hit(text, title=title, document=title))
        for title, text in (("Trams", "A ticket costs 2 marks."), ("Tower of Westerby", "A ticket costs 4 marks."))
    )
    around = {each.hit.paragraph.id: content_keys(f"{each.hit.title} {each.text}") for each in (*tram, *tower)}

    def verdict(claim: str, support: tuple[Sentence, ...], whole: str) -> Verdict:
        asked = "What does a ticket cost?"
        attributions = [Attribution(text=claim, support=support)]
        (only,) = verify(attributions, question=asked, whole=whole, around=around, settings=load_settings().answer)
        return only.verdict

    whole = "How high is the tower of Westerby, and what does a ticket cost?"
    assert verdict("A ticket costs 4 marks.", tower, whole) == "supported"
    assert verdict("A ticket costs 2 marks.", tram, whole) == "unsupported"
    for other in ("What does a ticket cost?", "What does a ticket cost, and how high is the tower of Westerby?"):
        assert verdict("A ticket costs 2 marks.", tram, other) == "supported"


@pytest.mark.parametrize(
    ("asked", "answering", "naming", "both"),
    [
        (
            "Who proposed that displaced air carries the arrow?",
            "It was proposed that displaced air carries the arrow.",
            "Thomas Savery built a pump.",
            "Savery proposed that displaced air carries the arrow.",
        ),
        (
            "How much is admission to the Museum of Kites?",
            "Admission to the museum is 5 marks.",
            "The Museum of Kites was robbed.",
            "Admission to the Museum of Kites is 5 marks.",
        ),
    ],
    ids=["who did it", "whose price it is"],
)
def test_an_answer_is_not_stitched_together_of_two_documents(
    asked: str, answering: str, naming: str, both: str, make_hit: Callable[..., Hit]
) -> None:
    first, second, whole = (
        sentences_of(make_hit(text, document=f"d{number}")) for number, text in enumerate((answering, naming, both))
    )
    assert judge(both, (*first, *second), asked).verdict == "unsupported"
    assert judge(both, (*whole, *second), asked).verdict == "supported"


def test_a_name_of_the_question_is_one_in_front_of_the_claim_too(make_sentences: Make) -> None:
    evidence = make_sentences("Braddock marched on the fort.")
    question = "Where did General Haddock march?"
    assert judge("Haddock marched on the fort.", evidence, question).verdict == "unsupported"
    assert judge("Braddock marched on the fort.", evidence, question).verdict == "supported"
