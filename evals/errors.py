"""Errors of the evals floor.

EvalsError
├── CaseError        a case, a suite or a public set is wrong: names the file, the case, the key and the remedy
├── BaselineError    a baseline or a report cannot be read, or does not fit this run
├── FeedbackError    a line of a feedback file cannot become a case
└── JudgedError      a file of judged claims is wrong, not complete, or would be lost: names file, record and remedy
"""

from config.errors import FootnoteError


class EvalsError(FootnoteError):
    """Root of this floor."""


class CaseError(EvalsError):
    """A case, a suite or a public set is wrong: names the file, the case, the key and the remedy."""


class BaselineError(EvalsError):
    """A baseline or a report cannot be read, or was made from another suite."""


class FeedbackError(EvalsError):
    """A line of a feedback file cannot become a case."""


class JudgedError(EvalsError):
    """A file of judged claims is wrong, not complete, or would be lost: names the file, the record and the remedy."""
