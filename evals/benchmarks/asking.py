"""Seconds of an answer and of what the reader sees before it, next to what bare llama.cpp would take for its tokens."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing

import msgspec

from config.paths import footnote_home
from config.settings import Settings
from evals.benchmarks.decoding import RawModel, opened_model
from evals.benchmarks.machine import peak_memory_bytes
from evals.benchmarks.report import AskedQuestion, Line, Section
from evals.benchmarks.timing import ratios, spread
from evals.benchmarks.workbench import Tell, Workbench
from evals.targets.plain import Plain, dense_only
from indexer.search import Index, open_index
from qa_service.ask import ask
from qa_service.entailment import FactChecker, open_checker
from qa_service.values import EvidenceFound, Progress, Question, TextDrafted, Usage

QUESTIONS = (
    "Who cut the ribbon when the Gannet Bridge opened?",
    "At what temperature does water boil in Imogen Halloran's vessel?",
    "How much was Callan Water fined?",
    "When did Tarsk become the capital of Kardovia?",
    "Who did al-Khazali meet instead?",
    "How many soldiers does Turkey have in Iraq?",
)
"""Of answers in one document, in several, and in none."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question, asked once. Seconds count from before it takes its place at the model."""

    question: str
    status: str
    evidence_s: float
    draft_s: float | None
    """To the first piece of the draft; None when there was none."""
    answer_s: float
    usage: Usage
    raw_s: float
    """What bare llama.cpp took, right after the answer, for the same numbers of tokens: see `work_of`."""
    plain_draft_s: float
    """To the first piece of what the plain pipeline says, asked right after that."""
    plain_answer_s: float


class Moments:
    """Notes when each kind of progress is told for the first time."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._started_s = clock()
        self.first_s: dict[type[Progress], float] = {}
        """Seconds from the beginning to the first progress of a kind; kinds that were not told are left out."""

    def tell(self, progress: Progress) -> None:
        """Note the moment, if `progress` is the first of its kind."""
        self.first_s.setdefault(type(progress), self.elapsed_s())

    def elapsed_s(self) -> float:
        """Return the seconds since the beginning."""
        return self._clock() - self._started_s


def measure_asking(bench: Workbench, *, rounds: int, tell: Tell) -> Section:
    """Ask every question in each round, each of a model that has nothing evaluated, with its floor right behind it."""
    taken: list[list[Asked]] = []
    with (
        closing(open_index(bench.settings, bench.embedder)) as index,
        closing(open_index(dense_only(bench.settings), bench.embedder)) as dense,
        opened_model(bench) as raw,
    ):
        index.warm()
        dense.warm()
        plain = Plain(dense=dense, model=raw.model, settings=bench.settings)
        checker = open_checker(bench.settings.verifier, home=footnote_home())
        for number in range(1, rounds + 1):
            tell(f"ask: round {number} of {rounds}, {len(QUESTIONS)} questions")
            taken.append(
                [
                    _ask_once(question, index=index, raw=raw, plain=plain, settings=bench.settings, checker=checker)
                    for question in QUESTIONS
                ]
            )
    return Section(
        name="ask",
        lines=ask_lines(taken),
        questions=tuple(summarise(list(times)) for times in zip(*taken, strict=True)),
        peak_memory_bytes=peak_memory_bytes(),
    )


def work_of(usage: Usage) -> tuple[int, int]:
    """Return the tokens that had to be evaluated for the prompts, and those decoded one by one for the answer."""
    return usage.prompt_tokens - usage.reused_tokens, usage.answer_tokens


def ask_lines(taken: Sequence[Sequence[Asked]]) -> tuple[Line, ...]:
    """Summarise the questions of each round, and then the rounds. The share weighs every second alike."""
    evidence = [[asked.evidence_s for asked in questions] for questions in taken]
    drafted = [[asked.draft_s for asked in questions if asked.draft_s is not None] for questions in taken]
    complete = [[asked.answer_s for asked in questions] for questions in taken]
    lines = [_median_line("to the evidence", evidence)]
    if all(drafted):
        lines.append(_median_line("to the first token of the draft", drafted))
    lines.append(_median_line("to the complete answer", complete))
    plain = [[asked.plain_answer_s for asked in questions] for questions in taken]
    if all(drafted):
        first = [[asked.plain_draft_s for asked in questions if asked.draft_s is not None] for questions in taken]
        lines.append(_ratio_line("to the first token of the draft / plain pipeline's", drafted, first))
    lines.append(_ratio_line("to the complete answer / plain pipeline's", complete, plain))
    shares = [_raw_share(questions) for questions in taken]
    return (*lines, Line(name="share of bare llama.cpp in all answers", unit="ratio", value=spread(shares)))


def summarise(times: Sequence[Asked]) -> AskedQuestion:
    """Summarise one question over the rounds. Status and tokens are of the first round: decoding is greedy."""
    first = times[0]
    drafts = [asked.draft_s for asked in times if asked.draft_s is not None]
    return AskedQuestion(
        question=first.question,
        status=first.status,
        evidence_s=spread([asked.evidence_s for asked in times]),
        draft_s=spread(drafts) if drafts else None,
        answer_s=spread([asked.answer_s for asked in times]),
        prompt_tokens=first.usage.prompt_tokens,
        reused_tokens=first.usage.reused_tokens,
        answer_tokens=first.usage.answer_tokens,
        raw_share=spread([asked.raw_s / asked.answer_s for asked in times]),
    )


def _median_line(name: str, seconds: Sequence[Sequence[float]]) -> Line:
    return Line(name=f"{name}, median question", unit="s", value=spread([statistics.median(one) for one in seconds]))


def _ratio_line(name: str, seconds: Sequence[Sequence[float]], plain: Sequence[Sequence[float]]) -> Line:
    """Of each question, and then the median question of each round."""
    rounds = [ratios(ours, theirs).median for ours, theirs in zip(seconds, plain, strict=True)]
    return Line(name=f"{name}, median question", unit="ratio", value=spread(rounds))


def _raw_share(questions: Sequence[Asked]) -> float:
    return sum(asked.raw_s for asked in questions) / sum(asked.answer_s for asked in questions)


def _ask_once(
    question: str, *, index: Index, raw: RawModel, plain: Plain, settings: Settings, checker: FactChecker | None
) -> Asked:
    raw.model.forget_evaluated()
    moments = Moments()
    with raw.model.admit(threading.Event()) as session:
        answer = ask(
            Question(question=question),
            index=index,
            session=session,
            settings=settings,
            checker=checker,
            tell=moments.tell,
        )
    answer_s = moments.elapsed_s()
    prefill_tokens, decode_tokens = work_of(answer.usage)
    floor = raw.seconds(prefill_tokens=prefill_tokens, decode_tokens=decode_tokens)
    raw.model.forget_evaluated()
    plain_moments = Moments()
    plain.answer(Question(question=question), tell=plain_moments.tell)
    return Asked(
        question=question,
        status=answer.status,
        evidence_s=moments.first_s[EvidenceFound],
        draft_s=moments.first_s.get(TextDrafted),
        answer_s=answer_s,
        usage=answer.usage,
        raw_s=floor.prefill + floor.decode,
        plain_draft_s=plain_moments.first_s[TextDrafted],
        plain_answer_s=plain_moments.elapsed_s(),
    )
