"""The commands `serve`, `ask` and `doctor`, and how an answer looks on a terminal."""

import datetime
import io
import socket

import msgspec
import pytest
from click.testing import CliRunner
from rich.console import Console

import qa_service.cli
from config.cli import Failure
from config.invocation import Invocation
from indexer.errors import IndexMissingError
from indexer.values import Filters
from qa_service.cli import answer_on_terminal, exit_code_of, print_answer, question_of
from qa_service.errors import CancelledError, QuestionError
from qa_service.terminal import render_answer
from qa_service.values import Answer, Question, TextDrafted
from tests.qa_service.service_fakes import ANSWER, HIT, FakeModel, answer_at_once, fake_parts

SMALL = Invocation(profile="small")
REFUSAL = msgspec.structs.replace(
    ANSWER, status="refused", reason="no_hits", text="No paragraph of the documents matches.", claims=(), citations=()
)


def on_terminal(answer, *, width=60):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(render_answer(answer))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def changed(value, **changes):
    return msgspec.structs.replace(value, **changes)


def test_an_answer_shows_its_footnotes_with_marker_title_source_date_paragraph_quote_and_link():
    assert on_terminal(ANSWER) == (
        "It cost 247 million marks.[1]\n"
        "\n"
        "[1] The <b>Day</b>, The Callan Courier, 2025-08-31, ¶ 2\n"
        "    “It cost 247 million marks.”\n"
        "    /documents/d1#p2"
    )


def test_a_footnote_leaves_out_what_its_document_does_not_have_and_names_the_page_of_one_that_has_pages():
    [citation] = ANSWER.citations
    bare = changed(ANSWER, citations=(changed(citation, source="", published_at=None, page=7),))
    assert "[1] The <b>Day</b>, page 7, ¶ 2\n" in on_terminal(bare)


def test_a_refusal_shows_its_reason_and_the_nearest_paragraphs():
    assert on_terminal(REFUSAL) == (
        "No paragraph of the documents matches.\n"
        "(refused: no_hits)\n"
        "\n"
        "The nearest paragraphs:\n"
        "\n"
        "• The <b>Day</b>, The Callan Courier, 2025-08-31, ¶ 2\n"
        "    It cost 247 million marks."
    )


def test_a_partial_answer_says_what_was_left_out():
    partial = changed(ANSWER, status="partial", reason="unsupported", removed_claims=2)
    assert "(partial: unsupported; 2 sentences left out, for lack of support in the documents)" in on_terminal(
        partial, width=100
    )


def test_a_refusal_without_evidence_is_only_its_text_and_reason():
    assert on_terminal(changed(REFUSAL, evidence=())) == "No paragraph of the documents matches.\n(refused: no_hits)"


def test_long_paragraphs_are_shortened_and_at_most_three_are_shown():
    long = changed(HIT, paragraph=changed(HIT.paragraph, text="word " * 200))
    shown = on_terminal(changed(REFUSAL, evidence=(long,) * 5))
    assert shown.count("•") == 3
    assert shown.count("word…") == 3


def test_what_documents_say_is_neither_markup_nor_an_order_to_the_terminal():
    [citation] = ANSWER.citations
    hostile = changed(citation, title="[bold]T[/bold]\x1b[2J", quote="q\x1b]0;x\x07\x9b1m", url="/d\x1b#p1")
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    console.print(render_answer(changed(ANSWER, text="a\x1b[2Jb", citations=(hostile,))))
    shown = console.file.getvalue()
    assert "[bold]T[/bold]�[2J" in shown
    assert "a�[2Jb" in shown
    for order in ("\x1b[2J", "\x1b]0", "\x07", "\x9b"):
        assert order not in shown


def test_long_lines_are_wrapped_to_the_terminal_with_right_to_left_and_wide_text_kept_whole():
    [citation] = ANSWER.citations
    text = "بغداد اليوم 北京报道 " * 8
    shown = on_terminal(
        changed(ANSWER, text=text.strip(), citations=(changed(citation, quote=text.strip()),)), width=40
    )
    assert all(len(line) <= 40 for line in shown.splitlines())
    assert shown.count("بغداد") == 16


@pytest.mark.parametrize(
    ("status", "code"), [("answered", 0), ("partial", 0), ("conflict", 0), ("clarify", 0), ("refused", 3)]
)
def test_only_a_refusal_has_an_exit_code_of_its_own(status, code):
    assert exit_code_of(changed(ANSWER, status=status)) == code


