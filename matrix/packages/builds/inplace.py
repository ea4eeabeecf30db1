"""An interpreter in which somebody has built Numba in place: what it is, asked of itself.

In: a path. Out: a `Build`, its digest over all files of the package, and a lock that stands for it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

import msgspec

from ...errors import BadInput
from ...model.files import UNDECODABLE, write_atomically
from ...select import interpreters
from ...select.releases import lock_path
from .build import IN_PLACE, Build

# What it says of itself, as any interpreter, and of what is in it; a flaw there is an answer too.
QUESTION = f"""\
{interpreters.ANSWER}
try:
    import numba, numpy, llvmlite
    answer["packages"] = {{m.__name__: m.__version__ for m in (numba, numpy, llvmlite)}}
    answer["folder"] = os.path.dirname(os.path.abspath(numba.__file__))
except BaseException as error:
    answer["flaw"] = "%s: %s" % (type(error).__name__, error)
{interpreters.TELL}"""
PATIENCE_S = 120.0


class Answer(interpreters.Answer, frozen=True, kw_only=True):
    """What an interpreter says of itself and of its Numba."""

    packages: dict[str, str] = msgspec.field(default_factory=dict)
    folder: str = ""
    flaw: str = ""


def interpreter_named(word: str) -> Build:
    """Return the Numba that an interpreter has; raises BadInput when there is none to run."""
    where = f"--numba-python {word}"
    path = Path(word).absolute()  # whose links lead out of its environment
    if not path.is_file() or not os.access(path, os.X_OK):
        raise BadInput(f"{where}: this is no interpreter; name a python that can be started")
    answer = _asked(where, path)
    if answer.implementation != "CPython":
        raise BadInput(f"{where}: this is {answer.implementation}; Numba runs on CPython")
    if answer.flaw:
        raise BadInput(
            f"{where}: no Numba can be imported there ({answer.flaw}), as `python -E -s` starts;"
            " install it: pip install --no-build-isolation -e ."
        )
    here = interpreters.Interpreter(
        answer.minor, answer.version, str(path), answer.build, answer.headers, answer.cc
    )
    beside = dict(answer.packages)
    version = beside.pop("numba")
    digest = _digest(Path(answer.folder), beside)
    return Build(word, version, answer.minor, digest, interpreter=here, beside=beside)


def _asked(where: str, path: Path) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.json"
        try:
            subprocess.run(
                [str(path), "-E", "-s", "-c", QUESTION, str(file)], cwd=folder, check=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                timeout=PATIENCE_S,
            )  # fmt: skip
            return msgspec.json.decode(file.read_bytes(), type=Answer)
        except (OSError, subprocess.SubprocessError, *UNDECODABLE) as error:
            raise BadInput(
                f"{where}: this is no interpreter, or one that does not answer"
                f" ({type(error).__name__}); name a CPython"
            ) from error


def _digest(folder: Path, beside: dict[str, str]) -> str:
    """Return a digest of all that is in a package, but for what is cached there."""
    digest = hashlib.sha256(msgspec.json.encode(beside, order="sorted"))
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def write_lock(build: Build, folder: Path) -> Path:
    """Write the lock that stands for what an interpreter has, and return it."""
    assert build.interpreter is not None  # noqa: S101 (a wheel has a lock that installs it)
    lock = lock_path(folder, build.release)
    pins = "".join(f"{name}=={version}\n" for name, version in sorted(build.beside.items()))
    held = f"{IN_PLACE}{build.interpreter.path}\n# {build.digest}\nnumba=={build.version}\n{pins}"
    write_atomically(lock, held)
    return lock
