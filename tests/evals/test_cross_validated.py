"""Each case is answered by the adapter that has not seen its article; and what adapters learn from."""

import random
from pathlib import Path
from typing import cast

import msgspec
import pytest
from click.testing import CliRunner

from config.cli import main
from evals.answerability.from_squad import _answer
from evals.cases import Case, Expectation
from evals.errors import CaseError
from evals.public_sets.squad import Passage
from evals.targets.cross_validated import CrossValidated, adapters_of
from evals.targets.pipeline import Pipeline
from qa_service.values import Question


class Named:
    """A pipeline that only tells its name."""

    def __init__(self, name: str) -> None:
        self.fingerprint = name

    def answer(self, _question: Question) -> str:
        return self.fingerprint


def case(question: str, article: str) -> Case:
    return Case(
        id=question[:3], question=question, expect=Expectation(status=("refused",)), tags=(article,), stratum="all"
    )


def pipelines(**names: str) -> dict[str, Pipeline]:
    return {article: cast("Pipeline", Named(name)) for article, name in names.items()}


def test_a_question_goes_to_the_pipeline_that_has_not_seen_its_article() -> None:
    cases = [case("Who won the war?", "War"), case("What is a force?", "Force")]
    target = CrossValidated(pipelines(War="without war", Force="without force"), cases)
    assert [target.answer(each.asked) for each in cases] == ["without war", "without force"]
    assert "without war" in target.fingerprint
    assert "without force" in target.fingerprint


def test_an_article_that_all_have_seen_is_an_error_that_names_it() -> None:
    with pytest.raises(CaseError, match=r"no adapter was trained without “Force”"):
        CrossValidated(pipelines(War="without war"), [case("What is a force?", "Force")])


def test_a_folder_without_adapters_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"holds no folder with a record\.json"):
        adapters_of(tmp_path)


def test_adapters_go_with_a_set_of_articles(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(main, ["eval", "--adapters", str(tmp_path)])
    assert outcome.exit_code == 2
    assert "--adapters goes with --squad" in outcome.output


PASSAGE = msgspec.convert(
    {
        "context": "Voss won the open in June. Adler came second. The hall was full.",
        "qas": [
            {"id": "a", "question": "Who won?", "answers": [{"text": "Voss", "answer_start": 0}]},
            {"id": "b", "question": "Who came second?", "answers": [{"text": "Adler", "answer_start": 27}]},
            {
                "id": "c",
                "question": "Who came third?",
                "is_impossible": True,
                "plausible_answers": [{"text": "Adler", "answer_start": 27}],
            },
        ],
    },
    Passage,
)


def test_answers_to_check_are_right_when_they_are_the_questions_own() -> None:
    won, _, third = PASSAGE.qas
    seen = {_answer(PASSAGE, won, ["Voss"], random.Random(seed)) for seed in range(40)}
    assert seen == {
        ("Voss.", True),
        ("Voss won the open in June.", True),
        ("Adler.", False),
        ("Adler came second.", False),
    }
    assert {_answer(PASSAGE, third, [], random.Random(seed)) for seed in range(40)} == {
        ("Adler.", False),
        ("Adler came second.", False),
    }


def test_an_answer_that_was_not_found_is_not_called_right() -> None:
    won = PASSAGE.qas[0]
    assert not any(_answer(PASSAGE, won, [], random.Random(seed))[1] for seed in range(40))
