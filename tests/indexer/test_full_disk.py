"""A disk that fills up during a build costs the build, not the index."""

import resource
from pathlib import Path

import pytest

from config.settings import Settings
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.errors import IndexWriteError, VectorStoreError
from indexer.search import open_index

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("largest_file_bytes", [1_000, 100_000, 170_000])
def test_a_full_disk_is_one_error_and_the_old_index_stays(
    corpus: Path, settings: Settings, embedder: HashingEmbedder, largest_file_bytes: int
) -> None:
    """A limit on the size of files stands in for the disk: the catalogue takes 52 kB, Chroma's database 164, its
    vectors 180.
    """
    old = build([corpus], settings=settings, embedder=embedder).generation.id
    (corpus / "strike.txt").write_text("Strike\n\nThe crew of the ferry went on strike.\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file_bytes, before[1]))
    try:
        with pytest.raises(
            (IndexWriteError, VectorStoreError), match=r"cannot be written.* see that its disk has room"
        ):
            build([corpus], settings=settings, embedder=embedder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    index = open_index(settings, embedder)
    assert (index.generation.id, len(index.search("astrolabe", limit=1))) == (old, 1)
    index.close()
    assert build([corpus], settings=settings, embedder=embedder).generation.document_count == 4
    assert not list(Path(settings.index.directory).glob("building-*"))
