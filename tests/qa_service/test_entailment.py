"""Fact checkers: what every one of them does, and how the real one reads models of each kind."""

import itertools
import math
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.errors import ModelFileError
from config.settings import VerifierSettings
from qa_service.entailment import FactChecker, Judgement, open_checker, open_folder
from qa_service.errors import ModelError
from tests.tiny_cross_encoder import WINDOW, WORDS, save_cross_encoder, save_headless

NLI = ("entailment", "neutral", "contradiction")
FOR, NEITHER, AGAINST = WORDS
"""What speaks for which label of NLI."""

pytestmark = pytest.mark.contract


class WordChecker:
    """A checker without a model: what has no other words than its evidence is supported."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        holds = [set(claim.split()) <= set(evidence.split()) for evidence, claim in pairs]
        return [Judgement(verdict="supported" if each else "unsupported", score=float(each)) for each in holds]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds one model of each kind."""
    folder = tmp_path_factory.mktemp("checkers")
    save_cross_encoder(folder / "three", NLI)
    save_cross_encoder(folder / "two", ("entailment", "not_entailment"))
    save_cross_encoder(folder / "one", None)
    return folder


@pytest.fixture(params=["words", "three", "two", "one"])
def checker(request: pytest.FixtureRequest, models: Path) -> FactChecker:
    return WordChecker() if request.param == "words" else opened(models / request.param)


def opened(folder: Path, *, support_threshold: float = 0.5) -> FactChecker:
    return open_folder(folder, support_threshold=support_threshold)


def verdict_of(checker: FactChecker, evidence: str, claim: str) -> str:
    (judgement,) = checker.judge([(evidence, claim)])
    return judgement.verdict


PAIRS = [("the tower alpha", "the tower"), ("", ""), ("برج", "塔"), ("a " * 600, "the tower"), ("beta", "beta " * 600)]


def test_a_checker_judges_every_pair(checker: FactChecker) -> None:
    judgements = checker.judge(PAIRS * 10)
    assert len(judgements) == len(PAIRS) * 10
    assert all(type(each.score) is float and 0 <= each.score <= 1 for each in judgements)
    assert {each.verdict for each in judgements} <= {"supported", "unsupported", "contradicted"}


def test_a_checkers_judgements_are_in_order_and_do_not_depend_on_the_batch(checker: FactChecker) -> None:
    alone = [judgement for pair in PAIRS for judgement in checker.judge([pair])]
    together = checker.judge(PAIRS * 10)
    assert [each.verdict for each in together] == [each.verdict for each in alone] * 10
    assert [each.score for each in together] == pytest.approx([each.score for each in alone] * 10, abs=1e-6)


def test_a_checker_that_is_asked_nothing_says_nothing(checker: FactChecker) -> None:
    assert checker.judge([]) == []


def test_several_threads_get_what_one_thread_gets(checker: FactChecker) -> None:
    expected = checker.judge(PAIRS)
    got: dict[int, list[Judgement]] = {}

    def ask(number: int) -> None:
        got[number] = checker.judge(PAIRS)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got.get(number) for number in range(8)] == [expected] * 8


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_three_labels_are_understood_in_any_order_and_case(tmp_path: Path, order: tuple[int, ...]) -> None:
    spellings = ("ENTAILMENT", "Neutral", "contradiction")
    checker = opened(save_cross_encoder(tmp_path, [spellings[place] for place in order]))
    expected = ("supported", "unsupported", "contradicted")
    for word, place in zip(WORDS, order, strict=True):
        (judgement,) = checker.judge([(f"the tower {word}", "the tower")])
        assert judgement.verdict == expected[place]
        assert (judgement.score > 1 / 2) == (place == 0)


@pytest.mark.parametrize(
    ("labels", "other"),
    [
        (("entailment", "not_entailment"), "unsupported"),
        (("Supported", "Unsupported"), "unsupported"),
        (("CONSISTENT", "INCONSISTENT"), "unsupported"),
        (("entailment", "non-entailment"), "unsupported"),
        (("SUPPORTS", "NOT ENOUGH INFO"), "unsupported"),
        (("supports", "refutes"), "contradicted"),
    ],
)
def test_two_labels_are_understood_in_either_order(tmp_path: Path, labels: tuple[str, str], other: str) -> None:
    for number, (names, support, against) in enumerate([(labels, *WORDS[:2]), (labels[::-1], *WORDS[1::-1])]):
        checker = opened(save_cross_encoder(tmp_path / str(number), names))
        assert verdict_of(checker, support, "the tower") == "supported"
        assert verdict_of(checker, against, "the tower") == other


