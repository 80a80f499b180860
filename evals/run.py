"""A run: index the corpus, ask every case of every target, score, summarise, compare, sound the alarms."""

import datetime
import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec

from config.models import model_sha256, require
from config.paths import footnote_home
from config.progress import Bar, progress_bar
from config.settings import Settings
from evals.anchors import Anchors, Gold
from evals.cache import OutcomeCache, cache_key
from evals.cases import Case, Suite
from evals.compare import compare
from evals.gate import alarms
from evals.judge import Judge
from evals.metrics.score import score
from evals.own_index import with_index_in
from evals.report_files import of_target
from evals.sampling import draw
from evals.summarise import summarise
from evals.targets.cross_validated import CrossValidated, adapters_of
from evals.targets.pipeline import Pipeline, pipeline_sha256
from evals.targets.plain import Plain, dense_only
from evals.targets.port import Target
from evals.values import Comparison, Outcome, Provenance, Report, ScoredCase, TargetName
from indexer.build import build
from indexer.embed import open_embedder
from indexer.search import Index, open_index
from qa_service.answerability import load_adapter
from qa_service.bootstrap import open_model
from qa_service.entailment import checker_sha256, open_checker
from qa_service.ranker import open_ranker

PRODUCT: TargetName = "footnote"
"""The target that the gate guards."""


_RANKED = 20
"""How many paragraphs the retrieval metrics see."""
_RANKED_FOR_DOCUMENTS = 100
"""Where whole documents are judged: enough for ten of them, unless one takes ten places."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to run."""

    suite: Suite
    targets: tuple[TargetName, ...]
    sample: int | None = None
    seed: int = 0
    fresh: bool = False
    """Ask again what the cache already holds."""
    baseline: Report | None = None
    baseline_name: str = ""
    judge: Judge | None = None
    judge_name: str = ""
    adapters: Path | None = None
    """A folder of adapters that have not seen all articles: each case is answered by one that has not seen its own."""
    folder: Path
    """Where index and cache of evaluations lie."""


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What a run works with, opened."""

    settings: Settings
    index: Index
    targets: tuple[Target, ...]
    """The product first."""
    model_sha256: str
    """Empty for a model behind a server."""
    checker_sha256: str = ""
    """Of the model that checks facts; empty without one."""


def run(plan: Plan, *, settings: Settings) -> Report:
    """Index the suite's corpus in a folder of its own, open the models, and evaluate.

    Raises CaseError for a case whose anchors do not fit the corpus, ModelFileError for a model that is not here, and
    what building the index raises.
    """
    with open_bench(plan, with_index_in(settings, plan.folder / "index" / plan.suite.name)) as bench:
        return evaluate(plan, bench)


def evaluate(plan: Plan, bench: Bench) -> Report:
    """Ask every case of every target, and return the report.

    What a target raises on a case is a crash of that case, and is reported as one. Interrupted, everything answered so
    far is in the cache, and the next run goes on from there.
    """
    started_at, start_s = datetime.datetime.now(datetime.UTC), time.monotonic()
    cases = plan.suite.cases if plan.sample is None else draw(plan.suite.cases, count=plan.sample, seed=plan.seed)
    anchors = Anchors(bench.index)
    golds = {case.id: anchors.gold_of(case) for case in cases}
    asked = _ask_all(cases, bench, cache=OutcomeCache(plan.folder / "outcomes"), fresh=plan.fresh)
    scored = tuple(
        _scored(case, asked.outcomes[target.name, case.id], golds[case.id], index=bench.index, judge=plan.judge)
        for target in bench.targets
        for case in cases
    )
    report = Report(
        started_at=started_at,
        seconds=round(time.monotonic() - start_s, 1),
        provenance=_provenance(plan, bench),
        summaries=tuple(
            summarise(
                target.name,
                _of(scored, target.name),
                strata=plan.suite.strata,
                cached=asked.cached.get(target.name, 0),
            )
            for target in bench.targets
        ),
        cases=scored,
    )
    return _judged(report, plan)


@contextmanager
def open_bench(plan: Plan, settings: Settings) -> Iterator[Bench]:
    """Index the corpus where `settings` say, open the models, and give the targets of the plan."""
    home = footnote_home()
    model_path = require(settings.llm.model if settings.llm.kind == "llama_cpp" else settings.llm.tokenizer, home=home)
    embedder = open_embedder(settings.embedder, home=home)
    build([plan.suite.corpus], settings=settings, embedder=embedder)
    with ExitStack() as stack:
        index = stack.enter_context(closing(open_index(settings, embedder)))
        dense = stack.enter_context(closing(open_index(dense_only(settings), embedder)))
        checker = open_checker(settings.verifier, home=home)
        ranker = open_ranker(settings.retrieval, home=home)

        def opened(adapter: str) -> Pipeline:
            own = msgspec.structs.replace(settings, answer=msgspec.structs.replace(settings.answer, adapter=adapter))
            model = stack.enter_context(closing(open_model(settings.llm, load_adapter(adapter))))
            return Pipeline(index=index, model=model, settings=own, checker=checker, ranker=ranker)

        product: Target
        if plan.adapters:
            by_article: dict[str, Pipeline] = {}
            for adapter, articles in adapters_of(plan.adapters).items():
                by_article |= dict.fromkeys(articles, opened(adapter))
            product, model = CrossValidated(by_article, plan.suite.cases), next(iter(by_article.values())).model
        else:
            product = opened(settings.answer.adapter)
            model = product.model
        every: dict[TargetName, Target] = {
            "footnote": product,
            "plain": Plain(dense=dense, model=model, settings=settings),
        }
        yield Bench(
            settings=settings,
            index=index,
            targets=tuple(every[name] for name in plan.targets),
            model_sha256=model_sha256(settings.llm.model, model_path) if settings.llm.kind == "llama_cpp" else "",
            checker_sha256=checker_sha256(settings.verifier, home=home),
        )


def _judged(report: Report, plan: Plan) -> Report:
    """Add the comparisons and the alarms."""
    product = of_target(report, PRODUCT)
    comparisons: list[Comparison] = []
    against_baseline = None
    if plan.baseline and product:
        before = of_target(plan.baseline, PRODUCT)
        against_baseline = compare(before, product, before_name=plan.baseline_name, after_name=PRODUCT)
        comparisons.append(against_baseline)
    comparisons += [
        compare(of_target(report, name), product, before_name=name, after_name=PRODUCT)
        for name in plan.targets
        if name != PRODUCT and product
    ]
    return msgspec.structs.replace(
        report,
        alarms=alarms(product, strata=plan.suite.strata, baseline=against_baseline),
        comparisons=tuple(comparisons),
    )


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    outcomes: dict[tuple[TargetName, str], Outcome]
    """By target and case id."""
    cached: Counter[TargetName]


def _ask_all(cases: Sequence[Case], bench: Bench, *, cache: OutcomeCache, fresh: bool) -> _Asked:
    """Ask case by case, each of all targets, so that a change in the machine's speed touches all alike."""
    keys = {(target.name, case.id): _key(case, target, bench) for target in bench.targets for case in cases}
    outcomes: dict[tuple[TargetName, str], Outcome] = {}
    for (name, case_id), key in keys.items():
        if not fresh and (outcome := cache.get(key)):
            outcomes[name, case_id] = msgspec.structs.replace(outcome, case_id=case_id)
    cached = Counter(name for name, _ in outcomes)
    with progress_bar("asking", total=len(keys), unit="answers", completed=len(outcomes)) as bar:
        for case in cases:
            for target in bench.targets:
                place = (target.name, case.id)
                if place not in outcomes:
                    outcomes[place] = _ask(case, target, bar)
                    cache.put(keys[place], outcomes[place])
                    bar.advance()
    return _Asked(outcomes=outcomes, cached=cached)


