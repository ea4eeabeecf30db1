"""What a lock says is to be installed."""

from __future__ import annotations

import re
from urllib.parse import unquote

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

# What a cell is: it stays as locked, whatever is installed beside it.
FIXED = {"numba", "llvmlite", "numpy"}


def pins(text: str, python: str) -> dict[str, str]:
    """Return what a lock names for a CPython of this full version, on this machine."""
    here = {"python_full_version": python, "python_version": ".".join(python.split(".")[:2])}
    found: dict[str, str] = {}
    for line in text.replace("\\\n", "").splitlines():
        words = re.split(r"(?:^|\s)#|\s--hash", line)[0].strip()
        wanted = Requirement(words) if words else None
        if wanted and (wanted.marker is None or wanted.marker.evaluate(here)):
            found[canonicalize_name(wanted.name)] = _version(wanted)
    return found


def _version(wanted: Requirement) -> str:
    if wanted.url:
        return str(parse_wheel_filename(unquote(wanted.url.rpartition("/")[2]))[1])
    (pin,) = wanted.specifier
    return pin.version
