"""The queue in front of a model that serves one request at a time: bounded, first come first served, cancellable."""

import threading
import time
from collections import deque

from qa_service.errors import CancelledError, QueueFullError

POLL_S = 0.05
"""How often a waiting request looks whether its client is still there."""

_TYPICAL_SERVICE_S = 8.0
"""First guess of the seconds a request keeps the model, until requests have been seen."""
_SMOOTHING = 0.2


class Place:
    """One request's position in the queue."""

    def __init__(self, queue: "PlaceQueue", cancel: threading.Event) -> None:
        self._queue = queue
        self.cancel = cancel

    def wait(self) -> None:
        """Return when this place is at the head. Raises CancelledError when nobody waits for the answer any more."""
        self._queue.wait_for_turn(self)

    def leave(self) -> None:
        """Free the place; a second call does nothing."""
        self._queue.leave(self)


class PlaceQueue:
    """One place is served, at most `queue_length` wait; one more is refused with an estimate of when to come back."""

    def __init__(self, queue_length: int) -> None:
        self._queue_length = queue_length
        self._places: deque[Place] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._service_s = _TYPICAL_SERVICE_S
        self._head_since: float | None = None

    def admit(self, cancel: threading.Event) -> Place:
        """Take the last place, or raise QueueFullError."""
        with self._changed:
            if self._closed:
                raise CancelledError("the model is being shut down")
            waiting = max(0, len(self._places) - 1)
            if len(self._places) > self._queue_length:
                raise QueueFullError(waiting, max(1, round(self._service_s * len(self._places) / 2)))
            place = Place(self, cancel)
            self._places.append(place)
            return place

    def wait_for_turn(self, place: Place) -> None:
        """Block until `place` is at the head."""
        with self._changed:
            while True:
                if self._closed or place.cancel.is_set() or place not in self._places:
                    raise CancelledError("nobody waits for this answer any more")
                if self._places[0] is place:
                    if self._head_since is None:
                        self._head_since = time.monotonic()
                    return
                self._changed.wait(POLL_S)

    def leave(self, place: Place) -> None:
        """Take `place` out of the queue and let the next one go."""
        with self._changed:
            if place not in self._places:
                return
            if self._places[0] is place and self._head_since is not None:
                self._service_s += _SMOOTHING * (time.monotonic() - self._head_since - self._service_s)
                self._head_since = None
            self._places.remove(place)
            self._changed.notify_all()

    def close(self) -> None:
        """Refuse everybody from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
