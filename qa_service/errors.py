"""Errors of the service's floor.

ServiceError
├── QuestionError          the question is empty, too long or malformed
├── QueueFullError         the model's queue is full; `retry_after_s` says when to come back
├── CancelledError         the client went away, or the server is stopping
├── NotFoundError          an unknown document or path
├── ModelError             the model library or model server failed
└── BrokenAnswerError      a finished answer breaks its own promise; a defect of ours
"""

from config.errors import FootnoteError


class ServiceError(FootnoteError):
    """Root of this floor."""

    retry_after_s: int | None = None
    """When to ask again, where that helps."""


class QuestionError(ServiceError):
    """The question is empty, too long or malformed."""


class QueueFullError(ServiceError):
    """More requests are waiting for the model than its queue holds."""

    retryable = True

    def __init__(self, waiting: int, retry_after_s: int) -> None:
        super().__init__(f"{waiting} questions are already waiting for the model; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class CancelledError(ServiceError):
    """Nobody waits for this answer any more."""


class NotFoundError(ServiceError):
    """The index has no such document."""


class ModelError(ServiceError):
    """The model library or the model server failed on this request."""

    retryable = True


class ModelAwayError(ModelError):
    """No process has loaded the model at the moment."""

    retry_after_s = 10


class BrokenAnswerError(ServiceError):
    """A finished answer breaks the promise of exact quotes and paired markers. It is not sent; please report it."""
