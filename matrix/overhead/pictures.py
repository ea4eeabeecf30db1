"""Which plots there are, and whether those on disk show what is stored. Nothing is drawn here.

In: the report folder and what is to be shown. Out: names, relative to that folder. Drawing takes
matplotlib, which only `nox -s overhead` installs, so the reports ask here what they may show.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from matrix.errors import Unreachable
from matrix.files import write_atomically
from matrix.overhead.summary import OverheadReport

FOLDER = "overhead"
PLOTS = {
    "compile-and-load": "Compiling against loading from the cache, by release",
    "process-start": "What a process start costs: imports and the first compile, by release",
}
THEMES = ("light", "dark")
FORMATS = ("svg", "png")
DRAWN_FROM = "drawn-from.txt"


def name(plot: str, theme: str, suffix: str) -> str:
    """Return a picture's name, relative to the report folder."""
    return f"{FOLDER}/{plot}-{theme}.{suffix}"


def names() -> tuple[str, ...]:
    """Return the names of all pictures."""
    return tuple(name(p, theme, suffix) for p in PLOTS for theme in THEMES for suffix in FORMATS)


def digest(found: OverheadReport) -> str:
    """Return what changes whenever the pictures would: their data and the code that draws them."""
    code = Path(__file__).with_name("plots.py").read_bytes()
    return hashlib.sha256(code + msgspec.json.encode(found)).hexdigest()


def up_to_date(folder: Path, found: OverheadReport) -> bool:
    """Whether every picture is there and shows what is `found`."""
    drawn_from = folder / FOLDER / DRAWN_FROM
    if not drawn_from.exists() or drawn_from.read_text(encoding="utf-8") != digest(found):
        return False
    return all((folder / picture).exists() for picture in names())


def remember(folder: Path, found: OverheadReport) -> None:
    """Note what the pictures were drawn from; raises Unreachable."""
    write_atomically(folder / FOLDER / DRAWN_FROM, digest(found))


def forget(folder: Path) -> None:
    """Take the note away before drawing: half-drawn pictures are not up to date."""
    try:
        (folder / FOLDER / DRAWN_FROM).unlink(missing_ok=True)
    except OSError as error:
        raise Unreachable(f"{folder / FOLDER}: {error}; give write access to it") from error
