"""Stories of invented news with questions about them, which the adapter learns from next to SQuAD.

    python -m evals.answerability.news evals/answerability/news/*.yaml

A file holds stories; a story is one to three reports of one event, and questions that they answer, that they do not
answer though it looks so, that ask two things, or that follow upon others. All of it is written for this purpose, and
none of it is about anything in an evaluation suite.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import click
import msgspec
from msgspec import Meta

from evals.errors import CaseError
from evals.public_sets.documents import collapsed
from indexer.sentences import sentences
from qa_service.divide import divide
from qa_service.values import Turn

_Text = Annotated[str, Meta(min_length=1, pattern=r"\S")]
_Place = Annotated[str, Meta(pattern=r"^[a-z][1-9]\d?$")]
"""The letter of a report and the number of a paragraph in it: `b2`."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is asked, and what the reports say."""

    answers: dict[_Place, _Text] = {}
    """The words that answer, as they stand in each paragraph that answers; none where no report does."""
    near: dict[_Place, _Text] = {}
    """Words that a careless reader would take for the answer."""
    right: tuple[_Text, ...] = ()
    """Sentences that answer rightly."""
    wrong: tuple[_Text, ...] = ()
    """Sentences that a careless reader would answer with."""


class NewsQuestion(Asked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question as a user puts it."""

    ask: _Text
    talk: tuple[_Text, ...] = ()
    """What was said before, by user and assistant in turn; the user begins."""
    alone: str = ""
    """The question as it is understood without the talk; "" where it is so as it stands."""
    plain: str = ""
    """Of a question that compares accounts: what each of them answers."""
    parts: tuple[Asked, ...] = ()
    """Of a question that asks several things: each of them, in order, as the service takes it apart."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The talk, with who said what."""
        return tuple(Turn(role="assistant" if at % 2 else "user", text=text) for at, text in enumerate(self.talk))

    @property
    def standalone(self) -> str:
        """What is asked of the reports."""
        return self.plain or self.alone or self.ask


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One document."""

    title: _Text
    source: _Text
    date: date
    paragraphs: Annotated[tuple[_Text, ...], Meta(min_length=1)]


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reports about one event, by letter, and what is asked about them."""

    story: _Text
    reports: Annotated[dict[str, Report], Meta(min_length=1)]
    questions: Annotated[tuple[NewsQuestion, ...], Meta(min_length=1)]

    def paragraph(self, place: str) -> str | None:
        """Return the paragraph at a place such as `b2`; None where there is none."""
        report = self.reports.get(place[:1])
        number = int(place[1:])
        return collapsed(report.paragraphs[number - 1]) if report and number <= len(report.paragraphs) else None

    def sentence(self, place: str, words: str) -> str:
        """Return the sentence of a paragraph at a place in which words stand that stand there."""
        paragraph = self.paragraph(place) or ""
        at = paragraph.index(collapsed(words))
        return next(paragraph[start:end] for start, end in sentences(paragraph) if at < end)


def load_news(path: Path) -> tuple[Story, ...]:
    """Read the stories of a file. Raises CaseError, naming file, story and question, where something is wrong."""
    try:
        stories = msgspec.yaml.decode(path.read_bytes(), type=tuple[Story, ...])
    except OSError as error:
        raise CaseError(f"{path}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: no stories: {error}") from error
    for story in stories:
        for number, question in enumerate(story.questions, 1):
            for wrong in _mistakes(question, story):
                raise CaseError(f"{path}: story “{story.story}”, question {number} “{question.ask}”: {wrong}")
    return stories


def _mistakes(question: NewsQuestion, story: Story) -> Iterator[str]:
    for asked in (question, *question.parts):
        yield from _misquotations(asked, story)
        if not (asked.answers or asked.wrong or question.parts):
            yield "is not answered, so it needs a wrong answer; write one under `wrong`"
        if asked.right and not asked.answers:
            yield "has a right answer and no words that answer; name them under `answers`"
    if question.parts and (question.answers or question.wrong or question.right):
        yield "has answers of its own and parts; write each part's answers there"
    found = divide(question.standalone).parts
    if len(found) != max(1, len(question.parts)):
        yield f"the service takes it as {len(found)} question(s), {list(found)}; word it anew or write its parts so"
    if len(question.talk) % 2:
        yield "its talk ends with the user; let the assistant have answered"
    if question.alone and not question.talk:
        yield "has `alone` and no `talk`"


def _misquotations(asked: Asked, story: Story) -> Iterator[str]:
    for place, words in (*asked.answers.items(), *asked.near.items()):
        paragraph = story.paragraph(place)
        if paragraph is None:
            yield f"there is no paragraph {place}"
        elif collapsed(words) not in paragraph:
            yield f"“{words}” does not stand in {place}, which reads: {paragraph}"


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(files: tuple[Path, ...]) -> None:
    """Check files of stories."""
    wrong = 0
    for path in files:
        try:
            stories = load_news(path)
        except CaseError as error:
            click.echo(f"WRONG {error}")
            wrong += 1
        else:
            questions = [question for story in stories for question in story.questions]
            answered = sum(bool(question.answers) for question in questions)
            click.echo(f"{path}: {len(stories)} stories, {len(questions)} questions, {answered} of them answered")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
