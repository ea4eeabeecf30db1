"""What probes need: words, metadata, files beside them, and what shows that one cannot run."""

from __future__ import annotations

import os
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from matrix.errors import BadInput, Unreachable
from matrix.experiments.needs import Need, beside, declared, hopeless, needs_of
from matrix.experiments.probe import probe_in
from matrix.model.cell import UNANSWERED, status_for
from matrix.packages.locked import pins
from matrix.packages.resolve import _conflict, serves
from matrix.packages.uv import compiled, complaint, silence, uv

BACKEND = "error: Failed to build `x`\n  cause: It failed\n  cause: Call to `b` failed\n\nhint: x\n"
SCRIPT = (
    '# /// script\n# dependencies = ["quantecon==0.11.*"]\n# requires-python = ">=3.9"\n# ///\n'
)


def test_a_word_is_a_requirement_a_project_or_a_wheel(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    wheel = tmp_path / "mine-0.1-py3-none-any.whl"
    wheel.touch()
    assert needs_of(["quantecon==0.11.*", f"{tmp_path}[fast]", str(wheel)]) == (
        Need("quantecon==0.11.*"),
        Need("[fast]", str(tmp_path)),
        Need("", str(wheel)),
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["quantecon=1"], "this is no requirement"),
        (["./nowhere"], "there is no such folder or wheel"),
        (["mine.whl"], "there is no such folder or wheel"),
        (["{folder}"], "this folder is no project"),
        (["{folder}/notes.tar.gz"], "this file is no wheel"),
        (["a", "a"], "this is named twice"),
        (["a @ https://x/a.whl"], "an address may hold something else tomorrow"),
        ([""], "this is no requirement"),
        (["a\nb"], "this is no requirement"),
        (["a==="], "this is no requirement"),
        (["a===one"], "'one' after === is no version"),
        (["a>=1,===one"], "'one' after === is no version"),
        (["requirements.txt"], "there is no such folder or wheel"),
    ],
)
def test_a_word_that_means_nothing_is_refused(words: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "notes.tar.gz").touch()
    with pytest.raises(BadInput, match=r"^--with") as refused:
        needs_of([word.format(folder=tmp_path) for word in words])
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_probe_says_itself_what_it_needs() -> None:
    found = declared(Path("p.py"), f'{SCRIPT}"""A probe."""\n')
    assert found == (Need("quantecon==0.11.*"), Need(">=3.9", python=True))
    assert declared(Path("p.py"), '"""A probe."""\n') == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# /// script\n# dependencies = []\n", "not closed"),
        ("# /// script\n# dependencies = [\n# ///\n", "is not TOML"),
        ('# /// script\n# dependencies = "a"\n# ///\n', "are a list of strings and a string"),
        ("# /// script\n# dependencies = [1]\n# ///\n", "are a list of strings and a string"),
        ('# /// script\n# dependencies = ["a=1"]\n# ///\n', "this is no requirement"),
        ('# /// script\n# dependencies = ["a==="]\n# ///\n', "this is no requirement"),
        ('# /// script\n# requires-python = "x"\n# ///\n', "is no version specifier"),
        ("# /// script\n# [tool.uv]\n# x = 1\n# ///\n", "is not heeded here"),
        (f"{SCRIPT}\n{SCRIPT}", "it has 2"),
    ],
)
def test_metadata_that_is_wrong_is_refused(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=r"^p\.py: ") as refused:
        declared(Path("p.py"), text)
    assert says in str(refused.value)


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    """Return a probe that imports one module beside it, which imports a package above it."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "above").mkdir()
    (tmp_path / "above" / "__init__.py").write_text("from . import inside\n")
    (tmp_path / "above" / "inside.py").write_text("N = 1\n")
    (tmp_path / "cache" / "_shared.py").write_text("from above import inside\n")
    (tmp_path / "cache" / "_other.py").write_text("")
    path = tmp_path / "cache" / "p.py"
    path.write_text("import _shared\n")
    return path


def test_what_a_probe_imports_from_beside_it_is_in_its_digest_and_nothing_else(probe: Path) -> None:
    folder = probe.parents[1]
    assert [*beside(probe, probe.read_text())] == [
        "_shared.py",
        "above/__init__.py",
        "above/inside.py",
    ]
    first = probe_in(probe).sha256
    (folder / "cache" / "_other.py").write_text("M = 2\n")
    assert probe_in(probe).sha256 == first
    (folder / "above" / "inside.py").write_text("N = 2\n")
    assert probe_in(probe).sha256 != first


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def run():\n    return 1\n", ""),
        ("try:\n    run = int\nexcept ValueError:\n    pass\n", ""),
        ("from _shared import run\n", ""),
        ("from _shared import *\n", ""),
        ("def f():\n    run = 1\n", "it has no run()"),
        ("def run(:\n", "it cannot be imported: line 1: invalid syntax"),
    ],
)
def test_a_probe_that_cannot_run_anywhere_is_seen_from_its_text(
    text: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / "p.py").write_text(text)
    assert hopeless(tmp_path / "p.py", "cache") == says


def test_a_module_to_build_is_missed_too(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("def run(module):\n    return 1\n")
    assert hopeless(tmp_path / "p.py", "aot") == "it has no `cc`"


def test_a_cell_that_a_need_is_not_for_is_told() -> None:
    assert _conflict((Need("numba>=0.60"),), {"numba": "0.57.0"}) == (
        "numba>=0.60 is asked for, and this cell has numba 0.57.0"
    )
    assert _conflict((Need("numba>=0.50"),), {"numba": "0.57.0"}) == ""
    assert serves((Need(">=3.9", python=True),), "3.8.18") == (
        "it asks for Python >=3.9, and this is 3.8.18"
    )


def test_what_is_locked_may_be_a_wheel() -> None:
    text = "a==1.0 \\\n    --hash=sha256:00\nmine @ file:///x/mine-0.1%2Blocal-py3-none-any.whl\n"
    assert pins(text, "3.11.7") == {"a": "1.0", "mine": "0.1+local"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("error: No\n  cause: Because a\n         and b, no.\n\nhint: x\n", "Because a and b, no."),
        ("error: No\n  ╰─▶ Because /home/me/x/a.whl\n      is bad\n", "Because mine is bad"),
        ("error: No\n  cause: y\n\n[stderr]\nTraceback\nE: z\n", "it cannot be built: E: z"),
        (f"Building...\nE: z\n{BACKEND}", "it cannot be built: E: z"),
    ],
)  # fmt: skip
def test_the_reason_is_one_line_without_a_path(said: str, told: str) -> None:
    assert complaint(said, {"/home/me/x/a.whl": "mine"}) == told


REFUSED = """error: Request failed after 3 retries in 10.1s
  cause: Failed to fetch: http://me:secret@127.0.0.1:9/simple/a/
  cause: tcp connect error
  cause: Connection refused (os error 111)
