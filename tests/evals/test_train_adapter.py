"""Training the adapter: the model in torch, the losses, and what is written."""

import argparse
import json
from pathlib import Path

import gguf
import msgspec
import numpy as np
import pytest
import torch

from evals.answerability.data import folds_of, grouped, read_examples
from evals.answerability.evidence import Kind
from evals.answerability.examples import Example, write_examples
from evals.answerability.forward import PROJECTIONS, Memory, Qwen2, Shape
from evals.answerability.record import areas, scales, shares, write_adapters, write_records
from evals.answerability.train import Examples, Trainer, new_adapters, train
from qa_service.answerability import Adapter

SHAPE = Shape(layers=3, width=32, heads=4, key_heads=2, rope_base=10_000.0, epsilon=1e-6)
OPTIONS = argparse.Namespace(
    id="tiny", data="made", folds=2, epochs=6, minutes=5.0, batch=8, rank=4, first_layer=1, rate=2e-2, seed=3
)

NEARLY = {"rtol": 1e-4, "atol": 1e-4}


@pytest.fixture(scope="module")
def model() -> Qwen2:
    draw = torch.Generator().manual_seed(5)
    heights = {"attn_k": 16, "attn_v": 16, "ffn_gate": 48, "ffn_up": 48}

    def read(name: str) -> torch.Tensor:
        kind = name.split(".")[-2]
        if name in {"token_embd.weight", "output.weight"}:
            return torch.randn(64, 32, generator=draw)
        if "norm" in kind:
            return torch.ones(32)
        height = heights.get(kind, 32)
        if name.endswith("bias"):
            return torch.randn(height, generator=draw) / 10
        return torch.randn(height, 48 if kind == "ffn_down" else 32, generator=draw) / 5

    return Qwen2(SHAPE, read, device="cpu", dtype=torch.float32)


def remembered(model: Qwen2, *texts: list[int]) -> Memory:
    longest = max(map(len, texts))
    tokens = torch.tensor([text + [0] * (longest - len(text)) for text in texts])
    lengths = torch.tensor([len(text) for text in texts])
    return model.remember(tokens, torch.arange(longest) < lengths[:, None])


def last(model: Qwen2, memory: Memory, tail: list[int], row: int = 0) -> torch.Tensor:
    with torch.no_grad():
        return model.logits(model.follow(torch.tensor([tail]), memory, torch.tensor([row]), {})[0, 0, -1])


def test_what_follows_a_passage_is_read_as_if_both_were_read_at_once(model: Qwen2) -> None:
    text = [5, 9, 33, 12, 60, 7, 21]
    whole = last(model, remembered(model, text[:1]), text[1:])
    for cut in (2, 4, 6):
        torch.testing.assert_close(last(model, remembered(model, text[:cut]), text[cut:]), whole)


def test_padding_and_neighbours_change_nothing(model: Qwen2) -> None:
    alone = last(model, remembered(model, [5, 9]), [7, 8])
    beside = remembered(model, [4, 4, 4, 4, 4], [5, 9])
    torch.testing.assert_close(last(model, beside, [7, 8], row=1), alone)
    with torch.no_grad():
        both = model.follow(torch.tensor([[7, 8, 0, 0], [3, 3, 3, 3]]), beside, torch.tensor([1, 0]), {})
        torch.testing.assert_close(model.logits(both[0, 0, 1]), alone)
        torch.testing.assert_close(model.logits(both[0, 0, 1], [3, 9]), alone[[3, 9]])


