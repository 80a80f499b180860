"""From a question to an answer with footnotes: the stages in order, typed values in between.

condense -> unify -> divide -> each part: retrieve (or namesakes) -> rank -> compose -> gate -> quote (or generate) ->
attribute -> verify -> confirm (over more evidence where a first look does not do) -> mend -> compare -> conclude
"""

import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial

from config.settings import AnswerSettings, Settings
from indexer.search import Index
from indexer.values import Filters
from qa_service.asked import asks_what_it_is
from qa_service.attribute import attribute
from qa_service.compare import compare
from qa_service.compose import Brief, compose
from qa_service.conclude import ask_back, conclude
from qa_service.condense import condense
from qa_service.confirm import LEAST_RIGHT, confirm
from qa_service.divide import Division, divide
from qa_service.entailment import FactChecker
from qa_service.evidence import Sentence
from qa_service.exactness import check_exactness
from qa_service.finding import Finding
from qa_service.gate import Decision, gate
from qa_service.generate import Draft, generate
from qa_service.ground import Ground, ground_of
from qa_service.llm.port import ModelSession
from qa_service.mend import mend
from qa_service.namesakes import namesakes
from qa_service.quote import Check, Confirm, quote
from qa_service.rank import Ranked, rank
from qa_service.ranker import Ranker
from qa_service.retrieve import accounts, in_turn, retrieve
from qa_service.stopwatch import Stopwatch
from qa_service.unify import unify
from qa_service.values import Answer, EvidenceFound, Progress, Question, TextDrafted, Usage
from qa_service.verify import Verified, verify


def ignore(_progress: Progress) -> None:
    """Nobody listens."""


def ask(
    question: Question,
    *,
    index: Index,
    session: ModelSession,
    settings: Settings,
    checker: FactChecker | None = None,
    ranker: Ranker | None = None,
    tell: Callable[[Progress], None] = ignore,
) -> Answer:
    """Answer `question` from `index`, telling what is found and drafted on the way.

    Runs in the calling thread. Raises QuestionError for a question without words, CancelledError soon after the
    session's cancel event is set, ModelError when the model or the checker fails. What the documents do not say comes
    back as a refusal.
    """
    watch = Stopwatch()
    with watch.stage("condense"):
        standalone = condense(question.question, question.conversation, session=session, settings=settings.answer)
        whole = standalone or question.question
        plain = unify(whole, session=session)
        division = Division(whole=whole, parts=(plain,)) if plain else divide(whole)
        standalone = plain or standalone
    with watch.stage("retrieve"):
        found = [
            retrieve(part, division.whole, index=index, filters=question.filters, settings=settings.retrieval)
            for part in division.parts
        ]
        persons = namesakes(division.whole, index=index, filters=question.filters)
        evidence = in_turn([[person.sentence.hit for person in persons], *(each.hits for each in found)])
    version = index.generation.id
    tell(EvidenceFound(index_version=version, standalone_question=standalone, evidence=evidence))

    with watch.stage("queue"):
        session.wait()
    with watch.stage("rank"):
        ranked = [
            rank(part, division.whole, each, ranker=ranker)
            for part, each in zip(division.parts, found, strict=True)
            if not persons
        ]
        ground = ground_of(in_turn([evidence, *(each.found for each in ranked)]), index=index)
    deadline_s = time.monotonic() + settings.answer.deadline_s
    findings: list[Finding] = []
    for each in ranked:
        if findings:
            tell(TextDrafted(text=" "))
        findings.append(
            _find(
                each,
                whole=plain or division.whole,
                compared=division.whole if plain else "",
                ground=ground,
                index=index,
                filters=question.filters,
                session=session,
                settings=settings,
                deadline_s=deadline_s,
                checker=checker,
                tell=tell,
                watch=watch,
            )
        )
    with watch.stage("conclude"):
        url = settings.server.public_url
        outcome = ask_back(persons, public_url=url) if persons else conclude(findings, public_url=url)
        cited = {citation.paragraph_id for citation in outcome.citations}
        further = [*(each.hit for each in ground.corrections), *(hit for each in findings for hit in each.further_hits)]
        told = [hit for hit in (*ground.hits, *further) if hit.paragraph.id in cited]
        check_exactness(outcome, index=index)
    return Answer(
        id=uuid.uuid4().hex,
        status=outcome.status,
        reason=outcome.reason,
        question=question.question,
        standalone_question=standalone,
        text=outcome.text,
        claims=outcome.claims,
        citations=outcome.citations,
        evidence=in_turn([(*evidence, *told)]),
        removed_claims=outcome.removed_claims,
        answerability=min(
            (each.decision.probability for each in findings if each.decision.probability is not None), default=None
        ),
        index_version=version,
        model=session.model_name,
        usage=Usage(
            prompt_tokens=session.spent.prompt_tokens,
            reused_tokens=session.spent.reused_tokens,
            answer_tokens=session.spent.answer_tokens,
        ),
        timings_s=watch.seconds(),
        past_deadline=time.monotonic() > deadline_s,
    )


