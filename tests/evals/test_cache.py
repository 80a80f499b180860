"""Answers are kept under what determines them, and nothing else is believed."""

from pathlib import Path

from evals.cache import OutcomeCache, cache_key
from evals.values import Outcome
from tests.evals.oracle import answer_with

OUTCOME = Outcome(case_id="c", target="footnote", answer=answer_with("What?", "answered", None, "قطر 🌉"))


def test_what_was_kept_comes_back_equal(tmp_path: Path) -> None:
    cache = OutcomeCache(tmp_path)
    cache.put("ab12", OUTCOME)
    assert OutcomeCache(tmp_path).get("ab12") == OUTCOME
    assert cache.get("ab13") is None


def test_a_crash_is_not_kept(tmp_path: Path) -> None:
    cache = OutcomeCache(tmp_path)
    cache.put("ab12", Outcome(case_id="c", target="footnote", answer=None, error="ValueError: no"))
    assert cache.get("ab12") is None


def test_a_damaged_file_counts_as_missing_and_is_replaced(tmp_path: Path) -> None:
    cache = OutcomeCache(tmp_path)
    cache.put("ab12", OUTCOME)
    (file,) = tmp_path.rglob("*.json")
    file.write_bytes(file.read_bytes()[:-9])
    assert cache.get("ab12") is None
    cache.put("ab12", OUTCOME)
    assert cache.get("ab12") == OUTCOME
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["ab12.json"]


def test_the_key_depends_on_every_value_and_not_on_the_order() -> None:
    key = cache_key({"question": "What?", "model": "m1"})
    assert key == cache_key({"model": "m1", "question": "What?"})
    assert (
        len({key, cache_key({"question": "What?", "model": "m2"}), cache_key({"question": "Who?", "model": "m1"})}) == 3
    )
