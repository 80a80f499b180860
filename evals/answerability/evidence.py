"""What is asked of the adapter in training, over the evidence that the service would find."""

import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from config.settings import Settings
from evals.own_index import with_index_in
from evals.public_sets.documents import write_documents
from indexer.build import build
from indexer.embed import Embedder
from indexer.search import Index, open_index
from indexer.values import Filters, Hit
from qa_service.compose import Brief, compose
from qa_service.llm.port import ModelSession, Prompt
from qa_service.rank import rank
from qa_service.ranker import Ranker
from qa_service.retrieve import Found, retrieve

Kind = Literal["decide", "check", "rewrite"]

_FIRST_LOOK_SHARE = 0.4
"""Of questions, those that are asked over a first look where there is more to read."""


class Put(NamedTuple):
    """One thing that is asked."""

    kind: Kind
    prompt: Prompt
    holds: bool
    words: str = ""
    """What is said behind a yes; "" for nothing."""


class Lookup:
    """Finds evidence as the service does."""

    def __init__(
        self, index: Index, session: ModelSession, settings: Settings, draw: random.Random, ranker: Ranker | None
    ) -> None:
        """Everything is used as it is given; `draw` deals out first looks."""
        self._index = index
        self.session = session
        self._settings = settings
        self._draw = draw
        self._ranker = ranker

    def find(self, question: str, *, whole: str = "", kept_out: str = "") -> Brief | None:
        """Return what is read for `question`, a part of a `whole` one; None for nothing. The paragraph `kept_out` is
        passed over.
        """
        whole = whole or question
        found = retrieve(question, whole, index=self._index, filters=Filters(), settings=self._settings.retrieval)
        if kept_out:
            found = Found(*(tuple(hit for hit in hits if not is_of(hit, kept_out)) for hits in found))
        if not found.hits:
            return None
        ranked = rank(question, whole, found, ranker=self._ranker)
        looks = compose(
            question,
            ranked.hits,
            whole=whole,
            session=self.session,
            settings=self._settings.answer,
            scores=ranked.scores,
        )
        return looks[0 if self._draw.random() < _FIRST_LOOK_SHARE else -1]


@contextmanager
def indexed(documents: Mapping[str, str], settings: Settings, embedder: Embedder) -> Iterator[Index]:
    """Index Markdown documents, by file name, for as long as the context lasts."""
    with TemporaryDirectory() as scratch:
        corpus = Path(scratch) / "corpus"
        write_documents(corpus, documents)
        own = with_index_in(settings, Path(scratch) / "index")
        build([corpus], settings=own, embedder=embedder)
        with closing(open_index(own, embedder)) as index:
            yield index


def is_of(hit: Hit, paragraph: str) -> bool:
    """Tell whether a hit is this paragraph or a piece of it, or has it within."""
    text = hit.paragraph.text
    return text in paragraph or paragraph in text
