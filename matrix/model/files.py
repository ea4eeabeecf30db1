"""Files that are there whole or not at all, and the store of records that is made of them.

In: a path and the text it is to hold. Out: that file, or the old one untouched and an error. What
is read because a user named it is a regular file, or refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
import stat
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from ..errors import BadInput, Unreachable
from .cell import filed_in
from .text import without_paths

ROOT = Path(__file__).parents[2]
SCHEMA = 1  # of what is stored

# What decoding JSON raises that is cut off, of another type, no UTF-8 or nested without end.
UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
# How the name of what was of no use ends; it may be a folder.
SET_ASIDE = ".set-aside"
# By the letter that `ls -l` gives them.
IRREGULAR = {"d": "a folder", "p": "a pipe", "s": "a socket", "c": "a device", "b": "a device"}


def read_regular(path: Path) -> bytes:
    """Return what a regular file holds, links followed; raises BadInput for anything else.

    A pipe would keep its reader waiting for ever, and a device may have no end.
    """
    try:
        refuse_irregular(path)
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: this file cannot be read: {error.strerror}") from error


def read_toml(path: Path, holds: str) -> dict[str, Any]:
    """Return the tables of a TOML file; raises BadInput, saying what it `holds`, if it is none."""
    if not path.exists():
        raise BadInput(f"{path}: there is no such file; it holds {holds}")
    try:
        return tomllib.loads(read_regular(path).decode())
    except RecursionError:
        why = "its brackets are nested too deeply"
    except ValueError as error:  # of TOML, of UTF-8, of a number with too many digits
        why = str(error)
    raise BadInput(f"{path}: not TOML: {why}; it holds {holds}")


def refuse_irregular(path: Path) -> None:
    """Raise BadInput for what is there and is no regular file."""
    mode = path.stat().st_mode if path.exists() else stat.S_IFREG
    if not stat.S_ISREG(mode):
        kind = IRREGULAR.get(stat.filemode(mode)[0], "something else")
        raise BadInput(f"{path}: this is {kind}; it has to be a regular file, or a link to one")


def named_path(what: str, text: str) -> Path:
    """Return the path that a word after the option or command `what` names; raises BadInput."""
    if not text:  # which would be the working directory
        raise BadInput(f"{what}: an empty word names no file or folder; leave it out or name one")
    try:
        path = Path(text).resolve()
        str(path).encode()
    except UnicodeEncodeError:
        raise BadInput(f"{what}: {text!r} is no UTF-8; give it another name") from None
    except (OSError, RuntimeError) as error:
        raise BadInput(f"{what} {text}: {error}; name another") from error
    return path


def named_folder(what: str, text: str) -> Path:
    """Return a folder that can be looked into, or is not there yet; raises BadInput."""
    path = named_path(what, text)
    try:
        if path.is_dir() and os.access(path, os.R_OK | os.X_OK):
            return path
        path.stat()
    except FileNotFoundError:
        return path
    except OSError as error:
        raise BadInput(f"{what}: {path} cannot be used: {error.strerror}; name another") from error
    why = "it cannot be read" if path.is_dir() else "it is no folder"
    raise BadInput(f"{what}: {path} cannot be used: {why}; name another")


def set_aside(path: Path) -> Path:
    """Rename what is of no use, whatever it is; return where it is kept, beside all kept before.

    Raises Unreachable when the disk refuses.
    """
    numbers = itertools.chain([""], (f".{number}" for number in itertools.count(2)))
    names = (path.with_name(f"{path.name}{number}{SET_ASIDE}") for number in numbers)
    aside = next(name for name in names if not os.path.lexists(name))
    try:
        return path.rename(aside)
    except OSError as error:
        raise Unreachable(f"{path} could not be set aside: {error.strerror}") from error


def write_atomically(path: Path, content: str | Iterable[bytes]) -> None:
    """Make `path` hold `content`, creating its folder when missing.

    Text is written as UTF-8, line ends as given; what is large comes in pieces, none of them kept.
    A reader sees the old file or the new one, never a part. A symbolic link is followed, so the
    file it points to changes and the link stays.

    Raises:
        Unreachable: the disk is full, read-only or otherwise refuses; the old file is as it was
            and no temporary file stays behind.
    """
    try:
        pieces = [content.encode()] if isinstance(content, str) else content
        _replace(Path(os.path.realpath(path)), pieces)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> Unreachable:
    """Return what to say of a file that the disk refused."""
    return Unreachable(
        f"{path} could not be written: {error.strerror or error}. What it held before is unchanged;"
        f" make room or give write access to {path.parent}, then run the same command again."
    )


def remove(folder: Path) -> None:
    """Remove a folder, as far as it can be, however deep a probe has made it."""
    with contextlib.suppress(OSError):
        _flatten(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _flatten(folder: Path) -> None:
    """Bring every folder that lies deep below this one up to just below it: no path grows long."""
    numbers = itertools.count()
    near = [Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    for inside in near:  # which grows
        for entry in list(os.scandir(inside)):
            if entry.is_dir(follow_symlinks=False):
                near.append(folder / f".flat-{next(numbers)}")
                Path(entry.path).rename(near[-1])


def append(path: Path, text: str) -> None:
    """Add lines to a file that a CI system reads; raises Unreachable, BadInput if it is no file."""
    refuse_irregular(path)
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text.rstrip("\n") + "\n")
    except OSError as error:
        raise Unreachable(f"{path} could not be written: {error.strerror}") from error


def text_digest(path: Path) -> str:
    """Return the SHA-256 of a text file, the same whichever line ends a checkout gave it.

    Raises BadInput when it is no regular file.
    """
    return hashlib.sha256(read_regular(path).replace(b"\r\n", b"\n")).hexdigest()


def _replace(path: Path, pieces: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, because os.replace is atomic only within one file system.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files only their owner can read.
        Path(name).chmod(_mode(path))
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _mode(path: Path) -> int:
    """Return the permission bits of the file there now, else those of an ordinary new file."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        return 0o644


