"""The product's own pipeline as a target."""

import hashlib
import threading
from collections.abc import Iterable
from pathlib import Path

from config.settings import Settings
from evals.values import TargetName
from indexer.search import Index
from indexer.values import Hit
from qa_service.answerability import load_adapter
from qa_service.ask import ask
from qa_service.entailment import FactChecker
from qa_service.llm.port import LanguageModel
from qa_service.ranker import Ranker, load_record
from qa_service.values import Answer, Question

_FLOORS = Path(__file__).resolve().parents[2]
_SHOWING = {"cli.py", "terminal.py", "doctor.py", "decode_proof.py"}


class Pipeline:
    """`footnote ask`, in this process."""

    name: TargetName = "footnote"

    def __init__(
        self,
        *,
        index: Index,
        model: LanguageModel,
        settings: Settings,
        checker: FactChecker | None = None,
        ranker: Ranker | None = None,
    ) -> None:
        self._index = index
        self.model = model
        self._settings = settings
        self._checker = checker
        self._ranker = ranker
        adapter = load_adapter(settings.answer.adapter)
        loaded = load_record(settings.retrieval.ranker)
        weights = [adapter.adapter.sha256 if adapter else "", loaded[0].sha256 if loaded else ""]
        self.fingerprint = "".join([pipeline_sha256(), *weights])

    def answer(self, question: Question) -> Answer:
        """See `Target.answer`."""
        with self.model.admit(threading.Event()) as session:
            return ask(
                question,
                index=self._index,
                session=session,
                settings=self._settings,
                checker=self._checker,
                ranker=self._ranker,
            )

    def retrieve(self, question: str, asked: Question, *, limit: int) -> tuple[Hit, ...]:
        """See `Target.retrieve`."""
        return tuple(self._index.search(question, filters=asked.filters, limit=limit))


def pipeline_sha256() -> str:
    """Return the hash of the source files of the service and the indexer, except for those that only show things.

    Coarser than the prompts alone, and on purpose: a stage that is changed in any way must not be credited with the
    answers of the one before it.
    """
    return sources_sha256(
        path
        for floor in ("indexer", "qa_service")
        for path in (_FLOORS / floor).rglob("*.py")
        if path.name not in _SHOWING and "web" not in path.relative_to(_FLOORS).parts
    )


def sources_sha256(paths: Iterable[Path]) -> str:
    """Return one hash over the contents of files, in the order of their paths."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
