"""What only a Chroma server has: collections beside those of others, and connections."""

import gc
from pathlib import Path

import numpy as np
import psutil
import pytest

from config.settings import VectorsSettings
from indexer.errors import IndexCorruptError, VectorStoreError
from indexer.values import Filters
from indexer.vectors import vector_database

pytestmark = pytest.mark.contract


def test_dropping_deletes_a_collection_of_the_server(chroma_url: str, tmp_path: Path) -> None:
    database = vector_database(VectorsSettings(kind="server", url=chroma_url))
    database.create(tmp_path, "gdddddddddddddddd").close()
    database.drop("gdddddddddddddddd")
    with pytest.raises(IndexCorruptError, match="has no collection footnote-gdddddddddddddddd"):
        database.open(tmp_path, "gdddddddddddddddd")


def test_a_collection_deleted_under_a_reader_is_an_error_of_ours(chroma_url: str, tmp_path: Path) -> None:
    database = vector_database(VectorsSettings(kind="server", url=chroma_url))
    store = database.create(tmp_path, "geeeeeeeeeeeeeeee")
    database.drop("geeeeeeeeeeeeeeee")
    with pytest.raises(VectorStoreError, match="footnote-geeeeeeeeeeeeeeee"):
        store.query(np.array([1, 0], np.float32), 1, Filters())
    store.close()


def test_closing_hangs_up_on_the_server_without_the_garbage_collector(chroma_url: str, tmp_path: Path) -> None:
    port = int(chroma_url.rpartition(":")[2])

    def connections() -> int:
        open_ones = psutil.Process().net_connections("tcp")
        return sum(bool(each.raddr) and each.raddr.port == port and each.status == "ESTABLISHED" for each in open_ones)

    gc.collect()
    before = connections()
    gc.disable()
    try:
        store = vector_database(VectorsSettings(kind="server", url=chroma_url)).create(tmp_path, "gcccccccccccccccc")
        assert connections() > before
        store.close()
        assert connections() == before
    finally:
        gc.enable()


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    database = vector_database(VectorsSettings(kind="server", url="http://127.0.0.1:9"))
    with pytest.raises(VectorStoreError, match=r"Chroma server http://127\.0\.0\.1:9: Could not connect") as caught:
        database.open(tmp_path, "gffffffffffffffff")
    assert caught.value.retryable
