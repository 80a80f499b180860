"""The middle stages over a whole corpus: paragraphs to chunks, chunks to vectors, old vectors used again."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from config.progress import progress_bar
from indexer.catalog import text_sha256
from indexer.chunk import chunk
from indexer.embed import Embedder, Vectors
from indexer.generation import OpenGeneration, SegmentedDocument
from indexer.values import Chunk
from indexer.vectors import EmbeddedChunk


class PlacedChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk with what its vector can be filtered by."""

    chunk: Chunk
    document_id: str
    published_at: date | None


def chunk_documents(corpus: Sequence[SegmentedDocument], *, embedder: Embedder, max_tokens: int) -> list[PlacedChunk]:
    """Chunk every paragraph of the corpus, in its order. Raises ConfigError for a window that cannot be."""
    placed: list[PlacedChunk] = []
    with progress_bar("chunking", total=sum(len(item.paragraphs) for item in corpus), unit="paragraphs") as bar:
        for segmented in corpus:
            document = segmented.document
            for paragraph in segmented.paragraphs:
                chunks = chunk(paragraph, title=document.title, embedder=embedder, max_tokens=max_tokens)
                placed += [
                    PlacedChunk(chunk=item, document_id=document.id, published_at=document.published_at)
                    for item in chunks
                ]
                bar.advance()
    return placed


class EarlierVectors:
    """The vectors of an earlier generation by the same embedder, to be copied for texts that it already had.

    A text is recognised by its hash, not by its chunk's id: one changed word changes all chunk ids of a document.
    """

    def __init__(self, earlier: OpenGeneration | None) -> None:
        """`earlier` may be None, when there is none that can be used."""
        self._earlier = earlier

    def of(self, texts: Iterable[str]) -> dict[str, Vectors]:
        """Return the vectors of those of `texts` that were embedded before."""
        if self._earlier is None:
            return {}
        digests = {text_sha256(text): text for text in texts}
        chunk_ids = self._earlier.catalog.chunk_ids_by_text(digests)
        vectors = self._earlier.vectors.embeddings(list(chunk_ids.values()))
        return {digests[digest]: vectors[chunk_id] for digest, chunk_id in chunk_ids.items() if chunk_id in vectors}


class EmbeddedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Embedded chunks in the order in which they came, and how many of them were copied."""

    chunks: list[EmbeddedChunk]
    reused_count: int


def batches(chunks: Sequence[PlacedChunk], size: int) -> Iterator[Sequence[PlacedChunk]]:
    """Give `chunks` in pieces of `size`, the last one shorter."""
    return (chunks[start : start + size] for start in range(0, len(chunks), size))


def embed_chunks(placed: Sequence[PlacedChunk], *, embedder: Embedder, earlier: EarlierVectors) -> EmbeddedBatch:
    """Give every chunk its vector: copied from the earlier generation where it has the text, else computed."""
    texts = [item.chunk.text for item in placed]
    known = earlier.of(texts)
    new = [text for text in dict.fromkeys(texts) if text not in known]
    vectors = known | dict(zip(new, embedder.embed_documents(new), strict=True))
    chunks = [
        EmbeddedChunk(
            chunk=item.chunk,
            document_id=item.document_id,
            published_at=item.published_at,
            embedding=vectors[item.chunk.text],
        )
        for item in placed
    ]
    return EmbeddedBatch(chunks=chunks, reused_count=sum(text in known for text in texts))
