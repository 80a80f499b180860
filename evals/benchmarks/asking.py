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
from evals.benchmarks.timing import spread
from evals.benchmarks.workbench import Tell, Workbench
from evals.targets.plain import Plain, dense_only
from indexer.search import Index, open_index
from qa_service.ask import ask
from qa_service.entailment import FactChecker, open_checker
from qa_service.ranker import Ranker, open_ranker
from qa_service.values import Answer, EvidenceFound, Progress, Question, TextDrafted, Turn, Usage

FOLLOW_UPS = {
    "Who cut the ribbon when the Gannet Bridge opened?": "And what does a single crossing of it cost?",
    "At what temperature does water boil in Imogen Halloran's vessel?": "What is it useful for?",
    "How much was Callan Water fined?": "And how much had the prosecutor demanded?",
    "When did Tarsk become the capital of Kardovia?": "How many people live there?",
    "Who did al-Khazali meet instead?": "And why was he absent from Bagheri's meetings?",
    "How many soldiers does Turkey have in Iraq?": "And where are they?",
}
"""Questions of answers in one document, in several, and in none, each with another one about the same article."""
QUESTIONS = tuple(FOLLOW_UPS)


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. Seconds count from before the question takes its place at the model."""

    answer: Answer
    draft_s: float | None
    """To the first piece of the draft; None when there was none."""
    answer_s: float
    evidence_s: float | None = None
    """Until the evidence was told; the plain pipeline tells none."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question, asked once, and then its follow-up."""

    question: str
    ours: Timed
    raw_s: float
    """What bare llama.cpp took, right after the answer, for the same numbers of tokens: see `work_of`."""
    plain: Timed
    our_follow_up: Timed
    plain_follow_up: Timed


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

    def timed(self, answer: Answer) -> Timed:
        """Return the answer that has just come, with its moments."""
        return Timed(
            answer=answer,
            evidence_s=self.first_s.get(EvidenceFound),
            draft_s=self.first_s.get(TextDrafted),
            answer_s=self.elapsed_s(),
        )


def measure_asking(bench: Workbench, *, rounds: int, tell: Tell) -> Section:
    """Ask every question in each round, with its floor and the plain pipeline's answer right behind it. A round begins
    with nothing evaluated; its questions are about different articles.
    """
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
        ranker = open_ranker(bench.settings.retrieval, home=footnote_home())
        for number in range(1, rounds + 1):
            tell(f"ask: round {number} of {rounds}, {len(QUESTIONS)} questions, each with its follow-up")
            raw.model.forget_evaluated()
            taken.append(
                [
                    _ask_once(
                        question,
                        index=index,
                        raw=raw,
                        plain=plain,
                        settings=bench.settings,
                        checker=checker,
                        ranker=ranker,
                    )
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
    first = [[(asked.ours, asked.plain) for asked in questions] for questions in taken]
    evidence = [[ours.evidence_s for ours, _ in pairs if ours.evidence_s is not None] for pairs in first]
    drafted = [[ours.draft_s for ours, _ in pairs if ours.draft_s is not None] for pairs in first]
    lines = [_median_line("to the evidence", evidence)]
    if all(drafted):
        lines.append(_median_line("to the first token of the draft", drafted))
    lines.append(_median_line("to the complete answer", [[ours.answer_s for ours, _ in pairs] for pairs in first]))
    lines += _beside_plain("", first)
    follow_ups = [[(asked.our_follow_up, asked.plain_follow_up) for asked in questions] for questions in taken]
    lines += _beside_plain("follow-up: ", follow_ups)
    shares = [_raw_share(questions) for questions in taken]
    return (*lines, Line(name="share of bare llama.cpp in all answers", unit="ratio", value=spread(shares)))


def summarise(times: Sequence[Asked]) -> AskedQuestion:
    """Summarise one question over the rounds. Status and tokens are of the first round: decoding is greedy."""
    first = times[0].ours.answer
    drafts = [asked.ours.draft_s for asked in times if asked.ours.draft_s is not None]
    return AskedQuestion(
        question=times[0].question,
        status=first.status,
        evidence_s=spread([asked.ours.evidence_s for asked in times if asked.ours.evidence_s is not None]),
        draft_s=spread(drafts) if drafts else None,
        answer_s=spread([asked.ours.answer_s for asked in times]),
        prompt_tokens=first.usage.prompt_tokens,
        reused_tokens=first.usage.reused_tokens,
        answer_tokens=first.usage.answer_tokens,
        raw_share=spread([asked.raw_s / asked.ours.answer_s for asked in times]),
    )


def _beside_plain(prefix: str, rounds: Sequence[Sequence[tuple[Timed, Timed]]]) -> list[Line]:
    """Compare with the plain pipeline's seconds: each question, and then the median question of each round."""
    drafted = [
        [(ours.draft_s, plain.draft_s) for ours, plain in pairs if ours.draft_s and plain.draft_s] for pairs in rounds
    ]
    complete = [[(ours.answer_s, plain.answer_s) for ours, plain in pairs] for pairs in rounds]
    return [
        Line(
            name=f"{prefix}{name} / plain pipeline's, median question",
            unit="ratio",
            value=spread([statistics.median(ours / plain for ours, plain in pairs) for pairs in seconds]),
        )
        for name, seconds in (("to the first token of the draft", drafted), ("to the complete answer", complete))
        if all(seconds)
    ]


def _median_line(name: str, seconds: Sequence[Sequence[float]]) -> Line:
    return Line(name=f"{name}, median question", unit="s", value=spread([statistics.median(one) for one in seconds]))


def _raw_share(questions: Sequence[Asked]) -> float:
    return sum(asked.raw_s for asked in questions) / sum(asked.ours.answer_s for asked in questions)


def _ask_once(
    question: str,
    *,
    index: Index,
    raw: RawModel,
    plain: Plain,
    settings: Settings,
    checker: FactChecker | None,
    ranker: Ranker | None,
) -> Asked:
    def ours(asked: Question) -> Timed:
        moments = Moments()
        with raw.model.admit(threading.Event()) as session:
            answer = ask(
                asked,
                index=index,
                session=session,
                settings=settings,
                checker=checker,
                ranker=ranker,
                tell=moments.tell,
            )
        return moments.timed(answer)

    def plainly(asked: Question) -> Timed:
        moments = Moments()
        return moments.timed(plain.answer(asked, tell=moments.tell))

    first = ours(Question(question=question))
    prefill_tokens, decode_tokens = work_of(first.answer.usage)
    floor = raw.seconds(prefill_tokens=prefill_tokens, decode_tokens=decode_tokens)
    our_follow_up = ours(_following(question, first.answer))
    plain_first = plainly(Question(question=question))
    return Asked(
        question=question,
        ours=first,
        raw_s=floor.prefill + floor.decode,
        plain=plain_first,
        our_follow_up=our_follow_up,
        plain_follow_up=plainly(_following(question, plain_first.answer)),
    )


def _following(question: str, answer: Answer) -> Question:
    """Return the follow-up of a question, behind what it was told."""
    turns = (Turn(role="user", text=question), Turn(role="assistant", text=answer.text or "That is not stated."))
    return Question(question=FOLLOW_UPS[question], conversation=turns)