def _ask(case: Case, target: Target, bar: Bar) -> Outcome:
    try:
        answer = None if case.judged_by_retrieval_alone else target.answer(case.asked)
        standalone = answer.standalone_question if answer else None
        ranked = _RANKED_FOR_DOCUMENTS if case.judged_by_retrieval_alone else _RANKED
        retrieved = target.retrieve(standalone or case.question, case.asked, limit=ranked)
    except Exception as error:
        crash = f"{type(error).__name__}: {error}"
        bar.say(f"{case.id} ({target.name}) crashed: {crash}")
        return Outcome(case_id=case.id, target=target.name, answer=None, error=crash)
    return Outcome(case_id=case.id, target=target.name, answer=answer, retrieved=retrieved)


def _key(case: Case, target: Target, bench: Bench) -> str:
    return cache_key(
        {
            "target": target.name,
            "source": target.fingerprint,
            "asked": case.asked,
            "generation": bench.index.generation.id,
            "model": bench.model_sha256,
            "checker": bench.checker_sha256,
            "settings": (bench.settings.llm, bench.settings.retrieval, bench.settings.answer, bench.settings.verifier),
        }
    )


def _scored(case: Case, outcome: Outcome, gold: Gold, *, index: Index, judge: Judge | None) -> ScoredCase:
    def document_text(document_id: str) -> str | None:
        document = index.document(document_id)
        return document.text if document else None

    return ScoredCase(
        case=case,
        outcome=outcome,
        gold=tuple(tuple(sorted(group)) for group in gold.groups),
        scores=score(case, outcome, gold, document_text=document_text, judge=judge),
    )


def _of(scored: Sequence[ScoredCase], target: TargetName) -> list[ScoredCase]:
    return [each for each in scored if each.outcome.target == target]


def _provenance(plan: Plan, bench: Bench) -> Provenance:
    generation = bench.index.generation
    return Provenance(
        suite=plan.suite.name,
        suite_sha256=hashlib.sha256(msgspec.json.encode(plan.suite.cases)).hexdigest(),
        generation=generation.id,
        corpus_sha256=generation.corpus_sha256,
        embedder=generation.embedder,
        embedder_sha256=generation.embedder_sha256,
        model=bench.settings.llm.model,
        model_sha256=bench.model_sha256,
        pipeline_sha256=pipeline_sha256(),
        settings=msgspec.to_builtins(bench.settings),
        sample=plan.sample,
        seed=plan.seed,
        judge=plan.judge_name,
    )
