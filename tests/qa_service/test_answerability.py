"""The probability that decides, and the adapter that it comes from."""

import math
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import gguf
import msgspec
import pytest
import torch

from config.errors import ConfigError
from config.settings import load_settings
from evals.answerability.record import write_adapter
from indexer.values import Hit
from qa_service.answerability import (
    SHIPPED,
    WEIGHTS,
    Adapter,
    Areas,
    LoadedAdapter,
    Scale,
    TrainingRecord,
    checking,
    confidence,
    deciding,
    load_adapter,
    probability,
)
from qa_service.bootstrap import open_model
from qa_service.compose import Brief, compose
from qa_service.errors import ModelError
from qa_service.llm.llama import LlamaModel
from qa_service.llm.native import NativeContext
from qa_service.llm.port import Prompt, Reading, Telling
from qa_service.llm.scripted import ScriptedModel
from qa_service.weights import RECORD

SETTINGS = load_settings().answer
ADAPTER = Adapter(
    version=1,
    model="tiny",
    sha256="0" * 64,
    decide=Scale(slope=0.5, offset=0.25),
    check=Scale(slope=1.0, offset=0.0),
    record=TrainingRecord(
        made_on="2026-11-26",
        script="none",
        data="none",
        examples=2,
        steps=1,
        options={},
        cross_validated_auc=Areas(decide=1.0, check=1.0),
        plain_auc=Areas(decide=0.5, check=0.5),
    ),
)


def reading(yes: float, no: float, *, adapted: bool = True) -> Reading:
    return Reading(log_probabilities=(yes, no), adapted=adapted)


def test_log_odds_are_scaled_to_a_probability() -> None:
    assert probability(reading(-1.0, -3.0), ADAPTER.decide) == pytest.approx(1 / (1 + math.exp(-(0.5 * 2.0 + 0.25))))


def test_what_was_read_without_an_adapter_is_not_scaled_as_if_with_one() -> None:
    assert probability(reading(-1.0, -1.0, adapted=False), ADAPTER.decide) == 0.5
    assert probability(reading(-1.0, -1.0 - math.log(3)), None) == pytest.approx(0.75)


def test_no_log_odds_are_too_great() -> None:
    assert probability(reading(0.0, -1e6), ADAPTER.decide) == pytest.approx(1.0)
    assert probability(reading(-1e6, 0.0), None) == pytest.approx(0.0)


def test_confidence_weighs_evidence_and_answer_alike() -> None:
    assert confidence(0.5, 0.5) == pytest.approx(0.5)
    assert confidence(0.9, 0.1) == confidence(0.1, 0.9) == pytest.approx(0.5)
    assert confidence(0.8, 0.8) == pytest.approx(0.8)
    assert 0 < confidence(0.0, 1e-9) < confidence(0.9, 0.2) < confidence(0.9, 0.3) < confidence(1.0, 1.0) < 1


def brief(question: str, make_hit: Callable[..., Hit]) -> Brief:
    model = ScriptedModel(lambda _prompt: "")
    with model.admit(threading.Event()) as session:
        return compose(question, [make_hit("Voss won in May.")], whole=question, session=session, settings=SETTINGS)[-1]


def test_what_is_asked_stands_behind_the_evidence_and_in_no_part_that_is_shared(make_hit: Callable[..., Hit]) -> None:
    asked = brief("Who won?", make_hit)
    decide, check = deciding(asked), checking("Voss won.", asked)
    assert decide.shared == check.shared == asked.shared[:-1]
    assert "Voss won in May." in decide.shared[-1]
    assert decide.ask.startswith("Question: Who won?\n")
    assert "Who won?" in check.ask
    assert "Answer: Voss won.\n" in check.ask


def test_every_shipped_adapter_is_complete_and_better_than_none() -> None:
    folders = sorted(path.parent for path in SHIPPED.glob(f"*/{RECORD}"))
    assert folders
    for folder in folders:
        loaded = load_adapter(folder.name)
        assert loaded is not None
        record = loaded.adapter.record
        assert record.cross_validated_auc.decide > record.plain_auc.decide
        assert record.cross_validated_auc.check > record.plain_auc.check
        assert not loaded.adapter.held_out
        assert (folder / "README.md").is_file()
        assert sum(path.stat().st_size for path in folder.iterdir()) < 30_000_000


