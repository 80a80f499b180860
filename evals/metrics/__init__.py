"""Metrics: pure functions of a case, its gold paragraphs and an answer, each with its source in the docstring."""
