"""The CPythons on this machine, one for each minor version.

In: PATH, the folders that findpython knows, and a memo of what was asked before. Out: an
`Interpreter` for each minor version. Nothing is asked again until an executable changes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from packaging.version import Version

from ..errors import BadInput, Unreachable
from ..model.files import UNDECODABLE, read_regular, write_atomically

# Any Python from 3.4 on can run this; it answers in a file, as a site hook may print.
ANSWER = """\
import json, os, platform, sys, sysconfig
answer = {
    "minor": "%d.%d" % sys.version_info[:2],
    "version": "%d.%d.%d" % sys.version_info[:3],
    "path": os.path.realpath(sys.executable),
    "build": " ".join(sys.version.split()) + "; %s" % sysconfig.get_config_var("SOABI"),
    "headers": os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")),
    "cc": sysconfig.get_config_var("CC") or "",
    "implementation": platform.python_implementation(),
    "level": sys.version_info[3],
    "machine": "%s %s" % (platform.machine(), sys.maxsize > 2 ** 32),
    "threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "virtual": sys.prefix != sys.base_prefix,
}
"""
TELL = """\
with open(sys.argv[1], "w") as file:
    json.dump(answer, file)
"""
QUESTION = ANSWER + TELL

# Looked for even where they are not there yet, so that the memo ends when one comes.
HOMES = {"PYENV_ROOT": "~/.pyenv", "ASDF_DATA_DIR": "~/.asdf"}

ASKED = hashlib.sha256(QUESTION.encode()).hexdigest()[:16]
ROOM = 2**14  # bytes: more than an answer takes
KILLED = -9  # by a system that ran out of memory
PASSING = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)

SETTINGS = ("PATH", "HOME", *HOMES, "UV_PYTHON_INSTALL_DIR", "RYE_PY_ROOT")


class Interpreter(msgspec.Struct, frozen=True):
    """A released CPython that is no virtual environment.

    `minor` is "3.11", `version` "3.11.7", `path` the executable itself, links followed; `build`
    names version, build day, compiler and ABI; `headers` says whether AOT can find Python.h, `cc`
    which command it compiles with.
    """

    minor: str
    version: str
    path: str
    build: str
    headers: bool
    cc: str = ""


class Answer(Interpreter, frozen=True, kw_only=True):
    """What an executable says of itself."""

    implementation: str
    level: str
    machine: str
    threaded: bool
    virtual: bool

    @property
    def usable(self) -> bool:
        """Whether a Numba wheel for this machine and this minor version fits."""
        return (
            self.implementation == "CPython"
            and self.level == "final"
            and self.machine == f"{platform.machine()} True"
            and not self.threaded
            and not self.virtual
        )


class Stamp(msgspec.Struct, frozen=True):
    """A path as it was when looked at; both numbers are 0 where nothing was."""

    path: str
    mtime_ns: int
    size: int


class Asked(msgspec.Struct, frozen=True):
    """One executable, itself and the one it stands for; no answer means it is no Python."""

    stamps: tuple[Stamp, ...]
    answer: Answer | None


class Memo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked (a digest of it), of whom, and where was looked for them."""

    question: str
    settings: tuple[str, ...]
    folders: tuple[Stamp, ...]
    asked: dict[str, Asked]


def find(memo: Path | None, *, patience: float = 20) -> dict[str, Interpreter]:
    """Return the newest CPython of each minor version, oldest minor first.

    One with the headers that AOT needs comes before a newer patch without them. `memo` is the file
    that keeps the answers; one that cannot be read is made anew, one that cannot be written is
    done without, and None keeps nothing. `patience` is how many seconds an executable may take to
    answer; one that takes longer is left out and asked again the next time.
    """
    old = _recall(memo)
    new = _look(old, patience)
    if memo and new != old:
        # The memo only saves seconds; a full disk will be told of by what needs the room.
        with contextlib.suppress(Unreachable):
            write_atomically(memo, msgspec.json.encode(new).decode())
    return choose(asked.answer for asked in new.asked.values() if asked.answer)


