"""The queue in front of a model: bounded, first come first served, cancellable."""

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
        self.served_since_s: float | None = None

    def wait(self) -> None:
        """Return when this place is served. Raises CancelledError when nobody waits for the answer any more."""
        self._queue.wait_for_turn(self)

    def leave(self) -> None:
        """Free the place; a second call does nothing."""
        self._queue.leave(self)


class PlaceQueue:
    """`served` places are served, at most `queue_length` wait; one more is refused with an estimate of when to come
    back.
    """

    def __init__(self, queue_length: int, *, served: int = 1) -> None:
        self._queue_length = queue_length
        self._served = served
        self._places: deque[Place] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._service_s = _TYPICAL_SERVICE_S

    def admit(self, cancel: threading.Event) -> Place:
        """Take the last place, or raise QueueFullError."""
        with self._changed:
            if self._closed:
                raise CancelledError("the model is being shut down")
            waiting = len(self._places) - self._served
            if waiting >= self._queue_length:
                raise QueueFullError(waiting, max(1, round(self._service_s * (waiting + 1) / self._served)))
            place = Place(self, cancel)
            self._places.append(place)
            return place

    def wait_for_turn(self, place: Place) -> None:
        """Block until `place` is one of the served."""
        with self._changed:
            while True:
                if self._closed or place.cancel.is_set() or place not in self._places:
                    raise CancelledError("nobody waits for this answer any more")
                if self._places.index(place) < self._served:
                    place.served_since_s = place.served_since_s or time.monotonic()
                    return
                self._changed.wait(POLL_S)

    def leave(self, place: Place) -> None:
        """Take `place` out of the queue and let the next one go."""
        with self._changed:
            if place not in self._places:
                return
            if place.served_since_s is not None:
                self._service_s += _SMOOTHING * (time.monotonic() - place.served_since_s - self._service_s)
            self._places.remove(place)
            self._changed.notify_all()

    def close(self) -> None:
        """Refuse everybody from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
