"""A report that would say the same again is not made again.

In: all that a report is made of, as files and words, and the folders that it was written to. Out:
what was told of just that, as long as what was written is as it was left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..model.files import UNDECODABLE, read_regular, write_atomically

KEPT = "told.json"
Left = dict[str, str]


class Told(msgspec.Struct, frozen=True):
    """What a report came to: the lines that were told, and the exit status.

    `made_of` names what it was made of; `left` are the files it wrote, by path: the SHA-256.
    """

    made_of: str
    left: Left
    lines: tuple[str, ...]
    status: int


def made_of(files: Iterable[Path], words: Iterable[str]) -> str:
    """Return what names these files with their content, and the words; no others have it."""
    found = hashlib.sha256()
    for path in files:
        found.update(f"{path}\0{_digest(path)}".encode("utf-8", "surrogateescape"))
    for word in words:
        found.update(f"{len(word)} {word}".encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def recall(state: Path, key: str, folders: Sequence[Path]) -> Told | None:
    """Return what was told of just this, if the files in these folders are what it left there."""
    try:
        told = msgspec.json.decode(read_regular(state / KEPT), type=Told)
    except (BadInput, *UNDECODABLE):
        return None
    return told if told.made_of == key and told.left == _left(folders) else None


def remember(
    state: Path, key: str, folders: Sequence[Path], lines: Sequence[str], status: int
) -> None:
    """Keep what was told of just this; raises Unreachable."""
    told = Told(key, _left(folders), tuple(lines), status)
    write_atomically(state / KEPT, msgspec.json.encode(told).decode())


def _digest(path: Path) -> str:
    content = path.read_bytes() if path.is_file() else b"is not there"
    return hashlib.sha256(content).hexdigest()


def _left(folders: Sequence[Path]) -> Left:
    found = {}
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            found[str(path)] = _digest(path)
    return found
