"""Finding files, and what holds for the loading of every format."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from indexer.errors import EmptyCorpusError, LoadError
from indexer.load import MAX_FILE_BYTES, SourceFile, find_files, load


def places(*paths: Path) -> list[str]:
    return [file.place for file in find_files(paths).files]


def write(path: Path, content: str | bytes = "Some text.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def loaded(path: Path):
    return load(SourceFile(path=path, place=path.name))


def test_files_below_a_folder_are_found_in_order_with_their_places(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.TXT", "a/b/c.html", "c.pdf", "d.docx", "e.htm", "f.xhtml", "g.markdown", "h.text"):
        write(tmp_path / name)

    assert places(tmp_path) == [
        "a/b/c.html", "a/z.TXT", "b.md", "c.pdf", "d.docx", "e.htm", "f.xhtml", "g.markdown", "h.text",
    ]  # fmt: skip


def test_hidden_files_and_folders_and_other_kinds_are_left_out_and_other_kinds_are_counted_once(tmp_path: Path) -> None:
    for name in ("a.txt", ".hidden.txt", ".git/b.txt", "pictures/image.png", "noextension"):
        write(tmp_path / name)
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "gone.jpg")

    found = find_files([tmp_path, tmp_path / "pictures"])

    assert [file.place for file in found.files] == ["a.txt"]
    assert found.unsupported_count == 3


def test_bytes_of_a_name_that_are_no_text_are_written_out(tmp_path: Path) -> None:
    write(tmp_path / os.fsdecode(b"caf\xe9.txt"))

    (file,) = find_files([tmp_path]).files

    assert file.place == r"caf\xe9.txt"
    assert load(file).path == r"caf\xe9.txt"


def test_a_folder_below_a_hidden_one_can_be_named(tmp_path: Path) -> None:
    write(tmp_path / ".cache/docs/a.txt")

    assert places(tmp_path / ".cache/docs") == ["a.txt"]


def test_the_place_of_a_named_file_is_its_name(tmp_path: Path) -> None:
    assert places(write(tmp_path / "deep/down/a.txt")) == ["a.txt"]


def test_a_loop_of_links_ends_and_a_file_that_is_reached_twice_counts_once(tmp_path: Path) -> None:
    write(tmp_path / "a/one.txt")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "two.txt").symlink_to(tmp_path / "a/one.txt")

    assert len(places(tmp_path, tmp_path, tmp_path / "a/one.txt")) == 1


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="does not exist"):
        find_files([tmp_path / "missing"])


class Unreachable(type(Path())):
    """A path below a folder that the user may not enter, also when the tests run as root."""

    def stat(self, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied")


def test_a_path_that_cannot_be_reached_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"a\.txt: cannot be reached: Permission denied$"):
        find_files([Unreachable(tmp_path / "a.txt")])


def test_a_named_file_of_another_kind_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"unknown kind of file \.png; known are \.txt"):
        find_files([write(tmp_path / "a.png")])


def test_files_of_the_same_place_below_two_folders_are_two_documents_unless_they_are_equal(tmp_path: Path) -> None:
    for name, content in (("x/a.txt", "One."), ("y/a.txt", "Two."), ("z/a.txt", "Two.")):
        write(tmp_path / name, content)

    files = find_files([tmp_path / "y", tmp_path / "x", tmp_path / "z"]).files

    assert [file.path.parent.name for file in files] == ["x", "y", "z"]
    assert len({load(file).id for file in files}) == 2


def test_a_folder_without_documents_is_an_empty_corpus(tmp_path: Path) -> None:
    write(tmp_path / "a.png")

    with pytest.raises(
        EmptyCorpusError, match=r"no file of a known kind is there \(1 of other kinds left out\); known"
    ):
        find_files([tmp_path])
    with pytest.raises(EmptyCorpusError, match=r"no file of a known kind is there; known are \.txt"):
        find_files([write(tmp_path / "empty/.hidden").parent])


def test_a_broken_link_is_found_and_loading_it_gives_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone.txt")

    (file,) = find_files([tmp_path]).files

    with pytest.raises(LoadError, match=r"^a.txt: cannot be read: No such file"):
        load(file)


def test_the_id_is_of_the_place_and_the_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "Some text.")

    document = load(SourceFile(path=path, place="news/a.txt"))

    assert document.id == "d" + hashlib.sha256(b"news/a.txt\0Some text.").hexdigest()[:16]
    assert document.path == "news/a.txt"
    assert document.media_type == "text/plain"
    assert load(SourceFile(path=path, place="other/a.txt")).id != document.id


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(LoadError, match=r"^a.txt: empty file$"):
        loaded(write(tmp_path / "a.txt", content))


def test_a_file_of_nothing_but_invisible_characters_holds_no_text(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="holds no text"):
        loaded(write(tmp_path / "a.md", "---\ntitle: A\n---\n"))


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)

    with pytest.raises(LoadError, match=r"larger than 50,000,000 bytes \(50,000,001\); split it"):
        loaded(path)


class Locked(type(Path())):
    """A path that the user may not read, also when the tests run as root."""

    def open(self, *_: object, **__: object) -> io.BytesIO:
        raise PermissionError(13, "Permission denied")


def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    path = Locked(write(tmp_path / "a.txt"))

    with pytest.raises(LoadError, match=r"^a.txt: no permission to read it; check its permissions$"):
        load(SourceFile(path=path, place="a.txt"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_reported_when_loaded(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "locked/b.txt").parent.chmod(0)

    files = find_files([tmp_path]).files
    with pytest.raises(LoadError, match="locked: folder that cannot be listed; check its permissions"):
        find_files([tmp_path / "locked"])
    (tmp_path / "locked").chmod(0o700)

    assert [file.place for file in files] == ["a.txt", "locked"]


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="folder that cannot be listed"):
        load(SourceFile(path=tmp_path, place="a"))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")

    with pytest.raises(LoadError, match="not a regular file"):
        loaded(tmp_path / "a.txt")


def test_a_document_without_a_title_is_called_by_its_first_line_or_its_file(tmp_path: Path) -> None:
    short = loaded(write(tmp_path / "a.txt", "It rained all day."))
    long = loaded(write(tmp_path / "tide-tables_2024.txt", "It rained all day. " * 20))

    assert short.title == "It rained all day."
    assert long.title == "Tide tables 2024"


def test_an_address_that_is_no_web_address_is_dropped(tmp_path: Path) -> None:
    evil = loaded(write(tmp_path / "a.md", "---\nurl: javascript:alert(1)\n---\nText."))
    good = loaded(write(tmp_path / "b.md", "---\nurl: https://a.example/b\n---\nText."))

    assert (evil.url, good.url) == (None, "https://a.example/b")
