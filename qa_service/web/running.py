"""One thread a question: `ask` is synchronous, the coroutines that wait for it are not."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from litestar.exceptions import HTTPException
from litestar.types import Receive

from config.settings import Settings
from qa_service.entailment import FactChecker
from qa_service.errors import CancelledError
from qa_service.llm.port import ModelSession
from qa_service.values import Answer, Progress, Question

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
        tell: Callable[[Progress], None],
    ) -> Answer:
        """Answer the question in the calling thread."""
        ...


class ClientGoneError(HTTPException):
    """The client closed the connection before the answer was there. Nobody reads the response to this."""

    status_code = 499
    """nginx's "client closed request"; for the access log."""


class RunningAsk:
    """A question on its way. All methods belong to the event loop, but for `tell` and `start`."""

    def __init__(self, cancel: threading.Event) -> None:
        self.cancel = cancel
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._progress: asyncio.Queue[Progress | None] = asyncio.Queue()
        self.answer: asyncio.Future[Answer]

    def follow(self, answer: asyncio.Future[Answer]) -> None:
        """Wait for `answer`, the outcome of the worker thread."""
        self.answer = answer
        answer.add_done_callback(self._end)

    def start(self) -> None:
        """Tell, from the worker thread, that nothing is left that could refuse the question."""
        self._loop.call_soon_threadsafe(self._started.set_result, None)

    def tell(self, progress: Progress) -> None:
        """Pass progress on, from the worker thread."""
        self._loop.call_soon_threadsafe(self._progress.put_nowait, progress)

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
                self.cancel.set()
        if not wanted.done() and not self.answer.done():
            raise ClientGoneError(detail="the client closed the connection")

    def _end(self, answer: asyncio.Future[Answer]) -> None:
        answer.exception()  # asked for here, because nobody else may; asyncio would complain
        self._progress.put_nowait(None)


class AskDesk:
    """Takes questions, and answers each in a thread of its own. Its methods belong to the event loop."""

    def __init__(self, parts: "Parts", ask: AskFunction) -> None:
        self._parts = parts
        self._ask = ask
        most = parts.settings.llm.queue_length + parts.settings.llm.parallel + _SPARE_THREADS
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="ask")
        self._running: set[RunningAsk] = set()
        self._stopped = False

    def open(self, question: Question) -> RunningAsk:
        """Take a place at the model and begin. Raises QueueFullError, or CancelledError when the service stops."""
        if self._stopped:
            raise CancelledError("the service is stopping")
        running = RunningAsk(threading.Event())
        session = self._parts.model.admit(running.cancel)
        loop = asyncio.get_running_loop()
        running.follow(loop.run_in_executor(self._threads, self._work, running, session, question))
        self._running.add(running)
        running.answer.add_done_callback(lambda _answer: self._running.discard(running))
        return running

    def stop(self) -> None:
        """Take no more questions and cancel those on their way."""
        self._stopped = True
        for running in self._running:
            running.cancel.set()

    def close(self) -> None:
        """Stop, and wait for the threads, which a cancelled question leaves within a second."""
        self.stop()
        self._threads.shutdown()

    def _work(self, running: RunningAsk, session: ModelSession, question: Question) -> Answer:
        with session, self._parts.keeper.lease() as index:
            running.start()
            return self._ask(
                question,
                index=index,
                session=session,
                settings=self._parts.settings,
                checker=self._parts.checker,
                tell=running.tell,
            )


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
