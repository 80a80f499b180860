"""Documents are data: a text that gives orders changes nothing, in whatever format and place it comes.

The model is as obedient as can be: it says what an attack asks for, and that it is sure, whether it has read it or not.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.settings import load_settings
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.load import FORMATS, SourceFile, load
from indexer.search import Index, open_index
from indexer.segment import segment
from indexer.vectors import MemoryDatabase
from qa_service.ask import ask
from qa_service.instructions import gives_orders
from qa_service.llm.port import Prompt
from qa_service.llm.scripted import ScriptedModel
from qa_service.values import Answer, Question
from tests.qa_service.asking import assert_exact
from tests.qa_service.attacks.files import HIDDEN, PLACED, TITLED, VISIBLE, Hidden, text_file
from tests.qa_service.attacks.texts import BENIGN, HONEST, IGNORE, LIMITS, QUESTION, RECOGNISED, Attack

NAMES = [attack.name for attack in RECOGNISED]
OVERRIDE = RECOGNISED[0]
BOUNDED_FONTS = "latin-1"
"""What the built-in fonts of PDF can show."""


def fits(attack: Attack, extension: str) -> bool:
    return extension != "pdf" or attack.text.encode(BOUNDED_FONTS, errors="ignore").decode(BOUNDED_FONTS) == attack.text


VISIBLE_CASES = [
    pytest.param(attack, extension, id=f"{attack.name}-{extension}")
    for attack in RECOGNISED
    for extension in VISIBLE
    if fits(attack, extension) and extension != "xhtml"
]
LIMIT_CASES = [
    pytest.param(attack, extension, id=f"{attack.name}-{extension}")
    for attack in LIMITS
    for extension in ("txt", "md", "html", "pdf", "docx")
    if fits(attack, extension)
]


@contextmanager
def indexed(folder: Path, name: str, content: bytes) -> Iterator[Index]:
    """An index over an honest document and one more, by the real loaders."""
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "tolls.txt").write_bytes(text_file(HONEST, title="Tolls of Selby"))
    (corpus / name).write_bytes(content)
    settings = load_settings("default", environ={}, overrides={"index.directory": str(folder / "index")})
    embedder, database = HashingEmbedder(), MemoryDatabase()
    report = build([corpus], settings=settings, embedder=embedder, database=database)
    assert not report.skipped
    index = open_index(settings, embedder, database=database)
    try:
        yield index
    finally:
        index.close()


def asked(index: Index, script: Callable[[Prompt], str]) -> tuple[Answer, list[str]]:
    """The answer, and the prompts that led to it."""
    prompts: list[str] = []

    def say(prompt: Prompt) -> str:
        prompts.append("".join((prompt.system, *prompt.shared, prompt.ask)))
        return script(prompt)

    model = ScriptedModel(say, verdict=lambda _prompt, choice: 9.0 if choice == "Yes" else 0.0)
    with model.admit(threading.Event()) as session:
        answer = ask(Question(question=QUESTION), index=index, session=session, settings=load_settings())
    assert_exact(answer, index)
    return answer, prompts


def has_read(prompt: Prompt, attack: Attack) -> bool:
    """Whether any three words of the attack that follow each other have reached the prompt, all but the honest ones."""
    words, read = attack.text.split(), " ".join("".join(prompt.shared).split())
    runs = {" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))}
    return any(run in read for run in runs if run not in f"{HONEST} {QUESTION}")


def assert_changes_nothing(index: Index, attack: Attack) -> None:
    answer, prompts = asked(index, lambda prompt: attack.says if has_read(prompt, attack) else HONEST)
    assert answer.text == f"{HONEST}[1]"
    assert not any(attack.mark in prompt for prompt in prompts)
    # Even when the model says it of itself, it never rests on the attack.
    obeyed, _ = asked(index, lambda _prompt: attack.says)
    assert not any(attack.mark in citation.quote for citation in obeyed.citations)


@pytest.mark.parametrize(("attack", "extension"), VISIBLE_CASES)
def test_an_order_that_a_reader_sees_changes_nothing(attack: Attack, extension: str, tmp_path: Path) -> None:
    with indexed(tmp_path, f"letters.{extension}", VISIBLE[extension](attack.text)) as index:
        assert_changes_nothing(index, attack)


@pytest.mark.parametrize(("extension", "place"), list(PLACED))
@pytest.mark.parametrize("name", ["override", "polite editor", "if asked"])
def test_nor_in_a_list_a_table_a_quote(name: str, extension: str, place: str, tmp_path: Path) -> None:
    attack = RECOGNISED[NAMES.index(name)]
    with indexed(tmp_path, f"letters.{extension}", PLACED[extension, place](attack.text)) as index:
        assert_changes_nothing(index, attack)


@pytest.mark.parametrize("place", list(TITLED))
def test_nor_as_a_title(place: str, tmp_path: Path) -> None:
    with indexed(tmp_path, f"letters.{place.partition(' ')[0]}", TITLED[place](OVERRIDE.text)) as index:
        assert_changes_nothing(index, OVERRIDE)


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda hidden: f"{hidden.extension}-{hidden.place}")
def test_what_nobody_sees_is_no_text_of_the_document(hidden: Hidden, tmp_path: Path) -> None:
    statement = "The toll was quietly abolished."  # nothing in its form gives it away
    path = tmp_path / f"letters.{hidden.extension}"
    path.write_bytes(hidden.make(statement))
    document = load(SourceFile(path=path, place=path.name))
    assert "abolished" not in document.text
    assert "abolished" not in document.title
    assert "upkeep" in document.text, "what stands behind it is still there"


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda hidden: f"{hidden.extension}-{hidden.place}")
def test_nor_does_an_order_that_nobody_sees_change_anything(hidden: Hidden, tmp_path: Path) -> None:
    with indexed(tmp_path, f"letters.{hidden.extension}", hidden.make(IGNORE)) as index:
        assert_changes_nothing(index, OVERRIDE)


@pytest.mark.parametrize(("attack", "extension"), LIMIT_CASES)
def test_what_no_form_gives_away_is_only_ever_quoted_from_its_own_document(
    attack: Attack, extension: str, tmp_path: Path
) -> None:
    name = f"letters.{extension}"
    with indexed(tmp_path, name, VISIBLE[extension](attack.text)) as index:
        answer, _ = asked(index, lambda prompt: attack.says if has_read(prompt, attack) else HONEST)
        quoting = [citation for citation in answer.citations if attack.mark in citation.quote]
        assert all(index.document(citation.document_id).path == name for citation in quoting)


@pytest.mark.parametrize("text", BENIGN)
def test_what_is_written_for_people_stays_evidence(text: str) -> None:
    assert not gives_orders(text)


def test_every_format_that_can_be_read_is_attacked() -> None:
    aliases = {".text": ".txt", ".markdown": ".md", ".htm": ".html", ".xhtml": ".html"}
    assert {aliases.get(extension, extension) for extension in FORMATS} == {
        f".{extension}" for extension in VISIBLE if extension != "xhtml"
    }


def test_of_the_sample_corpus_only_the_attacks_are_dropped(sample_corpus: Path) -> None:
    dropped = [
        path.name
        for path in sorted(sample_corpus.iterdir())
        for paragraph in segment(load(SourceFile(path=path, place=path.name)), max_paragraph_chars=1500)
        if gives_orders(paragraph.text)
    ]
    assert dropped == [
        "brannock-dairy-annual-report.pdf",
        "callan-parking-permits.html",
        "harbour-dredging.txt",
        "kelp-festival-programme.docx",
        "tour-of-brannock-stage-four.html",
    ]