def choose(answers: Iterable[Answer]) -> dict[str, Interpreter]:
    """Return the best of `answers` for each minor version, oldest minor first."""
    usable = [answer for answer in answers if answer.usable]
    # Of one build under several names (python3.6m, python3.6) the shortest is taken, always.
    usable.sort(key=lambda one: (one.headers, Version(one.version), -len(one.path), one.path))
    best = {one.minor: one for one in usable}
    fields = Interpreter.__struct_fields__
    return {
        minor: Interpreter(**{field: getattr(best[minor], field) for field in fields})
        for minor in sorted(best, key=Version)
    }


def _recall(path: Path | None) -> Memo | None:
    try:
        memo = msgspec.json.decode(read_regular(path), type=Memo) if path else None
    except (BadInput, *UNDECODABLE):
        return None
    return memo if memo and memo.question == ASKED else None


def _look(old: Memo | None, patience: float) -> Memo:
    """Return `old` where it still holds, else what is found and asked now."""
    settings = tuple(os.environ.get(name, "") for name in SETTINGS)
    known = {
        path: asked for path, asked in (old.asked if old else {}).items() if _same(asked.stamps)
    }
    if old and old.settings == settings and _same(old.folders):
        folders, paths = old.folders, list(old.asked)
    else:
        folders, paths = _candidates()
    # Each waits for its interpreter to start, most of the time for the disk.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            answers = list(pool.map(lambda path: known.get(path) or _ask(path, patience), paths))
        finally:
            pool.shutdown(cancel_futures=True)
    asked = dict(zip(paths, answers, strict=True))
    if None in asked.values():
        # One was too slow to answer. Without settings the next look begins with all of them again.
        settings = ()
    return Memo(ASKED, settings, folders, {path: one for path, one in asked.items() if one})


def _candidates() -> tuple[tuple[Stamp, ...], list[str]]:
    """Return the folders that decide what is found, and the executables in them, links followed."""
    # Importing this takes longer than all that a good memo needs.
    from findpython.providers import ALL_PROVIDERS  # noqa: PLC0415

    folders = {Path(entry) for entry in os.get_exec_path() if entry}
    for name, default in HOMES.items():
        home = Path(os.environ.get(name) or default).expanduser()
        folders |= {home, home / "versions", home / "installs/python"}
    paths = []
    for provider in filter(None, (kind.create() for kind in ALL_PROVIDERS.values())):
        root = getattr(provider, "root", None)
        if isinstance(root, Path):
            folders.add(root)
        for python in provider.find_pythons():
            folders.add(python.executable.parent)
            paths.append(str(python.real_path))
    return tuple(_stamp(str(folder)) for folder in sorted(folders)), list(dict.fromkeys(paths))


def _ask(path: str, patience: float) -> Asked | None:
    """Return what the executable at `path` says; None when it may say more another time.

    That is so when it is too slow, and when the machine has no process or memory to spare.

    Raises:
        Unreachable: there is no room for an answer; then every Python would seem to be none.
    """
    before = _stamp(path)
    with _room_for_an_answer() as file:
        try:
            subprocess.run(
                [path, "-I", "-c", QUESTION, str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=patience,
                check=True,
            )
            answer = msgspec.json.decode(file.read_bytes(), type=Answer)
        except subprocess.TimeoutExpired:
            return None
        # A pyenv shim whose version is not active ends here, and so does PyPy 2.
        except (OSError, subprocess.CalledProcessError, msgspec.MsgspecError) as error:
            return None if _passing(error) else Asked((before,), None)
    return Asked((before, _stamp(answer.path)), answer)


@contextlib.contextmanager
def _room_for_an_answer() -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        file = Path(folder.name) / "answer.json"
        file.write_bytes(bytes(ROOM))
    except OSError as error:
        raise Unreachable(
            f"there is no room for temporary files ({error.strerror}): make some, or name another"
            " folder in TMPDIR"
        ) from error
    with folder:
        yield file


def _passing(error: Exception) -> bool:
    if isinstance(error, subprocess.CalledProcessError):
        return error.returncode == KILLED
    return isinstance(error, OSError) and error.errno in PASSING


def _stamp(path: str) -> Stamp:
    try:
        status = Path(path).stat()
    except OSError:
        return Stamp(path, 0, 0)
    return Stamp(path, status.st_mtime_ns, status.st_size)


def _same(stamps: Iterable[Stamp]) -> bool:
    return all(_stamp(stamp.path) == stamp for stamp in stamps)
