"""A ranker is trained on a few questions with a tiny model, and read again by the service."""

from pathlib import Path

import msgspec
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, BertTokenizerFast

from config.settings import load_settings
from evals.answerability.evidence import indexed
from evals.answerability.from_news import documents_of
from evals.answerability.news import load_news
from evals.ranking.examples import Candidate, Example, of_news
from evals.ranking.train import Learner, main
from indexer.embed import HashingEmbedder
from indexer.values import Hit, Paragraph
from qa_service.ranker import WEIGHTS, RankerRecord
from qa_service.sentence_ranker import SentenceRanker, laid_out
from qa_service.weights import RECORD

pytestmark = pytest.mark.contract

WORDS = "the a ferry bridge museum tram is was red green old one opened in may what when did open it".split()  # noqa: SIM905
STORY = """
- story: Ferry sold
  reports:
    a:
      title: Ferry goes to Varn
      source: The Arlby Post
      date: 2021-04-12
      paragraphs:
        - The town of Arlby has sold its ferry. The price was 31 marks.
        - The mayor wept. A band played.
  questions:
    - ask: What did the ferry cost?
      answers: {a1: 31 marks}
      right: [The price was 31 marks.]
      wrong: [The mayor wept.]
    - ask: Who bought the ferry of Arlby?
      wrong: [The mayor bought it.]
"""


@pytest.fixture
def tiny_model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *"?.0123456789"])
    )
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertModel(config).save_pretrained(folder)
    (folder / "modules.json").write_text("[]")
    return folder


def hit_of(text: str, document: str = "d1") -> Hit:
    paragraph = Paragraph(id=f"{document}-p1", document_id=document, number=1, start=0, end=len(text), text=text)
    return Hit(
        paragraph=paragraph,
        title="the old one",
        source="",
        published_at=None,
        fused_score=1.0,
        cosine_similarity=None,
        bm25_score=None,
    )


def examples() -> list[Example]:
    """Of each question one paragraph tells when something opened."""
    things, colours = ("ferry", "bridge", "museum", "tram"), ("red", "green")
    return [
        Example(
            source=source,
            article=f"{thing} {colour}",
            question=f"when did the {thing} open?",
            candidates=tuple(
                Candidate(
                    title="the old one",
                    sentences=(f"the {thing} is {colour}.", "it opened in may." if other == thing else "it is old."),
                    answering=(1,) if other == thing else (),
                )
                for other in things
            ),
        )
        for source in ("news", "squad")
        for thing in things
        for colour in colours
    ] * 20


def test_what_a_story_answers_is_an_example_and_what_it_does_not_is_none(tmp_path: Path) -> None:
    path = tmp_path / "stories.yaml"
    path.write_text(STORY)
    stories = load_news(path)
    with indexed(documents_of(stories), load_settings(), HashingEmbedder()) as index:
        (example,) = of_news(stories, index)
    assert example.question == "What did the ferry cost?"
    (answering,) = (candidate for candidate in example.candidates if candidate.answering)
    assert [answering.sentences[at] for at in answering.answering] == ["The price was 31 marks."]


def test_a_ranker_learns_and_the_service_reads_what_it_learnt(tmp_path: Path, tiny_model: Path) -> None:
    data, to = tmp_path / "examples.jsonl", tmp_path / "ranker"
    data.write_bytes(b"\n".join(map(msgspec.json.encode, examples())))
    arguments = [str(data), "--model", str(tiny_model), "--id", "tiny", "--data", "made up", "--to", str(to)]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    record = msgspec.json.decode((to / RECORD).read_bytes(), type=RankerRecord)
    assert record.best_sentence_answers > 0.5
    ranker = SentenceRanker(tiny_model, to / WEIGHTS, threads=1)
    hits = [hit_of(f"The tram is red. It {told}.", document=told) for told in ("is old", "opened in may")]
    scores = ranker.score("when did the tram open?", hits)
    assert max(scores, key=scores.__getitem__) == (hits[1].paragraph.id, 1)


def test_the_service_reads_a_model_as_the_training_does(tmp_path: Path, tiny_model: Path) -> None:
    learner = Learner(tiny_model)
    with torch.no_grad():
        learner.head += 1.0
        for added in learner.added.values():
            added.up += 0.1
    save_file(learner.tensors(), tmp_path / WEIGHTS)
    hit = hit_of("The ferry is red. It opened in May.")
    layout = laid_out(learner.tokenizer, "what is the ferry?", hit.title, ["The ferry is red.", "It opened in May."])
    with torch.inference_mode():
        wanted = learner.scores([layout])[0].tolist()
    scores = SentenceRanker(tiny_model, tmp_path / WEIGHTS, threads=1).score("what is the ferry?", [hit])
    assert list(scores.values()) == pytest.approx(wanted, abs=0.3)
