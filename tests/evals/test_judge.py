from collections.abc import Sequence
from pathlib import Path

import pytest

from config.errors import ModelFileError
from evals.judge import Judge, judge_citations, open_judge
from tests.evals.answers_by_hand import answer, refusal
from tests.tiny_cross_encoder import WORDS, save_cross_encoder

OPENED, COST, SAILS, DOGS = "tower-p1", "tower-p2", "ferry-p1", "ferry-p2"


class WordJudge:
    """A judge without a model: a text entails what has no other words than its own."""

    def entails(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        return [_words(hypothesis) <= _words(premise) for premise, hypothesis in pairs]


def _words(text: str) -> set[str]:
    return set(text.lower().replace(".", "").split())


@pytest.mark.parametrize(
    ("claim", "cited", "precision", "recall"),
    [
        ("The tower opened.", [OPENED], 1.0, 1.0),
        ("The tower opened.", [SAILS], 0.0, 0.0),
        ("The tower opened.", [], 0.0, 0.0),
        # Only both quotes together entail it, so both are needed.
        ("The tower cost 40 million.", [OPENED, COST], 1.0, 1.0),
        # The second alone does not entail it, and the first does: the second is irrelevant.
        ("The tower opened.", [OPENED, COST], 0.5, 1.0),
        # Each alone entails it: neither is irrelevant.
        ("The", [OPENED, SAILS], 1.0, 1.0),
        # All are imprecise when they do not entail the claim together.
        ("The tower is red.", [OPENED, COST], 0.0, 0.0),
        # Two are needed, the third is irrelevant.
        ("The tower cost 40 million.", [OPENED, DOGS, COST], 2 / 3, 1.0),
    ],
)
def test_one_claim_is_judged_by_alces_definitions(
    claim: str, cited: list[str], precision: float, recall: float
) -> None:
    judged = judge_citations(answer((claim, cited)), WordJudge())
    assert judged is not None
    assert judged.precision == pytest.approx(precision)
    assert judged.recall == pytest.approx(recall)


def test_precision_is_over_all_citations_and_recall_over_all_claims() -> None:
    said = answer(("The tower opened.", [OPENED, COST]), ("Dogs travel.", [DOGS]), ("Cats too.", [SAILS]), ("So.", []))
    judged = judge_citations(said, WordJudge())
    assert judged is not None
    assert judged.precision == pytest.approx(2 / 4)
    assert judged.recall == pytest.approx(2 / 4)


def test_without_claims_there_is_nothing_to_judge() -> None:
    assert judge_citations(refusal(), WordJudge()) is None


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of natural language inference, as a folder."""
    return save_cross_encoder(tmp_path_factory.mktemp("nli"), ["contradiction", "Entailment", "neutral"])


@pytest.fixture(params=["words", pytest.param("cross-encoder", marks=pytest.mark.contract)])
def judge(request: pytest.FixtureRequest) -> Judge:
    return WordJudge() if request.param == "words" else open_judge(request.getfixturevalue("cross_encoder"))


PAIRS = [("the tower opened in 1931 .", "the tower opened ."), ("", ""), ("برج", "塔"), ("a " * 600, "the tower")] * 10


def test_a_judge_says_yes_or_no_of_every_pair(judge: Judge) -> None:
    verdicts = judge.entails(PAIRS)
    assert len(verdicts) == len(PAIRS)
    assert all(type(verdict) is bool for verdict in verdicts)


def test_a_judges_verdicts_are_in_order_and_do_not_depend_on_the_batch(judge: Judge) -> None:
    assert [verdict for pair in PAIRS[:4] for verdict in judge.entails([pair])] * 10 == judge.entails(PAIRS)


def test_a_judge_that_is_asked_nothing_says_nothing(judge: Judge) -> None:
    assert judge.entails([]) == []


@pytest.mark.contract
def test_entailed_is_what_the_model_finds_likeliest(cross_encoder: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(cross_encoder)
    model = AutoModelForSequenceClassification.from_pretrained(cross_encoder).eval()
    pairs = [(premise, hypothesis) for premise in WORDS for hypothesis in ("the", "the tower beta")]
    encoded = tokenizer([one for one, _ in pairs], [other for _, other in pairs], padding=True, return_tensors="pt")
    expected = [int(place) == 1 for place in model(**encoded).logits.argmax(dim=1)]
    assert open_judge(cross_encoder).entails(pairs) == expected
    assert set(expected) == {True, False}


@pytest.mark.contract
@pytest.mark.parametrize("labels", [["no", "yes"], ["not_entailment", "contradiction"]])
def test_a_model_without_a_label_for_entailment_is_refused(tmp_path: Path, labels: list[str]) -> None:
    with pytest.raises(ModelFileError, match=rf"its labels \({', '.join(labels)}\) cannot be understood"):
        open_judge(save_cross_encoder(tmp_path, labels))


@pytest.mark.contract
def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ModelFileError, match="not a usable CrossEncoder folder"):
            open_judge(folder)
