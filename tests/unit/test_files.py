"""A file is replaced whole, or stays what it was."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.errors import BadInput, Unreachable
from matrix.model.files import (
    append,
    named_folder,
    read_regular,
    read_toml,
    remove,
    set_aside,
    write_atomically,
)


def test_a_new_file_appears_with_its_folders_and_nothing_beside_it(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b.txt", "é\r\nline\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "é\r\nline\n".encode()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_pieces_are_written_one_after_the_other_or_none_of_them(tmp_path: Path) -> None:
    path = tmp_path / "pieces.txt"
    write_atomically(path, iter([b"one ", b"two\n"]))
    assert path.read_bytes() == b"one two\n"

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_atomically(path, broken())
    assert path.read_bytes() == b"one two\n"
    assert [one.name for one in tmp_path.iterdir()] == ["pieces.txt"]


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_text("a much longer text than the new one")
    path.chmod(0o640)
    write_atomically(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_can_be_read_by_others(tmp_path: Path) -> None:
    write_atomically(tmp_path / "new.txt", "new")
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o644


def test_a_link_stays_and_the_file_it_names_changes(tmp_path: Path) -> None:
    (tmp_path / "target.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("target.txt")
    write_atomically(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "target.txt").read_text() == "new"


def test_a_folder_that_cannot_be_made_is_said_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unreachable, match=r"file/b\.txt could not be written"):
        write_atomically(tmp_path / "file" / "b.txt", "text")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a file")
def test_a_disk_that_fills_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_text("old")
    # A limit on the file's size stops the write in its middle, just as a full disk would.
    child = f"""
import resource
from pathlib import Path
from matrix.errors import Unreachable
from matrix.model.files import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_atomically(Path({str(path)!r}), "x" * 100_000)
except Unreachable as error:
    print(error)
"""
    root = Path(__file__).parents[2]
    said = subprocess.run(
        [sys.executable, "-c", child], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert "could not be written" in said
    assert "What it held before is unchanged" in said
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_regular_file_is_read_and_so_is_one_that_a_link_names(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "file") == read_regular(tmp_path / "link") == b"text"


@pytest.mark.skipif(os.name == "nt", reason="Windows has none of these in its file system")
def test_what_is_no_regular_file_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "linked").symlink_to("pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")  # by its short name: an address has little room for a path
        for name, says in {
            "folder": "folder: this is a folder; it has to be a regular file, or a link to one",
            "pipe": "pipe: this is a pipe",
            "linked": "linked: this is a pipe",
            "socket": "socket: this is a socket",
            "device": "device: this is a device",
            "loop": "loop: this file cannot be read: ",
            "dangling": "dangling: this file cannot be read: No such file",
        }.items():
            with pytest.raises(BadInput, match=says):
                read_regular(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"x = " + b"[" * 100_000, "nested too deeply; it holds claims"),
        (b"x = 1\nx = 2", "Cannot overwrite a value"),
        (b"x = '\xff'", "can't decode byte 0xff"),
        (b"x = " + b"9" * 5000, "digits"),
    ],
)
def test_what_is_no_toml_is_refused_by_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "claims.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=says) as refused:
        read_toml(path, "claims")
    assert str(refused.value).startswith(f"{path}: not TOML: ")


def test_toml_that_is_not_there_or_no_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file; it holds claims"):
        read_toml(tmp_path / "claims.toml", "claims")
    with pytest.raises(BadInput, match="this is a folder"):
        read_toml(tmp_path, "claims")


def test_toml_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b'["\xc3\xa9"]\r\na = 1\r\n')
    assert read_toml(tmp_path / "x.toml", "x") == {"é": {"a": 1}}


def test_nothing_that_was_set_aside_is_ever_overwritten(tmp_path: Path) -> None:
    names = []
    for text in ("one", "two", "three"):
        (tmp_path / "x.json").write_text(text)
        names.append(set_aside(tmp_path / "x.json").name)
    assert names == ["x.json.set-aside", "x.json.2.set-aside", "x.json.3.set-aside"]
    assert [(tmp_path / name).read_text() for name in names] == ["one", "two", "three"]
    with pytest.raises(Unreachable, match="could not be set aside"):
        set_aside(tmp_path / "gone.json")


def test_a_folder_that_cannot_be_used_is_refused_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert named_folder("--state", str(tmp_path)) == tmp_path.resolve()
    assert named_folder("--state", str(tmp_path / "new")) == tmp_path.resolve() / "new"
    (tmp_path / "file").touch()
    for name, says in {"file": "it is no folder", "file/x": "Not a directory"}.items():
        with pytest.raises(BadInput, match=f"--state: .*file.* cannot be used: {says}"):
            named_folder("--state", str(tmp_path / name))
    with pytest.raises(BadInput, match="--state: an empty word names no file or folder"):
        named_folder("--state", "")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(BadInput, match="cannot be used: it cannot be read"):
        named_folder("--state", str(tmp_path))


@pytest.mark.skipif(os.name == "nt", reason="making links takes a privilege there")
def test_a_loop_of_links_is_refused_and_a_link_to_nothing_names_what_it_points_to(
    tmp_path: Path,
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("new")
    for name in ("loop", "loop/x"):
        with pytest.raises(BadInput, match=f"--state.*{name}"):
            named_folder("--state", str(tmp_path / name))
    assert named_folder("--state", str(tmp_path / "dangling")) == tmp_path.resolve() / "new"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no paths as deep")
def test_a_folder_is_removed_however_deep_it_is(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    here = Path.cwd()
    try:
        os.chdir(top)
        for _ in range(1500):
            Path("d").mkdir()
            Path("d/file").touch()
            os.chdir("d")
    finally:
        os.chdir(here)
    (top / "link").symlink_to(tmp_path)
    remove(top)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
def test_nothing_is_added_to_what_would_keep_us_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="this is a pipe"):
        append(tmp_path / "pipe", "text")