def test_every_profile_names_an_adapter_for_its_model() -> None:
    for profile in ("default", "small", "server"):
        settings = load_settings(profile)
        loaded = load_adapter(settings.answer.adapter)
        assert loaded is None or loaded.adapter.model == settings.llm.model


def test_an_adapter_that_is_not_there_is_named_with_what_is() -> None:
    with pytest.raises(ConfigError, match=r"answer\.adapter = 'nothing'.*shipped are: .*qwen"):
        load_adapter("nothing")


def test_a_record_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_bytes(msgspec.json.encode({"version": 1}))
    (tmp_path / WEIGHTS).write_bytes(b"")
    with pytest.raises(ConfigError, match=r"record\.json is no record"):
        load_adapter(str(tmp_path))


def test_weights_other_than_the_records_are_refused(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_bytes(msgspec.json.encode(ADAPTER))
    (tmp_path / WEIGHTS).write_bytes(b"altered")
    with pytest.raises(ConfigError, match=r"adapter\.gguf is not what its record names"):
        load_adapter(str(tmp_path))


def test_an_adapter_for_another_model_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(ConfigError, match=r"made for tiny and llm\.model is"):
        open_model(load_settings("small").llm, LoadedAdapter(adapter=ADAPTER, weights=Path("nowhere")))


# On llama.cpp


@pytest.fixture(scope="module")
def small_adapter(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random adapter for the small model, strong enough to be noticed."""
    sizes = {tensor.name: tensor.shape for tensor in gguf.GGUFReader(small_model).tensors}
    draw, path = torch.Generator().manual_seed(1), tmp_path_factory.mktemp("adapter") / WEIGHTS
    adapters = {}
    for layer in (10, 20):
        name = f"blk.{layer}.ffn_down.weight"
        narrow, wide = (int(size) for size in sizes[name])
        adapters[name] = (
            torch.randn(1, 4, narrow, generator=draw) * 0.1,
            torch.randn(1, wide, 4, generator=draw) * 0.1,
        )
    write_adapter(adapters, 0, path, architecture="llama")
    return path


PROMPT = Prompt(system="You are terse.", shared=("The sky is blue. ", "Is it blue? "), ask="Yes or no?")


def opened(path: Path, adapter: Path | None) -> LlamaModel:
    return LlamaModel(
        path,
        name="small",
        context_tokens=512,
        memory_mib=64,
        threads=2,
        parallel=1,
        queue_length=1,
        adapter=adapter,
    )


@pytest.mark.contract
def test_an_adapter_changes_what_is_read_and_nothing_that_is_generated(small_model: Path, small_adapter: Path) -> None:
    plain, adapted = opened(small_model, None), opened(small_model, small_adapter)
    try:
        with plain.admit(threading.Event()) as session:
            expected = "".join(session.generate(PROMPT, max_tokens=12))
            without = session.read(PROMPT, ("Yes", "No"))
        with adapted.admit(threading.Event()) as session:
            first = session.read(PROMPT, ("Yes", "No"))
            said = "".join(session.generate(PROMPT, max_tokens=12))
            again = session.read(PROMPT, ("Yes", "No"))
            asked = Telling(opening=":", max_tokens=6, least_margin=-99.0)
            telling = session.read(PROMPT, ("Yes", "No"), telling=asked)
    finally:
        plain.close()
        adapted.close()
    assert said == expected
    assert first == again
    assert telling.log_probabilities == first.log_probabilities
    assert 0 < len(telling.words.split()) <= 6
    assert (without.adapted, first.adapted) == (False, True)
    assert first.log_probabilities != pytest.approx(without.log_probabilities, abs=0.05)


@pytest.mark.contract
def test_with_an_adapter_too_some_tokens_together_get_the_logits_that_they_get_alone(
    small_model: Path, small_adapter: Path
) -> None:
    context = NativeContext(
        small_model, name="small", context_tokens=512, memory_mib=64, threads=2, adapter=small_adapter
    )
    try:
        assert context.step_costs(adapted=True).exact_rows > 1
    finally:
        context.close()


@pytest.mark.contract
def test_a_file_that_is_no_adapter_for_the_model_is_an_error(small_model: Path, tmp_path: Path) -> None:
    broken = tmp_path / WEIGHTS
    shutil.copy(small_model, broken)
    with pytest.raises(ModelError, match=r"cannot load the adapter .*adapter\.gguf"):
        opened(small_model, broken)
