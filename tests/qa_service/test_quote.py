"""The sentence with the words that answer, in the whole pipeline on fakes."""

import threading

import pytest

from config.settings import load_settings
from qa_service.ask import ask
from qa_service.evidence import sentences_of
from qa_service.generate import ASK
from qa_service.llm.port import Prompt
from qa_service.llm.scripted import ScriptedModel
from qa_service.quote import antecedent
from qa_service.values import Question, TextDrafted
from tests.qa_service.asking import VOTE, MakeHit, MakeIndex, answer_to, judging


@pytest.mark.parametrize(
    ("question", "words", "told"),
    [
        ("Who approved the bridge?", "The council of Port Callan", True),
        ("Who approved the bridge?", "the COUNCIL", True),
        ("Who approved the bridge?", "the counsil of Port Callan", True),
        ("How many members voted for it?", "1 members voted", False),
        ("Who approved the bridge?", "the parliament", False),
        ("Who approved the bridge?", "coun", False),
        ("Who approved the bridge?", "", False),
        ("Why did the council approve the bridge?", "the council", True),
        ("Did the council approve the bridge?", "the council", False),
    ],
)
def test_the_model_is_told_words_that_answer_and_stand_in_the_evidence(
    make_index: MakeIndex, question: str, words: str, told: bool
) -> None:
    asked: list[str] = []

    def script(prompt: Prompt) -> str:
        asked.append(prompt.ask)
        return "The council approved the bridge."

    answer_to(question, script, make_index(VOTE), verdict=judging(-9.0), words=lambda _prompt: words)
    assert (asked[0] == ASK.told.format(words)) is told
    assert (asked[0] == ASK.plain) is not told


@pytest.mark.parametrize(("check", "status"), [(0.3, "answered"), (-9.0, "refused")], ids=["stands by it", "doubts it"])
def test_the_sentence_with_the_words_that_answer_is_the_answer_unless_the_model_doubts_it(
    make_index: MakeIndex, check: float, status: str
) -> None:
    asked: list[Prompt] = []

    def script(prompt: Prompt) -> str:
        asked.append(prompt)
        return "Nine members voted for the Gannet Bridge."

    question, verdict = "How many members voted for the Gannet Bridge?", judging(check, decision=0.0)
    answer = answer_to(question, script, make_index(VOTE), verdict=verdict, words=lambda _prompt: "Eleven members")
    assert answer.status == status
    if status == "answered":
        assert answer.text == "Eleven members voted for it and 8 against.[1]"
        assert not asked
    else:
        assert [prompt.ask for prompt in asked] == [ASK.told.format("Eleven members")]


@pytest.mark.parametrize(("decision", "checks"), [(9.0, 0), (0.0, 1)], ids=["sure", "not sure"])
def test_a_sentence_is_checked_only_where_the_evidence_is_not_sure_to_answer(
    make_index: MakeIndex, decision: float, checks: int
) -> None:
    checked: list[str] = []

    def verdict(prompt: Prompt, choice: str) -> float:
        if "Answer: " not in prompt.ask:
            return decision if choice == "Yes" else 0.0
        checked.extend([prompt.ask] if choice == "Yes" else [])
        return 9.0 if choice == "Yes" else 0.0

    question = "How many members voted for the Gannet Bridge?"
    answer = answer_to(question, "No.", make_index(VOTE), verdict=verdict, words=lambda _prompt: "Eleven members")
    assert answer.text == "Eleven members voted for it and 8 against.[1]"
    assert len(checked) == checks


def test_a_sentence_with_the_words_that_answer_is_no_answer_where_it_speaks_of_something_else(
    make_index: MakeIndex,
) -> None:
    tower, tram = "The Tull Tower\n\nThe tower is open in May.\n", "Trams\n\nA ticket costs 2 marks on every tram.\n"
    for question, status in (
        ("What does a ticket cost at Tull?", "refused"),
        ("What does a ticket cost on a tram?", "answered"),
    ):
        draft = "The king gave a ticket."
        answer = answer_to(question, draft, make_index(tower, tram), words=lambda _prompt: "2 marks")
        assert answer.status == status


@pytest.mark.parametrize(("check", "text"), [(9.0, "Eleven members voted for it and 8 against.[1]"), (1.0, "")])
def test_a_yes_or_no_is_answered_by_a_sentence_only_where_the_model_is_surer(
    make_index: MakeIndex, check: float, text: str
) -> None:
    asked: list[str] = []

    def script(prompt: Prompt) -> str:
        asked.append(prompt.ask)
        return "Nobody knows."

    question, verdict = "Did members vote for the Gannet Bridge?", judging(check)
    answer = answer_to(question, script, make_index(VOTE), verdict=verdict, words=lambda _prompt: "Eleven members")
    assert answer.text.startswith(text)
    assert asked[:1] == ([] if text else [ASK.plain])


def test_of_two_sentences_with_the_words_that_answer_the_one_behind_its_subject_is_told(make_index: MakeIndex) -> None:
    index = make_index(
        "The talks\n\nBrun received Adler in June and spoke for an hour.\n\n"
        "When the envoys came, Brun stayed away. He was seen at a meeting with Adler.\n"
    )
    answer = answer_to("Who did Brun meet instead?", "Nobody knows.", index, words=lambda _prompt: "Adler")
    assert answer.text == "When the envoys came, Brun stayed away. He was seen at a meeting with Adler.[1]"
    assert answer.citations[0].quote == answer.text.removesuffix("[1]")


