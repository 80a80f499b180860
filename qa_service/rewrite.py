"""Have the model write a question anew, and tell whether it may stand."""

from qa_service.llm.port import ModelSession, Prompt
from qa_service.terms import keys, terms
from qa_service.values import MAX_QUESTION_CHARS

_MAX_TOKENS = 64


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


def invents_nothing(question: str, known: frozenset[str]) -> bool:
    """Tell whether a rewrite is a question of sound length whose names and numbers all have `known` keys."""
    return (
        question.endswith(("?", "\u061f", "\uff1f"))
        and not keys(terms(question), "name", "number") - known
        and len(question) <= MAX_QUESTION_CHARS
    )
