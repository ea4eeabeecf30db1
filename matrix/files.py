"""Files that are there whole or not at all, and digests that mean the same everywhere.

In: a path and the text it is to hold. Out: that file, or the old one untouched and an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from matrix.errors import Unreachable

# What decoding JSON raises that is cut off, of another type, no UTF-8 or nested without end.
UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


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
        reason = error.strerror or str(error)
        raise Unreachable(
            f"{path} could not be written: {reason}. What it held before is unchanged; "
            f"make room or give write access to {path.parent}, then run the same command again."
        ) from error


def text_digest(path: Path) -> str:
    """Return the SHA-256 of a text file, the same whichever line ends a checkout gave it."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


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
