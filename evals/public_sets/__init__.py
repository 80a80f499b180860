"""Suites from public sets of questions: their passages become documents, their judgements become cases."""

from evals.public_sets.beir import load_beir
from evals.public_sets.mtrag import load_mtrag
from evals.public_sets.squad import load_squad

__all__ = ["load_beir", "load_mtrag", "load_squad"]
