"""Claims that people judge by reading them against their quotes: drawn from reports, filled in by hand, counted.

A file of claims is a list of `JudgedClaim` in YAML. evals/judged/ holds those that were judged, and the rules.
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from evals.cases import Words
from evals.errors import JudgedError
from evals.report_files import of_target
from evals.sampling import draw
from evals.statistics import interval
from evals.values import Interval, Report, ScoredCase
from evals.whole_files import write_whole
from evals.yaml_text import yaml_text
from indexer.loaders.decode import readable
from indexer.terminal import plain
from qa_service.values import Answer, Claim, Status

Judgement = Literal["supported", "unsupported", "partly"]

_TARGET = "footnote"
_HASH_DIGITS = 12
_SHOWN_CHARS = 80
_OTHER_FILE = "name another file, or take this one away"
_FILL = "fill its verdict with supported, unsupported or partly"


class JudgedQuote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A footnote of a claim, with what its reader sees of the document."""

    title: str
    published_at: datetime.date | None = None
    quote: str


class JudgedClaim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A claim that the service marked supported, and what a reader of its quotes says."""

    case: Words
    suite: Words
    answer: Words
    """The id of the answer: a case may have been asked in several reports."""
    status: Status
    """Of the answer."""
    question: Words
    standalone_question: Words | None = None
    """What was really asked, when a follow-up had to be completed from the conversation."""
    claim: Words
    quotes: tuple[JudgedQuote, ...]
    """In the order of their markers."""
    verdict: Judgement | None
    """None: not judged yet."""
    note: str = ""
    """Why, in the reader's words."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What was drawn to be judged."""

    summary: tuple[str, ...]
    """Lines that tell how it was drawn: seed and number, then each report with what it gave and was made with."""
    claims: tuple[JudgedClaim, ...]
    """Report by report, in the order of the suite and of the answer; not yet judged."""


class JudgedShare(msgspec.Struct, frozen=True, kw_only=True):
    """What readers found of the claims of one suite, or of all."""

    suite: str
    """Empty: all suites."""
    answers: int
    supported: int
    partly: int
    unsupported: int
    not_supported: Interval
    """Of the claims, those that are judged `partly` or `unsupported`."""


def draw_claims(reports: Mapping[str, Report], *, count: int, seed: int) -> Drawn:
    """Draw `count` answers of footnote that have a claim marked supported, and return these claims of theirs.

    Each report gives the same number and in it each stratum, as far as they have so many; all are drawn when there are
    fewer. An answer that stands in several reports, because it was cached, counts for the first of them. A larger
    sample holds the smaller one.

    Raises JudgedError when no report has such an answer.
    """
    found = _answered(reports)
    if not any(found.values()):
        raise JudgedError(
            f"{', '.join(reports)}: no answer of {_TARGET} has a claim marked supported; name a report that has one"
        )
    drawn = {
        name: _drawn(found[name], count=share, seed=seed)
        for name, share in zip(found, _shares([len(each) for each in found.values()], count), strict=True)
    }
    total, available = sum(map(len, drawn.values())), sum(map(len, found.values()))
    sources = [
        f"{name}: {len(drawn[name])} of {len(found[name])}, {_made_with(report)}" for name, report in reports.items()
    ]
    return Drawn(
        summary=(f"{total} of {available} answers with a claim marked supported, drawn with seed {seed}", *sources),
        claims=tuple(
            claim
            for name, report in reports.items()
            for scored in drawn[name]
            for claim in _claims(scored, suite=report.provenance.suite)
        ),
    )


def write_claims(path: Path, drawn: Drawn) -> None:
    """Write a file of claims, with the summary as a comment above them.

    Raises JudgedError when the file is there and holds a verdict, a note or something else than drawn claims, or when
    it cannot be written.
    """
    _require_nothing_lost(path)
    heading = "".join(
        f"# {plain(readable(line))}\n" for line in (*drawn.summary, "How to judge: evals/judged/README.md")
    )
    blocks = [
        heading,
        *(yaml_text([msgspec.to_builtins(claim, builtin_types=(datetime.date,))]) for claim in drawn.claims),
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, "\n".join(blocks).encode())
    except OSError as error:
        raise JudgedError(f"{path}: cannot be written ({error.strerror}); name another file") from error


def read_claims(path: Path) -> list[JudgedClaim]:
    """Read a file of claims, judged or not; [] for an empty one.

    Raises JudgedError, naming file, record and key, for anything that is not as described here.
    """
    try:
        listed = msgspec.yaml.decode(path.read_bytes())
    except OSError as error:
        raise JudgedError(f"{path}: cannot be read ({error.strerror}); name a file of claims") from error
    except (msgspec.DecodeError, ValueError) as error:  # ValueError: a day that does not exist
        raise JudgedError(f"{path}: is no YAML ({' '.join(str(error).split())}); mend it there") from error
    if not isinstance(listed, list | None):
        raise JudgedError(f"{path}: expected a list of claims, got {type(listed).__name__}; name a file of claims")
    return [_decoded(each, f"{path}: record {number}") for number, each in enumerate(listed or [], 1)]


