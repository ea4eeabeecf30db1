# SPDX-License-Identifier: BSD-2-Clause
"""`numba-matrix check --cache DIR`: which files of a cache would end the process that loads them.

They hold a call through an open symbol. A damaged one, which is no whole pickle, raises. Nothing
is run, unpickled or loaded, and no Numba is needed: functions are named by the files' names, and by
the symbols themselves. What the remedy stores holds none. Data files that no index refers to are
left out: nobody loads them. CPython 3.6 or newer, the standard library.
"""

import json
import mmap
import os
import pickletools
import re
import stat
import sys

OPEN = re.compile(rb"\.numba\.unresolved\$([\x21-\x7e]*)")
# As in `pkg.module.fact-12.py311.1.nbc`, or `guf-...` where it is the kernel of a gufunc.
NAME = re.compile(
    r"(?:(?P<prefix>guf|pgufunc\w*)-)?(?P<name>.+)-(?P<line>\d+)\.py\d+\w*(?:\.\w+)?\.\d+\.nbc"
)

# How many a data and an index file hold: in the index a version goes before.
PICKLES = {".nbc": 1, ".nbi": 2}


class BadFolder(Exception):
    """There is nothing that can be searched."""


def main(folder, *, as_json=False):
    """Search a folder, say what is found, and return 1 if that is anything, 2 if unsearched."""
    try:
        found = search(folder)
    except (BadFolder, OSError) as error:
        sys.stderr.write(f"error: --cache {folder}: {error}\n")
        return 2
    if as_json:
        print(json.dumps({"cache": folder, **vars(found)}, indent=1))
        return status_of(found)
    for one in found.poisoned:
        print(said(one))
    for path in found.damaged:
        print(f"{path}: damaged: it is not whole, and each process that comes to it raises")
    for one in found.unread:
        print(f"{one['file']}: not searched: {one['error']}")
    harmful, damaged, left = len(found.poisoned), len(found.damaged), len(found.unreferred)
    more = f", {damaged} {'is' if damaged == 1 else 'are'} damaged" if damaged else ""
    print(f"{folder}: {harmful} of {found.files} files have a call that ends who loads them{more}")
    if left:
        print(f"  {left} more, which no index refers to, no process loads: left unsearched")
    if harmful or damaged:
        hint = "; numba-matrix check FILE says what to change" if harmful else ""
        print("  delete them" + hint)
    return status_of(found)


class Found:
    """What lies below a folder: how many files were searched, and which are what."""

    def __init__(self):
        self.files, self.poisoned, self.damaged, self.unread, self.unreferred = 0, [], [], [], []


def status_of(found):
    """Return the exit status: 2 where what may be loaded by somebody could not be searched."""
    if found.poisoned or found.damaged:
        return 1
    return 0 if all(one["gone"] for one in found.unread) else 2


def said(one):
    """Return the line that says a poisoned file."""
    line = f", line {one['line']}" if one["line"] else ""
    calls = ", ".join(one["calls"])
    return f"{one['file']}: {one['function']}{line} calls {calls} by an address nobody fills in"


def search(folder):
    """Return what is found of the data and index files below a folder.

    Raises BadFolder where there is no folder or no such file, OSError for what cannot be read.
    """
    if not os.path.isdir(folder):
        raise BadFolder(
            "this is no folder" if os.path.exists(folder) else "there is no such folder"
        )
    found = Found()
    for place, below, names in os.walk(folder, onerror=refuse):
        below.sort()
        referred = set()  # None where an index cannot be read to its end
        for kind in (".nbi", ".nbc"):
            for name in sorted(names):
                if os.path.splitext(name)[1] == kind:
                    texts = look_into(os.path.join(place, name), kind, referred, found)
                    if kind == ".nbi":
                        referred = None if None in (texts, referred) else referred | texts
    if not (found.files or found.unreferred):
        raise BadFolder("no file of Numba's cache (*.nbc) lies in it or below, so nothing is known")
    return found


def look_into(path, kind, referred, found):
    """Add what is found of one file, and return the texts in it, None where it is not whole.

    A data file that no index refers to is not looked into: since it was stored another Numba, or
    the remedy, has begun the index anew, and no process comes to it.
    """
    name = os.path.basename(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would keep a reader waiting
            return set()
        if kind == ".nbc" and referred is not None and name not in referred:
            found.unreferred.append(path)
            return set()
        texts = texts_of(path, PICKLES[kind])
        calls = open_calls(path) if kind == ".nbc" else []
    except OSError as error:
        gone = is_gone(error)
        found.unread.append({"file": path, "error": error.strerror, "gone": gone})
        return set() if gone else None
    found.files += 1
    if texts is None:
        found.damaged.append(path)
    if calls:
        found.poisoned.append(dict(named(name), file=path, calls=calls))
    return texts


def is_gone(error):
    """Whether there is no file, as behind a link to nothing: a process just compiles again."""
    return isinstance(error, FileNotFoundError)


def refuse(error):
    """Raise what a walk would pass over."""
    raise error


def texts_of(path, pickles):
    """Return the texts in a file that begins with so many whole pickles, which are not loaded.

    None where it does not.
    """
    texts = set()
    with open(path, "rb") as file:
        try:
            for _ in range(pickles):
                texts.update(text for _, text, _ in pickletools.genops(file) if type(text) is str)
        except (ValueError, MemoryError):  # a length that is none
            return None
    return texts


def open_calls(path):
    """Return the functions that what is stored in a file calls through an open symbol."""
    with open(path, "rb") as file:
        if not os.path.getsize(path):
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as code:
            return sorted({demangled(symbol.decode()) for symbol in OPEN.findall(code)})


def named(name):
    """Return the function and line that the name of a cache file holds."""
    found = NAME.fullmatch(name)
    if found is None:
        return {"function": name, "line": None}
    return {"function": found["name"], "line": int(found["line"])}


def demangled(symbol):
    """Return the name of a function from Numba's symbol for it, the symbol where it has none."""
    found = re.match(r"_ZN", symbol)
    parts, at = [], 3
    while found:
        size = re.match(r"\d+", symbol[at:])
        if size is None:
            break
        at += len(size[0]) + int(size[0])
        parts.append(symbol[at - int(size[0]) : at])
    # What no C name can hold is written as `_24` or `$24`; a number may end the name.
    name = re.sub(r"[_$]24\d+$", "", ".".join(parts))
    name = re.sub(r"[_$]3c(\w+?)[_$]3e", r"<\1>", name)
    return name or symbol or "a function"
