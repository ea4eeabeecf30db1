# SPDX-License-Identifier: BSD-2-Clause
"""`numba-matrix check --cache DIR`: which files of a cache would end the process that loads them.

They hold a call through an open symbol. A damaged one, which is no whole pickle, raises. Nothing
is run, unpickled or loaded, and no Numba is needed: functions are named by the files' names, and by
the symbols themselves. What the remedy stores holds none. CPython 3.6 or newer, the standard
library.
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
        files, found, damaged, unread = search(folder)
    except (BadFolder, OSError) as error:
        sys.stderr.write(f"error: --cache {folder}: {error}\n")
        return 2
    if as_json:
        facts = {"cache": folder, "files": files, "poisoned": found, "damaged": damaged}
        print(json.dumps(dict(facts, unread=unread), indent=1))
        return status_of(found, damaged, unread)
    for one in found:
        print(said(one))
    for path in damaged:
        print(f"{path}: damaged: it is not whole, and each process that comes to it raises")
    for one in unread:
        print(f"{one['file']}: not searched: {one['error']}")
    more = f", {len(damaged)} {'is' if len(damaged) == 1 else 'are'} damaged" if damaged else ""
    print(f"{folder}: {len(found)} of {files} files would end the process that loads them{more}")
    if found or damaged:
        print("  delete them" + ("; numba-matrix check FILE says what to change" if found else ""))
    return status_of(found, damaged, unread)


def status_of(found, damaged, unread):
    """Return the exit status: 2 where what may be loaded by somebody could not be searched."""
    if found or damaged:
        return 1
    return 0 if all(one["gone"] for one in unread) else 2


def said(one):
    """Return the line that says a poisoned file."""
    line = f", line {one['line']}" if one["line"] else ""
    calls = ", ".join(one["calls"])
    return f"{one['file']}: {one['function']}{line} calls {calls} by an address nobody fills in"


def search(folder):
    """Return how many data and index files lie below a folder; those poisoned, damaged, unread.

    Raises BadFolder where there is no folder or no such file, OSError for what cannot be read.
    """
    if not os.path.isdir(folder):
        raise BadFolder(
            "this is no folder" if os.path.exists(folder) else "there is no such folder"
        )
    files, found, damaged, unread = 0, [], [], []
    for place, below, names in os.walk(folder, onerror=refuse):
        below.sort()
        for name in sorted(names):
            kind, path = os.path.splitext(name)[1], os.path.join(place, name)
            if kind not in PICKLES:
                continue
            try:
                if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would keep a reader waiting
                    continue
                is_whole = whole(path, PICKLES[kind])
                calls = open_calls(path) if kind == ".nbc" else []
            except OSError as error:
                unread.append({"file": path, "error": error.strerror, "gone": is_gone(error)})
                continue
            files += 1
            if not is_whole:
                damaged.append(path)
            if calls:
                found.append(dict(named(name), file=path, calls=calls))
    if not files:
        raise BadFolder("no file of Numba's cache (*.nbc) lies in it or below, so nothing is known")
    return files, found, damaged, unread


def is_gone(error):
    """Whether there is no file, as behind a link to nothing: a process just compiles again."""
    return isinstance(error, FileNotFoundError)


def refuse(error):
    """Raise what a walk would pass over."""
    raise error


def whole(path, pickles):
    """Whether a file begins with so many pickles, each to its end; they are not loaded."""
    with open(path, "rb") as file:
        try:
            for _ in range(pickles):
                for _step in pickletools.genops(file):
                    pass
        except (ValueError, MemoryError):  # a length that is none
            return False
    return True


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
