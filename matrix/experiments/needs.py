"""What a probe needs beside its cell: packages, and the files that it imports from beside itself.

In: the words after `--with`, and a probe's file, which is read and never imported. Out: what to
install for it, what to copy with it, and a word on a probe that cannot run anywhere.
"""

from __future__ import annotations

import ast
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from ..errors import BadInput
from ..model.files import named_path, read_regular
from ..model.record import PHASES

IS_PATH = re.compile(r"\.{1,2}|.*[/\\].*|.*\.(whl|tar\.gz|zip|txt|toml)", re.DOTALL)
PROJECT = ("pyproject.toml", "setup.py")
# As PEP 723 has it.
BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
FIELDS = "dependencies and requires-python"
NOT_BESIDE = ("_cell", *PHASES, "overhead")


class Need(msgspec.Struct, frozen=True, order=True):
    """Something to install: a requirement, or, with a `path`, a project's folder or a wheel.

    `text` is the requirement, or the extras of what the path leads to.
    """

    text: str
    path: str = ""
    python: bool = False

    @property
    def shown(self) -> str:
        """What it is called where no path of this machine may stand."""
        return f"{Path(self.path).name}{self.text}" if self.path else self.text

    @property
    def name(self) -> str:
        """The name of what is required; "" of what a path leads to."""
        return "" if self.path or self.python else canonicalize_name(Requirement(self.text).name)


Needs = tuple[Need, ...]


def needs_of(words: Iterable[str]) -> Needs:
    """Return what the words after `--with` ask for; raises BadInput for one that is wrong."""
    found: list[Need] = []
    for word in words:
        need = _need(word)
        if need in found:
            raise BadInput(f"--with {word}: this is named twice; name it once")
        found.append(need)
    return tuple(found)


def _need(word: str) -> Need:
    extras = re.search(r"\[[\w\s,.-]*\]$", word)
    place = word[: extras.start()] if extras else word
    if not IS_PATH.fullmatch(place) or "://" in word:
        return _required("--with", word)
    path = named_path("--with", os.path.expanduser(place))  # noqa: PTH111 (Path keeps no "~" words)
    if not path.exists():
        raise BadInput(f"--with {word}: there is no such folder or wheel; --with PACKAGE is a name")
    if path.is_dir():
        if not any((path / name).is_file() for name in PROJECT):
            raise BadInput(
                f"--with {word}: this folder is no project: it has neither {' nor '.join(PROJECT)}"
            )
    else:
        _check_wheel(word, path)
    return Need(extras[0] if extras else "", str(path))


def _check_wheel(word: str, path: Path) -> None:
    try:
        parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise BadInput(
            f"--with {word}: this file is no wheel: {error}; give a project's folder, a wheel or a"
            " requirement"
        ) from None


def _required(where: str, text: str) -> Need:
    told = " ".join(text.split())
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        why = str(error).splitlines()[0]
        raise BadInput(
            f"{where} {told}: this is no requirement: {why}; one looks like 'quantecon==0.11.*'"
        ) from None
    # Numbers alone are versions here; `===` would take anything, nothing as well.
    for part in requirement.specifier:
        if part.operator == "===" and not is_version(part.version):
            raise BadInput(
                f"{where} {told}: this is no requirement: {part.version or 'nothing'!r} after ==="
                " is no version; one looks like 'quantecon==0.11.*'"
            )
    if requirement.url:
        raise BadInput(
            f"{where} {text}: an address may hold something else tomorrow; fetch it, and name the"
            " folder or the wheel with --with"
        )
    return Need(str(requirement))


def is_version(text: str) -> bool:
    """Whether this is a version."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def declared(path: Path, text: str) -> Needs:
    """Return what a probe's own metadata (PEP 723) asks for; raises BadInput where it is wrong."""
    blocks = [block for block in BLOCK.finditer(text) if block["type"] == "script"]
    if not blocks:
        if re.search(r"(?m)^# /// script\s*$", text):
            raise BadInput(f"{path}: its `# /// script` block is not closed by a line `# ///`")
        return ()
    if len(blocks) > 1:
        raise BadInput(f"{path}: it has {len(blocks)} `# /// script` blocks, and may have one")
    lines = blocks[0]["content"].splitlines()
    try:
        said = tomllib.loads("\n".join(line[2:] for line in lines))
    except ValueError as error:
        raise BadInput(f"{path}: its `# /// script` block is not TOML: {error}") from None
    return _declared(path, said)


