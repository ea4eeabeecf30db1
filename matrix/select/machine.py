"""This machine, as far as cells and what is observed in them depend on it."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from .interpreters import Interpreter, find

# Of the variables that the in-cell runner passes on to a phase, those that decide what is loaded
# and what is built. The others only say where things are.
LOADING = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
BUILDING = ("CC", "CXX", "SDKROOT", "MACOSX_DEPLOYMENT_TARGET", "INCLUDE", "LIB", "LIBPATH")


class Machine(msgspec.Struct, frozen=True):
    """The interpreters by minor version, the CPythons that count as being here, the processor."""

    interpreters: dict[str, Interpreter]
    pythons: frozenset[str]
    cpu: str

    def build(self, python: str) -> str:
        """Return the build of an interpreter."""
        here = self.interpreters.get(python)
        return here.build if here else "downloaded"

    def building(self, python: str) -> str:
        """Return what decides how extension modules are built for an interpreter."""
        here = self.interpreters.get(python)
        return building(os.environ, here.cc if here else "")


def machine_here(state: Path, offered: Collection[str] = (), only: Collection[str] = ()) -> Machine:
    """Look at this machine. `offered` CPythons can be fetched, and `only` some may count."""
    interpreters = find(state / "interpreters.json")
    pythons = frozenset(interpreters) | frozenset(offered)
    return Machine(interpreters, pythons & frozenset(only) if only else pythons, cpu_name())


def default_isolation() -> str:
    """Return `fork` where forking a process that has run NumPy and LLVM is safe, else `exec`."""
    return "fork" if sys.platform.startswith("linux") else "exec"


def cpu_name() -> str:
    """Return the processor's name: Numba compiles for the processor it runs on."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def loading(environment: Mapping[str, str]) -> str:
    """Return the variables that decide what any phase loads, with their values."""
    return _listed(environment, [n for n in environment if n.startswith("OPENBLAS_")] + [*LOADING])


def building(environment: Mapping[str, str], own: str) -> str:
    """Return what decides how a phase builds: variables, and the C compilers' files as they are.

    `own` is the command that the interpreter was built with, and builds with where no other is set.
    """
    commands = (environment.get("CC") or own or "cc", environment.get("CXX") or "c++")
    words = [word for command in commands for word in _words(command)]
    found = (shutil.which(word, path=environment.get("PATH")) for word in words)
    stamps = [_stamp(Path(path).resolve()) for path in found if path]
    return "\n".join([_listed(environment, BUILDING), *commands, *stamps])


def _listed(environment: Mapping[str, str], names: Iterable[str]) -> str:
    return "\n".join(f"{name}={environment[name]}" for name in sorted(names) if name in environment)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a quote that is left open
        return command.split()


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"
