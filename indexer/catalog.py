"""The catalogue of a generation in SQLite: documents, paragraphs, and the search by word (FTS5, BM25)."""

import hashlib
import queue
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from indexer.catalog_schema import (
    DOCUMENT_COLUMNS,
    PARAGRAPH_COLUMNS,
    SCHEMA,
    document_row,
    row_date,
    row_document,
    row_paragraph,
)
from indexer.errors import REBUILD, IndexCorruptError
from indexer.searchable import match_expression, searchable
from indexer.values import Chunk, Document, DocumentSummary, Filters, Paragraph

_BODY_WEIGHT, _TITLE_WEIGHT, _HEADING_WEIGHT = 1.0, 0.5, 0.5
"""What a term counts by where it stands. A title is shared by all paragraphs of its document and so tells less."""


class CatalogCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the tables; in a whole catalogue `terms` equals `paragraphs`."""

    documents: int
    paragraphs: int
    terms: int
    chunks: int


class FoundParagraph(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph with what a hit tells of its document."""

    paragraph: Paragraph
    title: str
    source: str
    published_at: date | None


class CatalogWriter:
    """Writes a new catalogue. Used by one thread; nothing is valid before `close`."""

    def __init__(self, path: Path) -> None:
        """Create the file at `path`, which must not exist."""
        self._closed = False
        self._connection = sqlite3.connect(path, isolation_level=None)
        # The build folder is thrown away when a build dies, so a journal would guard nothing; it is synced as a whole.
        self._connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; {SCHEMA}")

    def add(self, document: Document, paragraphs: Sequence[Paragraph]) -> None:
        """Write a document and its paragraphs, in reading order."""
        self._connection.execute(
            f"INSERT INTO documents ({DOCUMENT_COLUMNS}, paragraph_count)"  # noqa: S608
            " VALUES (:id, :path, :media_type, :title, :source, :published_at, :url, :text,"
            " :page_starts, :heading_spans, :block_spans, :paragraph_count)",
            document_row(document, len(paragraphs)),
        )
        title = searchable(document.title)
        for paragraph in paragraphs:
            row = self._connection.execute(
                f"INSERT INTO paragraphs ({PARAGRAPH_COLUMNS})"  # noqa: S608
                " VALUES (:id, :document_id, :number, :start, :end, :text, :heading, :page)",
                msgspec.structs.asdict(paragraph),
            ).lastrowid
            self._connection.execute(
                "INSERT INTO paragraph_terms (rowid, body, title, heading) VALUES (?, ?, ?, ?)",
                (row, searchable(paragraph.text), title, searchable(paragraph.heading)),
            )

    def add_chunks(self, chunks: Iterable[Chunk]) -> None:
        """Note which chunks the vector store holds."""
        rows = ((chunk.id, chunk.paragraph_id, text_sha256(chunk.text)) for chunk in chunks)
        self._connection.executemany("INSERT INTO chunks VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Finish and close the file. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._connection.execute("INSERT INTO paragraph_terms (paragraph_terms) VALUES ('optimize')")
        self._connection.execute("COMMIT")
        self._connection.close()


class Catalog:
    """Reads a finished catalogue. Safe to use from several threads: each call borrows a connection of its own.

    Every method raises IndexCorruptError when the file is not the catalogue that it should be.
    """

    def __init__(self, path: Path) -> None:
        # Immutable: no locks, no journal, nothing written, also on read-only media.
        self._address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()

    def counts(self) -> CatalogCounts:
        """Count the rows of each table."""
        row = self._one(
            "SELECT (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM paragraphs) AS paragraphs,"
            " (SELECT count(*) FROM paragraph_terms) AS terms, (SELECT count(*) FROM chunks) AS chunks"
        )
        return CatalogCounts(**row)

    def search(self, query: str, k: int, filters: Filters) -> list[tuple[str, float]]:
        """Return `(paragraph id, BM25 score)` of the `k` best paragraphs that pass `filters` and hold a query word.

        Best first, higher is better, ties by paragraph id; of those that tie for the last place, the first in the
        corpus is taken. Any text is a valid query; one without words finds nothing. BM25 as of Robertson and Zaragoza
        2009, with FTS5's k1 = 1.2 and b = 0.75.
        """
        if not (expression := match_expression(query)):
            return []
        found = self._all(
            # Joined only when the best are known: a common word is in half of the paragraphs.
            "SELECT p.id, score FROM ("
            " SELECT rowid AS row, -bm25(paragraph_terms, :body, :title, :heading) AS score"
            " FROM paragraph_terms WHERE paragraph_terms MATCH :expression"
            " AND (NOT :filtered OR rowid IN ("
            " SELECT p.row FROM paragraphs p JOIN documents d ON d.id = p.document_id"
            " WHERE (:ids IS NULL OR d.id IN (SELECT value FROM json_each(:ids)))"
            " AND (:first IS NULL OR d.published_at >= :first) AND (:last IS NULL OR d.published_at <= :last)))"
            " ORDER BY score DESC, rowid LIMIT :k) best"
            " JOIN paragraphs p ON p.row = best.row ORDER BY score DESC, p.id",
            {
                "filtered": filters != Filters(),
                "body": _BODY_WEIGHT,
                "title": _TITLE_WEIGHT,
                "heading": _HEADING_WEIGHT,
                "expression": expression,
                "ids": _json(filters.document_ids) if filters.document_ids else None,
                "first": filters.published_from and filters.published_from.isoformat(),
                "last": filters.published_to and filters.published_to.isoformat(),
                "k": k,
            },
        )
        return [(row["id"], row["score"]) for row in found]

    def finds(self, paragraph: Paragraph) -> bool:
        """Tell whether the search by its own words reaches `paragraph`; true for one without words."""
        expression = match_expression(paragraph.text)
        return not expression or bool(
            self._all(
                "SELECT 1 FROM paragraph_terms WHERE paragraph_terms MATCH ?"
                " AND rowid = (SELECT row FROM paragraphs WHERE id = ?)",
                (expression, paragraph.id),
            )
        )

    def found(self, paragraph_ids: Iterable[str]) -> dict[str, FoundParagraph]:
        """Return paragraphs by id, with the title, source and date of their documents; unknown ids are left out."""
        rows = self._all(
            'SELECT p.id, document_id, number, start, "end", p.text, heading, page, title, source, published_at'
            " FROM paragraphs p JOIN documents d ON d.id = p.document_id"
            " WHERE p.id IN (SELECT value FROM json_each(?))",
            (_json(list(paragraph_ids)),),
        )
        return {
            row["id"]: FoundParagraph(
                paragraph=row_paragraph(row),
                title=row["title"],
                source=row["source"],
                published_at=row_date(row["published_at"]),
            )
            for row in rows
        }

    def document(self, document_id: str) -> Document | None:
        """Return a document, or None if there is none of that id."""
        rows = self._all(f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE id = ?", (document_id,))  # noqa: S608
        return row_document(rows[0]) if rows else None

    def paragraphs(self, document_id: str) -> list[Paragraph]:
        """Return the paragraphs of a document in reading order; none for an unknown id."""
        statement = f"SELECT {PARAGRAPH_COLUMNS} FROM paragraphs WHERE document_id = ? ORDER BY number"  # noqa: S608
        return [row_paragraph(row) for row in self._all(statement, (document_id,))]

    def documents(self, *, offset: int, limit: int) -> list[DocumentSummary]:
        """Return `limit` documents from `offset` on, in the order of their paths."""
        columns = ", ".join(DocumentSummary.__struct_fields__)
        statement = f"SELECT {columns} FROM documents ORDER BY path, id LIMIT ? OFFSET ?"  # noqa: S608
        return [msgspec.convert(row, DocumentSummary) for row in self._all(statement, (limit, offset))]

    def chunk_ids_by_text(self, digests: Iterable[str]) -> dict[str, str]:
        """Return for each `text_sha256` a chunk that has this text; unknown ones are left out."""
        rows = self._all(
            "SELECT text_sha256, min(id) AS id FROM chunks WHERE text_sha256 IN (SELECT value FROM json_each(?))"
            " GROUP BY text_sha256",
            (_json(list(digests)),),
        )
        return {row["text_sha256"]: row["id"] for row in rows}

    def every_nth_chunk(self, n: int) -> list[tuple[str, str]]:
        """Return `(chunk id, paragraph id)` of each `n`-th chunk in the order of ids, beginning with the first."""
        rows = self._all("SELECT id, paragraph_id, row_number() OVER (ORDER BY id) - 1 AS nth FROM chunks")
        return [(row["id"], row["paragraph_id"]) for row in rows if row["nth"] % n == 0]

    def close(self) -> None:
        """Close the idle connections; call it when no other thread uses the catalogue any more."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _one(self, statement: str) -> dict[str, Any]:
        return self._all(statement)[0]

    def _all(self, statement: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        with self._borrowed() as connection, closing(connection.execute(statement, parameters)) as cursor:
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        try:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = sqlite3.connect(self._address, uri=True, check_same_thread=False)
            yield connection
        except sqlite3.DatabaseError as error:
            raise IndexCorruptError(f"{self._path}: not a usable catalogue ({error}); {REBUILD}") from error
        self._idle.put(connection)


def text_sha256(text: str) -> str:
    """Return by what a chunk's text is recognised in an earlier generation."""
    return hashlib.sha256(text.encode()).hexdigest()


def _json(values: Sequence[str]) -> str:
    return msgspec.json.encode(values).decode()
