"""Train the adapter that decides answerability, cross-validated over articles, and write it as GGUF with its record.

    python -m evals.answerability.train examples.npz --model MODEL.gguf --to FOLDER [--device cuda]

One adapter learns from all articles; one a fold learns from the others, so that each example is judged by an adapter
that knows nothing of its article. All of them are trained side by side on the same evaluated evidence: to say yes or
no, and behind a yes the words that answer, or the question as it has to be asked. Some seven minutes on one H100; it
needs numpy, torch, scikit-learn and gguf, and nothing of Footnote.
"""

import argparse
import math
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from evals.answerability.data import Examples, Group, batches, folds_of, grouped, padded, read_examples
from evals.answerability.forward import PROJECTIONS, Adapters, Memory, Qwen2, Shape
from evals.answerability.record import Judged, tell, write_adapters, write_records

_WARM_UP_STEPS = 30
_SPLITS = 3
"""Of a batch, by length: less padding, and less memory at a time."""
_TELL_EVERY = 20


def open_model(path: Path, *, device: str) -> tuple[Qwen2, tuple[int, int]]:
    """Read a GGUF file of the architecture `qwen2`; return the model, and its tokens for yes and no."""
    reader = gguf.GGUFReader(path)
    tensors = {tensor.name: tensor for tensor in reader.tensors}

    def value(key: str) -> float:
        return float(reader.fields[f"qwen2.{key}"].contents())

    def read(name: str) -> Tensor:
        tensor = tensors.get(name) or tensors["token_embd.weight"]  # tied
        return torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32))

    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    model = Qwen2(
        Shape(
            layers=int(value("block_count")),
            width=int(value("embedding_length")),
            heads=int(value("attention.head_count")),
            key_heads=int(value("attention.head_count_kv")),
            rope_base=value("rope.freq_base"),
            epsilon=value("attention.layer_norm_rms_epsilon"),
        ),
        read,
        device=device,
        dtype=torch.bfloat16 if device == "cuda" else torch.float32,
    )
    return model, (tokens.index("Yes"), tokens.index("No"))


