"""From the name of a model to verified files on this machine. Never reaches for the network: `config.fetch` does."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from config.catalogue import Catalogue, Model, load_catalogue
from config.errors import ModelFileError
from config.layers import shown, suggestion
from config.settings import Settings
from config.verification import PIECE_BYTES, Problem, find_problems

FOLDER_SIGN = "modules.json"
"""The file that every sentence-transformers folder has."""
CLASSIFIER_SIGN = "config.json"
"""The file that every CrossEncoder folder has; those saved by transformers have no other sign."""


def model_folder(model: Model, home: Path) -> Path:
    """Give the folder in which the model's files lie, or will lie."""
    return home / "models" / model.id


def local_path(model: Model, home: Path) -> Path:
    """Give what a library loads: the file of a gguf model, the folder of any other."""
    folder = model_folder(model, home)
    return folder / model.weights.name if model.kind == "gguf" else folder


def require(model: str, *, home: Path, catalogue: Catalogue | None = None, sign: str = FOLDER_SIGN) -> Path:
    """Give the local path of a model, verified if it is one of the catalogue.

    `model` is an id of the catalogue, or the path of a `.gguf` file or of a sentence-transformers folder, which is
    taken as it is. `home` is `footnote_home()`, `sign` the file by which a folder is known to be a model.

    Raises ModelFileError when it is not there, or altered: the message names the command that mends it.
    """
    catalogue = catalogue or load_catalogue()
    entry = catalogue.get(model)
    if entry is None:
        return _own_path(model, catalogue, sign)
    problems = find_problems(entry, model_folder(entry, home))
    if problems:
        raise ModelFileError(_report(entry, home, problems))
    return local_path(entry, home)


def verify(model: Model, *, home: Path) -> None:
    """Hash all files of a model again, whatever was noted earlier.

    Raises ModelFileError when one is missing or altered.
    """
    problems = find_problems(model, model_folder(model, home), rehash=True)
    if problems:
        raise ModelFileError(_report(model, home, problems))


def known_model(model_id: str, catalogue: Catalogue | None = None) -> Model:
    """Give the model of that id. Raises ModelFileError, with the closest id, when the catalogue has none."""
    catalogue = catalogue or load_catalogue()
    entry = catalogue.get(model_id)
    if entry is None:
        raise ModelFileError(_unknown(model_id, catalogue))
    return entry


def needed_models(settings: Settings, catalogue: Catalogue | None = None) -> list[Model]:
    """Name the models of the catalogue that these settings need on this machine."""
    catalogue = catalogue or load_catalogue()
    llm = settings.llm.model if settings.llm.kind == "llama_cpp" else settings.llm.tokenizer
    entries = [catalogue.get(name) for name in dict.fromkeys((settings.embedder.model, llm, settings.verifier.model))]
    return [entry for entry in entries if entry is not None]


def model_sha256(model: str, path: Path, catalogue: Catalogue | None = None) -> str:
    """Give the hash that stands for a model in a manifest: SHA-256 of its weights, in lower-case hexadecimal.

    For an id of the catalogue it is the catalogue's. For a path it is computed over the weights file, or over all of
    them one after the other in the order of their paths.

    Raises ModelFileError when the path holds no weights.
    """
    entry = (catalogue or load_catalogue()).get(model)
    if entry is not None:
        return entry.weights.sha256
    digest = hashlib.sha256()
    for weights in _weights_of(path):
        with weights.open("rb") as stream:
            while piece := stream.read(PIECE_BYTES):
                digest.update(piece)
    return digest.hexdigest()


def _weights_of(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    for pattern in ("*.safetensors", "pytorch_model*.bin"):
        found = sorted(path.rglob(pattern))
        if found:
            return found
    raise ModelFileError(f"{path}: has no weights: expected *.safetensors or pytorch_model*.bin in it")


def _own_path(model: str, catalogue: Catalogue, sign: str) -> Path:
    path = Path(model).expanduser()
    try:
        if not path.exists():
            raise ModelFileError(_unknown(model, catalogue))
        if (path.is_file() and path.suffix == ".gguf") or (path / sign).is_file():
            return path.absolute()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}): see to its permissions") from error
    raise ModelFileError(
        f"{path}: is no model: expected a .gguf file, or a sentence-transformers folder with {sign} in it"
    )


def _unknown(model: str, catalogue: Catalogue) -> str:
    ids = catalogue.ids()
    return (
        f"no model {shown(model)}{suggestion(model, ids)}: "
        f"allowed are {', '.join(ids)}, or the path of a .gguf file or a sentence-transformers folder"
    )


def _report(model: Model, home: Path, problems: list[Problem]) -> str:
    folder = model_folder(model, home)
    remedy = f"run `footnote models fetch {model.id}`"
    if len(problems) == len(model.files) and all(problem.missing for problem in problems):
        return f"model {model.id} is not here ({folder}): {remedy}"
    first, *others = problems
    if first.unreadable:
        remedy = f"see to its permissions, or set FOOTNOTE_HOME to a folder of your own and {remedy}"
    more = f" (and {len(others)} more)" if others else ""
    return f"model {model.id}: {folder / first.file.name} {first.text}{more}: {remedy}"
