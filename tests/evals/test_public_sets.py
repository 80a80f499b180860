"""Public sets become suites whose every anchor is found in a real index of the documents that were written."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import evals.run
from config.cli import main
from config.settings import Settings, load_settings
from evals.anchors import Anchors, Gold, by_document
from evals.cases import ANY_STATUS, Case, Suite
from evals.errors import CaseError, EvalsError
from evals.public_sets import load_beir, load_mtrag, load_squad
from evals.public_sets.documents import collapsed, file_name, markdown
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.loaders.markdown import parse_markdown
from indexer.search import Index, open_index
from indexer.vectors import MemoryDatabase
from qa_service.values import MAX_QUESTION_CHARS, MAX_TURN_CHARS, MAX_TURNS, Turn

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


TOWER = {"document_id": "7_0-31", "title": "Water tower", "text": "Water tower\nIt rose  in 1931 ,\n\nby the Lune."}
BROTHERS = {"document_id": "B/2", "text": "\n\n# Two brothers\nbuilt it.\n"}


def turns(*texts: str) -> list[dict[str, str]]:
    """Turns of user and agent, one after the other."""
    return [{"speaker": ("user", "agent")[number % 2], "text": text} for number, text in enumerate(texts)]


def task(number: int, answerability: str, /, *contexts: dict[str, str], **other: object) -> dict[str, object]:
    return {
        "conversation_id": f"c{number}",
        "task_id": f"c{number}<::>2",
        "turn": "2",
        "contexts": list(contexts),
        "input": turns("Which towers are there?", " One:\n- the Blue Tower ", "When did  it rise?\n"),
        "targets": [{"speaker": "agent", "text": "  In 1931 ,\nit rose. "}],
        "answerability": [answerability],
        "Question Type": ["Factoid"],
        "Multi-Turn": ["N/A"],
        "Collection": "towers",
        **other,
    }


def mtrag_file(folder: Path, *tasks: dict[str, object] | str) -> Path:
    path = folder / "Tiny un.jsonl"
    lines = (each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in tasks)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_turn_of_a_conversation_becomes_a_case_of_its_stratum(
    tmp_path: Path, indexed: Callable[[Suite], Index]
) -> None:
    path = mtrag_file(
        tmp_path,
        task(1, "ANSWERABLE", TOWER, BROTHERS),
        task(2, "PARTIAL", BROTHERS),
        "",
        task(3, "UNANSWERABLE", targets=turns("I do not know.")),
        task(4, "UNDERSPECIFIED", TOWER, input=turns("How tall?"), targets=turns("")),
    )
    suite = load_mtrag(path, folder=tmp_path / "corpus")
    answerable, partial, unanswerable, underspecified = suite.cases
    assert (suite.name, suite.corpus) == ("tiny-un", tmp_path / "corpus")
    strata = ["answerable", "partial", "unanswerable", "underspecified"]
    assert [stratum.name for stratum in suite.strata] == [case.stratum for case in suite.cases] == strata
    assert (answerable.id, answerable.cluster, answerable.tags) == ("q-c1-2", "c1", ("Factoid", "towers"))
    assert answerable.question == "When did it rise?"
    assert answerable.conversation == (
        Turn(role="user", text="Which towers are there?"),
        Turn(role="assistant", text="One:\n- the Blue Tower"),
    )
    assert underspecified.conversation == ()
    assert [case.expect.status for case in suite.cases] == [
        ("answered", "partial", "conflict"),
        ("partial", "answered", "conflict"),
        ("refused",),
        ("clarify", "refused"),
    ]
    assert [case.answerable for case in suite.cases] == [True, True, False, False]
    references = ["In 1931 , it rose.", "In 1931 , it rose.", "I do not know.", ""]
    assert [case.expect.reference for case in suite.cases] == references
    assert msgspec.convert(msgspec.to_builtins(suite.cases), tuple[Case, ...]) == suite.cases, "all fit their schema"
    tower, brothers = "It rose in 1931 , by the Lune.", "# Two brothers built it."
    found = [gold_texts(indexed(suite), case) for case in suite.cases]
    assert [[sorted(group) for group in groups] for groups in found] == [
        [[brothers, tower]], [[brothers]], [], [[tower]],
    ]  # fmt: skip
    assert partial.expect.facts == unanswerable.expect.facts == ()


def test_a_passage_that_is_repeated_is_one_document(tmp_path: Path, indexed: Callable[[Suite], Index]) -> None:
    path = mtrag_file(
        tmp_path,
        task(1, "ANSWERABLE", TOWER, BROTHERS, TOWER),
        task(2, "ANSWERABLE", {**TOWER, "text": "It rose in 1931 , by the Lune."}),
        task(3, "ANSWERABLE", {**TOWER, "document_id": "8_0-31"}),
        task(4, "ANSWERABLE", {**TOWER, "document_id": "9_0-31", "title": "Mill"}),
        task(5, "ANSWERABLE", {"document_id": "t", "title": "Mill", "text": "Mill\n"}),
        task(6, "ANSWERABLE", {"document_id": "s", "title": "Mill", "text": "Mill is a word."}),
    )
    suite = load_mtrag(path, folder=tmp_path / "corpus")
    groups = [case.expect.support[0] for case in suite.cases]
    assert [len(group) for group in groups] == [2, 1, 1, 1, 1, 1]
    assert groups[1] == groups[2] == groups[0][:1], "the same title and text, whatever the id and the white space"
    assert groups[3] != groups[2], "another title"
    index = indexed(suite)
    assert index.document_count == len(list(suite.corpus.iterdir())) == 5
    assert gold_texts(index, suite.cases[3]) == [["Water tower It rose in 1931 , by the Lune."]]
    assert gold_texts(index, suite.cases[4]) == [["Mill"]], "nothing but its title"
    assert gold_texts(index, suite.cases[5]) == [["Mill is a word."]], "the title alone is no line"


def test_of_long_conversations_the_latest_turns_and_of_long_turns_the_beginning_is_kept(tmp_path: Path) -> None:
    long, lasting = "a" * (MAX_TURN_CHARS - 1) + " b", [f"turn {number}" for number in range(MAX_TURNS + 4)]
    question = "q" * MAX_QUESTION_CHARS
    path = mtrag_file(
        tmp_path,
        task(1, "ANSWERABLE", TOWER, input=turns(*lasting, "And now?")),
        task(2, "ANSWERABLE", TOWER, input=turns(long, " \n", question)),
    )
    many, wide = load_mtrag(path, folder=tmp_path / "corpus").cases
    assert [turn.text for turn in many.conversation] == lasting[4:]
    assert [turn.text for turn in wide.conversation] == ["a" * (MAX_TURN_CHARS - 1)], "without the turn that is blank"
    assert wide.question == question
    assert msgspec.convert(msgspec.to_builtins([many, wide]), list[Case]) == [many, wide]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("no json", r"line 2: not in the format of MTRAG-UN: JSON is malformed"),
        (task(2, "MAYBE", TOWER), r"line 2: .*Invalid enum value 'MAYBE' - at `\$\.answerability\[0\]`"),
        (task(2, "PARTIAL", TOWER, answerability=[]), r"line 2: .* - at `\$\.answerability`"),
        (task(2, "PARTIAL", TOWER, targets=[]), r"line 2: .* of length >= 1 - at `\$\.targets`"),
        (task(2, "PARTIAL", TOWER, input=[]), r"line 2: .* of length >= 1 - at `\$\.input`"),
        (task(2, "PARTIAL", {"text": "a"}), r"line 2: .*missing required field `document_id` - at `\$\.contexts\[0\]`"),
        (task(2, "PARTIAL", TOWER, input=turns("a", "b")), r"line 2: the last turn of `input` is not the user's"),
        (task(2, "PARTIAL", TOWER, input=turns(" ")), r"line 2: the last turn of `input` has no words"),
        (task(2, "PARTIAL", TOWER, input=turns("a" * 2001)), r"line 2: the question has 2001 characters, 2000 are"),
        (task(2, "PARTIAL"), r"line 2: is PARTIAL and has no contexts; add them or correct `answerability`"),
        (task(2, "ANSWERABLE", TOWER, targets=turns(" ")), r"line 2: is ANSWERABLE and has no words in its target"),
        (task(2, "PARTIAL", {**BROTHERS, "text": " \n"}), r"line 2: the passage B/2 has no words; take it out"),
        (task(2, "PARTIAL", {**TOWER, "text": "It fell."}), r"line 2: the passage 7_0-31 has another text above"),
        (task(1, "PARTIAL", TOWER), r"the question id of q-c1-2 is used more than once"),
    ],
)
def test_a_broken_line_of_conversations_is_named(tmp_path: Path, broken: dict[str, object] | str, message: str) -> None:
    path = mtrag_file(tmp_path, task(1, "ANSWERABLE", TOWER), broken)
    with pytest.raises(CaseError, match=message) as caught:
        load_mtrag(path, folder=tmp_path / "corpus")
    assert str(path) in str(caught.value)
    assert not (tmp_path / "corpus").exists(), "nothing is written before all is read"


def test_conversations_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    with pytest.raises(CaseError, match="cannot be read"):
        load_mtrag(tmp_path / "none.jsonl", folder=folder)
    with pytest.raises(CaseError, match="no line has a passage in its contexts"):
        load_mtrag(mtrag_file(tmp_path, task(1, "UNANSWERABLE")), folder=folder)
    with pytest.raises(CaseError, match="no line has a passage in its contexts"):
        load_mtrag(mtrag_file(tmp_path), folder=folder)
    bad = tmp_path / "bytes.jsonl"
    bad.write_bytes(b'{"task_id": "\xff"}')
    with pytest.raises(CaseError, match=r"bytes.jsonl: line 1: not in the format of MTRAG-UN"):
        load_mtrag(bad, folder=folder)


def test_the_command_asks_the_conversations_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[evals.run.Plan] = []

    def run(plan: evals.run.Plan, *, settings: Settings) -> None:
        plans.append(plan)
        raise EvalsError("as far as this test goes")

    monkeypatch.setattr(evals.run, "run", run)
    path = mtrag_file(tmp_path, task(1, "ANSWERABLE", TOWER))
    result = CliRunner().invoke(main, ["eval", "--mtrag", str(path), "--folder", str(tmp_path / "evals")])
    assert (result.exit_code, [plan.suite.name for plan in plans]) == (2, ["tiny-un"]), result.output
    assert plans[0].suite.corpus == tmp_path / "evals" / "sets" / "Tiny un"
    assert len(list(plans[0].suite.corpus.iterdir())) == 1
    both = CliRunner().invoke(main, ["eval", "--mtrag", str(path), "--squad", str(path)])
    assert both.exit_code == 2
    assert "--suite, --squad, --beir, --mtrag and --stories exclude each other" in both.output
