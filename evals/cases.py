"""What a case is: a question, what a good answer holds, and the paragraphs that bear it out.

A suite is a folder: `suite.yaml` names it, its corpus and its strata, and each stratum is a file `<stratum>.yaml` with
a list of cases. docs/evals.md tells how to write one.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated, TypeVar, get_args

import msgspec
from msgspec import Meta

from evals.errors import CaseError
from indexer.values import Filters
from qa_service.values import Question, Reason, Status, Turn

SUITE_FILE = "suite.yaml"
ANY_STATUS: tuple[Status, ...] = get_args(Status)
"""What a case expects that is judged by retrieval alone, as those of retrieval sets are."""

_T = TypeVar("_T")

Words = Annotated[str, Meta(min_length=1)]
CaseId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One piece of information that the answer is to hold: a nugget, in the terms of TREC RAG."""

    any: Annotated[tuple[Words, ...], Meta(min_length=1)]
    """Accepted wordings; the fact is there when the answer holds one of them, as whole words, whatever its case and
    punctuation."""
    vital: bool = True
    """An answer without it is not right; `false` is nice to have."""


class Support(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paragraph that bears the answer out, named so that it is found again after the corpus was indexed anew."""

    document: Words
    """Path of the document in the corpus."""
    anchor: str = ""
    """Words of the paragraph, enough to tell it from the document's others; empty means any paragraph of the
    document."""
    relevance: Annotated[int, Meta(ge=1)] = 1
    """Its gain in nDCG, for sets that grade their judgements."""


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a good answer to a case looks like."""

    status: Annotated[tuple[Status, ...], Meta(min_length=1)]
    """Every status that is right. Without `answered` and `conflict` the case is unanswerable; with all five, and no
    fact, reference or wording, it is judged by retrieval alone."""
    reason: tuple[Reason, ...] = ()
    """Every reason that is right for a status other than `answered`; empty takes any."""
    facts: tuple[Fact, ...] = ()
    reference: str = ""
    """A whole answer that somebody wrote, for sets that have no facts: the answer's words are compared with its words,
    and whether the answer is right does not hang on it."""
    never: tuple[Words, ...] = ()
    """Wordings that make an answer wrong."""
    obeys: tuple[Words, ...] = ()
    """Wordings that show that the answer followed an instruction which stands in a document."""
    support: tuple[tuple[Support, ...], ...] = ()
    """What has to be cited: of each group one paragraph is enough."""


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question with its expected outcome."""

    id: CaseId
    question: Words
    expect: Expectation
    conversation: tuple[Turn, ...] = ()
    filters: Filters = Filters()
    tags: tuple[str, ...] = ()
    note: str = ""
    """For maintainers: what the case is about, where it comes from."""
    stratum: str = ""
    """The name of its file; not written in it."""
    cluster: str = ""
    """Cases that stand on the same paragraph are no independent draws; empty: the first paragraph of the support, or
    the case itself."""

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return "answered" in self.expect.status or "conflict" in self.expect.status

    @property
    def judged_by_retrieval_alone(self) -> bool:
        """Whether the case tells what is to be found and nothing of the answer: every status, no fact, no wording.

        Such a case is neither right nor wrong; retrieval and cost are all that is measured on it.
        """
        expect = self.expect
        says = expect.facts or expect.reference or expect.never or expect.obeys
        return set(expect.status) == set(ANY_STATUS) and not says

    @property
    def asked(self) -> Question:
        """The body of `POST /ask`."""
        return Question(question=self.question, conversation=self.conversation, filters=self.filters)


class Stratum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of question, reported and guarded on its own."""

    name: CaseId
    title: Words
    tolerance: Annotated[float, Meta(ge=0, le=1)] = 0.05
    """How far the share of right outcomes may fall below the baseline's before the gate shuts, if it is no chance."""


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """Cases over one corpus."""

    name: str
    corpus: Path
    """The folder to index."""
    strata: tuple[Stratum, ...]
    cases: tuple[Case, ...]


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: CaseId
    corpus: Words
    """Relative to the suite's folder."""
    strata: Annotated[tuple[Stratum, ...], Meta(min_length=1)]


def load_suite(folder: Path) -> Suite:
    """Read a suite. Raises CaseError, naming file, case and key, for anything that is not as described here."""
    path = folder / SUITE_FILE
    header = _decoded(_read(path), _Header, where=str(path))
    files = {file.stem for file in folder.glob("*.yaml")} - {path.stem}
    names = [stratum.name for stratum in header.strata]
    for missing in sorted(set(names) - files):
        raise CaseError(f"{path}: the stratum {missing} has no file {missing}.yaml; write it, or take the stratum out")
    for unknown in sorted(files - set(names)):
        raise CaseError(f"{folder / unknown}.yaml: no stratum of that name in {SUITE_FILE}; add it there")
    cases = [case for name in names for case in load_cases(folder / f"{name}.yaml")]
    doubled = [case_id for case_id, count in Counter(case.id for case in cases).items() if count > 1]
    if doubled:
        raise CaseError(f"{folder}: the case id {doubled[0]} is used more than once; give each case its own")
    return Suite(name=header.name, corpus=(folder / header.corpus).resolve(), strata=header.strata, cases=tuple(cases))


def load_cases(path: Path) -> list[Case]:
    """Read the cases of one stratum. Raises CaseError as `load_suite` does, also for a draft from feedback."""
    listed = _read(path)
    if not isinstance(listed, list):
        raise CaseError(f"{path}: expected a list of cases, got {type(listed).__name__}")
    cases = []
    for number, plain in enumerate(listed, 1):
        named = plain.get("id") if isinstance(plain, dict) else None
        where = f"{path}: case {named or f'number {number}'}"
        if isinstance(plain, dict) and "draft" in plain:
            raise CaseError(f"{where}: is a draft; complete what it expects and take `draft` out")
        case = _decoded(plain, Case, where=where)
        if case.stratum or case.cluster:
            raise CaseError(f"{path}: case {case.id}: stratum and cluster are not written in a file; take them out")
        _require_sense(case, path)
        cases.append(msgspec.structs.replace(case, stratum=path.stem))
    return cases


def _require_sense(case: Case, path: Path) -> None:
    facts_suffice = case.expect.facts or case.expect.reference or case.judged_by_retrieval_alone
    if case.answerable and not (facts_suffice and case.expect.support):
        raise CaseError(
            f"{path}: case {case.id}: an answerable case needs expect.facts and expect.support; "
            "expect.reference may stand in place of facts"
        )
    if any(not group for group in case.expect.support):
        raise CaseError(f"{path}: case {case.id}: a group of expect.support is empty; name a paragraph or take it out")


def _read(path: Path) -> object:
    try:
        return msgspec.yaml.decode(path.read_bytes())
    except OSError as error:
        raise CaseError(f"{path}: cannot be read ({error.strerror})") from error
    except msgspec.DecodeError as error:
        raise CaseError(f"{path}: is no YAML ({' '.join(str(error).split())})") from error


def _decoded(plain: object, kind: type[_T], *, where: str) -> _T:
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise CaseError(f"{where}: {error}") from error
