"""Train the ranker of sentences, and write its weights and record.

    python -m evals.ranking.train examples.jsonl --model FOLDER --id ID --data "what the questions are" --to FOLDER

Each question is read with a few of the paragraphs that were found for it, and the sentences that answer are to get the
highest scores of all. Every tenth article is kept out and measured. Half an hour on two cores.
"""

import hashlib
import math
import random
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import parametrize

from evals.ranking.examples import Candidate, Example
from qa_service.ranker import WEIGHTS, RankerRecord
from qa_service.sentence_ranker import Layout, laid_out, open_encoder, projections, states
from qa_service.weights import RECORD

_RANK = 32
_LEARNING_RATE = 1e-3
_WARM_UP_STEPS = 40
_QUESTIONS_A_STEP = 8
_PARAGRAPHS = 5
"""Of a question, those that are read."""
_MOST_ANSWERING = 2
_NEAR = 10
"""From so many of the best found the others are mostly drawn."""
_NEAR_SHARE = 0.7
_SPLITS = 3
"""Of a step, by length: less padding."""
_HELD_OUT = 10
_TELL_EVERY = 25


class LowRank(nn.Module):
    """What is added to a matrix."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(_RANK, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, _RANK))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the matrix with it."""
        return weight + self.up @ self.down


class Learner:
    """The model, what is added to it, and the direction in which states of sentences that answer lie."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer, self.model = open_encoder(folder)
        self.model.requires_grad_(False)
        self.added = {name: LowRank(layer) for name, layer in projections(self.model)}
        for name, layer in projections(self.model):
            parametrize.register_parametrization(layer, "weight", self.added[name])
        self.head = nn.Parameter(torch.zeros(self.model.config.hidden_size))
        self.parameters = [self.head, *(own for each in self.added.values() for own in each.parameters())]

    def scores(self, layouts: Sequence[Layout]) -> Tensor:
        """Return a score for each sentence: paragraphs, sentences."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            read = states(self.model, layouts)
        return read.float() @ self.head

    def tensors(self) -> dict[str, Tensor]:
        """Return what has been learnt, by the names under which it is read again."""
        learnt = {
            f"{name}.{which}": getattr(each, which) for name, each in self.added.items() for which in ("down", "up")
        }
        return {name: tensor.detach().half().contiguous() for name, tensor in (*learnt.items(), ("head", self.head))}


def read_with(example: Example, draw: random.Random) -> list[Candidate]:
    """Return some paragraphs that answer and, mostly of the best found, some that do not."""
    answering = [candidate for candidate in example.candidates if candidate.answering]
    others = [candidate for candidate in example.candidates if not candidate.answering and candidate.sentences]
    taken = draw.sample(answering, min(_MOST_ANSWERING, len(answering)))
    pool = others[:_NEAR] if draw.random() < _NEAR_SHARE else others
    return taken + draw.sample(pool, min(_PARAGRAPHS - len(taken), len(pool)))


def loss_of(examples: Iterable[Example], learner: Learner, draw: random.Random) -> Tensor:
    """Return the mean surprise at the sentences that answer, of all that are read for a question."""
    asked = list(examples)
    read = [
        (number, candidate, laid_out(learner.tokenizer, example.question, candidate.title, candidate.sentences))
        for number, example in enumerate(asked)
        for candidate in read_with(example, draw)
    ]
    read.sort(key=lambda each: len(each[2].tokens))
    scores: list[list[Tensor]] = [[] for _ in asked]
    answering: list[list[bool]] = [[] for _ in asked]
    size = math.ceil(len(read) / _SPLITS)
    for start in range(0, len(read), size):
        batch = read[start : start + size]
        for (number, candidate, layout), row in zip(batch, learner.scores([each[2] for each in batch]), strict=True):
            count = max(layout.sentences) + 1
            scores[number].append(row[:count])
            answering[number] += [at in candidate.answering for at in range(count)]
    losses = []
    for rows, right in zip(scores, answering, strict=True):
        row, mask = torch.cat(rows), torch.tensor(right)
        if mask.any():
            losses.append(torch.logsumexp(row, 0) - torch.logsumexp(row[mask], 0))
    return torch.stack(losses).mean()


