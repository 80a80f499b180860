"""What flows from a case to a report: a target's outcome, its scores, the whole run.

case --target--> Outcome --score--> ScoredCase --summarise--> Report --compare--> Difference
"""

import datetime
from typing import Literal

import msgspec

from evals.cases import Case, Expectation
from evals.metrics.names import Metric
from indexer.values import Hit
from qa_service.values import Answer

TargetName = Literal["footnote", "plain"]
Verdict = Literal["better", "worse", "no evidence"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a target made of one case: an answer, or how it crashed; neither where only retrieval is judged."""

    case_id: str
    target: str
    answer: Answer | None
    error: str = ""
    """The crash, as `<type>: <message>`; empty when there is an answer."""
    retrieved: tuple[Hit, ...] = ()
    """What the target's retrieval ranks first, best first, more than it read."""


class ScoredCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case with its outcome and every metric that applies to it."""

    case: Case
    outcome: Outcome
    gold: tuple[tuple[str, ...], ...]
    """Paragraph ids of the support, group by group."""
    scores: dict[Metric, float]
    """Empty for a crash; a metric that does not apply to the case is not in it."""

    @property
    def crashed(self) -> bool:
        """Whether there is nothing to score."""
        return bool(self.outcome.error)

    @property
    def cluster(self) -> str:
        """Cases of the same cluster are no independent draws: those that stand on the same paragraph."""
        return self.case.cluster or (min(self.gold[0]) if self.gold and self.gold[0] else self.case.id)


class Interval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mean with its 95 % interval, by bootstrap over clusters."""

    mean: float
    low: float
    high: float
    count: int
    """Cases to which the metric applies."""


class StratumSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One target on one stratum, or on all cases."""

    name: str
    title: str
    case_count: int
    crashed: int
    metrics: dict[Metric, Interval]


class TargetSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One target on the whole run."""

    target: str
    overall: StratumSummary
    strata: tuple[StratumSummary, ...]
    wall_s: float
    """Time of all answers; those from the cache count with the time that they took when they were made."""
    cached: int
    """How many of the outcomes came from the cache."""


class Difference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric in this run against another, over the cases that both have: paired, and bootstrapped over clusters."""

    metric: Metric
    stratum: str
    """Empty: all cases."""
    before: float
    after: float
    difference: Interval
    """Of after minus before, case by case."""
    verdict: Verdict


class Flip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case that was right and is wrong now, or the other way round."""

    case_id: str
    stratum: str
    question: str
    expect: Expectation
    now_right: bool
    before: Outcome
    after: Outcome


class Comparison(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One target in two runs."""

    before: str
    """Name of the baseline or the report."""
    after: str
    common_cases: int
    differences: tuple[Difference, ...]
    """All cases first, then stratum by stratum."""
    flips: tuple[Flip, ...]
    only_before: tuple[str, ...]
    """Ids of cases that this run does not have."""
    only_after: tuple[str, ...]
    changed_cases: tuple[str, ...] = ()
    """Ids of cases whose question or expectation differs; they are not compared."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason for which the gate is shut."""

    rule: Literal["crash", "quotes", "injection", "worse"]
    text: str
    """One line: what, where, by how much."""
    case_ids: tuple[str, ...] = ()


class Provenance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run was made with: enough to tell whether two runs may be compared, and to repeat one."""

    suite: str
    suite_sha256: str
    """Of every case, as decoded."""
    generation: str
    corpus_sha256: str
    embedder: str
    embedder_sha256: str
    model: str
    model_sha256: str
    """Empty for a model behind a server."""
    pipeline_sha256: str
    """Of the source files that retrieve and answer: prompts, stages, weights."""
    settings: dict[str, dict[str, object]]
    """By section, with the keys of the version that ran, whatever this one has. The index folder is an own one."""
    sample: int | None
    """How many cases were drawn; None for all."""
    seed: int
    judge: str = ""
    """The NLI model that judged citations; empty for gold labels alone."""


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole run. Its JSON is the report's machine-readable form, and the form of a baseline."""

    started_at: datetime.datetime
    """UTC."""
    seconds: float
    """The run took so long, what came from the cache included in no time."""
    provenance: Provenance
    summaries: tuple[TargetSummary, ...]
    """One a target, the pipeline first."""
    cases: tuple[ScoredCase, ...]
    """Target by target, in the order of the suite."""
    alarms: tuple[Alarm, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    """With the baseline, if there is one; and of `footnote` against `plain` (before: plain)."""
