"""Have the model write a question anew, and tell whether it may stand."""

from collections.abc import Sequence

from config.settings import AnswerSettings
from qa_service.answerability import BEFORE_WORDS, CHOICES, load_adapter, log_odds
from qa_service.llm.port import ModelSession, Prompt, Telling
from qa_service.terms import keys, terms
from qa_service.values import MAX_QUESTION_CHARS

_MAX_TOKENS = 64
_SYSTEM = "You write questions anew, so that each can be understood by itself and answered from a single document."
_LEAST_NEED = 0.5
"""Probability from which on a question is written anew."""
_NEEDS = "Does this question have to be written anew? Answer yes or no."


def rewritten(system: str, examples: str, given: str, *, name: str, session: ModelSession, begun: str = "") -> str:
    """Return what the model writes as the `name` question of what is `given`, as it is done in `examples`, and as it
    has `begun`; "" where that does not fit its context.
    """
    prompt = Prompt(
        system=system,
        shared=(examples, given),
        ask=f"Write the {name} question, and nothing else.",
        answer_start=f"{name.capitalize()} question: {begun}".rstrip(),
    )
    if session.count_prompt(prompt) + _MAX_TOKENS > session.context_tokens:
        return ""
    text = "".join(session.generate(prompt, max_tokens=_MAX_TOKENS, stop=("\n",)))
    return f"{begun} {text.strip().removeprefix(prompt.answer_start).strip()}".strip()


def written_anew(
    question: str, talk: Sequence[tuple[str, str]], *, session: ModelSession, settings: AnswerSettings
) -> str | None:
    """Return the question as the model's adapter writes it anew, or as it is where it need not be; None without an
    adapter that learnt to, or where `talk`, roles and texts before it, does not fit the context.
    """
    loaded = load_adapter(settings.adapter)
    scale = loaded.adapter.rewrite if loaded else None
    prompt = needing(question, talk)
    if scale is None or session.count_prompt(prompt) + _MAX_TOKENS > session.context_tokens:
        return None
    telling = Telling(opening=BEFORE_WORDS, max_tokens=_MAX_TOKENS, least_margin=log_odds(_LEAST_NEED, scale))
    reading = session.read(prompt, CHOICES, telling=telling)
    return " ".join(reading.words.split()) or question if reading and reading.adapted else None


def invents_nothing(question: str, known: frozenset[str]) -> bool:
    """Tell whether a rewrite is a question of sound length whose names and numbers all have `known` keys."""
    return (
        question.endswith(("?", "\u061f", "\uff1f"))
        and not keys(terms(question), "name", "number") - known
        and len(question) <= MAX_QUESTION_CHARS
    )


def as_lines(talk: Sequence[tuple[str, str]]) -> str:
    """Return a talk, roles and texts, a line each."""
    return "".join(f"{role.capitalize()}: {text}\n" for role, text in talk)


def needing(question: str, talk: Sequence[tuple[str, str]]) -> Prompt:
    """Return the prompt that asks whether a question has to be written anew, behind a `talk` of roles and texts."""
    shared = (f"{as_lines(talk)}\n",) if talk else ()
    return Prompt(system=_SYSTEM, shared=shared, ask=f"Question: {question}\n\n{_NEEDS}")
