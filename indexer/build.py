"""The build of an index: load -> segment -> chunk -> embed -> write -> verify -> publish."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from config.progress import progress_bar
from config.settings import Settings
from indexer.chunk import CHUNKER_VERSION
from indexer.corpus import LoadedCorpus, SkippedFile, load_documents, segment_documents
from indexer.draft import Draft, new_draft, verify
from indexer.embed import Embedder
from indexer.embedding import EarlierVectors, PlacedChunk, batches, chunk_documents, embed_chunks
from indexer.errors import IndexCorruptError, IndexMismatchError, IndexMissingError
from indexer.folder import IndexFolder
from indexer.generation import (
    FORMAT_VERSION,
    Identity,
    SegmentedDocument,
    identify,
    lasting_files,
    open_generation,
    write_manifest,
)
from indexer.values import Generation
from indexer.vectors import VectorDatabase, vector_database

Outcome = Literal["built", "republished", "unchanged"]
"""A new generation; one built before that is current again; or nothing to do."""

_log = logging.getLogger(__name__)


class BuildReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a build did."""

    outcome: Outcome
    generation: Generation
    embedded_chunks: int
    """Chunks whose vectors were computed now."""
    reused_chunks: int
    """Chunks whose vectors were copied from the generation before."""
    skipped: tuple[SkippedFile, ...]
    duplicate_count: int
    """Files that were the same document as another one."""
    unsupported_count: int
    """Files of kinds that cannot be read, which were left out."""
    duration_s: dict[str, float]
    """By stage, in the order of their first beginning."""


def build(
    paths: Sequence[Path],
    *,
    settings: Settings,
    embedder: Embedder,
    database: VectorDatabase | None = None,
    tell: Callable[[str], None] = _log.info,
) -> BuildReport:
    """Make the documents below `paths` the published generation of the configured index folder.

    They replace what was indexed before. Unchanged texts are not embedded again, and an unchanged corpus is not written
    again. Another build in the same folder is waited for, which `tell` is told. Killed at any moment it leaves the old
    generation published, and the next build makes the same one as an undisturbed build.

    Raises EmptyCorpusError when there is nothing to index, LoadError for a path that does not exist or cannot be read,
    ConfigError for settings that do not fit the embedder, IndexWriteError when the index folder cannot be written,
    IndexCorruptError when the new generation fails its verification, VectorStoreError when the vector database fails.
    After any of them the old generation is still published.
    """
    database = database or vector_database(settings.vectors)
    folder = IndexFolder(Path(settings.index.directory))
    clock = StageClock()
    with folder.exclusive(waiting=lambda: tell(f"waiting for another build in {folder.directory} to end")):
        folder.remove_leftovers(drop=database.drop)
        with clock.stage("load"):
            loaded = load_documents(paths)
        with clock.stage("segment"):
            corpus = segment_documents(loaded.documents, max_paragraph_chars=settings.index.max_paragraph_chars)
        identity = identify(corpus, settings=settings.index, embedder=embedder, vectors=database.kind)
        if finished := _finished(folder, identity, embedder, database):
            outcome = _publish_again(folder, finished)
            return _report(outcome, finished, _Counted(reused=finished.chunk_count), loaded, clock)
        with clock.stage("chunk"):
            max_tokens = settings.index.max_chunk_tokens or embedder.max_tokens
            chunks = chunk_documents(corpus, embedder=embedder, max_tokens=max_tokens)
        with (
            _earlier_vectors(folder, embedder, database) as earlier,
            new_draft(folder, identity.generation_id, database) as draft,
        ):
            _write_documents(draft, corpus, clock)
            counted = _embed_and_write(
                draft, chunks, embedder=embedder, earlier=earlier, size=settings.index.embed_batch_chunks, clock=clock
            )
        generation = _describe(identity, corpus, chunks, embedder, database)
        with clock.stage("verify"):
            verify(draft.folder, generation, database)
        with clock.stage("publish"):
            generation = msgspec.structs.replace(generation, file_bytes=lasting_files(draft.folder))
            write_manifest(draft.folder, generation)
            folder.seal(draft.folder, generation.id)
            folder.publish(generation.id)
            folder.prune(drop=database.drop)
    return _report("built", generation, counted, loaded, clock)


