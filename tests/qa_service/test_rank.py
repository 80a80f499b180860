"""Which sentences are read of what was found, when a ranker judges them."""

import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from config.errors import ConfigError, ModelFileError
from config.models import require
from config.paths import footnote_home
from config.settings import load_settings
from indexer.values import Hit
from qa_service.compose import compose
from qa_service.evidence import sentences_of
from qa_service.llm.scripted import ScriptedModel
from qa_service.rank import rank
from qa_service.ranker import SHIPPED, Ranker, Scores, load_record, open_ranker
from qa_service.retrieve import Found
from qa_service.sentence_ranker import SentenceRanker
from qa_service.weights import RECORD
from tests.qa_service.asking import VOTE, MakeHit, MakeIndex, answer_to


class Liking:
    """Port `Ranker`: sentences with one word are good, all others equally bad."""

    def __init__(self, word: str) -> None:
        self._word = word
        self.asked: list[str] = []

    def score(self, question: str, hits: Sequence[Hit]) -> Scores:
        self.asked.append(question)
        return {each.place: 20.0 * (self._word in each.text) for hit in hits for each in sentences_of(hit)}


@pytest.fixture(scope="module")
def shipped() -> Ranker:
    ranker = open_ranker(load_settings().retrieval, home=footnote_home())
    assert ranker
    return ranker


def test_without_a_ranker_the_evidence_is_read_as_it_was_found(make_hit: MakeHit) -> None:
    hits = (make_hit("The sea is cold.", document="d1"), make_hit("The sea is green.", document="d2"))
    ranked = rank("What is the sea like?", "What is the sea like?", Found(hits, hits[:1]), ranker=None)
    assert (ranked.hits, ranked.found, ranked.scores) == (hits, hits, None)


def test_what_stands_high_in_both_rankings_is_read_first(make_hit: MakeHit) -> None:
    texts = ["The sea is cold.", "It is green.", "It is salty.", "The sea is deep."]
    hits = tuple(make_hit(text, document=f"d{number}") for number, text in enumerate(texts))
    ranker = Liking("deep")
    ranked = rank("Is it deep?", "How cold is the Orrin sea, and is it deep?", Found(hits[:1], hits), ranker=ranker)
    assert [hit.paragraph.text for hit in ranked.hits] == [texts[0], texts[3], texts[1], texts[2]]
    assert ranked.found[:1] == hits[:1]
    assert set(ranked.found) == set(hits)
    assert ranker.asked == ["Is it deep? Orrin"]


@pytest.mark.parametrize("word", ["", "skylight"])
def test_of_a_long_paragraph_that_sentence_is_read_which_the_ranker_likes(make_hit: MakeHit, word: str) -> None:
    museum = "The museum of Arlby is very old and has been shut for many years now."
    skylight = "A skylight had been left open for some days by a careless guard of theirs."
    hit = make_hit(f"Snow fell. {museum} Dogs slept. {skylight}")
    settings = msgspec.structs.replace(load_settings().answer, evidence_tokens=64)
    question = "How did thieves get into the museum?"
    with ScriptedModel(lambda _prompt: "").admit(threading.Event()) as session:
        scores = Liking(word).score(question, [hit]) if word else None
        (brief,) = compose(question, [hit], whole=question, session=session, settings=settings, scores=scores)
    read = [sentence.text for sentence in brief.sentences]
    assert (skylight in read, museum in read) == (bool(word), not word)


def test_the_pipeline_asks_the_ranker_about_each_part(make_index: MakeIndex) -> None:
    ranker = Liking("skylight")
    answer_to("Who approved the bridge, and who stayed away?", "Nobody.", make_index(VOTE), ranker=ranker)
    assert ranker.asked == ["Who approved the bridge?", "who stayed away?"]


@pytest.mark.contract
def test_the_shipped_ranker_finds_what_answers_without_a_word_of_the_question(
    shipped: Ranker, make_hit: MakeHit
) -> None:
    hits = [
        make_hit("Thieves have stolen an old clock. The museum stays closed until Friday.", document="d1"),
        make_hit("They came in by a skylight that had been left open. A guard was asleep.", document="d2"),
        make_hit("The museum owns 4,300 clocks and had 61,000 visitors.", document="d3"),
    ]
    scores = shipped.score("How did the thieves get into the museum?", hits)
    assert set(scores) == {sentence.place for hit in hits for sentence in sentences_of(hit)}
    assert max(scores, key=scores.__getitem__) == sentences_of(hits[1])[0].place


@pytest.mark.contract
def test_a_score_does_not_depend_on_the_company(shipped: Ranker, make_hit: MakeHit) -> None:
    hits = [make_hit(f"Ferry {number} is old. " * (number + 1), document=f"d{number}") for number in range(20)]
    together = shipped.score("Which ferry is old?", hits)
    for hit in hits[::5]:
        assert shipped.score("Which ferry is old?", [hit]) == {
            sentence.place: pytest.approx(together[sentence.place], abs=0.05) for sentence in sentences_of(hit)
        }
    assert shipped.score("Which ferry is old?", []) == {}


@pytest.mark.contract
@pytest.mark.parametrize("question", ["", "?" * 3000, "北京 где 🙂\0"])
def test_any_question_and_any_paragraph_have_scores(shipped: Ranker, make_hit: MakeHit, question: str) -> None:
    hits = [make_hit("word. " * 2000), make_hit("\0 🙂"), make_hit("a" * 5000)]
    for hit in hits:
        assert set(shipped.score(question, [hit])) == {sentence.place for sentence in sentences_of(hit)}


def test_every_shipped_ranker_is_complete() -> None:
    folders = sorted(path.parent for path in SHIPPED.glob(f"*/{RECORD}"))
    assert folders
    for folder in folders:
        loaded = load_record(folder.name)
        assert loaded
        assert loaded[0].model
        assert (folder / "README.md").is_file()


def test_a_ranker_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"retrieval\.ranker = 'none-such'.*shipped are: all-MiniLM-L6-v2"):
        load_record("none-such")


@pytest.mark.contract
def test_weights_for_another_model_are_an_error(tmp_path: Path) -> None:
    folder = require("all-MiniLM-L6-v2", home=footnote_home())
    weights = tmp_path / "other.safetensors"
    weights.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    with pytest.raises(ModelFileError, match="cannot be added to the model"):
        SentenceRanker(folder, weights, threads=1)