def test_the_score_of_a_model_with_labels_is_the_probability_of_support(models: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(models / "three")
    model = AutoModelForSequenceClassification.from_pretrained(models / "three").eval()
    evidence = [f"{one} {other} the" for one in WORDS for other in WORDS]
    encoded = tokenizer(evidence, ["the tower"] * len(evidence), return_tensors="pt")
    expected = model(**encoded).logits.softmax(dim=1)[:, 0].tolist()
    scores = [each.score for each in opened(models / "three").judge([(each, "the tower") for each in evidence])]
    assert scores == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("labels", [None, ["entailment"]])
def test_a_single_output_supports_from_the_threshold_on(tmp_path: Path, labels: list[str] | None) -> None:
    folder = save_cross_encoder(tmp_path, labels)
    pairs = [(FOR, "the tower"), ("the", "the tower"), (NEITHER if labels is None else "the", "the tower")]
    high, even, low = opened(folder).judge(pairs)
    assert even.score == 0.5
    assert high.score > 0.9
    assert low.score < 0.1 if labels is None else low == even
    assert [each.verdict for each in (high, even)] == ["supported", "supported"]
    just_above = math.nextafter(0.5, 1)
    assert opened(folder, support_threshold=just_above).judge(pairs)[1].verdict == "unsupported"
    assert opened(folder, support_threshold=high.score).judge(pairs)[0].verdict == "supported"


def test_a_single_output_is_read_as_a_logit_whatever_activation_the_folder_names(tmp_path: Path) -> None:
    from transformers import AutoConfig

    save_cross_encoder(tmp_path, None)
    expected = opened(tmp_path).judge([(FOR, "the tower")])
    config = AutoConfig.from_pretrained(tmp_path)
    config.sentence_transformers = {"activation_fn": "torch.nn.modules.linear.Identity"}
    config.save_pretrained(tmp_path)
    assert opened(tmp_path).judge([(FOR, "the tower")]) == expected


def test_a_model_saved_by_sentence_transformers_is_opened(tmp_path: Path, models: Path) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(str(models / "three"), device="cpu", local_files_only=True).save_pretrained(str(tmp_path))
    assert opened(tmp_path).judge(PAIRS) == opened(models / "three").judge(PAIRS)


def test_long_evidence_loses_its_end_and_the_claim_nothing(models: Path) -> None:
    checker = opened(models / "three")
    assert verdict_of(checker, f"{FOR} {FOR} " + "the " * 99, f"the tower {AGAINST}") == "supported"
    assert verdict_of(checker, "the " * 99 + f"{FOR} {FOR}", f"the tower {AGAINST}") == "contradicted"
    # Of the longer text of the pair, here the claim, the library itself would cut the end.
    long_claim = "the " * (WINDOW - 6) + f"{AGAINST} {AGAINST}"
    assert verdict_of(checker, f"{FOR} the the", long_claim) == "contradicted"


def test_evidence_loses_its_end_also_where_the_folder_says_otherwise(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    save_cross_encoder(tmp_path, NLI)
    AutoTokenizer.from_pretrained(tmp_path, truncation_side="left").save_pretrained(tmp_path)
    assert verdict_of(opened(tmp_path), f"{FOR} {FOR} " + "the " * 99, f"the tower {AGAINST}") == "supported"


def test_a_claim_that_leaves_no_room_for_evidence_is_unsupported(models: Path) -> None:
    checker = opened(models / "three")
    room = WINDOW - 3
    fitting, filling = f"{FOR} " * (room - 1), f"{FOR} " * room
    judgements = checker.judge([("the", filling), ("the", fitting), ("the", filling * 50)])
    assert [each.verdict for each in judgements] == ["unsupported", "supported", "unsupported"]
    assert (judgements[0].score, judgements[2].score) == (0.0, 0.0)


@pytest.mark.parametrize(
    "labels",
    [
        ("no", "yes"),
        ("LABEL_0", "LABEL_1"),
        ("LABEL_0", "LABEL_1", "LABEL_2"),
        ("not_entailment", "contradiction"),
        ("entailment", "supported"),
        ("entailment", "neutral", "irony"),
        ("contradiction",),
        ("hallucination",),
    ],
    ids=" ".join,
)
def test_labels_that_cannot_be_understood_are_refused_with_what_to_do(tmp_path: Path, labels: tuple[str, ...]) -> None:
    with pytest.raises(ModelFileError) as caught:
        opened(save_cross_encoder(tmp_path, labels))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}: its labels ({', '.join(labels)}) cannot be understood")
    assert "id2label of config.json" in message
    assert "\n" not in message


def refusal(folder: Path) -> str:
    with pytest.raises(ModelFileError, match="not a usable CrossEncoder folder") as caught:
        opened(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        assert str(folder) in refusal(folder)


@pytest.mark.parametrize("broken", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff" * 64])
def test_a_folder_with_a_broken_file_is_refused(tmp_path: Path, broken: str, content: bytes) -> None:
    save_cross_encoder(tmp_path, NLI)
    (tmp_path / broken).write_bytes(content)
    refusal(tmp_path)


def test_a_model_that_classifies_nothing_is_refused(tmp_path: Path) -> None:
    assert "its architecture is BertModel" in refusal(save_headless(tmp_path))


def test_a_model_that_gives_no_numbers_is_an_error(tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(save_cross_encoder(tmp_path, NLI))
    model.classifier.bias.data.fill_(math.nan)
    model.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"verifier\.model"):
        opened(tmp_path).judge(PAIRS)


def test_no_checker_is_opened_unless_a_model_is_named(tmp_path: Path) -> None:
    assert open_checker(VerifierSettings(model="", checker_threshold=0.5), home=tmp_path) is None


def test_the_configured_model_is_opened_with_the_configured_threshold(models: Path, tmp_path: Path) -> None:
    for threshold, verdict in ((0.5, "supported"), (0.6, "unsupported")):
        settings = VerifierSettings(model=str(models / "one"), checker_threshold=threshold)
        checker = open_checker(settings, home=tmp_path)
        assert checker is not None
        assert verdict_of(checker, "the", "the tower") == verdict


def test_a_configured_path_that_is_no_model_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    for name, says in (("", "folder with config.json in it"), ("missing", "no model")):
        settings = VerifierSettings(model=str(tmp_path / name), checker_threshold=0.5)
        with pytest.raises(ModelFileError, match=says):
            open_checker(settings, home=tmp_path)
