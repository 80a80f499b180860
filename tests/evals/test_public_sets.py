"""Public sets become suites whose every anchor is found in a real index of the documents that were written."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import load_settings
from evals.anchors import Anchors, Gold, by_document
from evals.cases import ANY_STATUS, Case, Suite
from evals.errors import CaseError
from evals.public_sets import load_beir, load_squad
from evals.public_sets.documents import collapsed, file_name, markdown
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.loaders.markdown import parse_markdown
from indexer.search import Index, open_index
from indexer.vectors import MemoryDatabase

LONG = " ".join(f"Sentence {number} tells of the mill by the Lune." for number in range(1, 61))
"""2,751 characters, so that the indexer cuts it in two."""


@pytest.fixture
def indexed(tmp_path: Path) -> Iterator[Callable[[Suite], Index]]:
    """Builds the index of a suite's corpus and opens it."""
    opened: list[Index] = []

    def make(suite: Suite) -> Index:
        settings = load_settings("default", environ={}, overrides={"index.directory": str(tmp_path / "index")})
        embedder, database = HashingEmbedder(), MemoryDatabase()
        report = build([suite.corpus], settings=settings, embedder=embedder, database=database)
        assert report.skipped == ()
        opened.append(open_index(settings, embedder, database=database))
        return opened[-1]

    yield make
    for index in opened:
        index.close()


def question(number: int, context: str, *answers: str, impossible: bool = False) -> dict[str, object]:
    return {
        "id": f"5ad{number}",
        "question": f"What is asked in {number}?",
        "answers": [{"text": answer, "answer_start": context.index(answer)} for answer in answers],
        "is_impossible": impossible,
    }


def passage(context: str, *qas: dict[str, object]) -> dict[str, object]:
    return {"context": context, "qas": list(qas)}


def article(title: str, *passages: dict[str, object]) -> dict[str, object]:
    return {"title": title, "paragraphs": list(passages)}


def squad_file(folder: Path, *articles: dict[str, object]) -> Path:
    path = folder / "squad_small.json"
    path.write_text(json.dumps({"version": "v2.0", "data": articles}, ensure_ascii=False), encoding="utf-8")
    return path


def gold_texts(index: Index, case: Case) -> list[list[str]]:
    """The texts of the gold paragraphs, group by group, in reading order."""
    paragraphs = {
        paragraph.id: paragraph.text
        for document in index.documents(offset=0, limit=100)
        for paragraph in index.paragraphs(document.id)
    }
    return [
        [text for paragraph_id, text in paragraphs.items() if paragraph_id in group]
        for group in Anchors(index).gold_of(case).groups
    ]


MARKED = (
    "# 1912 was the year of *the* flood.",
    "1. FC Orvash won the `cup` & the <b>league</b> of [Brannock](https://example.org).",
    "- not a list, > not a quote | not a table &amp; no entity_at_all_ \\* ~~here~~",
    "The   line breaks\nand tabs\there are\u00a0one space each.",
    "Source: The Callan Courier",
    "מגדל המים נבנה בשנת 1931 בידי האחים אזולאי.",
    "---",
)


def test_every_case_finds_its_paragraph_in_a_real_index(tmp_path: Path, indexed: Callable[[Suite], Index]) -> None:
    wanted = (
        "*the* flood", "<b>league</b>", "entity_at_all_", "one", "Callan Courier", "האחים אזולאי", "---",
    )  # fmt: skip
    passages = [
        passage(context, question(number, context, word) if word in context else question(number, context, "line"))
        for number, (context, word) in enumerate(zip(MARKED, wanted, strict=True))
    ]
    path = squad_file(
        tmp_path,
        article("Old_mill_(Lune)", passage(LONG, question(10, LONG, "Sentence 1 "), question(11, LONG, "Sentence 60"))),
        article("Marks_%26_signs", *passages),
    )
    suite = load_squad(path, folder=tmp_path / "corpus")
    index = indexed(suite)
    assert index.generation.paragraph_count == 2 + len(MARKED), "the long paragraph was cut in two"
    assert [document.title for document in index.documents(offset=0, limit=9)] == ["Old mill (Lune)", "Marks & signs"]
    first, last, *marked = [gold_texts(index, case) for case in suite.cases]
    assert first[0][0].startswith("Sentence 1 tells")
    assert last[0][0].endswith("Sentence 60 tells of the mill by the Lune.")
    assert marked == [[[collapsed(context)]] for context in MARKED]


