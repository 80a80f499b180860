"""The index folder: one pointer, one builder, whole generations or none."""

import errno
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from indexer.errors import IndexCorruptError, IndexMissingError, IndexWriteError
from indexer.folder import KEPT_GENERATIONS, IndexFolder

IDS = [f"g{number:016x}" for number in range(6)]


@pytest.fixture
def folder(tmp_path: Path) -> IndexFolder:
    (tmp_path / "index").mkdir()
    return IndexFolder(tmp_path / "index")


def add(folder: IndexFolder, generation_id: str, content: str = "whole") -> None:
    building = folder.begin(generation_id)
    (building / "manifest.json").write_text(content)
    folder.seal(building, generation_id)


def nothing(_: str = "") -> None:
    pass


def test_nothing_is_published_before_the_first_publication(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path / "missing")
    with pytest.raises(IndexMissingError, match=r"no index has been published .*footnote index PATH"):
        folder.current_id()
    assert folder.stamp() is None
    assert not (tmp_path / "missing").exists()


def test_publishing_moves_the_pointer_and_the_stamp(folder: IndexFolder) -> None:
    add(folder, IDS[0])
    add(folder, IDS[1])
    folder.publish(IDS[0])
    first = folder.stamp()
    assert folder.current_id() == IDS[0]
    folder.publish(IDS[1])
    assert folder.current_id() == IDS[1]
    assert folder.stamp() != first
    assert sorted(path.name for path in folder.directory.iterdir()) == ["CURRENT", IDS[0], IDS[1]]


@pytest.mark.parametrize("content", [b"", b"main", b"../../etc", b"\xff\xfe", b"g012\ng012"])
def test_a_pointer_that_names_no_generation_is_corrupt(folder: IndexFolder, content: bytes) -> None:
    (folder.directory / "CURRENT").write_bytes(content)
    with pytest.raises(IndexCorruptError, match="CURRENT"):
        folder.current_id()


def test_sealing_replaces_a_damaged_generation_of_the_same_id(folder: IndexFolder) -> None:
    add(folder, IDS[0], "damaged")
    add(folder, IDS[0], "whole")
    assert (folder.path(IDS[0]) / "manifest.json").read_text() == "whole"
    assert [path.name for path in folder.directory.iterdir()] == [IDS[0]]


def test_leftovers_of_killed_builds_are_removed_and_their_vectors_dropped(folder: IndexFolder) -> None:
    add(folder, IDS[0])
    folder.publish(IDS[0])
    (folder.begin(IDS[1]) / "half").write_text("")
    folder.begin(IDS[0])
    (folder.directory / "CURRENT-0badcafe").write_text("half")
    dropped: list[str] = []
    folder.remove_leftovers(drop=dropped.append)
    assert sorted(path.name for path in folder.directory.iterdir()) == ["CURRENT", IDS[0]]
    assert dropped == [IDS[1]]


def test_the_last_published_generations_are_kept(folder: IndexFolder) -> None:
    for age, generation_id in enumerate(reversed(IDS)):
        add(folder, generation_id)
        folder.publish(generation_id)
        os.utime(folder.path(generation_id), (age, age))
    dropped: list[str] = []
    folder.prune(drop=dropped.append)
    assert sorted(path.name for path in folder.directory.iterdir()) == ["CURRENT", *IDS[:KEPT_GENERATIONS]]
    assert sorted(dropped) == IDS[KEPT_GENERATIONS:]


def test_the_current_generation_is_kept_however_old(folder: IndexFolder) -> None:
    for age, generation_id in enumerate(IDS):
        add(folder, generation_id)
        os.utime(folder.path(generation_id), (age, age))
    folder.publish(IDS[0])
    os.utime(folder.path(IDS[0]), (-1, -1))
    folder.prune(drop=nothing)
    assert folder.path(IDS[0]).exists()
    assert folder.current_id() == IDS[0]


def test_a_second_builder_is_told_and_waits_for_the_first(folder: IndexFolder) -> None:
    entered, told, order = threading.Event(), threading.Event(), []

    def second() -> None:
        entered.wait(10)
        with IndexFolder(folder.directory).exclusive(waiting=told.set):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with folder.exclusive(waiting=nothing):
        entered.set()
        assert told.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_builder_alone_does_not_wait(folder: IndexFolder) -> None:
    told: list[str] = []
    for _ in range(2):
        with folder.exclusive(waiting=lambda: told.append("waiting")):
            pass
    assert told == []


def test_an_index_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(IndexWriteError, match=r"file/index: cannot be written \(Not a directory\); see that its disk"),
        IndexFolder(tmp_path / "file" / "index").exclusive(waiting=nothing),
    ):
        pytest.fail("the lock was given")


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/index/g1/catalog.sqlite"), r"^/index/g1/catalog\.sqlite: "),
        (OSError(errno.ENOSPC, "No space left on device"), r"index: cannot be written \(No space left on device\)"),
        (
            sqlite3.OperationalError("database or disk is full"),
            r"index: cannot be written \(database or disk is full\)",
        ),
    ],
)
def test_what_the_system_refuses_to_write_is_one_error_of_ours(
    folder: IndexFolder, refusal: Exception, says: str
) -> None:
    with pytest.raises(IndexWriteError, match=says), folder.exclusive(waiting=nothing):
        raise refusal


def test_a_closed_terminal_is_not_taken_for_a_full_disk(folder: IndexFolder) -> None:
    with pytest.raises(BrokenPipeError), folder.exclusive(waiting=nothing):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
