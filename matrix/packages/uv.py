"""uv, asked as a user's own uv would be, and what it complains of in one line."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from uv import find_uv_bin

from ..errors import Unreachable
from ..model.cell import UNANSWERED
from ..model.files import ROOT
from ..select.settings import for_tools

LONGEST = 600
LOOK = "Look at the network, or at the index address in UV_DEFAULT_INDEX or PIP_INDEX_URL"
# In uv's own words an index did not answer, did not let us in, or was not to be asked.
SILENT = re.compile(
    r"^ *(?:error:|cause:|hint:|×|├─▶|╰─▶|Caused by:) .*?"  # noqa: RUF001
    r"(?:Failed to fetch|error sending request|Request failed after|network was disabled"
    r"|lack of valid authentication)",
    re.MULTILINE,
)
# Two threads that ask sysconfig at once may get what is half there (python/cpython#92452, to 3.11).
FINDING = threading.Lock()


class Refused(Exception):
    """uv did not do it; the reason is one line that names no path of this machine."""


def program() -> str:
    """Return where uv is."""
    with FINDING:
        return find_uv_bin()


def uv(*words: str, folder: Path, hidden: Mapping[str, str], asked: str = "") -> None:
    """Run uv in a folder, with `asked` on its standard input.

    Raises:
        Refused: it failed. What is `hidden` in its reason is called as that says.
        Unreachable: it did not start, or was not answered: that says nothing of a package.
    """
    # Whenever a wheel is built, what is in it has the same time.
    seen = for_tools(os.environ) | {"SOURCE_DATE_EPOCH": "315532800", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            [program(), *words],
            input=asked,
            env=seen,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise Unreachable(f"uv did not start: {error}") from error
    if done.returncode:
        if unanswered := silence(done.stderr):
            raise Unreachable(f"{unanswered}. {LOOK}; nothing was changed")
        raise Refused(complaint(done.stderr, hidden))


def package_cache() -> Path:
    """Return uv's cache; raises Unreachable with what uv said when it cannot name it."""
    done = subprocess.run(
        [program(), "cache", "dir"],
        env=for_tools(os.environ),
        cwd=ROOT,  # where nox and its uv are started, by whose settings it goes
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise Unreachable(f"uv cannot say where its cache is: {done.stderr.strip()}")
    return Path(done.stdout.strip())


def compiled(
    wanted: str, python: str, *more: str, hidden: Mapping[str, str], kept: str = ""
) -> str:
    """Return a lock, with hashes and wheels alone, of what is `wanted` on a Python.

    Of the lock that was `kept` from before stays what fits. Raises as `uv` does.
    """
    with tempfile.TemporaryDirectory() as made:
        out = Path(made) / "lock.txt"
        out.write_text(kept, "utf-8")
        uv(
            *("pip", "compile", "-", "--output-file", str(out), "--python-version", python),
            *("--generate-hashes", "--only-binary", ":all:", "--no-header", "--no-annotate"),
            *("--no-emit-index-url", "--no-emit-find-links", "--quiet", "--no-python-downloads"),
            *more, folder=Path(made), hidden=hidden, asked=wanted,
        )  # fmt: skip
        return out.read_text("utf-8")


def silence(said: str) -> str:
    """Return in one line that an index gave no answer, if that is what uv says, or ""."""
    # What a build says stands before uv's own words, or below them.
    *_, failed, rest = said.rpartition("error: Failed to build")
    if not SILENT.search(re.split(r"\[std(?:out|err)\]", failed + rest)[0]):
        return ""
    # An address may hold a password.
    asked = re.search(r"Failed to fetch: `?([^\s`]+)", re.sub(r"//[^/@\s]*@", "//", said))
    where = f" ({asked[1]})" if asked else ""
    return f"{UNANSWERED}{where}: {complaint(said, {})}"


def complaint(said: str, hidden: Mapping[str, str]) -> str:
    """Return what uv said in one line: of a build the last word, of anything else the cause."""
    paragraphs = [part for part in re.split(r"\n\s*\n", said.strip()) if part.strip()]
    built = [part for part in paragraphs if part.lstrip().startswith("[stderr]")]
    causes = re.split(r"(?m)^ *(?:error:|cause:|×|├─▶|╰─▶|Caused by:) *", said)  # noqa: RUF001
    text = causes[-1].split("\n\n")[0] if len(causes) > 1 else said
    if built:
        first = said.index(built[0])
        told = re.split(r"(?m)^\s*hint:", said[first:])[0].strip().splitlines()
        text = f"it cannot be built: {told[-1]}"
    # Where uv is asked to build, what the build says stands before its own words.
    before, failed, _ = said.partition("error: Failed to build")
    lines = before.strip().splitlines()
    if failed and text.startswith("Call to") and len(lines) > 1:
        text = f"it cannot be built: {lines[-1]}"
    text = re.sub(r"\s*│?\s*\n\s*│?\s*", " ", text).strip()
    for path, name in sorted(hidden.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(f"file://{path}", name).replace(path, name)
    return (
        re.sub(r"(?<![\w.:/])/(?:[\w.+-]+/)+", ".../", text)[:LONGEST] or "uv failed without a word"
    )
