"""What determines the id of a generation, and which generations are refused."""

import json
from pathlib import Path

import msgspec
import pytest

from config.settings import IndexSettings, Settings
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.errors import IndexCorruptError, IndexMismatchError
from indexer.folder import IndexFolder
from indexer.generation import SegmentedDocument, identify, open_generation, read_manifest
from indexer.vectors import MemoryDatabase

BASE = IndexSettings(directory="x", max_chunk_tokens=0, max_paragraph_chars=1500, embed_batch_chunks=64)


@pytest.fixture
def identity_of(make_document):
    def identity(
        *, texts=("one", "two"), settings=BASE, embedder=None, vectors="embedded", reverse=False, **fields
    ) -> str:
        corpus = [
            SegmentedDocument(document=document, paragraphs=paragraphs)
            for document, paragraphs in (
                make_document(f"d{number}", text, **fields) for number, text in enumerate(texts)
            )
        ]
        return identify(
            corpus[::-1] if reverse else corpus,
            settings=settings,
            embedder=embedder or HashingEmbedder(),
            vectors=vectors,
        ).generation_id

    return identity


def test_the_same_documents_make_the_same_id_in_any_order(identity_of) -> None:
    assert identity_of() == identity_of(reverse=True)
    assert len(identity_of()) == 17
    assert identity_of()[0] == "g"


@pytest.mark.parametrize(
    "change",
    [
        {"texts": ("one",)},
        {"texts": ("one", "three")},
        {"title": "Other"},
        {"heading": "Other"},
        {"embedder": HashingEmbedder(dimensions=8)},
        {"vectors": "server"},
        {"settings": msgspec.structs.replace(BASE, max_chunk_tokens=32)},
    ],
    ids=str,
)
def test_whatever_changes_the_content_changes_the_id(identity_of, change: dict[str, object]) -> None:
    assert identity_of(**change) != identity_of()


@pytest.mark.parametrize("change", [{"directory": "elsewhere"}, {"embed_batch_chunks": 1}, {"max_chunk_tokens": 64}])
def test_what_does_not_change_the_content_keeps_the_id(identity_of, change: dict[str, object]) -> None:
    assert identity_of(settings=msgspec.structs.replace(BASE, **change)) == identity_of()


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def published(corpus: Path, settings: Settings, database: MemoryDatabase) -> Path:
    """The folder of a published generation."""
    report = build([corpus], settings=settings, embedder=HashingEmbedder(), database=database)
    return Path(settings.index.directory) / report.generation.id


def reopen(published: Path, database: MemoryDatabase, embedder: HashingEmbedder | None = None) -> None:
    folder = IndexFolder(published.parent)
    open_generation(folder, published.name, embedder=embedder or HashingEmbedder(), database=database).close()


def test_a_whole_generation_opens(published: Path, database: MemoryDatabase) -> None:
    reopen(published, database)
    assert read_manifest(published).id == published.name


def test_another_embedder_is_refused_with_both_names(published: Path, database: MemoryDatabase) -> None:
    with pytest.raises(IndexMismatchError, match=r"embedder hashing .* configured is hashing .*footnote index PATH"):
        reopen(published, database, HashingEmbedder(dimensions=8))


def test_another_kind_of_vector_database_is_refused(published: Path) -> None:
    other = MemoryDatabase()
    other.kind = "server"
    with pytest.raises(IndexMismatchError, match=r'vectors.kind = "memory", configured is "server"'):
        reopen(published, other)


def test_another_format_is_refused(published: Path, database: MemoryDatabase) -> None:
    manifest = json.loads((published / "manifest.json").read_text())
    (published / "manifest.json").write_text(json.dumps({"format_version": 99, "new_field": manifest}))
    with pytest.raises(IndexMismatchError, match="has index format 99, this version of Footnote reads 1"):
        reopen(published, database)


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"format_version": 1}'])
def test_a_missing_or_broken_manifest_is_corrupt(
    published: Path, database: MemoryDatabase, content: str | None
) -> None:
    (published / "manifest.json").unlink()
    if content is not None:
        (published / "manifest.json").write_text(content)
    with pytest.raises((IndexCorruptError, IndexMismatchError), match="footnote index PATH"):
        reopen(published, database)


def test_a_missing_file_is_named(published: Path, database: MemoryDatabase) -> None:
    (published / "catalog.sqlite").unlink()
    with pytest.raises(IndexCorruptError, match=r"catalog.sqlite: is missing, the manifest says \d+ bytes"):
        reopen(published, database)


def test_a_truncated_file_is_named(published: Path, database: MemoryDatabase) -> None:
    with (published / "catalog.sqlite").open("r+b") as stream:
        stream.truncate(100)
    with pytest.raises(IndexCorruptError, match=r"catalog.sqlite: has 100 bytes, the manifest says \d+ bytes"):
        reopen(published, database)


def test_a_count_that_differs_is_named(published: Path, database: MemoryDatabase) -> None:
    manifest = json.loads((published / "manifest.json").read_text())
    (published / "manifest.json").write_text(json.dumps(manifest | {"chunk_count": 7}))
    with pytest.raises(IndexCorruptError, match="holds 6 chunks in the catalogue, the manifest says 7"):
        reopen(published, database)


def test_lost_vectors_are_named(published: Path) -> None:
    with pytest.raises(IndexCorruptError, match="holds no vectors"):
        reopen(published, MemoryDatabase())
