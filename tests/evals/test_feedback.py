"""Thumbs-down records become drafts that a maintainer completes and that no suite takes before."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.settings import load_settings
from evals.anchors import Anchors
from evals.cases import Case, Expectation, load_cases
from evals.errors import CaseError, FeedbackError
from evals.feedback import Drafts, Feedback, draft_cases, write_drafts
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.search import Index, open_index
from indexer.values import Filters
from indexer.vectors import MemoryDatabase
from qa_service.values import Answer, Citation, Turn, Usage

QUOTE = "The bridge over the Lune opened in May, after three years of work, and cost nine million crowns."


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "bridge.txt").write_text(f"The Lune bridge\n\n{QUOTE}\n\nDogs travel free.\n")
    settings = load_settings("default", environ={}, overrides={"index.directory": str(tmp_path / "index")})
    embedder, database = HashingEmbedder(), MemoryDatabase()
    build([corpus], settings=settings, embedder=embedder, database=database)
    opened = open_index(settings, embedder, database=database)
    yield opened
    opened.close()


def citation(marker: int, document_id: str, quote: str = QUOTE) -> Citation:
    return Citation(
        marker=marker,
        document_id=document_id,
        title="The Lune bridge",
        source="",
        published_at=None,
        paragraph_id=f"{document_id}-p1",
        paragraph_number=1,
        page=None,
        start=17,
        end=17 + len(quote),
        quote=quote,
        url=f"/documents/{document_id}#p1",
    )


def answer(text: str = "It opened in June.[1]", *citations: Citation, **other: object) -> Answer:
    plain = Answer(
        id="a1",
        status="answered",
        reason=None,
        question="When did the bridge open?",
        standalone_question=None,
        text=text,
        claims=(),
        citations=citations,
        evidence=(),
        removed_claims=0,
        index_version="g1",
        model="small",
        usage=Usage(prompt_tokens=10, reused_tokens=0, answer_tokens=5),
        timings_s={"total": 0.5},
    )
    return msgspec.structs.replace(plain, **other)


def feedback(**other: object) -> Feedback:
    plain = Feedback(
        rating="down",
        question="When did the bridge open?",
        answer=answer(),
        comment="It was May!",
        at=datetime.datetime(2026, 11, 23, 23, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=-2))),
    )
    return msgspec.structs.replace(plain, **other)


def feedback_file(folder: Path, *records: Feedback) -> Path:
    path = folder / "feedback.jsonl"
    path.write_bytes(msgspec.json.Encoder().encode_lines(records))
    return path


def test_a_draft_asks_what_was_asked_and_tells_what_was_disliked(tmp_path: Path, index: Index) -> None:
    [document] = index.documents(offset=0, limit=9)
    record = feedback(
        conversation=(Turn(role="user", text="The Lune bridge?"),),
        filters=Filters(published_to=datetime.date(2025, 1, 2)),
        answer=answer("It opened in June.[1][2]", citation(1, document.id), citation(2, document.id)),
    )
    [case] = draft_cases(feedback_file(tmp_path, record), index=index).cases
    assert case.id.startswith("when-did-the-bridge-open-")
    assert (case.question, case.conversation, case.filters) == (record.question, record.conversation, record.filters)
    assert case.note == ("Disliked on 2026-11-24: It was May!\nThe outcome was answered: It opened in June.[1][2]"), (
        "the day is that of UTC"
    )
    [[support]] = case.expect.support
    assert support.document == "bridge.txt"
    assert support.anchor == "The bridge over the Lune opened in May, after three"
    assert Anchors(index).gold_of(case).groups == (frozenset({f"{document.id}-p1"}),)


def test_a_citation_that_the_index_does_not_have_is_named_in_the_note(tmp_path: Path, index: Index) -> None:
    record = feedback(answer=answer("No.", citation(1, "d0"), status="partial", reason="deadline"), comment=" ")
    path = feedback_file(tmp_path, record)
    for known in (None, index):
        [case] = draft_cases(path, index=known).cases
        assert case.expect.support == ()
        assert case.note == (
            "Disliked on 2026-11-24, without a comment.\nThe outcome was partial (deadline): No.\n"
            f"It cites “The Lune bridge”, paragraph 1: “{QUOTE}”"
        )


def test_thumbs_up_are_counted_and_blank_lines_passed_over(tmp_path: Path) -> None:
    path = feedback_file(tmp_path, feedback(rating="up"), feedback(), feedback(rating="up"))
    path.write_bytes(b"\n\r\n" + path.read_bytes().replace(b"\n", b"\r\n\n"))
    drafts = draft_cases(path)
    assert (len(drafts.cases), drafts.up_count) == (1, 2)
    path.write_bytes(b"")
    assert draft_cases(path) == Drafts(cases=(), up_count=0)


def test_the_same_record_is_added_once_and_another_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "cases" / "feedback.yaml"
    drafts = draft_cases(feedback_file(tmp_path, feedback(), feedback(comment="Wrong."), feedback())).cases
    assert len({case.id for case in drafts}) == 2
    assert write_drafts(path, drafts) == 2
    written = path.read_bytes()
    assert write_drafts(path, drafts) == 0
    assert path.read_bytes() == written


def test_ids_are_made_of_the_question_in_any_script(tmp_path: Path) -> None:
    questions = ("¿Cuándo abrió el puente sobre el río Lune y cuánto costó?", "متى افتتح الجسر؟", "桥?")
    cases = draft_cases(feedback_file(tmp_path, *(feedback(question=question) for question in questions))).cases
    assert cases[0].id.startswith("cuando-abrio-el-puente-sobre-el-rio-")
    assert all(msgspec.convert(msgspec.to_builtins(case), Case) == case for case in cases)
    assert len({case.id for case in cases}) == 3


def test_a_draft_reads_well_and_is_added_below_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "feedback.yaml"
    path.write_text("# Complete these.\n- id: earlier   # mine\n  question: Où ?")
    record = feedback(question="Où est le pont ? 🌉", answer=answer(f"Là : {QUOTE}\n{QUOTE}"), comment="")
    [case] = draft_cases(feedback_file(tmp_path, record)).cases
    assert write_drafts(path, [case]) == 1
    assert path.read_text() == (
        "# Complete these.\n- id: earlier   # mine\n  question: Où ?\n\n"
        f"- id: {case.id}\n"
        "  draft: true\n"
        "  question: Où est le pont ? 🌉\n"
        "  note: >-\n"
        "    Disliked on 2026-11-24, without a comment.\n"
        "\n"
        "    The outcome was answered: Là : The bridge over the Lune opened in May, after three years of work,"
        " and cost nine million\n"
        "    crowns.\n"
        "\n"
        f"    {QUOTE}\n"
        "  expect:\n"
        "    status:\n"
        "    - answered\n"
        "    - partial\n"
        "    facts: []\n"
        "    support: []\n"
    )


@pytest.mark.parametrize("status", ["[answered, partial]", "[refused]"])
def test_no_suite_takes_a_draft_before_it_is_completed(tmp_path: Path, index: Index, status: str) -> None:
    [document] = index.documents(offset=0, limit=9)
    record = feedback(answer=answer("June.", citation(1, document.id)))
    path = tmp_path / "feedback.yaml"
    [case] = draft_cases(feedback_file(tmp_path, record), index=index).cases
    write_drafts(path, [case])
    with pytest.raises(CaseError, match=rf"case {case.id}: is a draft; complete .* and take `draft` out"):
        load_cases(path)
    [plain] = yaml.safe_load(path.read_text())
    completed = {**plain, "expect": {**plain["expect"], "status": yaml.safe_load(status)}}
    del completed["draft"]
    path.write_text(yaml.safe_dump([completed]))
    if status == "[refused]":
        assert load_cases(path)[0].expect.status == ("refused",)
        return
    with pytest.raises(CaseError, match=rf"case {case.id}: an answerable case needs expect.facts"):
        load_cases(path)
    completed["expect"]["facts"] = [{"any": ["May"]}]
    path.write_text(yaml.safe_dump([completed]))
    assert load_cases(path)[0].expect.support == case.expect.support


GOOD = msgspec.to_builtins(feedback())


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b'{"rating"', "line 2: Input data was truncated"),
        (b'{"question": "\xff"}', "line 2: 'utf-8' codec"),
        (msgspec.json.encode({**GOOD, "rating": "meh"}), r"line 2: Invalid enum value 'meh' - at `\$\.rating`"),
        (msgspec.json.encode({**GOOD, "at": "2026-11-23T10:00:00"}), r"line 2: .*timezone.* - at `\$\.at`"),
        (msgspec.json.encode({**GOOD, "question": ""}), r"line 2: .* - at `\$\.question`"),
        (msgspec.json.encode({**GOOD, "user": "me"}), "line 2: Object contains unknown field `user`"),
        (
            msgspec.json.encode({**GOOD, "answer": {**GOOD["answer"], "status": "lost"}}),
            r"line 2: .*- at `\$\.answer\.status`",
        ),
    ],
)
def test_a_broken_line_is_named_with_its_key(tmp_path: Path, broken: bytes, message: str) -> None:
    path = feedback_file(tmp_path, feedback())
    path.write_bytes(path.read_bytes() + broken + b"\n")
    with pytest.raises(FeedbackError, match=message) as caught:
        draft_cases(path)
    assert str(caught.value).startswith(f"{path}: line 2")


def test_a_feedback_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedbackError, match=r"none.jsonl: cannot be read \(No such file"):
        draft_cases(tmp_path / "none.jsonl")


@pytest.mark.parametrize("content", ["[]\n", "cases: 1\n", "  - id: indented\n", "- id: [\n", "- 'open"])
def test_a_file_to_which_no_case_can_be_added_stays_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "feedback.yaml"
    path.write_text(content)
    cases = draft_cases(feedback_file(tmp_path, feedback())).cases
    with pytest.raises(FeedbackError, match=r"feedback.yaml: more cases cannot be added to it; begin each"):
        write_drafts(path, cases)
    assert path.read_text() == content
    assert sorted(each.name for each in tmp_path.iterdir()) == ["feedback.jsonl", "feedback.yaml"]


@given(
    st.text(st.one_of(st.sampled_from(" \n\t:#-'\"\\|>é\u2028\x85\ufeff\0"), st.characters(codec="utf-8")), min_size=1)
)
def test_any_text_is_read_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("drafts") / "feedback.yaml"
    case = Case(id="c", question=text, note=text, expect=Expectation(status=("answered",)))
    assert write_drafts(path, [case]) == 1
    [plain] = msgspec.yaml.decode(path.read_bytes())
    assert (plain["question"], plain["note"]) == (text, text)
