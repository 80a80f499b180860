"""The contract of the port VectorDatabase and its stores: in memory, on Chroma folders, on a real Chroma server."""

import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import numpy as np
import psutil
import pytest

from config.settings import VectorsSettings
from indexer.embed import Vectors
from indexer.errors import IndexCorruptError
from indexer.values import Chunk, Filters
from indexer.vectors import EmbeddedChunk, MemoryDatabase, VectorDatabase, VectorStore, vector_database

ALL = Filters()
ID = "g0123456789abcdef"


@pytest.fixture(
    params=[
        "memory",
        pytest.param("embedded", marks=pytest.mark.contract),
        pytest.param("server", marks=pytest.mark.contract),
    ]
)
def database(request: pytest.FixtureRequest) -> VectorDatabase:
    if request.param == "memory":
        return MemoryDatabase()
    url = request.getfixturevalue("chroma_url") if request.param == "server" else ""
    return vector_database(VectorsSettings(kind=request.param, url=url))


@pytest.fixture
def store(database: VectorDatabase, tmp_path: Path):
    created = database.create(tmp_path, ID)
    yield created
    created.close()


def unit(*numbers: float) -> Vectors:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def embedded(chunk_id: str, *numbers: float, published_at: date | None = None) -> EmbeddedChunk:
    paragraph_id = chunk_id.rpartition("-c")[0]
    return EmbeddedChunk(
        chunk=Chunk(id=chunk_id, paragraph_id=paragraph_id, text=chunk_id),
        document_id=paragraph_id.partition("-p")[0],
        published_at=published_at,
        embedding=unit(*numbers),
    )


def test_an_empty_store_finds_nothing(store: VectorStore) -> None:
    assert store.count() == 0
    assert store.query(unit(1, 0), 5, ALL) == []
    assert store.embeddings([]) == {}
    assert store.embeddings(["d1-p1-c1"]) == {}


def test_the_nearest_come_first_with_their_cosine_similarity(store: VectorStore) -> None:
    store.add([embedded("d1-p1-c1", 1, 0), embedded("d1-p2-c1", 3, 4), embedded("d1-p3-c1", -1, 0)])
    assert store.query(unit(1, 0), 5, ALL) == [
        ("d1-p1-c1", pytest.approx(1.0, abs=1e-6)),
        ("d1-p2-c1", pytest.approx(0.6, abs=1e-6)),
        ("d1-p3-c1", pytest.approx(-1.0, abs=1e-6)),
    ]
    assert [chunk_id for chunk_id, _ in store.query(unit(1, 0), 2, ALL)] == ["d1-p1-c1", "d1-p2-c1"]


def test_equal_vectors_are_ordered_by_chunk_id(store: VectorStore) -> None:
    store.add([embedded(chunk_id, 1, 2) for chunk_id in ("d3-p1-c1", "d1-p1-c1", "d2-p1-c1")])
    found = store.query(unit(1, 2), 3, ALL)
    assert [chunk_id for chunk_id, _ in found] == ["d1-p1-c1", "d2-p1-c1", "d3-p1-c1"]
    assert len({similarity for _, similarity in found}) == 1


def test_stored_vectors_are_given_back_by_id(store: VectorStore) -> None:
    store.add([embedded("d1-p1-c1", 1, 2), embedded("d1-p2-c1", 2, 1)])
    found = store.embeddings(["d1-p2-c1", "d9-p9-c9", "d1-p1-c1"])
    assert sorted(found) == ["d1-p1-c1", "d1-p2-c1"]
    np.testing.assert_allclose(found["d1-p1-c1"], unit(1, 2), atol=1e-6)
    assert found["d1-p2-c1"].dtype == np.float32


def test_filters_are_applied_before_the_nearest_are_taken(store: VectorStore) -> None:
    store.add(
        [
            embedded("d1-p1-c1", 1, 0, published_at=date(2024, 1, 1)),
            embedded("d2-p1-c1", 1, 1, published_at=date(2024, 6, 1)),
            embedded("d3-p1-c1", 0, 1),
        ]
    )

    def found(**filters) -> list[str]:
        return [chunk_id for chunk_id, _ in store.query(unit(1, 0), 1, Filters(**filters))]

    assert found() == ["d1-p1-c1"]
    assert found(document_ids=("d3", "d9")) == ["d3-p1-c1"]
    assert found(document_ids=("d9",)) == []
    assert found(published_from=date(2024, 1, 2)) == ["d2-p1-c1"]
    assert found(published_to=date(2024, 6, 1)) == ["d1-p1-c1"]
    assert found(published_from=date(2024, 6, 1), published_to=date(2024, 6, 1)) == ["d2-p1-c1"]
    assert found(published_from=date(2024, 6, 2)) == []
    assert found(published_from=date(1, 1, 1), document_ids=("d3",)) == []


def test_more_chunks_than_one_request_may_carry_are_stored(store: VectorStore) -> None:
    rows = np.random.default_rng(1).normal(size=(6_000, 2))
    store.add([embedded(f"d1-p{number}-c1", *row) for number, row in enumerate(rows)])
    assert store.count() == 6_000


