"""The hidden states of one layer, read off llama.cpp's graph."""

import threading
from pathlib import Path

import numpy as np
import pytest

from qa_service.errors import ModelError
from qa_service.models.llama import LlamaModel
from qa_service.models.port import Prompt, Reading

pytestmark = pytest.mark.contract

CHOICES = ("Yes", "No")


def prompt(question: str) -> Prompt:
    return Prompt(system="You are terse.", shared=("The sky is blue. ", f"{question} "), ask="Yes or no?")


def readings(path: Path, *questions: str, layer: int | None) -> list[Reading]:
    model = LlamaModel(path, name="small", context_tokens=512, threads=2, queue_length=1, state_layer=layer)
    try:
        with model.admit(threading.Event()) as session:
            return [session.read(prompt(question), CHOICES) for question in questions]
    finally:
        model.close()


def test_a_state_is_the_same_for_the_same_prompt_and_another_for_another(small_model: Path) -> None:
    first, other, again = readings(small_model, "Is it blue?", "Is it green?", "Is it blue?", layer=12)
    assert first.state is not None
    assert other.state is not None
    assert first.state.shape == (576,)
    assert first.state.dtype == np.float32
    assert np.isfinite(first.state).all()
    assert np.array_equal(first.state, again.state)
    assert not np.allclose(first.state, other.state)


def test_layers_have_states_of_their_own_and_change_no_probability(small_model: Path) -> None:
    (early,) = readings(small_model, "Is it blue?", layer=2)
    (late,) = readings(small_model, "Is it blue?", layer=29)
    (none,) = readings(small_model, "Is it blue?", layer=None)
    assert none.state is None
    assert early.log_probabilities == pytest.approx(none.log_probabilities, abs=1e-4)
    assert not np.allclose(early.state, late.state)


def test_a_layer_that_the_model_does_not_have_is_an_error_that_says_how_many_it_has(small_model: Path) -> None:
    with pytest.raises(ModelError, match="has 30 layers and no layer 30"):
        readings(small_model, layer=30)