def _find(
    ranked: Ranked,
    *,
    whole: str,
    compared: str,
    ground: Ground,
    index: Index,
    filters: Filters,
    session: ModelSession,
    settings: Settings,
    deadline_s: float,
    checker: FactChecker | None,
    tell: Callable[[Progress], None],
    watch: Stopwatch,
) -> Finding:
    """Return what comes out about one part of the question, from its evidence to the accounts of other documents;
    `compared` is a question that compares accounts, of which `part` is what each of them answers, "" otherwise.
    """
    part = ranked.part
    with watch.stage("compose"):
        briefs = compose(
            part, ranked.hits, whole=whole, session=session, settings=settings.answer, scores=ranked.scores
        )
    checks = partial(_checks, ground=ground, session=session, settings=settings.answer, checker=checker, watch=watch)
    looks: list[Finding] = []
    for brief in briefs:
        with watch.stage("gate"):
            decision = gate(
                brief,
                ranked.found,
                session=session,
                settings=settings.answer,
                deadline_s=deadline_s,
                more=brief is not briefs[-1],
            )
        if not decision.sure and brief is not briefs[-1]:
            continue
        _, confirmed = checks(brief, decision)
        draft, verified = _drafted(
            brief,
            decision,
            confirmed=confirmed,
            session=session,
            settings=settings.answer,
            deadline_s=deadline_s,
            tell=ignore if looks else tell,
            watch=watch,
        )
        looks.append(
            Finding(
                brief=brief,
                decision=decision,
                draft=draft,
                verified=verified,
                removed=sum(len(look.verified) for look in looks),
            )
        )
        if looks[-1].supported or looks[-1].corrected:
            break
    with watch.stage("mend"):
        finding = mend(
            looks[-1],
            session=session,
            settings=settings.answer,
            deadline_s=deadline_s,
            checks=checks,
        )
    with watch.stage("compare"):
        # What something is, all documents tell differently, and none contradicts another.
        if not finding.supported or asks_what_it_is(part):
            return finding
        others = accounts(
            part,
            whole,
            said=" ".join(claim.text for claim in finding.supported),
            told=finding.documents,
            compared=compared,
            index=index,
            filters=filters,
            settings=settings.retrieval,
        )
        wider = ground_of(in_turn([ground.hits, *others]), index=index)
        return compare(
            finding,
            briefs[-1],
            others,
            around=wider.around,
            session=session,
            settings=settings.answer,
            deadline_s=deadline_s,
            checks=partial(checks, ground=wider),
            all_accounts=bool(compared),
        )


def _drafted(
    brief: Brief,
    decision: Decision,
    *,
    confirmed: Confirm,
    session: ModelSession,
    settings: AnswerSettings,
    deadline_s: float,
    tell: Callable[[Progress], None],
    watch: Stopwatch,
) -> tuple[Draft, tuple[Verified, ...]]:
    """Return the sentence with the words that answer or, where none holds, what the model says; and the claims of it.

    Only the first of the two is told: the reader has seen it when the second comes.
    """
    with watch.stage("quote"):
        draft, verified = quote(brief, decision, confirmed=confirmed, settings=settings, tell=tell)
    if verified:
        return draft, verified
    with watch.stage("generate"):
        draft = generate(
            brief,
            decision,
            session=session,
            settings=settings,
            deadline_s=deadline_s,
            tell=ignore if draft.text else tell,
        )
    return draft, confirmed(draft.text, brief.sentences)


def _checks(
    brief: Brief,
    decision: Decision,
    *,
    ground: Ground,
    session: ModelSession,
    settings: AnswerSettings,
    checker: FactChecker | None,
    watch: Stopwatch,
) -> tuple[Check, Confirm]:
    """Return how drafts from `brief` are checked: by their words, and with the model's say where that leaves doubt."""
    check = partial(
        _checked,
        brief=brief,
        decision=decision,
        ground=ground,
        settings=settings,
        checker=checker,
        watch=watch,
    )
    confirmed = partial(
        _confirmed,
        check=check,
        brief=brief,
        answerable=decision.probability,
        session=session,
        settings=settings,
        watch=watch,
    )
    return check, confirmed


def _checked(
    text: str,
    sentences: Sequence[Sentence],
    *,
    brief: Brief,
    decision: Decision,
    ground: Ground,
    settings: AnswerSettings,
    checker: FactChecker | None,
    watch: Stopwatch,
) -> tuple[Verified, ...]:
    """Attribute a draft to `sentences`, and verify its claims."""
    with watch.stage("attribute"):
        attributions = attribute(text, sentences, question=brief.question)
    with watch.stage("verify"):
        return verify(
            attributions,
            question=brief.question,
            whole=brief.whole,
            around=ground.around,
            settings=settings,
            probability=decision.probability,
            corrections=ground.corrections,
            words=decision.words,
            checker=checker,
        )


def _confirmed(
    text: str,
    sentences: Sequence[Sentence],
    *,
    check: Check,
    brief: Brief,
    answerable: float | None,
    session: ModelSession,
    settings: AnswerSettings,
    watch: Stopwatch,
    least: float | None = None,
    least_right: float = LEAST_RIGHT,
) -> tuple[Verified, ...]:
    """Check a draft, and ask the model about it where that leaves doubt."""
    claims = check(text, sentences)
    with watch.stage("confirm"):
        return confirm(
            claims,
            text,
            brief=brief,
            answerable=answerable,
            session=session,
            settings=settings,
            least=least,
            least_right=least_right,
        )