"""
OFFLINE = """error: No solution found
  cause: Because a was not found in the cache and you require a, no.

hint: Packages were unavailable because the network was disabled.
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (REFUSED, " (http://127.0.0.1:9/simple/a/): Connection refused (os error 111)"),
        (f"Building...\nerror: Failed to build `x`\n  cause: {REFUSED[7:]}",
         " (http://127.0.0.1:9/simple/a/): Connection refused (os error 111)"),
        (OFFLINE, ": Because a was not found in the cache and you require a, no."),
        ("error: No\n  cause: Because a was not found in the package registry, no.\n", None),
        ("error: Failed to download `a`\n  cause: Hash mismatch for `a`\n", None),
        (f"error: Failed to fetch my data\n{BACKEND}", None),
        ("error: Failed to build `x`\n\n[stderr]\nerror: Failed to fetch my data\n", None),
    ],
)  # fmt: skip
def test_an_index_that_does_not_answer_says_nothing_of_a_package(
    said: str, told: str | None
) -> None:
    assert silence(said) == ("" if told is None else f"{UNANSWERED}{told}")
    assert status_for(silence(said) or "no") == ("not_installable" if told is None else "broken")


def test_what_nobody_was_asked_is_not_resolved_and_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(Unreachable, match=f"^{UNANSWERED}: .*; nothing was changed$"):
        compiled("numpy", "3.13", hidden={})


@pytest.mark.parametrize(("carrier", "name"), [("change", "change"), ("race", "other")])
def test_a_change_or_a_race_has_a_second_function(tmp_path: Path, carrier: str, name: str) -> None:
    (tmp_path / "p.py").write_text("def run(): pass\n")
    assert hopeless(tmp_path / "p.py", carrier) == f"it has no {name}()"
    (tmp_path / "p.py").write_text(f"def run(): pass\ndef {name}(): pass\n")
    assert not hopeless(tmp_path / "p.py", carrier)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere sysconfig is filled by another function")
def test_uv_is_found_by_threads_that_look_for_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, filling = threading.Event(), vars(sysconfig)["_init_posix"]

    def slowly(variables: dict[str, object]) -> None:
        begun.set()
        time.sleep(0.2)
        filling(variables)

    monkeypatch.setattr(sysconfig, "_CONFIG_VARS", None)
    monkeypatch.setattr(sysconfig, "_CONFIG_VARS_INITIALIZED", False, raising=False)
    monkeypatch.setattr(sysconfig, "_init_posix", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(uv, "--version", folder=Path(), hidden={})
        assert begun.wait(60)
        second = pool.submit(uv, "--version", folder=Path(), hidden={})
        for asked in (first, second):
            asked.result()