def batched(examples: Sequence[Example], draw: random.Random) -> list[list[Example]]:
    """Return the examples in random batches, each of one source: their paragraphs are about equally long."""
    batches = []
    for source in sorted({example.source for example in examples}):
        own = [example for example in examples if example.source == source]
        draw.shuffle(own)
        batches += [own[at : at + _QUESTIONS_A_STEP] for at in range(0, len(own), _QUESTIONS_A_STEP)]
    draw.shuffle(batches)
    return batches


@torch.inference_mode()
def first_share(examples: Sequence[Example], learner: Learner) -> float:
    """Return the share of questions whose best sentence of all candidates is one that answers."""
    right = 0
    for example in examples:
        layouts = [
            laid_out(learner.tokenizer, example.question, candidate.title, candidate.sentences)
            for candidate in example.candidates
        ]
        best = max(
            (score, at in candidate.answering)
            for candidate, layout, row in zip(
                example.candidates, layouts, learner.scores(layouts).tolist(), strict=True
            )
            for at, score in enumerate(row[: max(layout.sentences) + 1])
        )
        right += best[1]
    return right / max(len(examples), 1)


@click.command()
@click.argument("examples", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--id", "model", required=True, help="Of the model in the catalogue.")
@click.option("--data", required=True, help="What the questions are, in words.")
@click.option("--questions", default=5200, show_default=True, help="At most so many.")
@click.option("--squad-share", default=0.2, show_default=True, help="Of them; its paragraphs are long.")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), required=True)
def main(examples: Path, *, folder: Path, model: str, data: str, questions: int, squad_share: float, to: Path) -> None:
    """Train, and write weights and record."""
    torch.manual_seed(1)
    draw, started = random.Random(1), time.monotonic()  # noqa: S311
    asked = [msgspec.json.decode(line, type=Example) for line in examples.read_bytes().splitlines()]
    articles = sorted({example.article for example in asked})
    held_out = set(articles[::_HELD_OUT])
    kept = [example for example in asked if example.article in held_out]
    learning = [example for example in asked if example.article not in held_out]
    squad = [example for example in learning if example.source == "squad"]
    news = [example for example in learning if example.source == "news"]
    of_squad = min(round(questions * squad_share), len(squad))
    learning = draw.sample(squad, of_squad) + draw.sample(news, min(questions - of_squad, len(news)))
    learner = Learner(folder)
    optimizer = torch.optim.AdamW(learner.parameters, lr=_LEARNING_RATE, weight_decay=0.01)
    batches = batched(learning, draw)
    recent = 0.0
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = _LEARNING_RATE * min(1.0, (step + 1) / _WARM_UP_STEPS) * (1 - step / len(batches))
        with parametrize.cached():
            loss = loss_of(batch, learner, draw)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learner.parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        recent += (loss.item() - recent) * 0.04
        if step % _TELL_EVERY == 0:
            click.echo(f"step {step} of {len(batches)}: loss {recent:.3f}, {time.monotonic() - started:.0f} s")
    to.mkdir(parents=True, exist_ok=True)
    save_file(learner.tensors(), to / WEIGHTS)
    kept = [example for example in kept if example.source == "news"]
    with parametrize.cached():
        share = first_share(kept[:300], learner)
    record = RankerRecord(
        version=1,
        model=model,
        sha256=hashlib.sha256((to / WEIGHTS).read_bytes()).hexdigest(),
        rank=_RANK,
        made_on=datetime.now(UTC).date().isoformat(),
        script="evals/ranking/train.py",
        data=data,
        questions=len(learning),
        options={
            "learning_rate": str(_LEARNING_RATE),
            "steps": str(len(batches)),
            "questions_a_step": str(_QUESTIONS_A_STEP),
            "paragraphs_a_question": str(_PARAGRAPHS),
        },
        best_sentence_answers=round(share, 3),
    )
    (to / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
    click.echo(f"Wrote {to}: of articles kept out the best sentence answers for {record.best_sentence_answers:.3f}")


if __name__ == "__main__":
    main()
