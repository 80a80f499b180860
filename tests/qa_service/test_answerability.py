"""The calibrated decision."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from config.errors import ConfigError
from config.settings import load_settings
from qa_service.answerability import SHIPPED, Answerability, TrainingRecord, load_calibration, probability
from qa_service.bootstrap import open_model
from qa_service.models.port import Reading

RECORD = TrainingRecord(
    made_on="2026-11-26",
    script="none",
    data="none",
    questions=2,
    answerable_share=0.5,
    cross_validated_auc=1.0,
    log_odds_auc=1.0,
    l2=1.0,
)
CALIBRATION = Answerability(
    version=1, model="tiny", layer=1, state_weights=(1.0, -2.0), log_odds_weight=0.5, bias=0.25, record=RECORD
)


def reading(yes: float, no: float, *state: float) -> Reading:
    return Reading(log_probabilities=(yes, no), state=np.array(state, dtype=np.float32) if state else None)


def test_state_log_odds_and_bias_add_up_to_log_odds() -> None:
    found = probability(reading(-1.0, -3.0, 0.5, 0.125), CALIBRATION)
    assert found == pytest.approx(1 / (1 + math.exp(-(0.5 - 0.25 + 0.5 * 2.0 + 0.25))))


def test_without_a_calibration_the_models_own_log_odds_stand() -> None:
    assert probability(reading(-1.0, -1.0), None) == probability(reading(-1.0, -1.0), CALIBRATION) == 0.5
    assert probability(reading(-1.0, -1.0 - math.log(3)), None) == pytest.approx(0.75)


def test_no_log_odds_are_too_great() -> None:
    assert probability(reading(0.0, -1e6), None) == pytest.approx(1.0)
    assert probability(reading(-1e6, 0.0), None) == pytest.approx(0.0)


@pytest.mark.parametrize("state", [(1.0,), (1.0, 2.0, 3.0)])
def test_states_of_another_width_are_an_error_that_names_both(state: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match=rf"reads states of 2 numbers and this model gives {len(state)}"):
        probability(reading(-1.0, -1.0, *state), CALIBRATION)


def test_every_shipped_calibration_is_complete_and_finite() -> None:
    for path in SHIPPED.glob("*.json"):
        calibration = load_calibration(path.stem)
        assert calibration is not None
        assert np.isfinite([*calibration.state_weights, calibration.log_odds_weight, calibration.bias]).all()
        assert calibration.record.cross_validated_auc > calibration.record.log_odds_auc


def test_every_profile_names_a_calibration_for_its_model() -> None:
    for profile in ("default", "small", "server"):
        settings = load_settings(profile)
        calibration = load_calibration(settings.answer.calibration)
        assert calibration is None or calibration.model == settings.llm.model


def test_a_calibration_that_is_not_there_is_named_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"answer\.calibration = 'nothing'.*shipped are: .*qwen"):
        load_calibration("nothing")
    broken = tmp_path / "broken.json"
    broken.write_bytes(msgspec.json.encode({"version": 1}))
    with pytest.raises(ConfigError, match=r"broken\.json is no calibration"):
        load_calibration(str(broken))


def test_a_calibration_for_another_model_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(ConfigError, match=r"made for tiny and llm\.model is"):
        open_model(load_settings("small").llm, CALIBRATION)
