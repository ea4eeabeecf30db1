"""What a user can get wrong: exit status 2 or 3, the file, the entry and the word that is right."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from matrix.select.selection import Catalogue
from tests.cells.conftest import new_driver
from tests.cells.driving import ROOT, Driver, claim, copy_project, linux_only, posix_only

PROBES = ("cache/plain_lazy", "cache/self_lazy")
HIT = '{ outcome = "hit" }'
GOOD = claim("cache/plain_lazy", HIT) + claim("cache/self_lazy", HIT)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory, memo: Path) -> Driver:
    """Return a driver of a copied project, whose files each test may edit."""
    folder = tmp_path_factory.mktemp("edited")
    project = copy_project(folder / "project", PROBES, GOOD)
    return msgspec.structs.replace(new_driver(folder / "state", memo), project=project)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("sead", "selector 'sead' matches no cell; did you mean 'seed'?"),
        ("--otherwise sead", "selector 'sead' matches no cell; did you mean 'seed'?"),
        ("0.57.7 --otherwise sead", "0.57.7: no such release; nearest are 0.57.1 and 0.58.0"),
        ("0.57.7", "0.57.7: no such release; nearest are 0.57.1 and 0.58.0, the newest is "),
        ("99.70", "99.70: no such release; the newest is "),
        (
            "0.57.7-cp311",
            "0.57.7-cp311: no such release; nearest are 0.57.1 and 0.58.0, the newest",
        ),
        ("cp399", "selector 'cp399' matches no cell; did you mean 'cp39'?"),
        ("--probe cache/self_lasy", "no probe has that id; did you mean 'cache/self_lazy'?"),
        ("--fersh", "did you mean '--fresh'?"),
        ("--isolation frok", "invalid choice: 'frok'"),
        ("--probes nowhere", "there is no such folder"),
    ],
)
def test_a_wrong_word_is_refused(edited: Driver, words: str, says: str) -> None:
    ended = edited.run(*words.split())
    assert ended.status == 2
    assert says in ended.without_traceback()


@pytest.mark.parametrize("option", ["--state", "--envdir"])
def test_a_folder_that_is_a_file_is_refused(
    edited: Driver, tmp_path: Path, newest: str, option: str
) -> None:
    file = tmp_path / "a-file"
    file.touch()
    folders = {"--state": str(edited.state), option: str(file)}
    words = [word for pair in folders.items() for word in pair]
    ended = subprocess.run(
        [sys.executable, "-m", "matrix", "run", newest, "--fresh", *words],
        cwd=edited.project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert f"error: {option}: {file} cannot be used: it is no folder" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_word_is_refused_through_nox_as_well(edited: Driver) -> None:
    words = ["sead", "--state", str(edited.state)]
    nox = [sys.executable, "-m", "nox", "--envdir", str(ROOT / ".nox"), "-s", "matrix", "--"]
    ended = subprocess.run(
        nox + words, cwd=edited.project, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    assert "did you mean 'seed'?" in said
    assert "Traceback" not in said


def test_an_interpreter_that_nox_is_to_force_on_us_is_refused(
    edited: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NOXPYTHON", "NOXFORCEPYTHON"):
        with monkeypatch.context() as setting:
            setting.setenv(name, "3.8")
            ended = subprocess.run(
                [sys.executable, "-m", "nox", "--envdir", str(ROOT / ".nox"), "-s", "report"],
                cwd=edited.project, capture_output=True, text=True, check=False,
            )  # fmt: skip
        assert ended.returncode == 1
        assert f"error: {name} is set, but these sessions choose" in ended.stderr
        assert "Traceback" not in ended.stderr


@posix_only
def test_a_folder_whose_name_others_would_fill_in_is_refused(
    edited: Driver, tmp_path: Path
) -> None:
    says = "a variable is named in {}; give that folder another name"
    state = tmp_path / "$HOME"
    ended = msgspec.structs.replace(edited, state=state).run("seed")
    assert ended.status == 2
    assert f"error: --state: {says.format(state)}" in ended.without_traceback()
    clone = copy_project(tmp_path / "${HOME}" / "clone", PROBES, GOOD)
    ended = msgspec.structs.replace(edited, project=clone).run("seed")
    assert ended.status == 2
    assert f"error: this clone: {says.format(clone)}" in ended.without_traceback()
    state = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    ended = msgspec.structs.replace(edited, state=state).judge()
    assert ended.status == 2
    assert "is no UTF-8; give it another name" in ended.without_traceback()


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        (
            GOOD + claim("cache/selv_lazy", HIT),
            "[\"cache/selv_lazy\"]: there is no such probe; did you mean 'cache/self_lazy'?",
        ),
        (claim("cache/plain_lazy", HIT), "the probe cache/self_lazy has no claim; add an entry"),
        (
            GOOD + 'isue = "https://github.com/numba/numba/issues/1"\n',
            "[\"cache/self_lazy\"]: Object contains unknown field `isue`; did you mean 'issue'?",
        ),
        (
            GOOD.replace('"hit"', '"hitt"', 1),
            "Invalid enum value 'hitt' - at `$.expect[0].outcome`; did you mean 'hit'?",
        ),
        (
            GOOD + 'workarounds = ["cache/plain_lasy"]\n',
            "the workaround 'cache/plain_lasy' is no probe; did you mean 'cache/plain_lazy'?",
        ),
        (
            GOOD.replace(HIT, '{ outcome = "hit" }, { outcome = "wrong", releases = ">=9" }', 1),
            "[\"cache/plain_lazy\"]: no cell is in releases '>=9'",
        ),
        (
            GOOD.replace(HIT, '{ outcome = "hit", releases = "newest" }', 1),
            "[\"cache/plain_lazy\"]: 'newest' is not a version specifier; one looks like",
        ),
        (
            GOOD.replace('"promise"', '"hazard"', 1) + "\n",
            '["cache/plain_lazy"]: a hazard needs its upstream issue and at least one workaround',
        ),
        (GOOD + "[", "not TOML"),
    ],
)
def test_a_wrong_claim_is_refused(edited: Driver, claims: str, says: str) -> None:
    path = edited.project / "matrix" / "data" / "claims.toml"
    path.write_text(claims)
    try:
        ended = edited.run("seed")
    finally:
        path.write_text(GOOD)
    assert ended.status == 2
    said = ended.without_traceback()
    assert f"error: {path}: " in said
    assert says in said


def test_a_wrong_releases_file_is_refused(edited: Driver) -> None:
    path = edited.project / "matrix" / "data" / "releases.toml"
    good = path.read_text()
    path.write_text(good.replace("wheels.linux-x86_64", "wheels.linux-x86", 1))
    try:
        ended = edited.run("seed")
    finally:
        path.write_text(good)
    assert ended.status == 2
    said = ended.without_traceback()
    assert f"error: {path}, entry 1 (version '0.48.0')" in said
    assert "did you mean 'linux-x86_64'?" in said


@posix_only
@pytest.mark.parametrize("name", ["claims.toml", "releases.toml", "upstream.toml"])
def test_what_is_no_toml_file_is_refused(edited: Driver, newest: str, name: str) -> None:
    path = edited.project / "matrix" / "data" / name
    good = path.read_bytes()
    bad: dict[str, Callable[[], object]] = {
        "this is a folder": path.mkdir,
        "this is a pipe": lambda: os.mkfifo(path),
        "not TOML: its brackets are nested": lambda: path.write_bytes(b"x = " + b"[" * 100_000),
        "there is no such file; it holds": lambda: None,
    }
    for says, make in bad.items():
        path.unlink()
        make()
        try:
            ended = edited.run(newest, "--upstream")
        finally:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            path.write_bytes(good)
        assert ended.status == 2
        assert f"error: {path}: {says}" in ended.without_traceback()


@linux_only
def test_a_probe_whose_name_is_no_utf8_is_refused(edited: Driver, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / os.fsdecode(b"caf\xe9.py")).write_text("def run():\n    return 1\n")
    ended = edited.run("--probes", str(tmp_path))
    assert ended.status == 2
    assert "the name of the probe 'cache/caf\\udce9' is no UTF-8" in ended.without_traceback()


@posix_only
@pytest.mark.parametrize("name", ["loop", "loop/inside", "file", "file/inside"])
@pytest.mark.parametrize("command", ["run", "report", "plan", "audit"])
def test_a_state_that_can_be_no_folder_is_refused(
    edited: Driver, tmp_path: Path, command: str, name: str
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    ended = subprocess.run(
        [sys.executable, "-m", "matrix", command, "--state", str(tmp_path / name)],
        cwd=edited.project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: --state")
    assert str(tmp_path / name) in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["merge", "diff"])
def test_an_empty_word_is_not_the_working_directory(edited: Driver, command: str) -> None:
    ended = edited.start(command, "").end()
    assert ended.status == 2
    assert f"error: {command}: an empty word names no file" in ended.without_traceback()


def test_a_selection_without_any_wheel_is_nothing_to_run(driver: Driver) -> None:
    ended = driver.run("0.48.0-cp313")
    assert ended.status == 3
    said = ended.without_traceback()
    assert "0.48.0-cp313: no_wheel, no wheel for" in said
    assert "error: no selected cell can run here" in said


def test_a_selection_without_any_interpreter_is_nothing_to_run(
    driver: Driver, catalogue: Catalogue
) -> None:
    absent = [cell for cell in catalogue.pairs() if cell.python not in catalogue.pythons]
    if not absent:
        pytest.skip("every CPython that any release has a wheel for is on this machine")
    ended = driver.run(absent[-1].id)
    assert ended.status == 3
    said = ended.without_traceback()
    assert f"{absent[-1].id}: no_interpreter, no CPython {absent[-1].python}" in said
    assert "error: no selected cell can run here" in said


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--strict",), 3)])
def test_a_cell_that_cannot_run_is_listed_and_with_strict_it_counts(
    edited: Driver, newest: str, options: tuple[str, ...], status: int
) -> None:
    ended = edited.run(newest, "0.48.0-cp313", "--probe", "cache/plain_lazy", *options)
    assert ended.status == status
    said = ended.without_traceback()
    assert "NOT RUN 0.48.0-cp313: no_wheel, no wheel for" in said
    assert "1 probe in 1 cell; 1 selected cell did not run" in said
    cells = {cell["id"]: cell["status"] for cell in edited.report()["cells"]}
    assert cells == {"0.48.0-cp313": "no_wheel", newest: "ran"}


def test_a_lock_that_does_not_match_stops_its_cell_and_no_other(
    edited: Driver, environments: Path, seed: tuple[str, ...]
) -> None:
    if len(seed) < 3:
        pytest.skip("not every seed release has an interpreter here")
    wrong, unhashed, well = seed
    folder = edited.project / "matrix" / "data" / "locks"
    locks = [folder / f"numba-{cell.partition('-')[0]}.txt" for cell in seed]
    good = [lock.read_text() for lock in locks]
    locks[0].write_text(re.sub(r"sha256:(\w)(\w+)", r"sha256:\2\1", good[0]))
    locks[1].write_text(re.sub(r"(?m)^(numpy==[\d.]+).*(\n +--hash.*)+", r"\1", good[1]))
    own = msgspec.structs.replace(edited, envdir=environments)
    try:
        ended = own.run(*seed, "--probe", "cache/plain_lazy", "--fresh")
    finally:
        for lock, text in zip(locks, good, strict=True):
            lock.write_text(text)
    assert ended.status == 0
    said = ended.without_traceback()
    assert f"NOT RUN {wrong}: not_installable, Hash mismatch for `" in said
    assert f"NOT RUN {unhashed}: not_installable, In `--require-hashes` mode" in said
    assert "Expected:" in own.record(wrong).reason
    assert [own.record(cell).status for cell in seed] == [
        "not_installable",
        "not_installable",
        "ran",
    ]
    assert own.outcomes(well, "fork") == {"cache/plain_lazy": "hit"}