def test_json_output_is_the_value(capsys):
    print_answer(ANSWER, as_json=True)
    assert msgspec.json.decode(capsys.readouterr().out, type=Answer) == ANSWER


def test_plain_output_into_a_pipe_has_no_escape_sequences(capsys):
    print_answer(ANSWER, as_json=False)
    captured = capsys.readouterr()
    assert captured.out.startswith("It cost 247 million marks.[1]\n")
    assert "\x1b" not in captured.out
    assert captured.err == ""


def test_a_question_is_trimmed_and_carries_the_filters():
    day = datetime.date(2025, 8, 31)
    asked = question_of("  What did it cost?\n", document_ids=["d1"], published_to=day)
    assert asked == Question(
        question="What did it cost?", filters=Filters(document_ids=("d1",), published_from=None, published_to=day)
    )


@pytest.mark.parametrize(("text", "says"), [(" \n", "is empty"), ("x" * 2001, "2001 characters, 2000 are")])
def test_an_empty_or_endless_question_is_an_error_that_says_so(text, says):
    with pytest.raises(QuestionError, match=says):
        question_of(text)


def test_answering_on_a_terminal_shows_progress_only_there_and_frees_everything():
    parts = fake_parts()
    for is_terminal in (True, False):
        progress = Console(file=io.StringIO(), force_terminal=is_terminal)
        answer = answer_on_terminal(parts, question_of("What?"), ask=answer_at_once, progress=progress)
        assert answer == ANSWER
        assert bool(progress.file.getvalue()) == is_terminal
    assert (parts.model.sessions, parts.keeper.leased) == ([], 0)


def test_a_draft_with_markup_in_it_does_no_harm():
    def ask(question, *, index, session, settings, checker, ranker, tell):
        tell(TextDrafted(text="[/nonsense] [red]" * 30))
        return ANSWER

    progress = Console(file=io.StringIO(), force_terminal=True)
    assert answer_on_terminal(fake_parts(), question_of("What?"), ask=ask, progress=progress) == ANSWER


def test_an_interrupted_question_is_cancelled():
    model = FakeModel()

    def ask(question, *, index, session, settings, checker, ranker, tell):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer_on_terminal(fake_parts(model=model), question_of("What?"), ask=ask, progress=Console(file=io.StringIO()))
    assert model.last_cancel.is_set()
    assert model.sessions == []


def test_a_question_on_the_terminal_is_asked_with_all_parts():
    asked = []

    def ask(question, *, index, session, settings, checker, ranker, tell):
        asked.append((index, settings, checker))
        return ANSWER

    parts = fake_parts()
    answer_on_terminal(parts, question_of("What?"), ask=ask, progress=Console(file=io.StringIO()))
    assert asked == [(parts.keeper.index, parts.settings, parts.checker)]


def test_an_error_of_the_pipeline_reaches_the_root_command():
    def ask(question, *, index, session, settings, checker, ranker, tell):
        raise CancelledError("the model is being shut down")

    with pytest.raises(CancelledError):
        answer_on_terminal(fake_parts(), question_of("What?"), ask=ask, progress=Console(file=io.StringIO()))


@pytest.mark.parametrize("command", ["serve", "ask", "doctor"])
def test_each_command_has_help(command):
    result = CliRunner().invoke(getattr(qa_service.cli, command), ["--help"])
    assert result.exit_code == 0
    assert "--help" in result.output


@pytest.mark.parametrize(
    "arguments", [["--from", "yesterday", "What?"], ["--to", "2025-13-01", "What?"], ["--document"], []]
)
def test_wrong_options_of_ask_are_told_before_anything_is_loaded(arguments):
    result = CliRunner().invoke(qa_service.cli.ask, arguments, obj=SMALL)
    assert result.exit_code == 2
    assert "Error: " in result.output


def test_a_missing_index_is_told_before_any_model_is_loaded(tmp_path):
    environment = {"FOOTNOTE_INDEX__DIRECTORY": str(tmp_path / "none"), "FOOTNOTE_HOME": str(tmp_path / "no models")}
    result = CliRunner().invoke(qa_service.cli.ask, ["What?"], obj=SMALL, env=environment)
    assert isinstance(result.exception, IndexMissingError)
    assert str(result.exception).endswith("build one with `footnote index PATH…`")


def test_a_taken_port_is_told_before_any_model_is_loaded():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(qa_service.cli.serve, ["--host", "127.0.0.1", "--port", port], obj=SMALL)
    assert "loading" not in result.output
    assert f"port {port}" in str(result.exception)
    assert Failure(str(result.exception)).exit_code == 2
