"""One thread a question: `ask` is synchronous, the coroutines that wait for it are not."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, Self

from litestar.exceptions import HTTPException
from litestar.types import Receive

from config.settings import Settings
from qa_service.entailment import FactChecker
from qa_service.errors import CancelledError
from qa_service.llm.port import ModelSession
from qa_service.ranker import Ranker
from qa_service.values import Answer, EvidenceFound, Progress, Question
from qa_service.web.answered import AnswerCache, key_of

if TYPE_CHECKING:
    from indexer.search import Index
    from qa_service.bootstrap import Parts

_SPARE_THREADS = 8
"""Beside those that wait and are served: cancelled ones that have not noticed yet."""


class AskFunction(Protocol):
    """`qa_service.ask.ask`, or a stand-in."""

    def __call__(
        self,
        question: Question,
        *,
        index: "Index",
        session: ModelSession,
        settings: Settings,
        checker: FactChecker | None,
        ranker: Ranker | None,
        tell: Callable[[Progress], None],
    ) -> Answer:
        """Answer the question in the calling thread."""
        ...


class ClientGoneError(HTTPException):
    """The client closed the connection before the answer was there. Nobody reads the response to this."""

    status_code = 499
    """nginx's "client closed request"; for the access log."""


class Work:
    """One question being answered, for all who ask it meanwhile. Belongs to the event loop, but for `start` and
    `tell`.
    """

    def __init__(self) -> None:
        self.cancel = threading.Event()
        self.answer: asyncio.Future[Answer]
        self._loop = asyncio.get_running_loop()
        self._started = False
        self._told: list[Progress] = []
        self._followers: set[RunningAsk] = set()

    @classmethod
    def done(cls, answer: Answer) -> Self:
        """Return work at whose end this answer stands."""
        work = cls()
        work._started = True
        evidence = EvidenceFound(
            index_version=answer.index_version,
            standalone_question=answer.standalone_question,
            evidence=answer.evidence,
        )
        work._told.append(evidence)
        future: asyncio.Future[Answer] = work._loop.create_future()
        future.set_result(answer)
        work.begin(future)
        return work

    def begin(self, answer: asyncio.Future[Answer]) -> None:
        """Wait for `answer`, the outcome of the worker thread."""
        self.answer = answer
        answer.add_done_callback(self._end)

    def start(self) -> None:
        """Tell, from the worker thread, that nothing is left that could refuse the question."""
        self._loop.call_soon_threadsafe(self._start)

    def tell(self, progress: Progress) -> None:
        """Pass progress on, from the worker thread."""
        self._loop.call_soon_threadsafe(self._tell, progress)

    def join(self, follower: "RunningAsk") -> None:
        """Tell `follower` what was told, and all that will be."""
        self._followers.add(follower)
        if self._started:
            follower.start()
        for progress in self._told:
            follower.tell(progress)

    def leave(self, follower: "RunningAsk") -> None:
        """Tell `follower` nothing more; the last one to leave cancels the work."""
        self._followers.discard(follower)
        if not self._followers:
            self.cancel.set()

    def _start(self) -> None:
        self._started = True
        for follower in self._followers:
            follower.start()

    def _tell(self, progress: Progress) -> None:
        self._told.append(progress)
        for follower in self._followers:
            follower.tell(progress)

    def _end(self, answer: asyncio.Future[Answer]) -> None:
        if not answer.cancelled():
            answer.exception()  # asked for here, because nobody else may; asyncio would complain
        for follower in self._followers:
            follower.tell(None)


