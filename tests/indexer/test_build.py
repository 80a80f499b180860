"""A build publishes a whole generation or nothing, and touches only what changed."""

import random
from pathlib import Path

import msgspec
import pytest

from config.errors import ConfigError
from config.settings import Settings
from indexer.build import BuildReport, build
from indexer.embed import HashingEmbedder, Vectors
from indexer.errors import EmptyCorpusError, IndexCorruptError, LoadError
from indexer.folder import IndexFolder
from indexer.search import open_index
from indexer.values import Filters
from indexer.vectors import MemoryDatabase, VectorDatabase, VectorStore


class CountingEmbedder(HashingEmbedder):
    """Notes the texts that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []
        self.largest_batch = 0

    def embed_documents(self, texts: list[str]) -> Vectors:
        self.embedded += texts
        self.largest_batch = max(self.largest_batch, len(texts))
        return super().embed_documents(texts)


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
    from indexer.chroma import ChromaFolders, ChromaServer

    return ChromaFolders() if request.param == "embedded" else ChromaServer(request.getfixturevalue("chroma_url"))


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def run(corpus: Path, settings: Settings, embedder: CountingEmbedder, database: VectorDatabase):
    def run_build(*paths: Path, **changes) -> BuildReport:
        changed = msgspec.structs.replace(settings, index=msgspec.structs.replace(settings.index, **changes))
        return build(paths or [corpus], settings=changed, embedder=embedder, database=database)

    return run_build


@pytest.fixture
def found(settings: Settings, embedder: CountingEmbedder, database: VectorDatabase):
    def search(query: str) -> list[str]:
        index = open_index(settings, embedder, database=database)
        texts = [hit.paragraph.text for hit in index.search(query, limit=3)]
        index.close()
        return texts

    return search


def names(settings: Settings) -> set[str]:
    return {path.name for path in Path(settings.index.directory).iterdir()}


def test_a_first_build_publishes_everything(run, found, settings: Settings) -> None:
    report = run()
    generation = report.generation
    assert report.outcome == "built"
    assert (generation.document_count, generation.paragraph_count, generation.chunk_count) == (3, 6, 6)
    assert (report.embedded_chunks, report.reused_chunks, report.duplicate_count) == (6, 0, 0)
    assert report.skipped == ()
    assert list(report.duration_s) == ["load", "segment", "chunk", "write", "embed", "verify", "publish"]
    assert names(settings) == {"CURRENT", "lock", generation.id}
    assert found("Who stole the astrolabe?")[0] == "A brass astrolabe was stolen from the museum."


def test_an_unchanged_corpus_is_not_built_again(run, embedder: CountingEmbedder) -> None:
    first = run()
    embedder.embedded.clear()
    second = run()
    assert second.outcome == "unchanged"
    assert second.generation == first.generation
    assert (second.embedded_chunks, second.reused_chunks) == (0, 6)
    assert embedder.embedded == []


def test_only_changed_texts_are_embedded_again(run, found, corpus: Path, embedder: CountingEmbedder) -> None:
    run()
    embedder.embedded.clear()
    (corpus / "ferry.txt").write_text(
        "Ferry timetable\n\nThe ferry to Gannet leaves at eight.\n\nDogs travel free of charge.\n"
    )
    report = run()
    assert embedder.embedded == ["Ferry timetable\nThe ferry to Gannet leaves at eight."]
    assert (report.embedded_chunks, report.reused_chunks) == (1, 5)
    assert found("When does the ferry leave?")[0] == "The ferry to Gannet leaves at eight."
    assert not any("seven" in text for text in found("seven"))


def test_going_back_to_an_earlier_corpus_publishes_its_generation_again(run, corpus: Path, settings: Settings) -> None:
    first = run()
    text = (corpus / "ferry.txt").read_text()
    (corpus / "ferry.txt").write_text(text + "\nA third paragraph about tickets.\n")
    assert run().outcome == "built"
    (corpus / "ferry.txt").write_text(text)
    again = run()
    assert again.outcome == "republished"
    assert again.generation == first.generation
    assert IndexFolder(Path(settings.index.directory)).current_id() == first.generation.id


def test_the_same_files_make_the_same_generation_in_another_folder(
    tmp_path: Path, corpus: Path, settings: Settings
) -> None:
    def build_in(directory: str, batch: int) -> BuildReport:
        index = msgspec.structs.replace(settings.index, directory=str(tmp_path / directory), embed_batch_chunks=batch)
        changed = msgspec.structs.replace(settings, index=index)
        return build([corpus], settings=changed, embedder=HashingEmbedder(), database=MemoryDatabase())

    first, second = build_in("one", 64), build_in("two", 1)
    assert first.outcome == second.outcome == "built"
    assert first.generation.id == second.generation.id


def test_embeddings_are_made_in_batches_of_the_configured_size(run, embedder: CountingEmbedder) -> None:
    run(embed_batch_chunks=4)
    assert embedder.largest_batch == 4
    assert len(embedder.embedded) == 6


def test_equal_texts_are_embedded_once(run, corpus: Path, embedder: CountingEmbedder) -> None:
    (corpus / "copy.txt").write_text((corpus / "ferry.txt").read_text())
    report = run()
    assert report.generation.chunk_count == 8
    assert len(embedder.embedded) == len(set(embedder.embedded)) == 6


def test_a_file_that_cannot_be_read_is_skipped_with_its_reason(run, corpus: Path) -> None:
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    report = run()
    assert report.generation.document_count == 3
    assert [file.path for file in report.skipped] == ["broken.pdf"]
    assert report.skipped[0].reason


def test_a_folder_without_documents_is_an_error_and_the_old_index_stays(run, found, tmp_path: Path) -> None:
    run()
    (tmp_path / "empty").mkdir()
    with pytest.raises(EmptyCorpusError):
        run(tmp_path / "empty")
    (tmp_path / "empty" / "broken.pdf").write_bytes(b"not a PDF")
    with pytest.raises(EmptyCorpusError, match=r"none of 1 file\(s\) can be read as a document: broken\.pdf: "):
        run(tmp_path / "empty")
    with pytest.raises(LoadError, match="does not exist"):
        run(tmp_path / "missing")
    assert found("astrolabe")


def test_a_window_beyond_the_embedder_is_an_error_and_nothing_is_published(run, settings: Settings) -> None:
    with pytest.raises(ConfigError, match="max_chunk_tokens is 1000"):
        run(max_chunk_tokens=1000)
    assert names(settings) == {"lock"}


def test_leftovers_of_a_killed_build_are_removed(run, settings: Settings) -> None:
    left = Path(settings.index.directory) / "building-g0123456789abcdef-0badcafe"
    left.mkdir(parents=True)
    (left / "catalog.sqlite").write_bytes(b"half")
    report = run()
    assert names(settings) == {"CURRENT", "lock", report.generation.id}


def test_a_damaged_generation_is_built_anew(run, found, settings: Settings) -> None:
    first = run()
    (Path(settings.index.directory) / first.generation.id / "catalog.sqlite").write_bytes(b"damaged")
    again = run()
    assert again.outcome == "built"
    assert again.generation.id == first.generation.id
    assert found("astrolabe")


def test_a_pointer_to_nowhere_is_mended_by_the_next_build(run, found, settings: Settings) -> None:
    run()
    (Path(settings.index.directory) / "CURRENT").write_text("g0000000000000000\n")
    assert run().outcome == "republished"
    assert found("astrolabe")


def test_old_generations_are_removed_and_three_stay(run, corpus: Path, settings: Settings) -> None:
    ids = []
    for number in range(5):
        (corpus / "ferry.txt").write_text(f"Ferry timetable\n\nThe ferry leaves at {number} sharp.\n")
        ids.append(run().generation.id)
    assert names(settings) == {"CURRENT", "lock", *ids[-3:]}


def test_files_below_overlapping_paths_count_once(run, corpus: Path) -> None:
    report = run(corpus, corpus / "ferry.txt")
    assert report.generation.document_count == 3


class ForgetfulVectors:
    """Loses every vector of one chunk."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store

    def add(self, chunks) -> None:
        self._store.add([item for item in chunks if "astrolabe" not in item.chunk.text])

    def __getattr__(self, name: str):
        return getattr(self._store, name)


