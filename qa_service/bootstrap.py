"""The composition root: from settings to the parts that answer questions. Nothing else wires."""

import os
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import msgspec

from config.errors import ConfigError
from config.models import require
from config.paths import footnote_home
from config.processor import available_cores
from config.settings import LlmSettings, Settings
from indexer.embed import open_embedder
from indexer.keeper import IndexKeeper
from qa_service.answerability import LoadedAdapter, load_adapter
from qa_service.entailment import FactChecker, open_checker
from qa_service.errors import ModelError
from qa_service.llm.llama import LlamaModel
from qa_service.llm.native import load_vocabulary
from qa_service.llm.openai import OpenAIModel
from qa_service.llm.port import LanguageModel
from qa_service.ranker import Ranker, open_ranker


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that answering needs, opened once a process. Use it as a context manager, or call `close`."""

    settings: Settings
    keeper: IndexKeeper
    model: LanguageModel
    checker: FactChecker | None
    """None unless `verifier.model` names one."""
    ranker: Ranker | None
    """None unless `retrieval.ranker` names one."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the model and the index."""
        self.model.close()
        self.keeper.close()


def open_model(settings: LlmSettings, adapter: LoadedAdapter | None = None) -> LanguageModel:
    """Open the configured language model with the adapter that decides. A model behind a server is used without one.

    Raises ModelFileError when its file is not here, ModelError when it does not load, ConfigError when the adapter was
    made for another model.
    """
    if adapter and adapter.adapter.model != settings.model:
        raise ConfigError(
            f"answer.adapter is made for {adapter.adapter.model} and llm.model is {settings.model}; set it to the one "
            'made for this model, or to ""'
        )
    home = footnote_home()
    if settings.kind == "llama_cpp":
        return LlamaModel(
            require(settings.model, home=home),
            name=settings.model,
            context_tokens=settings.context_tokens,
            memory_mib=settings.memory_mib,
            parallel=settings.parallel,
            threads=settings.threads or available_cores(),
            queue_length=settings.queue_length,
            timeout_s=settings.request_timeout_s,
            adapter=adapter.weights if adapter else None,
        )
    api_key = os.environ.get(settings.api_key_env) if settings.api_key_env else None
    if settings.api_key_env and not api_key:
        raise ModelError(f"llm.api_key_env names {settings.api_key_env}, which is not set in the environment; set it")
    return OpenAIModel(
        settings.url,
        name=settings.model,
        vocabulary=load_vocabulary(require(settings.tokenizer, home=home), name=settings.tokenizer),
        api_key=api_key,
        context_tokens=settings.context_tokens,
        parallel=settings.parallel,
        queue_length=settings.queue_length,
        timeout_s=settings.request_timeout_s,
    )


def open_parts(settings: Settings) -> Parts:
    """Open everything that `settings` names; the language model loads while the others do.

    Raises ModelFileError for a model that is not here or cannot be used, and what IndexKeeper raises for an index that
    cannot be opened. An index that does not exist yet is no error: the keeper picks it up when it is published.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="model-loader") as loader:
        loading = loader.submit(open_model, settings.llm, load_adapter(settings.answer.adapter))
        try:
            checker = open_checker(settings.verifier, home=footnote_home())
            ranker = open_ranker(settings.retrieval, home=footnote_home())
            keeper = IndexKeeper(settings, open_embedder(settings.embedder, home=footnote_home()))
        except BaseException:
            if loading.exception() is None:
                loading.result().close()
            raise
        try:
            return Parts(settings=settings, keeper=keeper, model=loading.result(), checker=checker, ranker=ranker)
        except BaseException:
            keeper.close()
            raise
