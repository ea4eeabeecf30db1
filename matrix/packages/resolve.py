"""What a probe needs in a cell, resolved: the cell's own packages as locked, the newest beside.

In: a cell's lock, needs, wheels. Out: a lock of the whole environment, with hashes; or a reason.
It is kept, and stays until it is asked for afresh: a package that is uploaded meanwhile is no
change of what was observed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_version

from ..experiments.needs import Need, Needs
from ..model.cell import Cell
from ..model.files import UNDECODABLE, read_regular, write_atomically
from ..model.record import Package
from .locked import FIXED, pins
from .uv import Refused, compiled
from .wheels import Built, Wheel


class Resolved(msgspec.Struct, frozen=True):
    """What is to be installed: `lock` is its text, `packages` what it has beyond the cell's own.

    `asked` names all that it was made from, and `reason` says why there is none.
    """

    asked: str = ""
    lock: str = ""
    packages: tuple[Package, ...] = ()
    reason: str = ""

    @property
    def digest(self) -> str:
        """What names the packages, wherever they lie."""
        return hashlib.sha256(msgspec.json.encode(self.packages)).hexdigest()[:32]


def resolve(
    cell: Cell, needs: Needs, wheels: Built, lock: Path, *, python: str, until: str, kept: Path
) -> Resolved:
    """Resolve needs in a cell, or return what is `kept` there of the very same question.

    `python` is the full version, `until` the day whose index counts, or "". Raises Unreachable when
    uv does not start, no index answers or the disk refuses.
    """
    own = {need: wheels[need, cell.python] for need in needs if need.path}
    fixed = pins(read_regular(lock).decode(), python)
    unbuilt = [wheel for wheel in own.values() if isinstance(wheel, str)]
    for reason in (*unbuilt, _conflict(needs, fixed), serves(needs, python)):
        if reason:
            return Resolved(reason=reason)
    built = {need: wheel for need, wheel in own.items() if isinstance(wheel, Wheel)}
    lines = [f"{name}=={version}" if name in FIXED else name for name, version in fixed.items()]
    lines += [_line(need, built) for need in needs if not need.python]
    seen = [*lines, *(wheel.sha256 for wheel in built.values()), *fixed.values(), python, until]
    asked = hashlib.sha256("\n".join(seen).encode()).hexdigest()
    try:
        before = msgspec.json.decode(kept.read_bytes(), type=Resolved)
    except (OSError, *UNDECODABLE):
        before = Resolved()
    if before.asked == asked:
        return before
    hidden = {str(wheel.path): need.shown for need, wheel in built.items()}
    try:
        # The versions of the cell stay, where they fit.
        pinned = "".join(f"{name}=={version}\n" for name, version in fixed.items())
        newest = ("--exclude-newer", f"{until}T00:00:00Z") if until else ()
        text = compiled("\n".join(lines), python, *newest, hidden=hidden, kept=pinned)
    except Refused as refused:
        return Resolved(reason=str(refused))
    names = {need.name for need in needs} | {wheel.name for wheel in built.values()}
    digests = {wheel.name: wheel.sha256[:16] for wheel in built.values()}
    found = Resolved(asked, text, _beyond(text, fixed, python, names, digests))
    write_atomically(kept, msgspec.json.encode(found).decode())
    return found


def _conflict(needs: Needs, fixed: Mapping[str, str]) -> str:
    """Return which need cannot be met by what the cell is, or ""."""
    for need in needs:
        if need.name in FIXED & fixed.keys():
            pin, wanted = fixed[need.name], Requirement(need.text).specifier
            if not wanted.contains(pin, prereleases=True):
                return f"{need.text} is asked for, and this cell has {need.name} {pin}"
    return ""


def _line(need: Need, built: Mapping[Need, Wheel]) -> str:
    if need in built:
        return f"{built[need].name}{need.text} @ {built[need].path.as_uri()}"
    return need.text


def _beyond(
    text: str, fixed: Mapping[str, str], python: str, named: set[str], digests: Mapping[str, str]
) -> tuple[Package, ...]:
    """Return what a lock has that a cell's own lock has not, or has in another version."""
    return tuple(
        Package(name, version, digests.get(name, ""), name in named)
        for name, version in sorted(pins(text, python).items())
        if name in digests
        or name in named
        or canonicalize_version(fixed.get(name, "")) != canonicalize_version(version)
    )


def serves(needs: Needs, python: str) -> str:
    """Return why a Python is not one that needs speak of, or ""."""
    wanted = [need.text for need in needs if need.python]
    wrong = [text for text in wanted if not SpecifierSet(text).contains(python, prereleases=True)]
    return f"it asks for Python {wrong[0]}, and this is {python}" if wrong else ""
