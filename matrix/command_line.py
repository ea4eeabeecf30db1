"""The options of `nox -s matrix -- ...` and its sister sessions, parsed into frozen types.

In: the words after `--`. Out: an `Options`. A word that is wrong ends in one clear message.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from matrix.errors import BadInput, nearest

ROOT = Path(__file__).parents[1]
DATA = ROOT / "matrix"
PROBES = ROOT / "probes"
ISOLATIONS = ("fork", "exec", "both")
DOWNLOADS = ("never", "auto", "always")
LONGEST_S = 1e6  # eleven days: no phase takes that long


class Options(msgspec.Struct, frozen=True):
    """What a command is asked to do."""

    command: str
    selectors: tuple[str, ...] = ()
    probe: tuple[str, ...] = ()
    probes: Path | None = None
    state: Path = ROOT / ".matrix"
    isolation: str = "fork"
    timeout: float = 120.0
    jobs: int = 1
    download_python: str = "never"
    fresh: bool = False
    strict: bool = False
    pre: bool = False
    prune: bool = False
    check: bool = False


class Parser(argparse.ArgumentParser):
    """Raises BadInput where argparse would print its usage and exit; no abbreviations."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what would be right, in one line."""
        words = [word for word in message.split() if word.startswith("--")]
        options = [name for action in self._actions for name in action.option_strings]
        hint = f"; {nearest(words[0], options)}" if message.startswith("unrec") and words else ""
        raise BadInput(f"{self.prog}: {message}{hint}")


def parse(words: Sequence[str]) -> Options:
    """Return the options that `words` (command first) spell; raises BadInput."""
    parser = _parser()
    namespace, rest = parser.parse_known_args(words)
    if rest:
        sub = _subparser(parser, namespace.command)
        sub.error(f"unrecognized arguments: {' '.join(rest)}")
    given = {k: v for k, v in vars(namespace).items() if v is not None}
    for name in ("selectors", "probe"):
        given[name] = tuple(given.get(name, ()))
    for name in ("state", "probes"):
        if name in given:
            given[name] = Path(given[name]).resolve()
    return Options(**given)


def _parser() -> Parser:
    parser = Parser(prog="matrix", description="Numba releases, probed.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    run = commands.add_parser("run", prog="nox -s matrix --", help="select, run, judge, report")
    _selection(run)
    _state(run)
    run.add_argument("--isolation", choices=ISOLATIONS, default=default_isolation(),
                     help="a process per phase forked from one parent per generation, or exec'd")  # fmt: skip
    run.add_argument("--timeout", type=_seconds, default=120.0, metavar="S",
                     help="seconds a phase may take (120)")  # fmt: skip
    run.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N",
                     help="cells at a time (one per core)")  # fmt: skip
    run.add_argument("--download-python", choices=DOWNLOADS, default="never",
                     help="let uv fetch CPythons that are not on this machine (never)")  # fmt: skip
    run.add_argument("--fresh", action="store_true", help="run again what is stored already")
    run.add_argument("--prune", action="store_true", help="drop a cell's environment when done")
    report = commands.add_parser("report", prog="nox -s report --", help="judge what is stored")
    _selection(report)
    _state(report)
    check = commands.add_parser("check", prog="nox -s check --", help="check every file")
    _state(check)
    lock = commands.add_parser("lock", prog="nox -s lock --", help="add new Numba releases")
    lock.add_argument("--check", action="store_true", help="only say which releases are missing")
    lock.add_argument("--pre", action="store_true", help="release candidates as well")
    return parser


def _selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR",
                        help="seed, minors (default), all, 0.57, '>=0.60', cp311, '0.6*-cp312'")  # fmt: skip
    parser.add_argument("--probe", action="append", metavar="GLOB", help="only these probes")
    parser.add_argument("--probes", metavar="PATH", help="another folder of probes, no claims")
    parser.add_argument("--pre", action="store_true", help="release candidates as well")
    parser.add_argument("--strict", action="store_true", help="exit 3 if a cell could not run")


def _state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", help="where observations are kept (.matrix)")


def _subparser(parser: argparse.ArgumentParser, command: str) -> argparse.ArgumentParser:
    groups = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001
    return next(groups).choices[command]  # type: ignore[no-any-return]


def default_isolation() -> str:
    """Return `fork` where forking a process that has run NumPy and LLVM is safe, else `exec`."""
    return "fork" if sys.platform.startswith("linux") else "exec"


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
