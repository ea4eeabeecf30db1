# SPDX-License-Identifier: BSD-2-Clause
"""`numba-matrix check --cache DIR`: which files of a cache would end the process that loads them.

They hold a call through an open symbol. Nothing is run, unpickled or loaded, and no Numba is
needed: functions are named by the files' names, and by the symbols themselves. What the remedy
stores holds none. CPython 3.6 or newer, the standard library.
"""

import json
import mmap
import os
import re
import sys

OPEN = re.compile(rb"\.numba\.unresolved\$([\x21-\x7e]*)")
# As in `pkg.module.fact-12.py311.1.nbc`, or `guf-...` where it is the kernel of a gufunc.
NAME = re.compile(
    r"(?:(?P<prefix>guf|pgufunc\w*)-)?(?P<name>.+)-(?P<line>\d+)\.py\d+\w*(?:\.\w+)?\.\d+\.nbc"
)


class BadFolder(Exception):
    """There is nothing that can be searched."""


def main(folder, *, as_json=False):
    """Search a folder, say what is found, and return 1 if anything is poisoned, 2 if unsearched."""
    try:
        files, found = search(folder)
    except (BadFolder, OSError) as error:
        sys.stderr.write(f"error: --cache {folder}: {error}\n")
        return 2
    if as_json:
        print(json.dumps({"cache": folder, "files": files, "poisoned": found}, indent=1))
    else:
        for one in found:
            print(said(one))
        print(f"{folder}: {len(found)} of {files} files would end the process that loads them")
    if found and not as_json:
        print("  delete them; numba-matrix check FILE says what to change")
    return 1 if found else 0


def said(one):
    """Return the line that says a poisoned file."""
    line = f", line {one['line']}" if one["line"] else ""
    calls = ", ".join(one["calls"])
    return f"{one['file']}: {one['function']}{line} calls {calls} by an address nobody fills in"


def search(folder):
    """Return how many cache files lie below a folder, and the poisoned ones.

    Raises BadFolder where there is no folder or no such file, OSError for what cannot be read.
    """
    if not os.path.isdir(folder):
        raise BadFolder(
            "this is no folder" if os.path.exists(folder) else "there is no such folder"
        )
    files, found = 0, []
    for place, below, names in os.walk(folder, onerror=refuse):
        below.sort()
        for name in sorted(names):
            if name.endswith(".nbc"):
                files += 1
                path = os.path.join(place, name)
                calls = open_calls(path)
                if calls:
                    found.append(dict(named(name), file=path, calls=calls))
    if not files:
        raise BadFolder("no file of Numba's cache (*.nbc) lies in it or below, so nothing is known")
    return files, found


def refuse(error):
    """Raise what a walk would pass over."""
    raise error


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
