"""Milliseconds of a hybrid search, next to the bare calls that it cannot do without."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import chromadb
import chromadb.config
import msgspec
import numpy as np
from chromadb.api.client import Client

from evals.benchmarks.machine import peak_memory_bytes
from evals.benchmarks.report import Line, Section
from evals.benchmarks.timing import MS, ratios, spread, timed
from evals.benchmarks.workbench import Tell, Workbench, open_bare_embedder
from indexer.embed import Vectors
from indexer.folder import IndexFolder
from indexer.generation import CATALOG
from indexer.search import Index, open_index
from indexer.searchable import match_expression

QUERY_COUNT = 50
_FTS = "SELECT rowid FROM paragraph_terms WHERE paragraph_terms MATCH ? ORDER BY rank LIMIT ?"


class SearchTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of one query, or the medians of several."""

    hybrid: float
    embedding: float
    chroma: float
    fts: float

    @property
    def floor(self) -> float:
        """What the bare calls take one after the other."""
        return self.embedding + self.chroma + self.fts


class _BareCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The calls under a search, without anything of ours around them."""

    embed: Callable[[str], Vectors]
    query_chroma: Callable[[Vectors], object]
    query_fts: Callable[[str], object]
    """Takes an FTS5 expression."""


def measure_searching(bench: Workbench, *, rounds: int, tell: Tell) -> Section:
    """Search for `QUERY_COUNT` different queries in each round, each by the bare calls and then hybrid."""
    with closing(open_index(bench.settings, bench.embedder)) as index, _bare_calls(bench) as bare:
        documents = index.documents(offset=0, limit=index.document_count)
        queries = queries_from_titles([document.title for document in documents], QUERY_COUNT)
        _search(queries[0], index, bare)
        taken = []
        for number in range(1, rounds + 1):
            tell(f"search: round {number} of {rounds}")
            taken.append([_search(query, index, bare) for query in queries])
    return Section(name="search", lines=search_lines(taken), peak_memory_bytes=peak_memory_bytes())


def queries_from_titles(titles: Sequence[str], count: int) -> list[str]:
    """Return up to `count` different queries: the titles, then each with the next one, with the one after that, ….

    Titles lead to several paragraphs each and hold names, numbers and common words, as what people type does.
    """
    different = list(dict.fromkeys(titles))
    pairs = (
        f"{title} {different[(place + distance) % len(different)]}"
        for distance in range(1, len(different))
        for place, title in enumerate(different)
    )
    return list(itertools.islice(dict.fromkeys(itertools.chain(different, pairs)), count))


def search_lines(taken: Sequence[Sequence[SearchTimes]]) -> tuple[Line, ...]:
    """Summarise the queries of each round, and then the rounds."""
    medians = [_median(queries) for queries in taken]
    p95 = [float(np.percentile([times.hybrid for times in queries], 95)) for queries in taken]
    hybrid, floor = [times.hybrid for times in medians], [times.floor for times in medians]
    return (
        Line(name="hybrid search, median query", unit="ms", value=spread(hybrid)),
        Line(name="hybrid search, 95th percentile", unit="ms", value=spread(p95)),
        Line(name="floor: embed the query", unit="ms", value=spread([times.embedding for times in medians])),
        Line(name="floor: bare Chroma query", unit="ms", value=spread([times.chroma for times in medians])),
        Line(name="floor: bare FTS5 query", unit="ms", value=spread([times.fts for times in medians])),
        Line(name="hybrid / the three one after the other", unit="ratio", value=ratios(hybrid, floor)),
    )


def _median(queries: Sequence[SearchTimes]) -> SearchTimes:
    fields = SearchTimes.__struct_fields__
    return SearchTimes(**{name: float(np.median([getattr(times, name) for times in queries])) for name in fields})


def _search(query: str, index: Index, bare: _BareCalls) -> SearchTimes:
    vector, embedding_s = timed(lambda: bare.embed(query))
    expression = match_expression(query)
    _, chroma_s = timed(lambda: bare.query_chroma(vector))
    _, fts_s = timed(lambda: bare.query_fts(expression))
    _, hybrid_s = timed(lambda: index.search(query))
    return SearchTimes(hybrid=MS * hybrid_s, embedding=MS * embedding_s, chroma=MS * chroma_s, fts=MS * fts_s)


@contextmanager
def _bare_calls(bench: Workbench) -> Iterator[_BareCalls]:
    folder = IndexFolder(Path(bench.settings.index.directory)).path(bench.generation.id)
    candidates = bench.settings.retrieval
    model = open_bare_embedder(bench.settings)
    catalogue = sqlite3.connect(f"{(folder / CATALOG).absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    with closing(catalogue), _collection(folder / "chroma") as collection:
        yield _BareCalls(
            embed=lambda text: np.asarray(
                model.encode(text, show_progress_bar=False, normalize_embeddings=True), np.float32
            ),
            query_chroma=lambda vector: collection.query(
                query_embeddings=vector, n_results=candidates.dense_candidates, include=["distances"]
            ),
            query_fts=lambda expression: catalogue.execute(_FTS, (expression, candidates.bm25_candidates)).fetchall(),
        )


@contextmanager
def _collection(folder: Path) -> Iterator[chromadb.Collection]:
    """Open the only collection of a generation's Chroma folder."""
    settings = chromadb.config.Settings(anonymized_telemetry=False)
    with closing(cast(Client, chromadb.PersistentClient(path=str(folder), settings=settings))) as client:
        yield client.get_collection(client.list_collections()[0].name, embedding_function=None)