class StageClock:
    """Adds up the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time until the block is left to stage `name`; a stage may come in several pieces."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - started


class _Counted(msgspec.Struct, frozen=True, kw_only=True):
    embedded: int = 0
    reused: int = 0


def _finished(
    folder: IndexFolder, identity: Identity, embedder: Embedder, database: VectorDatabase
) -> Generation | None:
    """Return the manifest of the generation if it was built before, is whole and fits."""
    if not folder.path(identity.generation_id).exists():
        return None
    try:
        opened = open_generation(folder, identity.generation_id, embedder=embedder, database=database)
    except (IndexCorruptError, IndexMismatchError) as error:
        _log.warning("building %s anew: %s", identity.generation_id, error)
        return None
    opened.close()
    return opened.generation


def _publish_again(folder: IndexFolder, generation: Generation) -> Outcome:
    with suppress(IndexMissingError, IndexCorruptError):
        if folder.current_id() == generation.id:
            return "unchanged"
    folder.publish(generation.id)
    return "republished"


@contextmanager
def _earlier_vectors(folder: IndexFolder, embedder: Embedder, database: VectorDatabase) -> Iterator[EarlierVectors]:
    """Open the current generation as a source of vectors; give an empty source when it cannot be one."""
    try:
        opened = open_generation(folder, folder.current_id(), embedder=embedder, database=database)
    except (IndexMissingError, IndexMismatchError, IndexCorruptError) as error:
        _log.info("no vectors can be used again: %s", error)
        yield EarlierVectors(None)
        return
    with closing(opened):
        yield EarlierVectors(opened)


def _write_documents(draft: Draft, corpus: Sequence[SegmentedDocument], clock: StageClock) -> None:
    paragraph_count = sum(len(segmented.paragraphs) for segmented in corpus)
    with clock.stage("write"), progress_bar("writing", total=paragraph_count, unit="paragraphs") as bar:
        for segmented in corpus:
            draft.add_document(segmented)
            bar.advance(len(segmented.paragraphs))


def _embed_and_write(
    draft: Draft,
    chunks: Sequence[PlacedChunk],
    *,
    embedder: Embedder,
    earlier: EarlierVectors,
    size: int,
    clock: StageClock,
) -> _Counted:
    """Embed and write batch by batch: no more vectors are in memory than one batch has."""
    reused = 0
    with progress_bar("embedding", total=len(chunks), unit="chunks") as bar:
        for placed in batches(chunks, size):
            with clock.stage("embed"):
                batch = embed_chunks(placed, embedder=embedder, earlier=earlier)
            with clock.stage("write"):
                draft.add_chunks(batch.chunks)
            reused += batch.reused_count
            bar.advance(len(placed))
    return _Counted(embedded=len(chunks) - reused, reused=reused)


def _describe(
    identity: Identity,
    corpus: Sequence[SegmentedDocument],
    chunks: Sequence[PlacedChunk],
    embedder: Embedder,
    database: VectorDatabase,
) -> Generation:
    return Generation(
        id=identity.generation_id,
        format_version=FORMAT_VERSION,
        embedder=embedder.name,
        embedder_sha256=embedder.sha256,
        dimensions=embedder.dimensions,
        chunker_version=CHUNKER_VERSION,
        vectors=database.kind,
        corpus_sha256=identity.corpus_sha256,
        document_count=len(corpus),
        paragraph_count=sum(len(segmented.paragraphs) for segmented in corpus),
        chunk_count=len(chunks),
        created_at=datetime.now(UTC),
        file_bytes={},
    )


def _report(
    outcome: Outcome, generation: Generation, counted: _Counted, loaded: LoadedCorpus, clock: StageClock
) -> BuildReport:
    return BuildReport(
        outcome=outcome,
        generation=generation,
        embedded_chunks=counted.embedded,
        reused_chunks=counted.reused,
        skipped=loaded.skipped,
        duplicate_count=loaded.duplicate_count,
        unsupported_count=loaded.unsupported_count,
        duration_s={name: round(seconds, 3) for name, seconds in clock.seconds.items()},
    )
