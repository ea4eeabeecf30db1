"""The text of the function is written to a file and imported from there."""

import importlib
import os
from pathlib import Path

from numba import njit

SOURCE = "def add(n):\n    return n + {}\n".format(10 if os.path.exists("otherwise") else 1)
if not os.path.exists("typed.py") or Path("typed.py").read_text() != SOURCE:
    Path("typed.py").write_text(SOURCE)

add = njit(cache=True)(importlib.import_module("typed").add)


def run():
    return add(1)


def change():
    open("otherwise", "w").close()
