"""The options of `nox -s matrix -- ...` and its sister sessions, parsed into frozen types.

In: the words after `--`. Out: an `Options`. A word that is wrong ends in one clear message.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from matrix.errors import BadInput, nearest
from matrix.files import named_folder, named_path
from matrix.releases import Platform

ROOT = Path(__file__).parents[1]
DATA = ROOT / "matrix"
PROBES = ROOT / "probes"
ISOLATIONS = ("fork", "exec", "both")
DOWNLOADS = ("never", "auto", "always")
FORMATS = ("json", "github")
FOLDERS = ("state", "probes", "envdir")  # options that name one
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
    python: str | None = None
    upstream: bool = False
    envdir: Path = ROOT / ".nox"
    repeat: int = 5
    shard: str = ""
    shards: int = 1
    format: str = "json"
    platform: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    output: Path | None = None
    summary: Path | None = None
    folders: tuple[Path, ...] = ()
    stored: bool = False


class Parser(argparse.ArgumentParser):
    """Raises BadInput where argparse would print its usage and exit; no abbreviations."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 (argparse's own)
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
    if "selectors" in namespace and not any(word.startswith("-") for word in rest):
        # argparse takes only the selectors that stand together.
        namespace.selectors += rest
        rest = []
    if rest:
        sub = _subparser(parser, namespace.command)
        sub.error(f"unrecognized arguments: {' '.join(rest)}")
    # A workflow hands on an input that nobody gave as an empty word.
    given = {k: v for k, v in vars(namespace).items() if v not in (None, "")}
    given["selectors"] = _selectors(given.get("selectors", ()))
    given["probe"] = tuple(given.get("probe", ()))
    given["folders"] = tuple(
        named_path(namespace.command, word) for word in given.get("folders", ())
    )
    for name in ("output", "summary"):
        if name in given:
            given[name] = named_path(f"--{name}", given[name])
    options = Options(**given)
    named = {name: getattr(options, name) for name in FOLDERS if name in namespace}
    folders = {name: named_folder(f"--{name}", str(path)) for name, path in named.items() if path}
    # nox looks for its noxfile there, and pytest writes junit.xml there; both would fill it in.
    for what, path in (
        ("this clone", named_path("this clone", str(ROOT))),
        ("--state", folders.get("state", ROOT)),
    ):
        if os.path.expandvars(path) != str(path):
            raise BadInput(f"{what}: a variable is named in {path}; give that folder another name")
    return msgspec.structs.replace(options, **folders)


def _selectors(words: Sequence[str]) -> tuple[str, ...]:
    """Return the selectors in the words: one word may hold several, apart from `>=0.60, <0.64`."""
    return tuple(part for word in words for part in re.split(r"(?<!,)\s+", word.strip()) if part)


def _parser() -> Parser:
    parser = Parser(prog="matrix", description="Numba releases, probed.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    _run(commands.add_parser("run", prog="nox -s matrix --", help="select, run, judge, report"))
    _bisect(commands.add_parser("bisect", prog="nox -s bisect --", help="where did it change"))
    _overhead(commands.add_parser("overhead", prog="nox -s overhead --", help="what things cost"))
    _report(commands.add_parser("report", prog="nox -s report --", help="judge what is stored"))
    _plan(commands.add_parser("plan", prog="nox -s plan --", help="deal the cells to machines"))
    _merge(commands.add_parser("merge", prog="nox -s merge --", help="join observations"))
    _bench(commands.add_parser("bench", prog="nox -s bench --", help="how fast, beside others"))
    diff = commands.add_parser("diff", prog="nox -s diff --", help="what two reports say")
    diff.add_argument("folders", nargs="+", metavar="MATRIX.JSON", help="the old, and a new one")
    _state(diff)
    _state(commands.add_parser("check", prog="nox -s check --", help="check every file"))
    _lock(commands.add_parser("lock", prog="nox -s lock --", help="add new Numba releases"))
    return parser


def _run(parser: argparse.ArgumentParser) -> None:
    _selection(parser)
    _state(parser)
    _running(parser)
    parser.add_argument("--upstream", action="store_true", help="Numba's own tests as well")
    parser.add_argument("--shard", metavar="K/N", help="only the Kth of N parts of the selection")
    parser.add_argument("--pythons", type=_pythons, metavar="3.X,...", help="only these CPythons")
    _summary(parser)


def _bisect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("selectors", nargs="+", metavar="PROBE", help="such as cache/self_lazy")
    parser.add_argument("--python", type=_minor, metavar="3.X", help="on this CPython (the newest)")
    parser.add_argument("--probes", metavar="PATH", help="another folder of probes")
    _state(parser)
    _running(parser)


def _report(parser: argparse.ArgumentParser) -> None:
    _selection(parser)
    _state(parser)
    _elsewhere(parser)
    _summary(parser)


def _plan(parser: argparse.ArgumentParser) -> None:
    _selection(parser)
    _state(parser)
    _elsewhere(parser)
    parser.add_argument("--shards", type=_positive, default=1, metavar="N", help="per platform (1)")
    parser.add_argument("--format", choices=FORMATS, default="json", help="what to write (json)")
    parser.add_argument("--output", metavar="FILE", help="append to this file, print nothing")


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="+", metavar="DIR", help="observations of other machines")
    parser.add_argument("--probes", metavar="PATH", help="the folder of probes they are of")
    parser.add_argument("--fresh", action="store_true", help="take no notice of what is stored")
    _state(parser)