def new_adapters(model: Qwen2, count: int, *, rank: int, first_layer: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Return adapters that change nothing yet, on every projection from `first_layer` on."""
    factors = {}
    for layer in range(first_layer, model.shape.layers):
        for projection in PROJECTIONS:
            name = f"blk.{layer}.{projection}.weight"
            wide, narrow = model.weight(name).shape
            a = torch.empty(count, rank, narrow, device=model.device).normal_(std=1 / math.sqrt(narrow))
            b = torch.zeros(count, wide, rank, device=model.device)
            factors[name] = (a.requires_grad_(), b.requires_grad_())
    return factors


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF file")
    parser.add_argument("--id", required=True, help="of the model, in Footnote's catalogue")
    parser.add_argument("--data", required=True, help="what the examples are made of, for the record")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=60.0, help="of training at most; the rate falls to 0 by then")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--first-layer", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--judge-every", type=int, default=4, help="so many-th piece of evidence is judged at the end")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    examples = read_examples(options.examples)
    model, choices = open_model(options.model, device=options.device)
    trainer = Trainer(model, choices, examples, folds=options.folds, seed=options.seed)
    adapters, steps = train(trainer, options)
    sha256 = write_adapters(adapters, options)  # before they are judged: that takes its time
    held_out = trainer.judge(adapters, every=options.judge_every)
    plain = trainer.judge({}, every=options.judge_every)
    write_records(sha256, examples, trainer.fold_of, held_out=held_out, plain=plain, steps=steps, options=options)


class Trainer:
    """The model, what it is asked, and where each article is left out."""

    def __init__(self, model: Qwen2, choices: tuple[int, int], examples: Examples, *, folds: int, seed: int) -> None:
        """`choices` are the tokens for yes and no."""
        self.model = model
        self.examples = examples
        self.groups = grouped(examples)
        random.Random(seed).shuffle(self.groups)  # noqa: S311 (a repeatable order, no secret)
        self.fold_of = folds_of(examples, folds)
        """By article."""
        self._choices = choices
        self._folds = np.array([self.fold_of[name] for name in examples.article.tolist()])

    def learn(self, batch: Sequence[Group], adapters: Adapters) -> NDArray[np.float64]:
        """Add up the gradients of a batch, each adapter without the examples of its fold; return their mean losses,
        `(adapters, 2)`: of yes and no, and of the words.
        """
        memory, members = self._remembered(batch)
        count = next(iter(adapters.values()))[0].shape[0]
        learns = np.array([[self._folds[member] != number for _, member in members] for number in range(count)])
        total = np.zeros((count, 2))
        by_length = sorted(range(len(members)), key=lambda at: self._length(members[at][1]))
        for split in np.array_split(by_length, _SPLITS):
            if not split.size:
                continue
            shares = torch.tensor(learns[:, split] / learns.sum(1, keepdims=True).clip(min=1), device=self.model.device)
            chosen = [members[at] for at in split]
            margins, words = self._read(chosen, memory, adapters)
            each = cross_entropy(words.logits.flatten(0, 1), words.right.repeat(count), reduction="none")
            wanted = torch.tensor([float(self.examples.holds[member]) for _, member in chosen], device=margins.device)
            losses = (
                binary_cross_entropy_with_logits(margins, wanted.expand_as(margins), reduction="none"),
                words.mean(each.view(count, -1), len(split)),
            )
            weighted = [(loss * shares).sum(1) for loss in losses]
            (weighted[0] + weighted[1]).sum().backward()  # type: ignore[no-untyped-call]
            total += torch.stack(weighted, 1).detach().cpu().numpy()
        return total

    @torch.no_grad()
    def judge(self, adapters: Adapters, *, every: int) -> Judged:
        """Judge the examples over every so many-th piece of evidence by the adapter that has not seen their article; by
        the model itself without adapters.
        """
        groups = self.groups[::every]
        margins, told = np.full(len(self._folds), np.nan), np.full(len(self._folds), np.nan)
        for start in range(0, len(groups), 32):
            memory, members = self._remembered(groups[start : start + 32])
            found, words = self._read(members, memory, adapters)
            agrees = (words.logits.argmax(-1) == words.right).double()
            right = words.mean(agrees, len(members)).eq(1).double().cpu().numpy()
            found_by = found.cpu().numpy()
            for place, (_, member) in enumerate(members):
                number = self._folds[member] if adapters else 0
                margins[member] = found_by[number, place]
                if len(self.examples.words[member]):
                    told[member] = right[number, place]
        return Judged(margins, told)

    def _length(self, member: int) -> int:
        return len(self.examples.asked[member]) + len(self.examples.words[member])

    def _remembered(self, batch: Sequence[Group]) -> tuple[Memory, list[tuple[int, int]]]:
        """Evaluate the evidence of a batch; return it with `(row, example)` of each of its examples."""
        tokens, lengths = padded([group.evidence for group in batch], self.model.device)
        counts = torch.arange(tokens.shape[1], device=self.model.device) < lengths[:, None]
        return self.model.remember(tokens, counts), [
            (row, member) for row, group in enumerate(batch) for member in group.members
        ]

    def _read(self, members: Sequence[tuple[int, int]], memory: Memory, adapters: Adapters) -> tuple[Tensor, "_Words"]:
        """Return, for each `(row, example)`, the log-odds of yes against no, `(adapters, members)`, and what is made of
        the words behind a yes.
        """
        device = self.model.device
        asked = [self.examples.asked[member] for _, member in members]
        words = [self.examples.words[member] for _, member in members]
        yes = np.array([self._choices[0]], dtype=np.int32)
        tokens, _ = padded([np.concatenate([a, yes, w[:-1]]) for a, w in zip(asked, words, strict=True)], device)
        rows = torch.tensor([row for row, _ in members], device=device)
        states = self.model.follow(tokens, memory, rows, adapters)
        ends = torch.tensor([len(each) for each in asked], device=device)
        choices = self.model.logits(states[:, torch.arange(len(members), device=device), ends - 1], self._choices)
        of = torch.tensor([place for place, each in enumerate(words) for _ in each], dtype=torch.int64, device=device)
        steps = torch.tensor([step for each in words for step in range(len(each))], dtype=torch.int64, device=device)
        right = torch.from_numpy(np.concatenate(words).astype(np.int64)).to(device)
        logits = self.model.logits(states[:, of, ends[of] + steps])
        return choices[..., 0] - choices[..., 1], _Words(of, logits, right)


class _Words(NamedTuple):
    """What is made of the words that answer, those of all members end to end."""

    of: Tensor
    """`(words,)`: whose."""
    logits: Tensor
    """`(adapters, words, vocabulary)`."""
    right: Tensor
    """`(words,)`: tokens."""

    def mean(self, values: Tensor, members: int) -> Tensor:
        """Return the mean `(adapters, members)` of values `(adapters, words)` over each member's words; 0 without."""
        total = values.new_zeros(len(values), members).index_add(1, self.of, values)
        return total / torch.bincount(self.of, minlength=members).clamp(min=1)


def train(trainer: Trainer, options: argparse.Namespace) -> tuple[dict[str, tuple[Tensor, Tensor]], int]:
    """Train adapters side by side, one a fold and behind them the one that sees all articles; return them, and the
    steps taken.
    """
    draw = random.Random(options.seed)  # noqa: S311 (a repeatable draw, no secret)
    adapters = new_adapters(trainer.model, options.folds + 1, rank=options.rank, first_layer=options.first_layer)
    optimizer = torch.optim.AdamW(
        [factor for pair in adapters.values() for factor in pair], lr=options.rate, weight_decay=0.01
    )
    steps = options.epochs * math.ceil(len(trainer.groups) / options.batch)
    began, done = time.monotonic(), 0
    waiting: list[list[Group]] = []
    while (progress := max(done / steps, (time.monotonic() - began) / (60 * options.minutes))) < 1:
        waiting = waiting or batches(trainer.groups, options.batch, draw)
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min((done + 1) / _WARM_UP_STEPS, 1 - progress)
        optimizer.zero_grad(set_to_none=True)
        losses = trainer.learn(waiting.pop(), adapters)
        optimizer.step()
        done += 1
        if done % _TELL_EVERY == 0:
            shown = " ".join(f"{decided:.3f}/{told:.3f}" for decided, told in losses)
            tell(f"{time.monotonic() - began:.0f} s: step {done} of {steps}, losses {shown}")
    tell(f"{time.monotonic() - began:.0f} s: {done} steps")
    return adapters, done


if __name__ == "__main__":
    main()