def read_judged(paths: Sequence[Path]) -> list[JudgedClaim]:
    """Read files of claims that are all judged.

    Raises JudgedError as `read_claims` does, for the first claim without a verdict, for a file without claims, and for
    an answer that stands in two files.
    """
    judged: list[JudgedClaim] = []
    places: dict[tuple[str, str, str], Path] = {}
    for path in paths:
        claims = read_claims(path)
        if not claims:
            raise JudgedError(f"{path}: holds no claims; name a file that `footnote eval judge draw` wrote")
        _require_verdicts(path, claims)
        for key in dict.fromkeys(map(_answer_key, claims)):
            if key in places:
                raise JudgedError(
                    f"{path}: case {key[1]}: its answer {key[2]} stands in {places[key]} too and would count twice; "
                    "take it out of one, or name the files one by one"
                )
            places[key] = path
        judged += claims
    return judged


def shares_of(judged: Sequence[JudgedClaim]) -> list[JudgedShare]:
    """Count verdicts: of all suites first, then suite by suite in order of appearance; [] for no claims.

    The intervals are over cases: claims of one answer, and answers to one case, are drawn together.
    """
    suites = dict.fromkeys(claim.suite for claim in judged)
    groups = {"": judged, **{suite: [claim for claim in judged if claim.suite == suite] for suite in suites}}
    return [_share(suite, claims) for suite, claims in groups.items() if claims]


def _answered(reports: Mapping[str, Report]) -> dict[str, list[ScoredCase]]:
    """Return the cases of each report that can be drawn, each answer once."""
    known: set[tuple[str, str, str]] = set()
    found: dict[str, list[ScoredCase]] = {}
    for name, report in reports.items():
        found[name] = []
        for scored in of_target(report, _TARGET):
            answer = scored.outcome.answer
            key = (report.provenance.suite, scored.case.id, answer.id if answer else "")
            if answer and _supported(answer) and key not in known:
                known.add(key)
                found[name].append(scored)
    return found


def _supported(answer: Answer) -> list[Claim]:
    return [claim for claim in answer.claims if claim.verdict == "supported"]


def _shares(sizes: Sequence[int], count: int) -> list[int]:
    """Divide `count` evenly; what one does not have, the others give."""
    shares = [0] * len(sizes)
    for _ in range(min(count, sum(sizes))):
        shares[min((share, place) for place, share in enumerate(shares) if share < sizes[place])[1]] += 1
    return shares


def _drawn(found: Sequence[ScoredCase], *, count: int, seed: int) -> list[ScoredCase]:
    chosen = {case.id for case in draw([scored.case for scored in found], count=count, seed=seed)}
    return [scored for scored in found if scored.case.id in chosen]


def _made_with(report: Report) -> str:
    made = report.provenance
    return f"suite {made.suite}, model {made.model}, pipeline {made.pipeline_sha256[:_HASH_DIGITS]}"


def _claims(scored: ScoredCase, *, suite: str) -> list[JudgedClaim]:
    answer = scored.outcome.answer
    if answer is None:
        return []
    quotes = {
        citation.marker: JudgedQuote(title=citation.title, published_at=citation.published_at, quote=citation.quote)
        for citation in answer.citations
    }
    return [
        JudgedClaim(
            case=scored.case.id,
            suite=suite,
            answer=answer.id,
            status=answer.status,
            question=answer.question,
            standalone_question=answer.standalone_question,
            claim=answer.text[claim.start : claim.end],
            quotes=tuple(quotes[marker] for marker in sorted(claim.markers) if marker in quotes),
            verdict=None,
        )
        for claim in _supported(answer)
    ]


def _require_nothing_lost(path: Path) -> None:
    if not path.exists():
        return
    try:
        present = read_claims(path)
    except JudgedError as error:
        raise JudgedError(f"{error}; it is not overwritten: {_OTHER_FILE}") from error
    for number, claim in enumerate(present, 1):
        if claim.verdict or claim.note:
            raise JudgedError(f"{path}: holds judgements, as record {number}, case {claim.case}; {_OTHER_FILE}")


def _require_verdicts(path: Path, claims: Sequence[JudgedClaim]) -> None:
    open_claims = [(number, claim) for number, claim in enumerate(claims, 1) if claim.verdict is None]
    if open_claims:
        number, claim = open_claims[0]
        more = f", nor are {len(open_claims) - 1} others" if len(open_claims) > 1 else ""
        said = plain(claim.claim[:_SHOWN_CHARS])
        raise JudgedError(f"{path}: record {number}, case {claim.case}: “{said}” is not judged{more}; {_FILL}")


def _decoded(listed: object, where: str) -> JudgedClaim:
    named = listed.get("case") if isinstance(listed, dict) else None
    try:
        return msgspec.convert(listed, JudgedClaim)
    except msgspec.ValidationError as error:
        raise JudgedError(f"{where}{f', case {named}' if named else ''}: {error}") from error


def _answer_key(claim: JudgedClaim) -> tuple[str, str, str]:
    return claim.suite, claim.case, claim.answer


def _share(suite: str, claims: Sequence[JudgedClaim]) -> JudgedShare:
    counts = Counter(claim.verdict for claim in claims)
    wrong = [float(claim.verdict != "supported") for claim in claims]
    return JudgedShare(
        suite=suite,
        answers=len(set(map(_answer_key, claims))),
        supported=counts["supported"],
        partly=counts["partly"],
        unsupported=counts["unsupported"],
        not_supported=interval(wrong, [(claim.suite, claim.case) for claim in claims], is_share=True),
    )