# Told a line that a user is to read.
Say = Callable[[str], None]


class Record(Protocol):
    """What is filed of a cell: a struct of msgspec's."""

    @property
    def cell(self) -> str: ...
    @property
    def schema(self) -> int: ...
    def flaw(self) -> str:
        """Return what keeps it from being whole, or ""."""
        ...


R = TypeVar("R", bound=Record)


def unusable(record: Record) -> str:
    """Return why nobody can have filed this record, or ""."""
    if record.schema != SCHEMA:
        return f"its schema is {record.schema}, not {SCHEMA}"
    return record.flaw()


class Store(Generic[R]):
    """A folder with a file per cell. `say` is told about what had to be set aside."""

    def __init__(self, folder: Path, say: Say, kind: type[R]) -> None:
        self.folder, self.say, self.kind = folder, say, kind

    def path(self, cell: str) -> Path:
        """Return where a cell's record is kept."""
        return self.folder / f"{cell}.json"

    def load(self, cell: str) -> R | None:
        """Return what is stored of a cell, or None.

        What is no file, truncated, not whole, of another schema or of another cell is renamed to
        `*.set-aside` and said.
        """
        path = self.path(cell)
        if not path.exists():
            return None
        try:
            record = msgspec.json.decode(read_regular(path), type=self.kind)
            why = unusable(record)
            if record.cell != cell:
                why = f"it holds the cell {record.cell}"
            if not why:
                return record
        except (BadInput, *UNDECODABLE) as error:
            why = str(error)
        kept = set_aside(path).name
        self.say(f"{path.name}: not usable ({why}); kept as {kept}, its cell runs again")
        return None

    def load_all(self) -> tuple[R, ...]:
        """Return every record, oldest release first."""
        found = (self.load(cell) for cell in filed_in(self.folder))
        return tuple(record for record in found if record is not None)

    def save(self, record: R) -> None:
        """Write a cell's record, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Where this machine keeps its files says nothing elsewhere, and merging refuses it.
        told = without_paths(msgspec.to_builtins(record))
        text = msgspec.json.format(msgspec.json.encode(told), indent=1).decode()
        write_atomically(self.path(record.cell), text + "\n")

    def move(self, cell: str, target: Path) -> None:
        """Move a cell's record to another folder on the same disk; raises Unreachable."""
        try:
            target.mkdir(parents=True, exist_ok=True)
            self.path(cell).replace(target / f"{cell}.json")
        except OSError as error:
            raise Unreachable(f"{target} cannot be written to: {error.strerror}") from error

    def forget(self, cell: str) -> None:
        """Remove what is stored of a cell."""
        self.path(cell).unlink(missing_ok=True)