def test_a_finished_store_is_opened_again_with_its_content(database: VectorDatabase, tmp_path: Path) -> None:
    created = database.create(tmp_path, ID)
    created.add([embedded("d1-p1-c1", 1, 0), embedded("d1-p2-c1", 0, 1)])
    created.close()
    created.close()
    opened = database.open(tmp_path, ID)
    assert opened.count() == 2
    assert opened.query(unit(0, 1), 1, ALL)[0][0] == "d1-p2-c1"
    opened.close()


def test_several_threads_query_at_once(store: VectorStore) -> None:
    rows = np.random.default_rng(2).normal(size=(300, 8))
    store.add([embedded(f"d1-p{number}-c1", *row) for number, row in enumerate(rows)])
    expected = [store.query(unit(*row), 5, ALL) for row in rows[:8]]
    got: dict[int, object] = {}

    def ask(number: int) -> None:
        got[number] = store.query(unit(*rows[number]), 5, ALL)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[number] for number in range(8)] == expected


def test_creating_again_begins_with_an_empty_store(database: VectorDatabase, tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first = database.create(tmp_path / "first", ID)
    first.add([embedded("d1-p1-c1", 1, 0)])
    first.close()
    second = database.create(tmp_path / "second", ID)
    assert second.count() == 0
    second.close()


def test_a_store_that_was_never_made_is_corrupt_and_nothing_is_created(
    database: VectorDatabase, tmp_path: Path
) -> None:
    with pytest.raises(IndexCorruptError, match="footnote index PATH"):
        database.open(tmp_path, "gffffffffffffffff")
    assert list(tmp_path.iterdir()) == []


def test_dropping_what_is_not_there_is_no_error(database: VectorDatabase) -> None:
    database.drop("gffffffffffffffff")


@pytest.mark.contract
def test_a_damaged_folder_is_corrupt_and_can_be_mended_in_the_same_process(tmp_path: Path) -> None:
    database = vector_database(VectorsSettings(kind="embedded", url=""))
    database.create(tmp_path, ID).close()
    sound = (tmp_path / "chroma" / "chroma.sqlite3").read_bytes()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(sound[:5000])
    with pytest.raises(IndexCorruptError, match=r"chroma: cannot be opened: .* write in this folder.*`footnote index"):
        database.open(tmp_path, ID)
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(sound)
    opened = database.open(tmp_path, ID)
    assert opened.count() == 0
    opened.close()


@pytest.mark.contract
def test_closing_frees_the_files_of_a_folder(tmp_path: Path) -> None:
    database = vector_database(VectorsSettings(kind="embedded", url=""))
    stores = [database.create(tmp_path, ID)]
    stores[0].add([embedded("d1-p1-c1", 1, 0)])
    stores.append(database.open(tmp_path, ID))
    assert open_files_below(tmp_path)
    for store in stores:
        store.close()
    deadline = time.monotonic() + 30
    while open_files_below(tmp_path):  # Chroma's threads close their connections a moment later
        assert time.monotonic() < deadline, open_files_below(tmp_path)
        time.sleep(0.01)


def open_files_below(folder: Path) -> list[str]:
    return [file.path for file in psutil.Process().open_files() if Path(file.path).is_relative_to(folder)]


READER = """
import json, sys
from pathlib import Path
import numpy as np
from indexer.chroma import ChromaFolders
from indexer.values import Filters
store = ChromaFolders().open(Path(sys.argv[1]), sys.argv[2])
print("open", flush=True)
sys.stdin.readline()
print(json.dumps([store.count(), store.query(np.array([1, 0], np.float32), 3, Filters())]), flush=True)
sys.stdin.readline()
store.close()
"""


@pytest.mark.contract
@pytest.mark.parametrize("count", [3, 1_500], ids=["fewer than Chroma syncs", "more than Chroma syncs"])
def test_two_processes_read_one_finished_folder_at_once_and_change_only_chromas_database(
    tmp_path: Path, count: int
) -> None:
    database = vector_database(VectorsSettings(kind="embedded", url=""))
    created = database.create(tmp_path, ID)
    angles = np.linspace(0, 3, count)
    for start in range(0, count, 64):
        created.add(
            [
                embedded(f"d1-p{number}-c1", np.cos(angles[number]), np.sin(angles[number]))
                for number in range(start, min(count, start + 64))
            ]
        )
    created.close()
    before = contents(tmp_path)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, tmp_path, ID], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        replies = [talk(reader, expected="open\n") for reader in readers]
        for reader in readers:
            say(reader)
        replies = [reader.stdout.readline() for reader in readers]
        for reader in readers:
            say(reader)
        assert [reader.wait(60) for reader in readers] == [0, 0]
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()
    assert replies[0] == replies[1]
    assert f'[{count}, [["d1-p0-c1", 1.0]' in replies[0]
    changed = {name for name, content in contents(tmp_path).items() if before.get(name) != content}
    assert changed == {"chroma/chroma.sqlite3"}


def talk(reader: subprocess.Popen[str], *, expected: str) -> str:
    assert reader.stdout is not None
    line = reader.stdout.readline()
    assert line == expected
    return line


def say(reader: subprocess.Popen[str]) -> None:
    assert reader.stdin is not None
    reader.stdin.write("\n")
    reader.stdin.flush()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