def test_answerable_and_unanswerable_questions_become_cases_of_their_strata(tmp_path: Path) -> None:
    context = "The tower rose in 1931. Two brothers built it in 1931."
    answers = question(1, context, "1931", "in 1931")
    repeated = {"text": "1931", "answer_start": context.rindex("1931")}
    path = squad_file(
        tmp_path,
        article(
            "Tower",
            passage("The tower is tall."),
            passage(context, {**answers, "answers": [*answers["answers"], repeated]}, question(2, "", impossible=True)),
        ),
    )
    suite = load_squad(path, folder=tmp_path / "corpus")
    answerable, unanswerable = suite.cases
    assert (suite.name, suite.corpus) == ("squad_small", tmp_path / "corpus")
    assert [stratum.name for stratum in suite.strata] == ["answerable", "unanswerable"]
    assert (answerable.id, answerable.stratum, answerable.tags) == ("q-5ad1", "answerable", ("Tower",))
    assert answerable.expect.status == ("answered", "partial")
    assert [fact.any for fact in answerable.expect.facts] == [("1931", "in 1931")]
    [group] = answerable.expect.support
    assert [support.anchor for support in group] == ["The tower rose in 1931.", "Two brothers built it in 1931."]
    assert (unanswerable.id, unanswerable.stratum) == ("q-5ad2", "unanswerable")
    assert unanswerable.expect.status == ("refused",)
    assert (unanswerable.expect.facts, unanswerable.expect.support) == ((), ())
    assert answerable.cluster == unanswerable.cluster
    assert answerable.cluster.endswith("-2"), "the second paragraph of its article"
    assert msgspec.convert(msgspec.to_builtins(suite.cases), tuple[Case, ...]) == suite.cases, "all fit their schema"


def test_a_paragraph_repeated_or_contained_in_another_is_found_once(
    tmp_path: Path, indexed: Callable[[Suite], Index]
) -> None:
    short, whole = "It burnt in 1740.", "Nothing is left of it. It burnt in 1740. Nobody knows why."
    other = "It burnt in 1740. The mayor wept."
    path = squad_file(
        tmp_path,
        article(
            "Castle",
            passage(short, question(1, short, "1740")),
            passage(whole, question(2, whole, "1740")),
            passage(whole, question(3, whole, "why")),
            passage(other, question(4, other, "1740")),
        ),
    )
    suite = load_squad(path, folder=tmp_path / "corpus")
    index = indexed(suite)
    assert index.generation.paragraph_count == 2
    assert [gold_texts(index, case) for case in suite.cases] == [[[whole]], [[whole]], [[whole]], [[other]]]
    assert suite.cases[3].expect.support[0][0].anchor == other, "its sentence alone stands in two paragraphs"
    assert len({case.cluster for case in suite.cases}) == 4


def test_an_answer_without_a_letter_or_digit_is_no_wording(tmp_path: Path) -> None:
    context = "It fell. It rose again."
    suite = load_squad(
        squad_file(tmp_path, article("Tower", passage(context, question(1, context, ".", "fell")))),
        folder=tmp_path / "corpus",
    )
    assert suite.cases[0].expect.facts[0].any == ("fell",)


def test_ids_and_file_names_that_do_not_fit_are_made_to_fit_and_stay_different(tmp_path: Path) -> None:
    context = "The bridge is old."
    asked = [{**question(1, context, "old"), "id": raw} for raw in ("A/1", "a:1", "a-1")]
    path = squad_file(
        tmp_path,
        article("", passage(context, *asked)),
        article("../../برج الماء", passage(context)),
        article("../../برج الماء", passage(context)),
    )
    suite = load_squad(path, folder=tmp_path / "corpus")
    assert len({case.id for case in suite.cases}) == 3
    assert suite.cases[2].id == "q-a-1"
    msgspec.convert(msgspec.to_builtins(suite.cases), tuple[Case, ...])
    assert len(list((tmp_path / "corpus").iterdir())) == 3
    assert all(len(file_name(key)) <= 60 for key in ("", "a" * 999, "CON", "é" * 200))
    assert file_name("a") != file_name("A")


