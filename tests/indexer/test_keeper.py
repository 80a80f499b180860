"""The keeper lends the current index and swaps it without a request noticing."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.errors import IndexCorruptError, IndexMismatchError, IndexMissingError
from indexer.folder import IndexFolder
from indexer.keeper import IndexKeeper
from indexer.vectors import MemoryDatabase, VectorDatabase

NEVER_S = 3600.0


@pytest.fixture(params=["memory", pytest.param("embedded", marks=pytest.mark.contract)])
def database(request: pytest.FixtureRequest) -> VectorDatabase:
    if request.param == "memory":
        return MemoryDatabase()
    from indexer.chroma import ChromaFolders

    return ChromaFolders()


@pytest.fixture
def publish(
    corpus: Path, settings: Settings, embedder: HashingEmbedder, database: VectorDatabase
) -> Callable[[str], str]:
    """Build an index in which the ferry leaves at the given time, and return its id."""

    def build_with(hour: str) -> str:
        (corpus / "ferry.txt").write_text(f"Ferry timetable\n\nThe ferry leaves at {hour} sharp.\n")
        return build([corpus], settings=settings, embedder=embedder, database=database).generation.id

    return build_with


@pytest.fixture
def keep(
    settings: Settings, embedder: HashingEmbedder, database: VectorDatabase
) -> Iterator[Callable[..., IndexKeeper]]:
    keepers: list[IndexKeeper] = []

    def open_keeper(poll_s: float = NEVER_S, with_embedder: HashingEmbedder = embedder) -> IndexKeeper:
        keepers.append(IndexKeeper(settings, with_embedder, database=database, poll_s=poll_s))
        return keepers[-1]

    yield open_keeper
    for keeper in keepers:
        keeper.close()


def answer(keeper: IndexKeeper) -> str:
    with keeper.lease() as index:
        return index.search("When does the ferry leave?", limit=1)[0].paragraph.text


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_the_published_index_is_lent_from_the_start(keep, publish) -> None:
    generation_id = publish("seven")
    keeper = keep()
    with keeper.lease() as index:
        assert index.generation.id == generation_id
    assert answer(keeper) == "The ferry leaves at seven sharp."


def test_without_an_index_a_lease_says_so_and_the_first_one_is_picked_up(keep, publish) -> None:
    keeper = keep()
    with pytest.raises(IndexMissingError, match="footnote index PATH"), keeper.lease():
        pass
    publish("seven")
    keeper.refresh()
    assert answer(keeper) == "The ferry leaves at seven sharp."


def test_the_watcher_notices_a_publication_by_itself(keep, publish) -> None:
    publish("seven")
    keeper = keep(poll_s=0.01)
    publish("eight")
    wait_until(lambda: "eight" in answer(keeper))


def test_a_lease_keeps_its_index_while_another_is_published(keep, publish) -> None:
    publish("seven")
    keeper = keep()
    with keeper.lease() as old:
        publish("eight")
        keeper.refresh()
        assert "eight" in answer(keeper)
        assert "seven" in old.search("When does the ferry leave?", limit=1)[0].paragraph.text
    with pytest.raises(RuntimeError):
        old.search("The last lease has ended, so it is closed")


def test_an_index_that_nobody_uses_is_closed_by_the_swap(keep, publish) -> None:
    publish("seven")
    keeper = keep()
    with keeper.lease() as old:
        pass
    publish("eight")
    keeper.refresh()
    with pytest.raises(RuntimeError):
        old.search("closed")


def test_publishing_the_same_index_again_swaps_nothing(keep, publish, settings: Settings) -> None:
    generation_id = publish("seven")
    keeper = keep()
    with keeper.lease() as before:
        pass
    IndexFolder(Path(settings.index.directory)).publish(generation_id)
    keeper.refresh()
    with keeper.lease() as after:
        assert after is before


def test_a_broken_new_index_is_logged_once_and_the_old_one_stays(
    keep, publish, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    publish("seven")
    keeper = keep()
    broken = Path(settings.index.directory) / publish("eight")
    (broken / "catalog.sqlite").write_bytes(b"")
    with caplog.at_level(logging.ERROR):
        keeper.refresh()
        keeper.refresh()
    assert "seven" in answer(keeper)
    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "has 0 bytes" in errors[0]
    publish("nine")
    keeper.refresh()
    assert "nine" in answer(keeper)


def test_an_index_of_another_embedder_stops_the_start(keep, publish) -> None:
    publish("seven")
    with pytest.raises(IndexMismatchError, match="was made with the embedder hashing"):
        keep(with_embedder=HashingEmbedder(dimensions=8))


def test_a_broken_index_stops_the_start(keep, publish, settings: Settings) -> None:
    (Path(settings.index.directory) / publish("seven") / "manifest.json").write_text("{")
    with pytest.raises(IndexCorruptError):
        keep()


def test_a_first_index_that_does_not_fit_is_the_reason_why_there_is_no_lease(keep, publish) -> None:
    keeper = keep(with_embedder=HashingEmbedder(dimensions=8))
    publish("seven")
    keeper.refresh()
    with pytest.raises(IndexMismatchError, match="was made with the embedder hashing"), keeper.lease():
        pass


def test_a_closed_keeper_lends_no_more_and_leaves_open_leases_alone(keep, publish) -> None:
    publish("seven")
    keeper = keep(poll_s=0.01)
    with keeper.lease() as index:
        keeper.close()
        assert index.search("ferry")
    with pytest.raises(IndexMissingError), keeper.lease():
        pass


def test_no_reader_fails_while_generations_are_published(keep, publish) -> None:
    publish("seven")
    keeper = keep(poll_s=0.01)
    ended, failures, seen = threading.Event(), [], set()

    def read() -> None:
        while not ended.is_set():
            try:
                seen.add(answer(keeper))
            except Exception as error:
                failures.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for hour in ("eight", "nine", "ten", "eleven", "twelve"):
            publish(hour)
            wait_until(lambda hour=hour: bool(failures) or f"The ferry leaves at {hour} sharp." in seen)
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    assert failures == []