class RunningAsk:
    """A client's question on its way. All methods belong to the event loop."""

    def __init__(self, work: Work) -> None:
        self.answer = work.answer
        self._work = work
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._progress: asyncio.Queue[Progress | None] = asyncio.Queue()
        work.join(self)

    def leave(self) -> None:
        """Wait no longer; a second call does nothing."""
        self._work.leave(self)

    def start(self) -> None:
        """Take in that nothing is left that could refuse the question."""
        if not self._started.done():
            self._started.set_result(None)

    def tell(self, progress: Progress | None) -> None:
        """Take in progress, None at the end."""
        self._progress.put_nowait(progress)

    async def until_started(self, receive: Receive) -> None:
        """Return when the question is being answered; raise what refused it."""
        await self._wait(self._started, receive)
        if not self._started.done():
            self.answer.result()

    async def until_answered(self, receive: Receive) -> Answer:
        """Return the answer, or raise what went wrong, ClientGoneError when the client leaves."""
        await self._wait(self.answer, receive)
        return self.answer.result()

    async def progress(self, heartbeat_s: float) -> AsyncIterator[Progress | None]:
        """Yield what is told, and None whenever nothing was told for `heartbeat_s`; end when the answer is there."""
        while True:
            try:
                async with asyncio.timeout(heartbeat_s):
                    told = await self._progress.get()
            except TimeoutError:
                yield None
                continue
            if told is None:
                return
            yield told

    async def _wait(self, wanted: asyncio.Future[Answer] | asyncio.Future[None], receive: Receive) -> None:
        gone = asyncio.ensure_future(_disconnect(receive))
        try:
            # Unlike `await`, `wait` leaves the futures alone when this task is cancelled: the thread runs to its end.
            await asyncio.wait({wanted, self.answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not wanted.done():
                self.leave()
        if not wanted.done() and not self.answer.done():
            raise ClientGoneError(detail="the client closed the connection")


class AskDesk:
    """Takes questions, and answers each in a thread of its own; a question that is being answered, or was, from the
    same index is answered once. Its methods belong to the event loop.
    """

    def __init__(self, parts: "Parts", ask: AskFunction) -> None:
        self._parts = parts
        self._ask = ask
        most = parts.settings.llm.queue_length + parts.settings.llm.parallel + _SPARE_THREADS
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="ask")
        self._cache = AnswerCache(parts.settings.server.cached_answers)
        self._works: dict[bytes, Work] = {}
        self._stopped = False

    def open(self, question: Question) -> RunningAsk:
        """Take a place at the model and begin, or join whoever asks the same.

        Raises QueueFullError, CancelledError when the service stops, ModelError when there is no model, and
        IndexMissingError when there is no index.
        """
        if self._stopped:
            raise CancelledError("the service is stopping")
        with self._parts.keeper.lease() as index:
            version = index.generation.id
        if (answer := self._cache.get(question, version)) is not None:
            return RunningAsk(Work.done(answer))
        key = key_of(question, version)
        work = self._works.get(key)
        if work is None or work.cancel.is_set():
            work = self._begin(question, key)
        return RunningAsk(work)

    def stop(self) -> None:
        """Take no more questions and cancel those on their way."""
        self._stopped = True
        for work in self._works.values():
            work.cancel.set()

    def close(self) -> None:
        """Stop, and wait for the threads, which a cancelled question leaves within a second."""
        self.stop()
        self._threads.shutdown()

    def _begin(self, question: Question, key: bytes) -> Work:
        work = Work()
        session = self._parts.model.admit(work.cancel)
        loop = asyncio.get_running_loop()
        work.begin(loop.run_in_executor(self._threads, self._run, work, session, question))
        self._works[key] = work
        work.answer.add_done_callback(lambda answer: self._end(question, key, work, answer))
        return work

    def _end(self, question: Question, key: bytes, work: Work, answer: asyncio.Future[Answer]) -> None:
        if self._works.get(key) is work:
            del self._works[key]
        if not answer.cancelled() and answer.exception() is None:
            self._cache.put(question, answer.result())

    def _run(self, work: Work, session: ModelSession, question: Question) -> Answer:
        with session, self._parts.keeper.lease() as index:
            work.start()
            return self._ask(
                question,
                index=index,
                session=session,
                settings=self._parts.settings,
                checker=self._parts.checker,
                ranker=self._parts.ranker,
                tell=work.tell,
            )


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