def test_documents_are_written_once_and_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    context = "The bridge is old."
    folder = tmp_path / "corpus"
    path = squad_file(tmp_path, article("Bridge", passage(context, question(1, context, "old"))))
    first = load_squad(path, folder=folder)
    [document] = folder.iterdir()
    written_at = document.stat().st_mtime_ns
    (folder / ".DS_Store").touch()
    assert load_squad(path, folder=folder) == first
    assert document.stat().st_mtime_ns == written_at
    document.write_text("changed")
    assert load_squad(path, folder=folder) == first
    assert document.read_text().endswith("The bridge is old.\n")
    (folder / "notes.txt").write_text("something else")
    with pytest.raises(CaseError, match=r"corpus: holds notes.txt, which is not of this set"):
        load_squad(path, folder=folder)


CONTEXT = "The bridge is old."
GOOD = question(1, CONTEXT, "old")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            {**GOOD, "question": 7},
            r"Expected `str`, got `int` - at `\$\.data\[0\]\.paragraphs\[0\]\.qas\[0\]\.question`",
        ),
        ({"id": "1", "question": "Who?"}, r"“Bridge”, paragraph 1, question 1: has no answer and is not marked"),
        ({**GOOD, "is_impossible": True}, r"question 5ad1: is impossible and has answers"),
        ({**GOOD, "answers": [{"text": "old", "answer_start": 3}]}, r"at 3 the context has “ br”, not “old”"),
        ({**GOOD, "answers": [{"text": " ", "answer_start": 3}]}, r"at 3 the context has “ ”"),
        ({**GOOD, "question": " "}, r"question 5ad1: has no words"),
    ],
)
def test_a_broken_question_is_named_with_its_place(tmp_path: Path, broken: dict[str, object], message: str) -> None:
    path = squad_file(tmp_path, article("Bridge", passage(CONTEXT, broken)))
    with pytest.raises(CaseError, match=message) as caught:
        load_squad(path, folder=tmp_path / "corpus")
    assert str(path) in str(caught.value)


def test_a_set_that_cannot_be_used_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    with pytest.raises(CaseError, match="cannot be read"):
        load_squad(tmp_path / "none.json", folder=folder)
    (tmp_path / "bytes.json").write_bytes(b'{"data": [{"title": "\xff", "paragraphs": []}]}')
    with pytest.raises(CaseError, match="not in the format of SQuAD"):
        load_squad(tmp_path / "bytes.json", folder=folder)
    twice = squad_file(tmp_path, article("Bridge", passage(CONTEXT, GOOD, GOOD)))
    with pytest.raises(CaseError, match="question id of q-5ad1 is used more than once"):
        load_squad(twice, folder=folder)
    blank = squad_file(tmp_path, article("Bridge", passage(" \n")))
    with pytest.raises(CaseError, match="“Bridge” has a context without a word"):
        load_squad(blank, folder=folder)
    menu = squad_file(tmp_path, article("Bridge", passage("Show more", question(1, "Show more", "more"))))
    with pytest.raises(CaseError, match="reads its context as a title, date or menu"):
        load_squad(menu, folder=folder)


@given(
    title=st.text(max_size=40).map(collapsed),
    paragraphs=st.lists(
        st.text(st.one_of(st.sampled_from("#*+-_=`~<>[]()!|&;:\\.19 ab\n\t'\""), st.characters()), max_size=60)
        .map(collapsed)
        .filter(bool),
        min_size=1,
        max_size=4,
    ),
)
def test_any_text_survives_as_markdown(title: str, paragraphs: list[str]) -> None:
    parsed = parse_markdown(markdown(title, paragraphs).encode(), "any.md")
    assert parsed.text == "\n\n".join(paragraphs)
    assert parsed.title == title
    assert (parsed.heading_spans, parsed.block_spans) == ((), ())


BEIR = {
    "corpus.jsonl": (
        '{"_id": "D/1", "title": "Water tower", "text": "It rose in 1931.\\n\\nIt is tall.", "metadata": {}}\n'
        '{"_id": "d 2", "title": "", "text": "# Two brothers built it."}\n'
        '{"_id": "title-only", "title": "A title alone", "text": ""}\n'
        '{"_id": "empty", "text": " "}\n'
    ),
    "queries.jsonl": (
        '{"_id": "7", "text": "who built  the tower"}\n\n'
        '{"_id": "8", "text": "is it tall"}\n'
        '{"_id": "9", "text": "nobody judged this"}\n'
    ),
    "qrels/test.tsv": (
        "query-id\tcorpus-id\tscore\n7\td 2\t2\n7\tD/1\t1\n7\ttitle-only\t0\n8\ttitle-only\t0\n8\tempty\t0\n"
    ),
}


