"""What this machine is, as far as observations depend on it."""

from __future__ import annotations

import platform
import shlex
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

# Of the variables that the in-cell runner passes on to a phase, those that decide what is loaded
# and what is built. The others only say where things are.
LOADING = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
BUILDING = ("CC", "CXX", "SDKROOT", "MACOSX_DEPLOYMENT_TARGET", "INCLUDE", "LIB", "LIBPATH")


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
