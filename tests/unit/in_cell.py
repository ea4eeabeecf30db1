"""The modules of probes/_cell, loaded by path: nothing of them can be imported from here."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

PROBES = Path(__file__).parents[2] / "probes"


def load(name: str) -> ModuleType:
    """Import a module of the in-cell runner, in its own folder, as it would be in a cell."""
    sys.path.insert(0, str(PROBES / "_cell"))
    try:
        return import_module(name)
    finally:
        sys.path.pop(0)
