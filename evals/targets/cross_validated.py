"""The product's pipeline with adapters that have not seen what they are asked about."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.cases import Case
from evals.errors import CaseError
from evals.targets.pipeline import Pipeline
from evals.values import TargetName
from indexer.values import Hit
from qa_service.answerability import load_adapter
from qa_service.values import Answer, Question
from qa_service.weights import RECORD


class CrossValidated:
    """Has each question answered by the pipeline whose adapter has not seen its article."""

    name: TargetName = "footnote"

    def __init__(self, pipelines: Mapping[str, Pipeline], cases: Sequence[Case]) -> None:
        """`pipelines` by the article that they have not seen; a case's article is its first tag.

        Raises CaseError for a case whose article all adapters have seen.
        """
        self._by_question: dict[Question, Pipeline] = {}
        for case in cases:
            article = next(iter(case.tags), "")
            if article not in pipelines:
                raise CaseError(
                    f"case {case.id}: no adapter was trained without “{article}”; train them anew on this set "
                    "(python -m evals.answerability.train)"
                )
            self._by_question[case.asked] = pipelines[article]
        self.fingerprint = "".join(sorted({pipeline.fingerprint for pipeline in pipelines.values()}))

    def answer(self, question: Question) -> Answer:
        """See `Target.answer`."""
        return self._by_question[question].answer(question)

    def retrieve(self, question: str, asked: Question, *, limit: int) -> tuple[Hit, ...]:
        """See `Target.retrieve`."""
        return self._by_question[asked].retrieve(question, asked, limit=limit)


def adapters_of(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return, by its folder's path, which articles each adapter below `folder` has not seen.

    Raises CaseError when there is none, ConfigError for a record that cannot be read.
    """
    folders = sorted(str(path.parent.resolve()) for path in folder.glob(f"*/{RECORD}"))
    if not folders:
        raise CaseError(f"{folder}: holds no folder with a {RECORD}; name the one that the training wrote")
    return {name: loaded.adapter.held_out for name in folders if (loaded := load_adapter(name))}
