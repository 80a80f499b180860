"""What the documents report beside an event whose reason they do not state."""

from collections.abc import Sequence

from qa_service.attribute import attribute
from qa_service.compose import Brief
from qa_service.evidence import Sentence, joined, sentences_of
from qa_service.terms import content_keys, keys, terms

_LEAST_PREMISE = 0.5
"""Share of a why-question's words that its evidence must hold before we say what is reported instead of a reason."""
_LEAST_PROBABLE_PREMISE = 0.3
"""The same where the model found the evidence probable to answer: it may tell of the event in other words."""
_PROBABLE = 0.6
_MOST_SENTENCES = 3


def premise(
    question: str, brief: Brief, probability: float | None, *, drafted: Sequence[Sentence]
) -> tuple[Sentence, ...]:
    """Return the sentences that report what a why-question takes for granted, best first; none when they hold too
    little of it. Their documents have a name of the question, if it has any.

    `probability` is that of the evidence to answer the question. `drafted` are the sentences that a failed draft rests
    on: where the question has other words for the event than the documents, they tell of it.
    """
    asked = content_keys(question)
    names = keys(terms(question), "name")
    paragraphs = [passage.hit.paragraph for passage in brief.passages]
    named = {each.document_id for each in paragraphs if not names or names & content_keys(each.text)}
    support = [
        sentence
        for attribution in attribute(question, brief.sentences, question="")
        for sentence in attribution.support
    ]
    least = _LEAST_PROBABLE_PREMISE if probability is not None and probability >= _PROBABLE else _LEAST_PREMISE
    for told in (support, (*drafted, *support), _covering(asked, brief.sentences)):
        about = [sentence for sentence in told if sentence.hit.paragraph.document_id in named]
        reported = tuple(dict.fromkeys(about))[:_MOST_SENTENCES]
        if asked and len(asked & content_keys(joined(reported))) >= least * len(asked):
            return reported
    return ()


def _covering(asked: frozenset[str], sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Return the sentences that together hold most of the words asked, each bringing more than any other would."""
    left, found = set(asked), list[Sentence]()
    while len(found) < _MOST_SENTENCES:
        best = max(sentences, key=lambda each: len(left & content_keys(each.text)), default=None)
        if best is None or not left & content_keys(best.text):
            break
        left -= content_keys(best.text)
        found.append(best)
    return tuple(found)


def reported_beside(
    question: str, reported: tuple[Sentence, ...], brief: Brief, *, told: Sequence[Sentence]
) -> tuple[Sentence, ...]:
    """Return what stands beside the event: the sentence behind it, those `told`, with which the model would answer, if
    they are of its document or their paragraph has a name of the question, and of the other paragraphs of its document
    the one sentence that has most of these names, if it has any.

    Nothing is claimed about how they belong together; the reader sees them side by side.
    """
    event = reported[0]
    shown = {sentence.place for sentence in reported}
    paragraph = sentences_of(event.hit)
    following = [sentence for sentence in paragraph[event.index + 1 : event.index + 2] if sentence.place not in shown]
    names = keys(terms(question), "name") or content_keys(question)
    elsewhere = [
        sentence
        for sentence in brief.sentences
        if sentence.hit.paragraph.document_id == event.hit.paragraph.document_id
        and sentence.hit.paragraph.id not in {each.hit.paragraph.id for each in reported}
        and names & content_keys(sentence.text)
    ]
    best = max(elsewhere, key=lambda sentence: len(names & content_keys(sentence.text)), default=None)
    answering = [
        sentence
        for sentence in told
        if sentence.place not in shown
        and (
            sentence.hit.paragraph.document_id == event.hit.paragraph.document_id
            or names & content_keys(sentence.hit.paragraph.text)
        )
    ]
    return tuple(dict.fromkeys((*following, *answering, *((best,) if best else ()))))
