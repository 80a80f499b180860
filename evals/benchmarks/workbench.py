"""What every benchmark works with: the sample corpus, its index in a temporary folder, the embedder."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sentence_transformers import SentenceTransformer

from config.errors import ConfigError
from config.models import require
from config.paths import footnote_home
from config.settings import Settings
from evals.own_index import with_index_in
from indexer.build import build
from indexer.embed import Embedder, open_embedder
from indexer.values import Generation

SAMPLE_CORPUS = Path(__file__).resolve().parent.parent / "corpus"

Tell = Callable[[str], None]


class Workbench(msgspec.Struct, frozen=True, kw_only=True):
    """Opened once a run, so that no benchmark measures the loading of the embedder."""

    settings: Settings
    """Their index folder is the temporary one."""
    embedder: Embedder
    generation: Generation
    """Of the sample corpus, published in that folder."""
    scratch: Path
    """Thrown away after the run."""


@contextmanager
def open_workbench(settings: Settings, *, tell: Tell) -> Iterator[Workbench]:
    """Index the sample corpus in a temporary folder; the index that the settings name is not touched.

    Raises ConfigError for settings that leave this process, ModelFileError for a model that is not here.
    """
    require_local(settings)
    with tempfile.TemporaryDirectory(prefix="footnote-bench-") as folder:
        scratch = Path(folder)
        temporary = with_index_in(settings, scratch / "index")
        tell("indexing the sample corpus, not timed")
        embedder = open_embedder(settings.embedder, home=footnote_home())
        report = build([SAMPLE_CORPUS], settings=temporary, embedder=embedder)
        yield Workbench(settings=temporary, embedder=embedder, generation=report.generation, scratch=scratch)


def require_local(settings: Settings) -> None:
    """Raise ConfigError unless vectors and language model are in this process.

    A floor in this process says nothing about a server, and builds for the benchmark would replace the collections that
    a Chroma server serves.
    """
    for key, kind, local in (
        ("vectors.kind", settings.vectors.kind, "embedded"),
        ("llm.kind", settings.llm.kind, "llama_cpp"),
    ):
        if kind != local:
            raise ConfigError(f'{key} is "{kind}": the benchmarks need "{local}"; choose a profile that has it')


def open_bare_embedder(settings: Settings) -> SentenceTransformer:
    """Load the embedder's model a second time, as anyone would who had only sentence-transformers.

    It runs on as many threads as the workbench's embedder: their number is torch's, for the whole process.
    """
    path = require(settings.embedder.model, home=footnote_home())
    return SentenceTransformer(str(path), device="cpu", local_files_only=True)