@pytest.mark.parametrize(
    ("paragraph", "words", "text"),
    [
        ("It is 41 metres high.", "41 metres", "It is 41 metres high.[1]"),
        ("* The tower is made of larch. It is 41 metres high.", "41 metres", "made of larch. It is 41 metres high.[1]"),
        ("The tower is of larch. There it stands, 41 metres high.", "41 metres", "There it stands, 41 metres high.[1]"),
    ],
    ids=["nothing before it", "behind a bullet", "no pronoun"],
)
def test_a_sentence_that_begins_with_a_pronoun_is_told_behind_the_one_before_it(
    make_index: MakeIndex, paragraph: str, words: str, text: str
) -> None:
    index = make_index(f"The Tull Tower\n\n{paragraph}\n")
    answer = answer_to("How high is the tower?", "Nobody knows.", index, words=lambda _prompt: words)
    assert answer.text.removeprefix("The tower is ") == text


def test_the_end_of_what_is_quoted_as_one_points_back_into_it(make_hit: MakeHit) -> None:
    hit = make_hit("Wash at 40 degrees. Do not use bleach, it turns tea to coffee.")
    quoted = sentences_of(hit)[1:]
    assert antecedent("it turns tea to coffee.", quoted, question="Why no bleach?") == ()


@pytest.mark.parametrize(
    ("paragraph", "words", "text"),
    [
        ("The ferry lost her rudder. Nobody was hurt.", "Nobody", "The ferry lost her rudder. Nobody was hurt.[1]"),
        ("The piano fell. Nobody was hurt.", "Nobody", "Nobody was hurt.[1]"),
        ("* The ferry has a piano.\n* Nobody was hurt.", "Nobody", "Nobody was hurt.[1]"),
        ("The ferry lost her rudder. On the ferry nobody was hurt.", "nobody", "On the ferry nobody was hurt.[1]"),
    ],
    ids=["the one before tells", "it does not", "a list", "it tells itself"],
)
def test_a_sentence_without_a_word_of_the_question_is_told_behind_one_that_has_some(
    make_index: MakeIndex, paragraph: str, words: str, text: str
) -> None:
    index = make_index(f"The old ferry\n\n{paragraph}\n")
    answer = answer_to("What became of the ferry?", "Nothing.", index, words=lambda _prompt: words)
    assert answer.text == text


@pytest.mark.parametrize("words", ["Brun and Adler", "Brun, Adler", "Adler; and Brun", "Brun, or Adler"])
def test_of_words_that_answer_in_several_sentences_each_sentence_is_told(make_index: MakeIndex, words: str) -> None:
    index = make_index("The tram\n\nBrun was against the tram. A vote took an hour. Adler was against it at noon.\n")
    answer = answer_to("Who was against the tram?", "Nobody knows.", index, words=lambda _prompt: words)
    assert answer.text == "Brun was against the tram.[1] Adler was against it at noon.[2]"


def test_a_list_of_words_of_which_one_stands_nowhere_answers_nothing(make_index: MakeIndex) -> None:
    index = make_index("The tram\n\nBrun was against the tram.\n")
    answer = answer_to("Who was against the tram?", "Celan.", index, words=lambda _prompt: "Brun and Celan")
    assert answer.status == "refused"


def test_what_an_earlier_part_of_the_answer_tells_is_not_told_again_before_a_pronoun(make_index: MakeIndex) -> None:
    index = make_index("The Tull Tower\n\nThe tower is made of larch. It is 41 metres high.\n")
    answer = answer_to(
        "What is the tower made of, and how high is it?",
        "Nobody knows.",
        index,
        words=lambda prompt: "41 metres" if "\nQuestion: how high" in prompt.ask else "larch",
    )
    assert answer.text == "The tower is made of larch.[1] It is 41 metres high.[2]"


def test_of_a_sentence_that_answers_the_dateline_is_left_out_and_quoted(make_index: MakeIndex) -> None:
    index = make_index("The market\n\nARLBY, 3 May 2024 (VPA) - On Monday the cook bought bread and milk for a mark.\n")
    question, draft = "What did the cook buy on Monday?", "Nobody knows."
    answer = answer_to(question, draft, index, words=lambda _prompt: "bread and milk")
    assert answer.text == "On Monday the cook bought bread and milk for a mark.[1]"
    assert answer.citations[0].quote.startswith("ARLBY, 3 May")


@pytest.mark.parametrize("words", ["2024-05-31", "31 May 2024"])
def test_a_dateline_that_answers_is_told(make_index: MakeIndex, words: str) -> None:
    line = "ARLBY, 31 May 2024 (VPA) - At noon the cook bought bread."
    answer = answer_to(
        "When did the cook buy bread?", "Nobody knows.", make_index(f"The market\n\n{line}\n"), words=lambda _: words
    )
    assert answer.text == f"{line}[1]"


@pytest.mark.parametrize("line", ["* -5 degrees were measured at noon.", "-5 degrees were measured at noon."])
def test_of_a_list_the_bullet_is_left_out_and_of_a_figure_nothing(make_index: MakeIndex, line: str) -> None:
    index = make_index(f"The weather\n\n{line}\n")
    answer = answer_to(
        "How many degrees were measured at noon?", "Nobody knows.", index, words=lambda _prompt: "5 degrees"
    )
    assert answer.text == "-5 degrees were measured at noon.[1]"


@pytest.mark.parametrize("check", [9.0, -9.0], ids=["holds", "is doubted"])
def test_a_sentence_that_answers_is_told_at_once_and_no_draft_behind_it(make_index: MakeIndex, check: float) -> None:
    told: list[object] = []

    model = ScriptedModel(
        lambda _prompt: "Eleven of them.", verdict=judging(check), words=lambda _prompt: "Eleven members"
    )
    with model.admit(threading.Event()) as session:
        question = Question(question="How many voted for the bridge?")
        ask(question, index=make_index(VOTE), session=session, settings=load_settings(), tell=told.append)
    assert told[1:] == [TextDrafted(text="Eleven members voted for it and 8 against.")]
