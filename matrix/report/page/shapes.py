"""What a probe's name says: the shape of its recursion, what carries it, and in which form. Pure.

A name is `<carrier>/<shape>[_<what is done about it>]_<form>`, as in
`cache/literal_seed_np_int64_called`. In: ids, and which workaround belongs to which. Out: `Place`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

FORMS = (
    "lazy", "eager", "called", "vectorize", "guvectorize", "cfunc", "parallel", "two_signatures",
    "helper", "direct", "two_exports",
)  # fmt: skip
NAME = re.compile(rf"(?P<stem>.+?)_(?P<form>(?:{'|'.join(FORMS)})(?:_.*)?)")


class Place(msgspec.Struct, frozen=True):
    """Where a probe stands on the map. `form` is "" where its name has none, as in `aot/plain`."""

    shape: str
    carrier: str
    form: str


def places(ids: Iterable[str], kin: Mapping[str, Iterable[str]]) -> dict[str, Place]:
    """Return each probe's place, by id; `kin` are the workarounds of those that have some.

    A stem that goes on from another one is of its shape (`literal_seed_np_int64`), and so are a
    hazard and a workaround whose names begin alike (`default_omitted`, `default_passed`).
    """
    named = {probe: _parts(probe) for probe in ids}
    stems = {stem for _, stem, _ in named.values()}
    begin = {
        common
        for probe, others in kin.items()
        for other in others
        if probe in named
        and other in named
        and (common := _common(named[probe][1], named[other][1]))
    }
    return {
        probe: Place(_shape(stem, stems | begin), carrier, form)
        for probe, (carrier, stem, form) in named.items()
    }


def words(shape: str) -> str:
    """Return a shape as words: `literal seed`."""
    return shape.replace("_", " ")


def anchor(shape: str) -> str:
    """Return the address of a shape's chapter within the page: `hazard-literal-seed`."""
    return "hazard-" + re.sub(r"[^0-9A-Za-z]+", "-", shape).strip("-").lower()


def _parts(probe: str) -> tuple[str, str, str]:
    carrier, _, name = probe.partition("/")
    name, at, patch = name.partition("@")
    found = NAME.fullmatch(name)
    stem, form = (found["stem"], found["form"]) if found else (name, "")
    return carrier, stem, f"{form} {at}{patch}".strip()


def _shape(stem: str, known: Iterable[str]) -> str:
    beginnings = [other for other in known if f"{stem}_".startswith(f"{other}_")]
    return min(beginnings, key=len)


def _common(one: str, other: str) -> str:
    """Return the words with which both begin."""
    alike = []
    for left, right in zip(one.split("_"), other.split("_"), strict=False):
        if left != right:
            break
        alike.append(left)
    return "_".join(alike)