def _declared(path: Path, said: dict[str, Any]) -> Needs:
    where = f"{path}: its `# /// script` block:"
    if said.keys() & {"tool"} and "uv" in said["tool"]:
        raise BadInput(f"{where} [tool.uv] is not heeded here; --with names folders and wheels")
    wanted, python = said.get("dependencies", []), said.get("requires-python", "")
    if not isinstance(python, str) or not isinstance(wanted, list):
        raise BadInput(f"{where} {FIELDS} are a list of strings and a string")
    if not all(isinstance(word, str) for word in wanted):
        raise BadInput(f"{where} {FIELDS} are a list of strings and a string")
    try:
        SpecifierSet(python)
    except InvalidSpecifier:
        raise BadInput(f"{where} requires-python {python!r} is no version specifier") from None
    found = dict.fromkeys(_required(where, word) for word in wanted)
    return (*found, *((Need(python, python=True),) if python else ()))


def importable(folder: Path) -> dict[str, Path]:
    """Return what probes in a folder, and in folders in it, can import from there, by name."""
    found = {p.stem: p for p in folder.glob("_*.py") if p.stem.isidentifier()}
    packages = (p.parent for p in folder.glob("*/__init__.py"))
    return found | {p.name: p for p in packages if p.name not in NOT_BESIDE}


def beside(
    path: Path, text: str, importable: Callable[[Path], dict[str, Path]] = importable
) -> dict[str, Path]:
    """Return the files that a probe can import from beside it, by where they belong beside it.

    These are `_*.py` and packages, in its folder and in the folder of probes, as far as its imports
    name them. What is not returned is not copied: nothing can be imported that is not in its key.
    """
    roots = importable(path.parent.parent) | importable(path.parent)
    found: dict[str, Path] = {}
    waiting, seen = [text], set[str]()
    while waiting:
        for name in _imported(waiting.pop(), roots) - seen:
            seen.add(name)
            files = _files(roots[name])
            found |= files
            waiting += [read_regular(p).decode(errors="replace") for p in files.values()]
    return dict(sorted(found.items()))


def _files(root: Path) -> dict[str, Path]:
    """Return the files of a module or a package, by their place beside a probe."""
    if root.is_file():
        return {root.name: root}
    inside = (p for p in sorted(root.rglob("*.py")) if p.is_file())
    return {p.relative_to(root.parent).as_posix(): p for p in inside}


def _imported(text: str, roots: Collection[str]) -> set[str]:
    """Return those of the `roots` that a text imports."""
    if text.isascii() and not any(root in text for root in roots):
        return set()  # nor is it read: most name none
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        # A newer Python may read it: then whatever it names may be imported.
        return set(re.findall(r"\w+", text)).intersection(roots)
    names = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    names |= {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level}
    return {name.partition(".")[0] for name in names}.intersection(roots)


# What a probe of some carriers has beside its run().
MORE = {
    "aot": {"cc": "it has no `cc`"},
    "change": {"change": "it has no change()"},
    "race": {"other": "it has no other()"},
}


def hopeless(path: Path, carrier: str) -> str:
    """Return why a probe cannot run in any cell, as far as its text shows, or ""."""
    try:
        tree = ast.parse(read_regular(path))
    except (SyntaxError, ValueError) as error:
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
        return f"it cannot be imported: {line}{getattr(error, 'msg', error)}"
    names = set(_bound(tree.body))
    wanted = {"run": "it has no run()"} | MORE.get(carrier, {})
    missing = [why for name, why in wanted.items() if name not in names]
    return "" if "*" in names else " and ".join(missing)


def _bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements of a module bind, whichever way it goes through them."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (a.asname or a.name.partition(".")[0] for a in node.names)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from _bound([child])
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                yield from _bound(child.body)
            else:
                names = (n for n in ast.walk(child) if isinstance(n, ast.Name))
                yield from (n.id for n in names if isinstance(n.ctx, ast.Store))
