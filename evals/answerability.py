"""Fit how a language model's states tell what the evidence answers, and write the calibration that the service reads.

    python -m evals.answerability collect --squad FILE --to readings.npz [--paragraphs 140] [--each 4] [--seed 7]
    python -m evals.answerability fit readings.npz --to qa_service/calibrations/NAME.json

`collect` asks the model of the profile, for questions of a file in SQuAD 2.0 format, whether they can be answered from
the passages alone, and keeps the states of one layer: some 2.5 s a question on two cores. Questions on the same
paragraph share its evaluation. `fit` is a ridge-penalised logistic regression (scikit-learn) on state and log-odds,
cross-validated over articles, so that what it reports was seen on articles that it was not fitted on.
"""

import random
import threading
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from config.models import require
from config.paths import footnote_home
from config.processor import available_cores
from config.progress import progress_bar
from config.settings import load_settings
from evals.public_sets.squad import Passage, read_squad, title_of
from indexer.sentences import sentences
from qa_service.answerability import CHOICES, Answerability, TrainingRecord, log_odds
from qa_service.compose import SYSTEM
from qa_service.gate import ASK
from qa_service.models.llama import LlamaModel
from qa_service.models.port import ModelSession, Prompt

_DISTRACTOR_SHARE = 0.5
"""Of paragraphs, those that are read beside two sentences of another one of their article."""
_LOG_ODDS_SCALE = 3.0
"""Log-odds count this much more than one number of the state, under the same penalty."""

Floats = NDArray[np.float32]


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """What was collected, a row a question."""

    states: Floats
    """`(n, width)`, of `layer`."""
    log_odds: Floats
    """`(n,)`: of the model's yes against its no."""
    answerable: NDArray[np.bool_]
    articles: NDArray[np.int64]
    """Which article each question is about: what cross-validation keeps apart."""
    model: str
    layer: int


@click.group()
def main() -> None:
    """Collect readings, and fit a calibration on them."""