def beir_folder(folder: Path, **other: str) -> Path:
    """A small set; `other` replaces the file of that stem."""
    for name, text in BEIR.items():
        path = folder / "Tiny.Set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(other.get(path.stem, text))
    return folder / "Tiny.Set"


def test_a_retrieval_set_becomes_cases_judged_by_retrieval_alone(
    tmp_path: Path, indexed: Callable[[Suite], Index]
) -> None:
    suite = load_beir(beir_folder(tmp_path), into=tmp_path / "corpus")
    [case] = suite.cases
    assert (suite.name, case.id, case.stratum) == ("tiny.set", "q-7", "queries")
    assert case.question == "who built the tower"
    assert case.judged_by_retrieval_alone
    assert case.expect.status == ANY_STATUS
    assert [[support.relevance for support in group] for group in case.expect.support] == [[2], [1]]
    assert msgspec.convert(msgspec.to_builtins(case), Case) == case
    index = indexed(suite)
    titles = {document.title for document in index.documents(offset=0, limit=9)}
    assert titles == {"Water tower", "# Two brothers built it.", "A title alone"}, "an empty document is left out"
    assert gold_texts(index, case) == [["# Two brothers built it."], ["It rose in 1931.", "It is tall."]]
    gold = Anchors(index).gold_of(case)
    assert sorted(gold.relevance.values()) == [1, 1, 2]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"corpus": '{"_id": "a", "text": "b"}\n{"_id": "a", "text": "c"}'}, r"corpus.jsonl: line 2: the id a is used"),
        ({"corpus": '{"_id": "a"}'}, r"corpus.jsonl: line 1: Object missing required field `text`"),
        ({"queries": "\nno json"}, r"queries.jsonl: line 2: JSON is malformed"),
        ({"queries": '{"_id": "7", "text": " "}'}, r"test.tsv: line 2: queries.jsonl has no query 7 with words"),
        ({"test": "7\td 2\t1\n"}, r"test.tsv: line 1: expected the header query-id corpus-id score"),
        ({"test": "query-id\tcorpus-id\tscore\n7\td 2\n"}, r"test.tsv: line 2: expected a query id"),
        ({"test": "query-id\tcorpus-id\tscore\n7\td 2\thigh\n"}, r"line 2: .* and a whole number"),
        ({"test": "query-id\tcorpus-id\tscore\n6\td 2\t1\n"}, r"line 2: queries.jsonl has no query 6"),
        ({"test": "query-id\tcorpus-id\tscore\n7\tempty\t1\n"}, r"line 2: corpus.jsonl has no document empty"),
    ],
)
def test_a_broken_line_of_a_retrieval_set_is_named(tmp_path: Path, broken: dict[str, str], message: str) -> None:
    with pytest.raises(CaseError, match=message):
        load_beir(beir_folder(tmp_path, **broken), into=tmp_path / "corpus")


def test_a_split_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"dev.tsv: cannot be read"):
        load_beir(beir_folder(tmp_path), split="dev", into=tmp_path / "corpus")


def test_documents_rank_where_their_first_paragraph_does(tmp_path: Path, indexed: Callable[[Suite], Index]) -> None:
    suite = load_beir(beir_folder(tmp_path), into=tmp_path / "corpus")
    index = indexed(suite)
    hits = index.search("It rose in 1931. It is tall.", limit=10)
    ids = {document.title: document.id for document in index.documents(offset=0, limit=9)}
    tower, brothers = ids["Water tower"], ids["# Two brothers built it."]
    assert [hit.paragraph.document_id for hit in hits[:2]] == [tower, tower], "both its paragraphs come first"
    ranked, gold = by_document(hits, Anchors(index).gold_of(suite.cases[0]))
    assert ranked[0] == tower
    assert sorted(ranked) == sorted(ids.values()), "each once"
    assert gold.groups == (frozenset({brothers}), frozenset({tower}))
    assert gold.relevance == {brothers: 2, tower: 1}
    assert by_document([], Gold()) == ((), Gold())
