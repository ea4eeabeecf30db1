"""The wheels of a user's own: those of a folder, built as it would be for the index, or at hand.

In: what leads to a folder or a wheel. Out: a wheel that lies where nobody edits it, called by what
it holds: two builds that hold the same are the same.
"""

from __future__ import annotations

import ast
import hashlib
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name, parse_wheel_filename

from ..errors import BadInput
from ..experiments.needs import Need
from ..model.files import remove, write_atomically
from ..model.record import Package
from .uv import Refused, uv


class Wheel(msgspec.Struct, frozen=True):
    """A wheel, and the SHA-256 of what it holds."""

    path: Path
    sha256: str

    @property
    def name(self) -> str:
        """The name of its package."""
        return canonicalize_name(parse_wheel_filename(self.path.name)[0])

    @property
    def is_pure(self) -> bool:
        """Whether it is one for every Python 3."""
        return self.path.name.endswith("-py3-none-any.whl")


Built = dict[tuple[Need, str], Wheel | str]


def wheels(needs: Iterable[Need], pythons: Mapping[str, str], folder: Path) -> Built:
    """Return, by need and Python, the wheel of each folder, or why there is none.

    `pythons` are where each one is. A wheel that is no Python's own is built once. Raises BadInput
    for a wheel that is none.
    """
    found: Built = {}
    for need in {need for need in needs if need.path}:
        pure: Wheel | None = None
        for python, path in pythons.items():
            wheel = pure or wheel_of(need, path, folder)
            found[need, python] = wheel
            pure = wheel if isinstance(wheel, Wheel) and wheel.is_pure else None
    return found


def wheel_of(need: Need, python: str, folder: Path) -> Wheel | str:
    """Return the wheel that a need leads to, or why it cannot be built."""
    path = Path(need.path)
    if path.is_file():
        return kept(path, folder)
    with tempfile.TemporaryDirectory() as made:
        hidden = {need.path: need.shown, made: "<out>"}
        before = _left_by_builds(path)
        try:
            # By way of an sdist: no file that a build left in the folder comes into it.
            uv(
                "build",
                "--python",
                python,
                "--out-dir",
                made,
                need.path,
                folder=path,
                hidden=hidden,
            )
        except Refused as refused:
            return f"{need.shown}: {refused}"
        finally:
            for left in _left_by_builds(path) - before:
                remove(left)
        built = sorted(Path(made).glob("*.whl"))
        return kept(built[0], folder) if built else f"{need.shown}: its build made no wheel"


def _left_by_builds(project: Path) -> set[Path]:
    """Return the folders that setuptools writes beside packages, whoever asked for a build."""
    return {found for glob in ("*.egg-info", "*/*.egg-info") for found in project.glob(glob)}


def kept(path: Path, folder: Path) -> Wheel:
    """Copy a wheel to where it is called by what it holds; raises BadInput for what is no wheel."""
    try:
        content = path.read_bytes()
        digest = digest_of(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BadInput(f"--with {path.name}: this wheel cannot be read: {error}") from error
    copy = folder / digest[:32] / path.name
    if not copy.exists():
        write_atomically(copy, [content])
    return Wheel(copy, digest)


def kept_of(packages: Iterable[Package], folder: Path) -> dict[str, Path]:
    """Return where the wheels of a user's own are kept, by their digests, as far as they are."""
    digests = {package.sha256 for package in packages if package.sha256}
    found = {digest: sorted(folder.glob(f"{digest}*/*.whl")) for digest in digests}
    return {digest: paths[0] for digest, paths in found.items() if paths}


def digest_of(path: Path) -> str:
    """Return what names all that a wheel holds, whatever times stand beside it."""
    digest = hashlib.sha256(path.name.encode())
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            inside = hashlib.sha256(archive.read(name)).hexdigest()
            digest.update(f"\n{name} {inside}".encode())
    return digest.hexdigest()


def parameters(packages: Iterable[Package], folder: Path) -> dict[str, tuple[str, ...]]:
    """Return what the functions at the top of modules take, by `module.function`.

    It is read in the wheels of a user's own that are kept in the folder, as far as they are.
    """
    found: dict[str, tuple[str, ...]] = {}
    for _, path in sorted(kept_of(packages, folder).items()):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".py"):
                    module = name.removesuffix(".py").removesuffix("/__init__")
                    found.update(_parameters(module.replace("/", "."), archive.read(name)))
    return found


def _parameters(module: str, source: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    try:
        nodes = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    except (SyntaxError, ValueError):  # a newer Python may read it
        return
    names = [node.name for node in nodes]
    for node in nodes:
        if names.count(node.name) == 1:  # of two nobody can tell here which it is
            arguments = (*node.args.posonlyargs, *node.args.args)
            yield f"{module}.{node.name}", tuple(argument.arg for argument in arguments)