@main.command()
@click.option("--squad", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--profile", default="default", show_default=True)
@click.option("--layer", default=18, show_default=True, help="Whose states are kept, from 0.")
@click.option("--paragraphs", default=140, show_default=True, help="Drawn from those with unanswerable questions.")
@click.option("--each", default=4, show_default=True, help="Most questions of either kind on one paragraph.")
@click.option("--seed", default=7, show_default=True)
def collect(*, squad: Path, target: Path, profile: str, layer: int, paragraphs: int, each: int, seed: int) -> None:
    """Ask the model about questions of a SQuAD 2.0 file, and keep what it makes of them."""
    settings = load_settings(profile)
    draw = random.Random(seed)  # noqa: S311 (a repeatable draw, no secret)
    data = read_squad(squad).data
    places = [
        (article, index)
        for article, entry in enumerate(data)
        for index, passage in enumerate(entry.paragraphs)
        if any(question.is_impossible for question in passage.qas)
    ]
    drawn = draw.sample(places, min(paragraphs, len(places)))
    rows: dict[str, list[object]] = defaultdict(list)
    llm = settings.llm
    model = LlamaModel(
        require(llm.model, home=footnote_home()),
        name=llm.model,
        context_tokens=llm.context_tokens,
        threads=llm.threads or available_cores(),
        queue_length=1,
        state_layer=layer,
    )
    with closing(model), progress_bar("reading", total=len(drawn), unit="paragraphs") as bar:
        for article, index in drawn:
            entry = data[article]
            passage = entry.paragraphs[index]
            shown = _shown(
                passage, [other for other in entry.paragraphs if other is not passage], title_of(entry), draw
            )
            with model.admit(threading.Event()) as session:
                for kind in (False, True):
                    asked = [question for question in passage.qas if question.is_impossible is kind]
                    for question in draw.sample(asked, min(each, len(asked))):
                        _read(session, shown, question.question, rows)
                        rows["answerable"].append(not kind)
                        rows["articles"].append(article)
            bar.advance()
    np.savez_compressed(
        target,
        states=np.stack(rows["states"]).astype(np.float16),  # type: ignore[arg-type]  # rows are arrays
        log_odds=np.array(rows["log_odds"], dtype=np.float32),
        answerable=np.array(rows["answerable"], dtype=bool),
        articles=np.array(rows["articles"], dtype=np.int64),
        model=np.array(llm.model),
        layer=np.array(layer),
    )
    click.echo(f"{target}: {len(rows['answerable'])} questions on {len(drawn)} paragraphs")


@main.command()
@click.argument("readings_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--data", default="", help="What the questions are, for the record.")
@click.option("--penalty", default=0.3, show_default=True, help="Of the squared weights, against the mean loss.")
def fit(readings_file: Path, target: Path, data: str, penalty: float) -> None:
    """Fit a calibration, cross-validated over articles, and write it with its record."""
    readings = load_readings(readings_file)
    calibration = calibrate(readings, data=data or readings_file.stem, penalty=penalty)
    target.write_bytes(msgspec.json.format(msgspec.json.encode(calibration), indent=0) + b"\n")
    record = calibration.record
    click.echo(
        f"{target}: AUC {record.cross_validated_auc:.3f} over articles not fitted on, of the log-odds alone "
        f"{record.log_odds_auc:.3f}; {record.questions} questions"
    )


def load_readings(path: Path) -> Readings:
    """Read what `collect` wrote."""
    with np.load(path) as arrays:
        return Readings(
            states=arrays["states"].astype(np.float32),
            log_odds=arrays["log_odds"],
            answerable=arrays["answerable"],
            articles=arrays["articles"],
            model=str(arrays["model"]),
            layer=int(arrays["layer"]),
        )


def calibrate(readings: Readings, *, data: str, penalty: float) -> Answerability:
    """Return weights for `readings`, folded so that they apply to states as the model gives them."""
    features = np.column_stack([readings.states, readings.log_odds])
    center, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    scale[-1] /= _LOG_ODDS_SCALE
    standard = (features - center) / scale
    regression = LogisticRegression(C=1 / (2 * penalty * len(features)), max_iter=2_000)
    held_out = cross_val_predict(
        regression,
        standard,
        readings.answerable,
        groups=readings.articles,
        cv=LeaveOneGroupOut(),
        method="decision_function",
    )
    regression.fit(standard, readings.answerable)
    weights = regression.coef_[0] / scale
    slope, offset = _spread(held_out, readings.answerable)
    return Answerability(
        version=1,
        model=readings.model,
        layer=readings.layer,
        state_weights=tuple(float(f"{slope * weight:.5g}") for weight in weights[:-1]),
        log_odds_weight=float(slope * weights[-1]),
        bias=float(slope * (regression.intercept_[0] - center @ weights) + offset),
        record=TrainingRecord(
            made_on=datetime.now(UTC).date().isoformat(),
            script="python -m evals.answerability fit",
            data=data,
            questions=len(features),
            answerable_share=float(readings.answerable.mean()),
            cross_validated_auc=float(roc_auc_score(readings.answerable, held_out)),
            log_odds_auc=float(roc_auc_score(readings.answerable, readings.log_odds)),
            l2=penalty,
        ),
    )


def _spread(held_out: NDArray[np.float64], answerable: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset that make held-out scores log-odds (Platt 1999): penalised scores lie too close to 0."""
    scaling = LogisticRegression(C=1e6).fit(held_out[:, None], answerable)
    return float(scaling.coef_[0, 0]), float(scaling.intercept_[0])


def _shown(passage: Passage, others: list[Passage], title: str, draw: random.Random) -> tuple[str, ...]:
    """Return the passages as the service shows them, in parts."""
    texts = [passage.context]
    if others and draw.random() < _DISTRACTOR_SHARE:
        other = draw.choice(others).context
        spans = sentences(other)[:2]
        texts.insert(draw.randrange(2), other[spans[0][0] : spans[-1][1]])
    return ("Passages:\n\n", *(f"[{number}] {title}\n{text}\n\n" for number, text in enumerate(texts, 1)))


def _read(session: ModelSession, shown: tuple[str, ...], question: str, rows: dict[str, list[object]]) -> None:
    asked = Prompt(system=SYSTEM, shared=(*shown, f"Question: {question.strip()}\n\n"), ask=ASK)
    reading = session.read(asked, CHOICES)
    if reading is None or reading.state is None:
        raise click.ClickException("the model gives no states; take a profile with llm.kind = llama_cpp")
    rows["states"].append(reading.state)
    rows["log_odds"].append(log_odds(reading))


if __name__ == "__main__":
    main()
