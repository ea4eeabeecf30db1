# SPDX-License-Identifier: BSD-2-Clause
"""The matrix itself, from a wheel: lays the suite out below `.matrix/` here, and starts its driver.

A run copies programs into cells and starts nox on a noxfile: that wants a folder with just the
files of a clone. CPython 3.11 or newer with what the extra `[matrix]` installs.
"""

import hashlib
import importlib.util
import os
import runpy
import shutil
import sys
import tempfile

NEEDED = "filelock findpython jinja2 msgspec nox packaging pygments pypi_simple pytest rich uv"
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CARRIED = os.path.join(PACKAGE, "suite")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "suite")
MAKES_ENVIRONMENTS = ("run", "bisect", "share", "debug")
FRONT = "NUMBA_MATRIX_FRONT"  # which command the driver names in what it says


def main(words):
    """Run a command of the driver and return its exit status."""
    missing = [name for name in NEEDED.split() if importlib.util.find_spec(name) is None]
    if sys.version_info < (3, 11) or missing:
        old = "" if sys.version_info >= (3, 11) else " with CPython 3.11 or newer"
        lacks = f"; {', '.join(missing)} cannot be imported" if missing else ""
        sys.stderr.write(
            f"error: `numba-matrix {words[0]}` wants pip install 'numba-matrix[matrix]'{old}"
            f" (this is {sys.version.split()[0]}{lacks})\n"
        )
        return 2
    here = os.path.join(os.getcwd(), ".matrix")
    try:
        suite = lay_out(here)
    except OSError as error:
        sys.stderr.write(f"error: {here}: the suite cannot be laid out there: {error}\n")
        return 2
    sys.path.insert(0, suite)
    os.environ[FRONT] = "numba-matrix"
    sys.argv[:] = ["numba-matrix", *words, *where(words, here)]
    try:
        runpy.run_module("matrix", run_name="__main__", alter_sys=False)
    except SystemExit as end:
        return end.code
    return 0


def where(words, here):
    """Return the options that keep what a command makes out of the suite's own folder."""
    wanted = {"--state": here}
    if words[0] in MAKES_ENVIRONMENTS:
        wanted["--envdir"] = os.path.join(here, "nox")
    given = {word.partition("=")[0] for word in words}
    return [word for name, path in wanted.items() if name not in given for word in (name, path)]


def lay_out(folder):
    """Return the folder of the suite as a clone has it, made if it is not there; raises OSError."""
    if not os.path.isdir(CARRIED):
        return os.path.dirname(PACKAGE)  # a clone
    suite = os.path.join(folder, "suite-" + digest(PACKAGE))
    if not os.path.isdir(suite):
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as made:
            whole = os.path.join(made, "suite")
            shutil.copytree(CARRIED, whole, ignore=LEFT_OUT)
            shutil.copytree(PACKAGE, os.path.join(whole, "matrix"), ignore=LEFT_OUT)
            try:
                os.rename(whole, suite)
            except OSError:
                if not os.path.isdir(suite):  # somebody else was first
                    raise
    return suite


def digest(folder):
    """Return the first digits of the digest of all files below a folder."""
    found = hashlib.sha256()
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(place, name)
            found.update(os.path.relpath(path, folder).encode())
            with open(path, "rb") as file:
                found.update(file.read())
    return found.hexdigest()[:8]
