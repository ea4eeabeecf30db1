"""Numba's own tests as evidence: which are run, and what came of them.

In: `upstream.toml`. Out: an `UpstreamSuite` per entry; the types their results are stored in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..errors import BadInput, nearest
from ..model.files import read_toml, text_digest
from ..model.job import SuiteJob

NAME = re.compile(r"numba(\.\w+)+(:\w+)?")


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A suite as it is listed."""

    names: tuple[str, ...]


class UpstreamSuite(msgspec.Struct, frozen=True):
    """Tests of Numba's: `names` are where they have been over the releases, newest first.

    `patch` is a file that every process of theirs runs after `import numba`, `sha256` its digest.
    """

    names: tuple[str, ...]
    patch: Path | None = None
    sha256: str = ""

    def under(self, patch: Path) -> UpstreamSuite:
        """Return the suite as it is run under a patch."""
        return UpstreamSuite(self.names, patch, text_digest(patch))

    @property
    def job(self) -> SuiteJob:
        """What a cell is told of it."""
        return SuiteJob(self.names, str(self.patch or ""))


NONE: Mapping[str, UpstreamSuite] = {}


def load(path: Path) -> dict[str, UpstreamSuite]:
    """Read the suites by name.

    Raises:
        BadInput: the file is missing, is no TOML, or an entry is not a suite.
    """
    document = read_toml(path, "the names of Numba's own tests")
    return {name: _suite(f'{path}: ["{name}"]', entry) for name, entry in document.items()}


def with_patch(suites: Mapping[str, UpstreamSuite], patch: Path) -> dict[str, UpstreamSuite]:
    """Return the suites, and each of them under this patch: `cache@remedy`."""
    return {**suites, **{f"{name}@{patch.stem}": one.under(patch) for name, one in suites.items()}}


def key(suites: Mapping[str, UpstreamSuite]) -> str:
    """Return what names these suites, wherever a patch of theirs lies."""
    named = {name: (*suite.names, suite.sha256) for name, suite in suites.items()}
    return msgspec.json.encode(named, order="sorted").decode()


def _suite(where: str, entry: Any) -> UpstreamSuite:  # noqa: ANN401 (what TOML holds)
    try:
        suite = UpstreamSuite(msgspec.convert(entry, _Entry).names)
    except msgspec.ValidationError as error:
        unknown = re.search(r"unknown field `(.+?)`", str(error))
        hint = "; " + nearest(unknown[1], _Entry.__struct_fields__) if unknown else ""
        raise BadInput(f"{where}: {error}{hint}") from None
    for name in suite.names:
        if not NAME.fullmatch(name):
            raise BadInput(f"{where}: {name!r} is not like numba.tests.test_caching:TestCache")
    return suite
