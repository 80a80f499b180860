"""The first stages over a whole corpus: every file to a document, every document to paragraphs."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from config.progress import progress_bar
from indexer.errors import EmptyCorpusError, LoadError
from indexer.generation import SegmentedDocument
from indexer.load import find_files, load
from indexer.segment import segment
from indexer.values import Document

_REASONS_SHOWN = 3


class SkippedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that could not be read as a document."""

    path: str
    reason: str


class LoadedCorpus(msgspec.Struct, frozen=True, kw_only=True):
    """All that could be read, and all that could not."""

    documents: tuple[Document, ...]
    skipped: tuple[SkippedFile, ...]
    duplicate_count: int
    """Files with the content and the place of another one; they are the same document."""
    unsupported_count: int
    """Files of kinds that cannot be read, which were left out."""


def load_documents(paths: Sequence[Path]) -> LoadedCorpus:
    """Load every file below `paths`; one that cannot be read is skipped with its reason.

    Raises EmptyCorpusError when no document remains, LoadError for a path that does not exist or cannot be read.
    """
    found = find_files(paths)
    files = found.files
    documents: dict[str, Document] = {}
    skipped: list[SkippedFile] = []
    with progress_bar("reading files", total=len(files), unit="files") as bar:
        for file in files:
            try:
                document = load(file)
                documents.setdefault(document.id, document)
            except LoadError as error:
                skipped.append(SkippedFile(path=error.path, reason=error.reason))
            bar.advance()
    if not documents:
        raise EmptyCorpusError(f"none of {len(files)} file(s) can be read as a document: {_reasons(skipped)}")
    return LoadedCorpus(
        documents=tuple(documents.values()),
        skipped=tuple(skipped),
        duplicate_count=len(files) - len(skipped) - len(documents),
        unsupported_count=found.unsupported_count,
    )


def segment_documents(documents: Iterable[Document], *, max_paragraph_chars: int) -> list[SegmentedDocument]:
    """Segment every document. Raises EmptyCorpusError when there is no paragraph in all of them."""
    corpus = [
        SegmentedDocument(
            document=document, paragraphs=tuple(segment(document, max_paragraph_chars=max_paragraph_chars))
        )
        for document in documents
    ]
    if not any(segmented.paragraphs for segmented in corpus):
        raise EmptyCorpusError(f"there is no paragraph in any of {len(corpus)} documents: they hold only boilerplate")
    return corpus


def _reasons(skipped: Sequence[SkippedFile]) -> str:
    shown = "; ".join(f"{file.path}: {file.reason}" for file in skipped[:_REASONS_SHOWN])
    return shown + (f"; and {len(skipped) - _REASONS_SHOWN} more" if len(skipped) > _REASONS_SHOWN else "")
