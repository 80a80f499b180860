"""Suites from folders in the format of BEIR (Thakur et al. 2021, arXiv:2104.08663)."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from evals.cases import ANY_STATUS, Case, Expectation, Stratum, Suite, Support, Words
from evals.errors import CaseError
from evals.ids import case_id, suite_name
from evals.public_sets.documents import collapsed, file_name, markdown, require_different_ids, write_documents

_STRATUM = Stratum(name="queries", title="Queries (BEIR)")
_JUDGEMENT_COLUMNS = ["query-id", "corpus-id", "score"]


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    id: Words = msgspec.field(name="_id")
    title: str = ""
    text: str


class _Query(msgspec.Struct, frozen=True, kw_only=True):
    id: Words = msgspec.field(name="_id")
    text: Words


_T = TypeVar("_T", _Entry, _Query)


def load_beir(folder: Path, *, split: str = "test", into: Path) -> Suite:
    """Make a suite of `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`; the documents are written to `into`.

    A query with a relevant document becomes a case that is judged by retrieval alone, with a group of support for each
    of these, which any paragraph of the document meets; a score is its relevance, and 0 or less is none. Queries
    without a relevant document are left out, as are documents without a word. Blank lines in a text part paragraphs.

    Raises CaseError, naming file and line, for what cannot be read or is not in this format, an id that is used twice,
    and a judgement of a query or document that is not there; and for `into` when it holds other files.
    """
    entries = _by_id(folder / "corpus.jsonl", _Entry)
    documents = {entry.id: (file_name(entry.id), written) for entry in entries.values() if (written := _written(entry))}
    asked = _by_id(folder / "queries.jsonl", _Query)
    queries = {query_id: text for query_id, query in asked.items() if (text := collapsed(query.text))}
    relevant = _judgements(folder / "qrels" / f"{split}.tsv", queries=queries, documents=documents)
    write_documents(into, dict(documents.values()))
    cases = [
        Case(
            id=case_id(query_id),
            question=queries[query_id],
            expect=Expectation(
                status=ANY_STATUS,
                support=tuple(
                    (Support(document=documents[entry_id][0], relevance=relevance),)
                    for entry_id, relevance in judged.items()
                ),
            ),
            stratum=_STRATUM.name,
        )
        for query_id, judged in relevant.items()
    ]
    require_different_ids(cases, folder / "queries.jsonl")
    return Suite(name=suite_name(folder.name), corpus=into, strata=(_STRATUM,), cases=tuple(cases))


def _written(entry: _Entry) -> str:
    """The document of an entry; empty for one without a word."""
    title = collapsed(entry.title)
    paragraphs = [text for part in re.split(r"\n\s*\n", entry.text) if (text := collapsed(part))] or [title]
    return markdown(title, paragraphs) if paragraphs != [""] else ""


def _by_id(path: Path, kind: type[_T]) -> dict[str, _T]:
    decoder = msgspec.json.Decoder(kind)
    found: dict[str, _T] = {}
    for number, line in _lines(path):
        try:
            each = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CaseError(f"{path}: line {number}: {error}") from error
        if each.id in found:
            raise CaseError(f"{path}: line {number}: the id {each.id} is used before; give each line its own")
        found[each.id] = each
    return found


def _judgements(
    path: Path, *, queries: Mapping[str, object], documents: Mapping[str, object]
) -> dict[str, dict[str, int]]:
    """The relevance of documents by query, without those that are not relevant, in the order of the file."""
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in _lines(path):
        where = f"{path}: line {number}"
        columns = line.decode(errors="replace").rstrip("\r").split("\t")
        if number == 1:
            if columns != _JUDGEMENT_COLUMNS:
                raise CaseError(f"{where}: expected the header {' '.join(_JUDGEMENT_COLUMNS)}, separated by tabs")
            continue
        if len(columns) != len(_JUDGEMENT_COLUMNS) or not re.fullmatch(r"-?[0-9]+", columns[2]):
            raise CaseError(f"{where}: expected a query id, a document id and a whole number, separated by tabs")
        query_id, entry_id, score = columns
        if query_id not in queries:
            raise CaseError(f"{where}: queries.jsonl has no query {query_id} with words in it; take the line out")
        if int(score) <= 0:
            continue
        if entry_id not in documents:
            raise CaseError(f"{where}: corpus.jsonl has no document {entry_id} with words in it; take the line out")
        relevant[query_id][entry_id] = int(score)
    return relevant


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, numbered from 1."""
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, line.rstrip(b"\n")
    except OSError as error:
        raise CaseError(f"{path}: cannot be read ({error.strerror}); a BEIR folder has this file") from error
