"""From the words after `--` to the options of a command.

In: the words, command first. Out: the struct that they spell. A word that is wrong is one message.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .errors import BadInput, nearest
from .model.files import ROOT, named_folder, named_path
from .model.text import listed, log_line, typed
from .options import COMMANDS
from .select.releases import Platform
from .select.selection import split_words


def parse(words: Sequence[str], known: Mapping[str, type] = COMMANDS) -> Any:  # noqa: ANN401
    """Return the struct of the command that `words` (command first) spell; raises BadInput."""
    parser = Parser(prog="matrix", description="Numba releases, probed.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    for name, kind in known.items():
        session = "matrix" if name == "run" else name
        sub = commands.add_parser(name, prog=typed(f"nox -s {session} --"), help=kind.__doc__)
        for field in dataclasses.fields(kind):
            _add(sub, session, field)
    namespace, rest = parser.parse_known_args(words)
    if "selectors" in namespace and not any(word.startswith("-") for word in rest):
        # argparse takes only the selectors that stand together.
        namespace.selectors += rest
        rest = []
    if rest:
        why = _of_others(rest[0], commands.choices)
        if why or not rest[0].startswith("-"):
            why = WHOLE.get(namespace.command, why)
        told = f"unrecognized arguments: {' '.join(rest)}"
        commands.choices[namespace.command].error(told + (f"; {why}" if why else ""))
    # A workflow hands on an input that nobody gave as an empty word.
    given = {k: v for k, v in vars(namespace).items() if v not in (None, "")}
    command = given.pop("command")
    return known[command](**_converted(command, given))


class Parser(argparse.ArgumentParser):
    """Raises BadInput where argparse would print its usage and exit; no abbreviations."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 (argparse's own)
        super().__init__(allow_abbrev=False, formatter_class=_Help, **settings)

    @property
    def options(self) -> list[str]:
        """The options that it knows."""
        names = (name for action in self._actions for name in action.option_strings)
        return [name for name in names if name.startswith("--")]

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what would be right, in one line."""
        words = [word for word in message.split() if word.startswith("--")]
        meant = [name for name in self.options if words and name.startswith(words[0])]
        hint = (
            f"; {nearest(words[0], meant or self.options)}"
            if message.startswith("unrec") and words and "; " not in message
            else ""
        )
        raise BadInput(log_line(f"{self.prog}: {message}{hint}"))


def _of_others(word: str, commands: Mapping[str, Parser]) -> str:
    """Return which commands know a word, where it is an option of theirs, or ""."""
    option = word.partition("=")[0]
    there = [p.prog.removesuffix(" --") for p in commands.values() if option in p.options]
    return f"{option} is of {listed(there, 3)}; leave it out here" if there else ""


class _Help(argparse.HelpFormatter):
    """Shows words that belong together once: argparse shows what takes several as repeated."""

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        if isinstance(action.metavar, str) and " " in action.metavar:
            return action.metavar
        return super()._format_args(action, default_metavar)


class _Once(argparse.Action):
    """Refuses an option that is given twice, where each time would be meant."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,  # noqa: ANN401 (argparse's own)
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) != self.default:
            parser.error(f"{option_string} is given twice; write both into one file")
        setattr(namespace, self.dest, values)


def _add(parser: argparse.ArgumentParser, session: str, field: dataclasses.Field[Any]) -> None:
    """Add one field of a command: a positional where ARGUMENTS gives it a number of words."""
    # Of a name that means something else there, a command has its own.
    own = f"{session} {field.name}"
    words, more = ARGUMENTS[own if own in ARGUMENTS else field.name]
    settings: dict[str, Any] = {"default": field.default, "help": words} | more
    if "nargs" in settings:
        parser.add_argument(field.name, **settings)
        return
    if field.type == "bool":
        settings.setdefault("action", "store_true")
    option = field.name.rstrip("_").replace("_", "-")  # `with` is a word of Python's
    parser.add_argument(f"--{option}", dest=field.name, **settings)