class DisorderedVectors(ForgetfulVectors):
    """Stores each vector of a batch under another chunk's id."""

    def add(self, chunks) -> None:
        shifted = [chunks[-1], *chunks[:-1]]
        self._store.add(
            [
                msgspec.structs.replace(item, embedding=other.embedding)
                for item, other in zip(chunks, shifted, strict=True)
            ]
        )

    def query(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        return [("d0000000000000000-p1-c1", 0.5)]


class FaultyDatabase(MemoryDatabase):
    """Gives out stores with a fault."""

    fault: type[ForgetfulVectors] = ForgetfulVectors

    def create(self, folder: Path, generation_id: str) -> VectorStore:
        return self.fault(super().create(folder, generation_id))

    def open(self, folder: Path, generation_id: str) -> VectorStore:
        return self.fault(super().open(folder, generation_id))


@pytest.mark.parametrize(
    ("fault", "message"),
    [(ForgetfulVectors, r"holds 5 vectors, the manifest says 6"), (DisorderedVectors, r"is not among the 10 nearest")],
)
def test_a_generation_that_fails_its_verification_is_not_published(
    corpus: Path, settings: Settings, embedder: CountingEmbedder, fault: type[ForgetfulVectors], message: str
) -> None:
    database = FaultyDatabase()
    database.fault = fault
    with pytest.raises(IndexCorruptError, match=message):
        build([corpus], settings=settings, embedder=embedder, database=database)
    assert "CURRENT" not in names(settings)


@pytest.mark.contract
def test_ten_thousand_paragraphs_are_built_and_found(tmp_path: Path, settings: Settings) -> None:
    words = [f"word{number}" for number in range(2_000)]
    draw = random.Random(7)
    folder = tmp_path / "large"
    folder.mkdir()
    for number in range(100):
        paragraphs = (" ".join(draw.choices(words, k=12)).capitalize() + "." for _ in range(100))
        (folder / f"{number}.txt").write_text(f"Report {number}\n\n" + "\n\n".join(paragraphs), encoding="utf-8")
    embedder = HashingEmbedder(dimensions=32)
    report = build([folder], settings=settings, embedder=embedder)
    assert report.generation.paragraph_count == 10_000
    index = open_index(settings, embedder)
    document = index.documents(offset=57, limit=1)[0]
    wanted = index.paragraphs(document.id)[42]
    assert index.search(wanted.text, limit=1)[0].paragraph == wanted
    index.close()
