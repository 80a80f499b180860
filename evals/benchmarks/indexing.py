"""Chunks per second of a whole build, next to the bare embedding of the same texts."""

from collections.abc import Sequence

from sentence_transformers import SentenceTransformer

from evals.benchmarks.machine import peak_memory_bytes
from evals.benchmarks.report import Line, Section
from evals.benchmarks.timing import ratios, spread, timed
from evals.benchmarks.workbench import SAMPLE_CORPUS, Tell, Workbench, open_bare_embedder
from evals.own_index import with_index_in
from indexer.build import build
from indexer.corpus import load_documents, segment_documents
from indexer.embedding import chunk_documents

_WARM_UP_TEXTS = 32


def measure_indexing(bench: Workbench, *, rounds: int, tell: Tell) -> Section:
    """Build the index of the sample corpus from nothing, in each round after an `encode` of the texts of its chunks."""
    texts = _chunk_texts(bench)
    bare = open_bare_embedder(bench.settings)
    _bare_rate(bare, texts[:_WARM_UP_TEXTS])
    bare_rates, build_rates = [], []
    for number in range(1, rounds + 1):
        tell(f"indexing: round {number} of {rounds}")
        bare_rates.append(_bare_rate(bare, texts))
        build_rates.append(_build_rate(bench, f"build-{number}"))
    return Section(
        name="indexing",
        lines=(
            Line(name="build, from files to a published index", unit="chunks/s", value=spread(build_rates)),
            Line(name="floor: sentence-transformers encode", unit="chunks/s", value=spread(bare_rates)),
            Line(name="build / floor", unit="ratio", value=ratios(build_rates, bare_rates)),
        ),
        peak_memory_bytes=peak_memory_bytes(),
    )


def _bare_rate(bare: SentenceTransformer, texts: Sequence[str]) -> float:
    _, seconds = timed(lambda: bare.encode(list(texts), show_progress_bar=False, normalize_embeddings=True))
    return len(texts) / seconds


def _build_rate(bench: Workbench, folder: str) -> float:
    settings = with_index_in(bench.settings, bench.scratch / folder)
    report, seconds = timed(lambda: build([SAMPLE_CORPUS], settings=settings, embedder=bench.embedder))
    return report.generation.chunk_count / seconds


def _chunk_texts(bench: Workbench) -> list[str]:
    index = bench.settings.index
    corpus = segment_documents(load_documents([SAMPLE_CORPUS]).documents, max_paragraph_chars=index.max_paragraph_chars)
    max_tokens = index.max_chunk_tokens or bench.embedder.max_tokens
    return [placed.chunk.text for placed in chunk_documents(corpus, embedder=bench.embedder, max_tokens=max_tokens)]