def _converted(command: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as the structs hold them: tuples, and paths from where the command is."""
    found: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    for name in FILES & found.keys():
        found[name] = named_path(f"--{name}", found[name])
    for name in FOLDERS & found.keys():
        found[name] = named_folder(f"--{name}", str(found[name]))
    for name in ("folders", "reports"):
        if name in found:
            found[name] = tuple(
                word if word == REFERENCE and name == "reports" else named_path(command, word)
                for word in found[name]
            )
    if "selectors" in found:
        found["selectors"] = split_words(found["selectors"])
    _refuse_what_breaks_a_line(command, found)
    _refuse_variables(found.get("state", ROOT))
    return found


def _refuse_what_breaks_a_line(command: str, given: Mapping[str, Any]) -> None:
    """Raise BadInput for a word that no message could hold in a line; blanks part selectors.

    Where somebody's folders lie is not his to choose: what is said of them escapes that.
    """
    for name, value in given.items():
        for word in value if isinstance(value, tuple) else (value,):
            plain = " ".join(str(word).split()) if name in BLANKS else str(word)
            if not isinstance(word, Path) and not plain.isprintable():
                raise BadInput(
                    f"{command}, {name.rstrip('_').replace('_', '-')}: {str(word)!a} holds what"
                    " cannot be printed; leave it out, or rename what is called so"
                )


def _refuse_variables(state: Path) -> None:
    # nox looks for its noxfile there, and pytest writes junit.xml there; both would fill it in.
    for what, path in (("this clone", named_path("this clone", str(ROOT))), ("--state", state)):
        if os.path.expandvars(path) != str(path):
            raise BadInput(f"{what}: a variable is named in {path}; give that folder another name")


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


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, text.split(","))))
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", name):
            raise argparse.ArgumentTypeError(f"{name!r} is no CPU name; one looks like generic")
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


# Of commands that take less than others do, what they are of.
WHOLE = {
    "claims": "it takes neither cells nor --with: it claims all that is stored of --probes DIR"
}
LONGEST_S = 1e6  # eleven days: no phase takes that long
FOLDERS = {"state", "probes", "envdir", "folder"}
FILES = {"output", "summary"}
BLANKS = {"selectors", "cells", "otherwise", "with_"}  # words that may hold several, or more lines
REFERENCE = "reference"  # the committed one; a file of that name is ./reference

SELECTORS = "seed, minors (default), all, 0.57, '>=0.60', cp311, '>=0.60&cp311', '0.6*-cp312'"
# What argparse is told of each field, whichever command has it: its help, and what is not plain.
ARGUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "selectors": (SELECTORS, {"nargs": "*", "metavar": "SELECTOR", "default": []}),
    "changed": ("such as cache/self_lazy", {"nargs": "+", "metavar": "PROBE"}),
    "folders": ("observations of other machines", {"nargs": "+", "metavar": "DIR"}),
    "reports": ("matrix.json, its folder, or reference", {"nargs": "+", "metavar": "REPORT"}),
    "square": ("a cell, and a probe", {"nargs": "+", "metavar": "CELL PROBE"}),
    "phase": ("which one: warm, say (the one that failed)", {"metavar": "PHASE"}),
    "gdb": ("start it under gdb", {}),
    "folder": ("where it is laid out (.matrix/debug/...)", {"metavar": "DIR"}),
    "probe": (
        "only these probes; those under a patch: '*@*'",
        {"action": "append", "metavar": "GLOB", "default": None},
    ),
    "cells": (
        "only these cells, every one of a release that is named: '>=0.60', cp311, '0.6*-cp312'",
        {"action": "append", "metavar": "SELECTOR", "default": None},
    ),
    "probes": ("another folder of probes", {"metavar": "PATH"}),
    "with_": (
        "for these probes, installed too: a project's folder, a wheel, a requirement",
        {"action": "append", "metavar": "WHAT", "default": None},
    ),
    "as_of": (
        "the index that --with is resolved from (now)",
        {"choices": ("now", "release")},
    ),
    "replace": ("whatever claims.toml there is", {}),
    "pre": ("release candidates as well", {"action": argparse.BooleanOptionalAction}),
    "strict": ("exit 3 if a cell could not run", {}),
    "state": ("where observations are kept (.matrix)", {"metavar": "DIR"}),
    "isolation": ("how each phase gets its process", {"choices": ("fork", "exec", "both")}),
    "timeout": ("seconds a process may take (120)", {"type": _seconds, "metavar": "S"}),
    "jobs": ("cells at a time, one per core", {"type": _positive, "metavar": "N"}),
    "download_python": (
        "let uv fetch CPythons that are not on this machine (never)",
        {"choices": ("never", "auto", "always")},
    ),
    "envdir": ("where environments are made (.nox)", {"metavar": "DIR"}),
    "fresh": ("take no notice of what is stored: run, or join, all of it", {}),
    "prune": ("drop a cell's environment when done", {}),
    "patch": (
        "under it too: remedy, guard, or a Python file",
        {"metavar": "FILE", "action": _Once},
    ),
    "numba": (
        "a Numba wheel of your own, against a release",
        {"action": "append", "metavar": "WHEEL", "default": None},
    ),
    "numba_python": ("an interpreter with a Numba built in place", {"metavar": "PATH"}),
    "base": ("what --numba is held against (the newest)", {"metavar": "RELEASE"}),
    "upstream": ("Numba's own tests as well", {}),
    "otherwise": ("what runs where no SELECTOR is given", {"metavar": "SELECTORS"}),
    "shard": ("only the Kth of N parts of the selection", {"metavar": "K/N"}),
    "pythons": ("the CPythons that count", {"type": _pythons, "metavar": "3.X,..."}),
    "sharing": ("the cache probe that all of them run", {"metavar": "PROBE"}),
    "share selectors": (
        "cells (the newest, with the oldest NumPy and as generic too, and its neighbours)",
        {"nargs": "*", "metavar": "CELL", "default": []},
    ),
    "oldest_numpy": ("each cell with the oldest NumPy it takes as well", {}),
    "cpu_names": ("as well as these, as in generic", {"type": _names, "metavar": "NAME,..."}),
    "platform": (
        "for these, as in linux-aarch64 (this one)",
        {"type": _platforms, "metavar": "P,..."},
    ),
    "table": ("the whole table, not only what fails", {}),
    "summary": ("append report.md to this file as well", {"metavar": "FILE"}),
    "python": ("on this CPython (the newest)", {"type": _minor, "metavar": "3.X"}),
    "repeat": ("how often everything is measured", {"type": _positive, "metavar": "N"}),
    "stored": ("measure or run nothing: take what is stored", {}),
    "reference": ("of the committed reference, as if nothing were stored", {}),
    "lacking": ("take what it has of what is here now, see only the rest", {}),
    "redraw": ("only what is drawn from reference.json as it is", {}),
    "shards": ("how many per platform (1)", {"type": _positive, "metavar": "N"}),
    "format": ("what to write (json)", {"choices": ("json", "github")}),
    "diff format": ("what to write (text)", {"choices": ("text", "markdown", "json")}),
    "diff output": ("write it to this file", {"metavar": "FILE"}),
    "output": ("append to this file", {"metavar": "FILE"}),
    "check": ("only say what is missing", {}),
    "write": ("put the table into README", {}),
    "growth": ("how that grows with cells and probes, drawn", {}),
}
