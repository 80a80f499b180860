"""The queue in front of a model."""

import threading

import pytest

from qa_service.errors import CancelledError, QueueFullError
from qa_service.llm.places import PlaceQueue


def test_one_is_served_and_queue_length_wait_and_one_more_is_refused_with_a_time_to_come_back() -> None:
    queue = PlaceQueue(2)
    for _ in range(3):
        queue.admit(threading.Event())
    with pytest.raises(QueueFullError, match="2 questions are already waiting") as refused:
        queue.admit(threading.Event())
    assert refused.value.retry_after_s >= 1
    assert refused.value.retryable


def test_a_queue_of_length_zero_serves_one_and_lets_nobody_wait() -> None:
    queue = PlaceQueue(0)
    first = queue.admit(threading.Event())
    with pytest.raises(QueueFullError):
        queue.admit(threading.Event())
    first.leave()
    queue.admit(threading.Event()).wait()


def test_places_are_served_in_the_order_in_which_they_were_taken() -> None:
    queue, served = PlaceQueue(5), list[int]()
    places = [queue.admit(threading.Event()) for _ in range(4)]

    def take_turn(number: int) -> None:
        places[number].wait()
        served.append(number)
        places[number].leave()

    threads = [threading.Thread(target=take_turn, args=(number,)) for number in reversed(range(4))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3]


def test_several_can_be_served_at_once() -> None:
    queue = PlaceQueue(1, served=2)
    first, second, third = (queue.admit(threading.Event()) for _ in range(3))
    first.wait()
    second.wait()
    with pytest.raises(QueueFullError):
        queue.admit(threading.Event())
    first.leave()
    third.wait()


def test_a_waiting_place_whose_client_left_is_told_so_and_frees_its_place_on_leaving() -> None:
    queue, cancel = PlaceQueue(1), threading.Event()
    queue.admit(threading.Event()).wait()
    waiting = queue.admit(cancel)
    cancel.set()
    with pytest.raises(CancelledError):
        waiting.wait()
    waiting.leave()
    waiting.leave()
    queue.admit(threading.Event())


def test_closing_sends_everybody_who_waits_away() -> None:
    queue = PlaceQueue(1)
    queue.admit(threading.Event()).wait()
    waiting = queue.admit(threading.Event())
    queue.close()
    with pytest.raises(CancelledError):
        waiting.wait()
    with pytest.raises(CancelledError):
        queue.admit(threading.Event())
