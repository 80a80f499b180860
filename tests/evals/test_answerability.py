"""Fitting the calibrated decision."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from evals.answerability import Readings, calibrate, load_readings, main
from qa_service.answerability import Answerability, probability
from qa_service.models.port import Reading

_DRAW = np.random.default_rng(3)
_COUNT, _WIDTH = 400, 8


def made(*, signal: float) -> Readings:
    """Four articles whose answerable questions have greater states in one direction, and noise in all others."""
    answerable = _DRAW.random(_COUNT) < 0.5
    states = _DRAW.normal(size=(_COUNT, _WIDTH)).astype(np.float32)
    states[:, 3] += signal * np.where(answerable, 1.0, -1.0)
    return Readings(
        states=states,
        log_odds=(_DRAW.normal(size=_COUNT) + 0.3 * answerable).astype(np.float32),
        answerable=answerable,
        articles=np.arange(_COUNT) % 4,
        model="tiny",
        layer=5,
    )


def test_what_the_states_tell_is_found_and_reported_on_articles_not_fitted_on() -> None:
    calibration = calibrate(made(signal=1.5), data="made", penalty=0.1)
    assert (calibration.model, calibration.layer) == ("tiny", 5)
    assert int(np.argmax(np.abs(calibration.state_weights))) == 3
    assert calibration.record.cross_validated_auc > 0.95
    assert calibration.record.log_odds_auc < 0.7


def test_noise_is_reported_as_noise() -> None:
    record = calibrate(made(signal=0.0), data="made", penalty=0.1).record
    assert 0.4 < record.cross_validated_auc < 0.7


def test_probabilities_are_as_frequent_as_they_say() -> None:
    calibration, fresh = calibrate(made(signal=0.5), data="made", penalty=0.1), made(signal=0.5)
    found = np.array(
        [
            probability(Reading(log_probabilities=(float(odds), 0.0), state=state), calibration)
            for state, odds in zip(fresh.states, fresh.log_odds, strict=True)
        ]
    )
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        inside = (found >= low) & (found < high)
        assert inside.sum() > 30
        assert found[inside].mean() == pytest.approx(fresh.answerable[inside].mean(), abs=0.15)


def test_the_command_writes_a_calibration_that_is_read_back(tmp_path: Path) -> None:
    readings = made(signal=1.0)
    source, target = tmp_path / "readings.npz", tmp_path / "tiny.json"
    np.savez_compressed(source, **{field: getattr(readings, field) for field in Readings.__struct_fields__})
    assert load_readings(source).model == "tiny"
    outcome = CliRunner().invoke(main, ["fit", str(source), "--to", str(target), "--data", "made"])
    assert outcome.exit_code == 0, outcome.output
    assert "400 questions" in outcome.output
    assert msgspec.json.decode(target.read_bytes(), type=Answerability).record.data == "made"