def test_adapters_side_by_side_are_each_as_if_alone(model: Qwen2) -> None:
    memory = remembered(model, [5, 9, 33])
    adapters = new_adapters(model, 2, rank=2, first_layer=0)
    asked = (torch.tensor([[7, 8]]), memory, torch.tensor([0]))
    with torch.no_grad():
        torch.testing.assert_close(model.follow(*asked, adapters)[1], model.follow(*asked, {})[0], **NEARLY)
        for _, b in adapters.values():
            b[1].normal_()
        both = model.follow(*asked, adapters)
        alone = model.follow(*asked, {name: (a[1:], b[1:]) for name, (a, b) in adapters.items()})
    torch.testing.assert_close(both[0], model.follow(*asked, {})[0], **NEARLY)
    torch.testing.assert_close(both[1], alone[0], **NEARLY)
    assert not torch.allclose(both[0], both[1])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four articles; what is asked holds when its last token but one says so, and its first token tells the answer."""
    draw, examples = np.random.default_rng(2), []
    for number in range(96):
        evidence = tuple(int(token) for token in draw.integers(10, 60, 6))
        for checks in (False, True):
            holds = bool(draw.random() < 0.5)
            key = 61 if holds else 62
            told = int(draw.integers(2))
            words = () if checks or not holds else (6, 30 + told, 5)
            kind: Kind = "check" if checks else "decide"
            examples.append(Example(evidence, (4 + told, key, 3), holds, kind, words, f"article {number % 4}"))
    path = tmp_path_factory.mktemp("examples") / "examples.npz"
    write_examples(examples, path)
    return path


def test_examples_are_read_as_they_were_written(made: Path) -> None:
    examples = read_examples(made)
    assert len(examples.evidence) == len(examples.asked) == 192
    assert {text.tolist()[0] for text in examples.asked} == {4, 5}
    assert all(len(text) == 6 for text in examples.evidence)
    groups = grouped(examples)
    assert [len(group.members) for group in groups] == [2] * 96
    told = [len(words) for words in examples.words]
    assert sorted(set(told)) == [0, 3]
    assert [told[at] == 3 for at in range(192)] == (examples.holds & (examples.kind == "decide")).tolist()


def test_folds_share_out_the_articles(made: Path) -> None:
    folds = folds_of(read_examples(made), 2)
    assert sorted(folds) == [f"article {number}" for number in range(4)]
    assert sorted(folds.values()) == [0, 0, 1, 1]


def test_training_finds_what_tells_them_apart_on_articles_not_seen_and_writes_it(
    model: Qwen2, made: Path, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    examples = read_examples(made)
    trainer = Trainer(model, (1, 2), examples, folds=OPTIONS.folds, seed=OPTIONS.seed)
    adapters, steps = train(trainer, OPTIONS)
    assert steps == 6 * 12
    held_out, plain = trainer.judge(adapters, every=1), trainer.judge({}, every=4)
    assert shares(examples, held_out.told)["decide"] > 0.8
    assert shares(examples, plain.told)["decide"] < 0.2
    assert (np.isnan(held_out.margins).sum(), np.isnan(plain.margins).sum()) == (0, 144)
    found = areas(examples, held_out.margins)
    assert min(found.values()) > 0.95
    assert set(areas(examples, plain.margins)) == {"decide", "check"}
    options = argparse.Namespace(**{**vars(OPTIONS), "to": tmp_path})
    sha256 = write_adapters(adapters, options)
    write_records(sha256, examples, trainer.fold_of, held_out=held_out, plain=plain, steps=steps, options=options)
    record = msgspec.json.decode((tmp_path / "record.json").read_bytes(), type=Adapter)
    assert record.model == "tiny"
    assert record.held_out == ()
    assert record.decide.slope > 0
    unseen = [json.loads((tmp_path / f"without-{fold}" / "record.json").read_text())["held_out"] for fold in (0, 1)]
    assert sorted(unseen[0] + unseen[1]) == [f"article {number}" for number in range(4)]
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(tmp_path / "adapter.gguf").tensors}
    assert len(tensors) == 2 * 2 * len(PROJECTIONS)
    down, up = (tensors[f"blk.1.ffn_down.weight.lora_{end}"] for end in "ab")
    assert (down.tensor_type.name, tuple(down.shape)) == ("F16", (48, 32))
    assert (up.tensor_type.name, tuple(up.shape)) == ("Q8_0", (32, 32))
    assert not gguf.dequantize(up.data, up.tensor_type)[:, 4:].any()


def test_scales_turn_log_odds_of_any_spread_into_shares_that_come_true() -> None:
    draw = np.random.default_rng(4)
    true = draw.normal(size=4_000)
    holds = draw.random(4_000) < 1 / (1 + np.exp(-(2 * true + 0.5)))
    examples = Examples([], [], [], holds, np.array(["decide", "check"] * 2_000), np.array([]))
    found = scales(examples, true * 7)["decide"]
    assert found["slope"] * 7 == pytest.approx(2, abs=0.25)
    assert found["offset"] == pytest.approx(0.5, abs=0.15)
