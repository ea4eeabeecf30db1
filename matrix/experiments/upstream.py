"""Numba's own tests as evidence: which are run, and what came of them.

In: `upstream.toml`. Out: a `Suite` per entry; the types their results are stored in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..errors import BadInput, nearest
from ..model.files import read_toml

NAME = re.compile(r"numba(\.\w+)+(:\w+)?")


class UpstreamSuite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tests of Numba's: `names` are where they have been over the releases, newest first."""

    names: tuple[str, ...]


NONE: Mapping[str, UpstreamSuite] = {}


def load(path: Path) -> dict[str, UpstreamSuite]:
    """Read the suites by name.

    Raises:
        BadInput: the file is missing, is no TOML, or an entry is not a suite.
    """
    document = read_toml(path, "the names of Numba's own tests")
    return {name: _suite(f'{path}: ["{name}"]', entry) for name, entry in document.items()}


def _suite(where: str, entry: Any) -> UpstreamSuite:  # noqa: ANN401 (what TOML holds)
    try:
        suite = msgspec.convert(entry, UpstreamSuite)
    except msgspec.ValidationError as error:
        unknown = re.search(r"unknown field `(.+?)`", str(error))
        hint = "; " + nearest(unknown[1], UpstreamSuite.__struct_fields__) if unknown else ""
        raise BadInput(f"{where}: {error}{hint}") from None
    for name in suite.names:
        if not NAME.fullmatch(name):
            raise BadInput(f"{where}: {name!r} is not like numba.tests.test_caching:TestCache")
    return suite
