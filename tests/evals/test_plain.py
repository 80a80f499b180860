"""The reference reads what the model wrote: its citations, its refusals, its mistakes."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from evals.targets.plain import Plain
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.search import Index, open_index
from indexer.values import Filters
from qa_service.llm.port import Prompt
from qa_service.llm.scripted import ScriptedModel
from qa_service.values import Answer, Question, Turn

pytestmark = pytest.mark.contract


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    overrides = {"index.directory": str(tmp_path / "index"), "retrieval.dense_weight": 1.0}
    return load_settings("default", environ={}, overrides=overrides)


@pytest.fixture
def index(settings: Settings, tmp_path: Path) -> Iterator[Index]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(6):
        (corpus / f"{number}.txt").write_text(f"Ferry {number}\n\nThe ferry number {number} leaves at {number + 5}.\n")
    build([corpus], settings=settings, embedder=HashingEmbedder())
    with closing(open_index(settings, HashingEmbedder())) as opened:
        yield opened


def answered(said: str, index: Index, settings: Settings, question: Question | None = None) -> tuple[Answer, Prompt]:
    seen: list[Prompt] = []

    def script(prompt: Prompt) -> str:
        seen.append(prompt)
        return said

    target = Plain(dense=index, model=ScriptedModel(script), settings=settings)
    answer = target.answer(question or Question(question="When does the ferry number 2 leave?"))
    return answer, seen[0]


def test_each_sentence_is_a_claim_with_the_passages_that_the_model_named(index: Index, settings: Settings) -> None:
    answer, _ = answered("It leaves at seven [1]. There are six [2][3].", index, settings)
    assert answer.text == "It leaves at seven.[1] There are six.[2][3]"
    assert [answer.text[claim.start : claim.end] for claim in answer.claims] == [
        "It leaves at seven.",
        "There are six.",
    ]
    assert [claim.markers for claim in answer.claims] == [(1,), (2, 3)]
    assert [citation.marker for citation in answer.citations] == [1, 2, 3]
    for citation in answer.citations:
        document = index.document(citation.document_id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote


def test_nobody_verified_its_claims(index: Index, settings: Settings) -> None:
    answer, _ = answered("It leaves at seven [1].", index, settings)
    assert [claim.verdict for claim in answer.claims] == ["unsupported"]


def test_a_marker_without_a_passage_stays_as_the_mistake_that_it_is(index: Index, settings: Settings) -> None:
    answer, _ = answered("It leaves at seven [7].", index, settings)
    assert answer.text == "It leaves at seven.[7]"
    assert (answer.claims[0].markers, answer.citations) == ((), ())


@pytest.mark.parametrize("said", ["NOT FOUND", "Not found.", "The answer is NOT FOUND in the context [1]."])
def test_not_found_is_a_refusal_without_citations(index: Index, settings: Settings, said: str) -> None:
    answer, _ = answered(said, index, settings)
    assert (answer.status, answer.reason) == ("refused", "low_relevance")
    assert (answer.claims, answer.citations) == ((), ())


def test_its_prompt_holds_four_whole_paragraphs_and_the_conversation(index: Index, settings: Settings) -> None:
    asked = Question(question="And number 2?", conversation=(Turn(role="user", text="When does number 1 leave?"),))
    answer, prompt = answered("At seven [1].", index, settings, asked)
    head = "".join(prompt.shared)
    assert [hit.paragraph.text in head for hit in answer.evidence] == [True] * 4
    assert "User: When does number 1 leave?" in head


def test_it_ranks_by_the_vectors_alone(index: Index, settings: Settings) -> None:
    target = Plain(dense=index, model=ScriptedModel(lambda _: ""), settings=settings)
    ranked = target.retrieve("ferry number 2", Question(question="ferry number 2", filters=Filters()), limit=9)
    similarities = [hit.cosine_similarity for hit in ranked if hit.cosine_similarity is not None]
    assert similarities == sorted(similarities, reverse=True)
    assert len(ranked) == 6