def _bench(parser: argparse.ArgumentParser) -> None:
    _cells_and_probes(parser)
    _state(parser)
    parser.add_argument("--repeat", type=_positive, default=3, metavar="N", help="rounds (3)")
    _jobs(parser)


def _lock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="only say which releases are missing")
    parser.add_argument("--pre", action="store_true", help="release candidates as well")
    parser.add_argument("--output", metavar="FILE", help="append `missing=...` to this file")


def _summary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--summary", metavar="FILE", help="append report.md to this file as well")


def _running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--isolation",
        choices=ISOLATIONS,
        default=default_isolation(),
        help="a process per phase forked from one parent per generation, or exec'd",
    )
    _timeout(parser)
    _jobs(parser)
    _download(parser)
    parser.add_argument("--envdir", metavar="DIR", help="where environments are made (.nox)")
    parser.add_argument("--fresh", action="store_true", help="run again what is stored already")
    parser.add_argument("--prune", action="store_true", help="drop a cell's environment when done")


def _timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=120.0,
        metavar="S",
        help="seconds a process may take (120)",
    )


def _jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="cells at a time (one per core)",
    )


def _download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--download-python",
        choices=DOWNLOADS,
        default="never",
        help="let uv fetch CPythons that are not on this machine (never)",
    )


def _overhead(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="as for nox -s matrix")
    parser.add_argument(
        "--repeat",
        type=_positive,
        default=5,
        metavar="N",
        help="how often each program runs, cold and warm (5)",
    )
    parser.add_argument("--stored", action="store_true", help="measure nothing: tables and plots")
    _timeout(parser)
    _download(parser)
    parser.add_argument("--pre", action="store_true", help="release candidates as well")
    parser.add_argument("--strict", action="store_true", help="exit 3 if a cell was not measured")
    _state(parser)


def _cells_and_probes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "selectors",
        nargs="*",
        metavar="SELECTOR",
        help="seed, minors (default), all, 0.57, '>=0.60', cp311, '0.6*-cp312'",
    )
    parser.add_argument("--probe", action="append", metavar="GLOB", help="only these probes")


def _selection(parser: argparse.ArgumentParser) -> None:
    _cells_and_probes(parser)
    parser.add_argument("--probes", metavar="PATH", help="another folder of probes, no claims")
    parser.add_argument(
        "--pre",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="release candidates as well",
    )
    parser.add_argument("--strict", action="store_true", help="exit 3 if a cell could not run")


def _elsewhere(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--platform",
        type=_platforms,
        metavar="P,...",
        help="for these platforms, as in linux-aarch64 (this one)",
    )
    parser.add_argument(
        "--pythons",
        type=_pythons,
        metavar="3.X,...",
        help="the CPythons that the machines have (those found here)",
    )


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


def _platforms(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, text.split(","))))
    for name in names:
        if name not in set(Platform):
            hint = nearest(name, [str(platform) for platform in Platform])
            raise argparse.ArgumentTypeError(f"{name!r} is no platform; {hint}")
    return names


def _pythons(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_minor(word) for word in text.split(",") if word))


def _minor(text: str) -> str:
    if not re.fullmatch(r"3\.\d{1,2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a Python like 3.11")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
