"""The reference, renewed from a real cell: what it refuses, and what a run says of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from matrix.select import releases
from matrix.select.interpreters import Interpreter
from tests.cells.driving import ROOT, Driver, claim, copy_project

pytestmark = pytest.mark.skipif(
    releases.platform_here() != "linux-x86_64", reason="the reference is of Linux x86-64"
)
CELL, OTHER = "0.57.0-cp311", "0.57.1-cp311"
PROBES = ("cache/plain_lazy", "cache/even_odd_lazy")
HIT = claim("cache/plain_lazy", '{ outcome = "hit" }')
CRASH = claim(
    "cache/even_odd_lazy", '{ outcome = "crashed" }', kind='"hazard"',
    issue='"https://github.com/numba/numba/issues/6061"', workarounds='["cache/plain_lazy"]',
)  # fmt: skip
RELEASE = """[[release]]
version = "0.57.0"
uploaded = 2023-05-01
wheels.linux-x86_64 = ["3.11", "3.15"]
[[release]]
version = "0.57.1"
uploaded = 2023-06-21
wheels.linux-x86_64 = ["3.11"]
"""


@pytest.fixture
def driver(tmp_path: Path, memo: Path, interpreters: dict[str, Interpreter]) -> Driver:
    """Return a project of two releases, two CPythons, of which one is nowhere, and two probes."""
    if "3.11" not in interpreters:
        pytest.skip("there is no CPython 3.11 here")
    project = copy_project(tmp_path / "project", PROBES, HIT + CRASH)
    (project / "matrix" / "data" / "releases.toml").write_text(RELEASE, encoding="utf-8")
    for name in ("reference.json", "ask.json"):
        (project / "matrix" / "data" / name).unlink()
    shutil.copyfile(ROOT / "README.md", project / "README.md")
    made = Driver(tmp_path / "state", project=project)
    made.state.mkdir()
    shutil.copyfile(memo, made.state / "interpreters.json")
    return made


def kept(driver: Driver) -> dict[str, bytes]:
    """Return the files that the command may write, as far as they are there."""
    data = ("matrix/data/reference.json", "matrix/data/ask.json")
    names = (*data, ".github/map.svg", "README.md", "matrix/UPSTREAM.md")
    paths = [driver.project / name for name in names]
    return {path.name: path.read_bytes() for path in paths if path.exists()}


def reference(driver: Driver, *words: str, status: int = 0) -> str:
    ended = driver.start("reference", *words, "--envdir", str(driver.envdir)).end()
    assert ended.status == status, ended.said
    return ended.without_traceback()


def test_it_is_made_of_what_was_observed_and_only_while_every_claim_holds(driver: Driver) -> None:
    before = kept(driver)
    claims = driver.project / "matrix" / "data" / "claims.toml"
    never = "of 2 cells were not observed with the probes, runner and locks of today"
    assert f"2 {never}: {CELL}, {OTHER}." in reference(driver, "--stored", status=3)
    assert driver.run(CELL).status == 0
    assert f"1 {never}: {OTHER}." in reference(driver, "--stored", status=3)
    assert "there is no reference" in reference(driver, "--check", status=1)
    assert "there is no reference" in reference(driver, "--redraw", status=2)
    assert kept(driver) == before

    claims.write_text(claim("cache/plain_lazy", '{ outcome = "recompiled" }') + CRASH)
    said = reference(driver, status=1)
    assert f"cache/plain_lazy in {CELL}: hit; claimed: recompiled" in said
    assert "a claim does not hold, so the reference stays as it is" in said
    assert kept(driver) == before

    claims.write_text(HIT + CRASH)
    reference(driver, "--stored")
    made = kept(driver)
    assert set(made) == {"reference.json", "ask.json", "map.svg", "README.md", "UPSTREAM.md"}
    told = json.loads(made["reference.json"])
    assert list(told["cells"]) == [CELL, OTHER]
    assert told["absent"] == {"0.57.0-cp315": "no_interpreter"}
    assert {p: did["did"][0][:3] for p, did in told["probes"].items()} == {
        "cache/even_odd_lazy": ["crashed", "warm", "SIGSEGV"],
        "cache/plain_lazy": ["hit", "warm", ""],
    }
    assert "the reference lacks nothing" in reference(driver, "--check")
    assert "| even odd | ▲ hazard |" in made["README.md"].decode()
    # The same again is the same to the byte, with all of it run again as well.
    reference(driver, "--fresh")
    assert kept(driver) == made

    probe = driver.project / "probes" / "cache" / "plain_lazy.py"
    newer = probe.with_name("plainer_lazy.py")
    newer.write_bytes(probe.read_bytes())
    claims.write_text(HIT + CRASH + HIT.replace("plain_lazy", "plainer_lazy"))
    said = reference(driver, "--stored")
    assert "not in the reference, as no cell has them: cache/plainer_lazy" in said
    assert kept(driver)["reference.json"] == made["reference.json"]
    assert "probes not in it: cache/plainer_lazy" in reference(driver, "--check", status=1)
    newer.unlink()
    claims.write_text(HIT + CRASH)
    reference(driver, "--stored")

    probe.write_text(probe.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    said = reference(driver, "--stored", status=3)
    assert f"{CELL} (cache/plain_lazy" in said
    assert "probes changed since: cache/plain_lazy" in reference(driver, "--check", status=1)
    assert kept(driver) == made


def test_a_run_says_what_differs_and_the_page_lists_it(driver: Driver) -> None:
    reference(driver, "--isolation", "exec")
    ended = driver.run(CELL)
    assert "nothing differs from the reference: 2 squares compared" in ended.said, ended.said
    page = (driver.state / "report" / "index.html").read_text(encoding="utf-8")
    assert "Nothing differs from the reference." in page

    path = driver.project / "matrix" / "data" / "reference.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"hit", "warm"', '"recompiled", "warm"'), encoding="utf-8")
    ended = driver.run(CELL)
    assert ended.status == 0
    assert "1 square differs from the reference, of 2 compared (better 1)" in ended.said, ended.said
    page = (driver.state / "report" / "index.html").read_text(encoding="utf-8")
    assert "<li>better: cache/plain_lazy: recompiled in warm -&gt; hit, 0.57.0</li>" in page

    path.write_text(text.replace("linux-x86_64", "macos-arm64"), encoding="utf-8")
    said = driver.run(CELL).said
    assert "not compared with the reference, which is of macos-arm64" in said
    assert "Since the reference" not in (driver.state / "report" / "index.html").read_text("utf-8")

    path.write_text("<<<<<<< ours", encoding="utf-8")
    ended = driver.run(CELL)
    assert ended.status == 2
    assert "reference.json: not a reference" in ended.without_traceback()


def test_what_it_has_of_what_is_here_now_need_not_be_seen_again(driver: Driver) -> None:
    reference(driver, "--isolation", "exec")
    whole = kept(driver)["reference.json"]
    shutil.rmtree(driver.state / "observations")
    # Nothing is stored, as on another machine, and nothing has to be.
    said = reference(driver, "--lacking")
    assert "4 squares of it are of what is here now" in said
    assert "to do" not in said
    assert kept(driver)["reference.json"] == whole

    probe = driver.project / "probes" / "cache" / "plain_lazy.py"
    newer = probe.with_name("plainer_lazy.py")
    newer.write_bytes(probe.read_bytes())
    claims = driver.project / "matrix" / "data" / "claims.toml"
    claims.write_text(HIT + CRASH + HIT.replace("plain_lazy", "plainer_lazy"))
    assert "2 probe runs in 2 cells to do" in reference(driver, "--lacking")
    newer.unlink()
    # What is in it is held to the claims as well, seen again or not.
    claims.write_text(HIT + CRASH.replace("crashed", "raised"))
    before = kept(driver)
    said = reference(driver, "--lacking", status=1)
    assert f"cache/even_odd_lazy in {CELL}: crashed in warm (SIGSEGV); claimed: raised" in said
    claims.write_text(HIT + CRASH)
    assert kept(driver) == before
    reference(driver, "--lacking")
    assert kept(driver)["reference.json"] == whole

    # A cell that is new to it, and one whose lock has changed, want all probes, and they alone.
    path = driver.project / "matrix" / "data" / "reference.json"
    told = json.loads(whole)
    told["locks"].pop("0.57.1")
    told["cells"].pop(OTHER)
    path.write_text(json.dumps(told), encoding="utf-8")
    said = reference(driver, "--lacking")
    assert "2 squares of it are of what is here now" in said
    assert "in 1 cell to do" in said
    assert kept(driver)["reference.json"] == whole
    told = json.loads(whole)
    told["locks"]["0.57.0"] = "0" * 16
    path.write_text(json.dumps(told), encoding="utf-8")
    assert "2 squares of it are of what is here now" in reference(driver, "--lacking")
    assert kept(driver)["reference.json"] == whole

    # Another runner saw none of it.
    told["runner"] = "0" * 16
    path.write_text(json.dumps(told), encoding="utf-8")
    assert "0 squares of it are of what is here now" in reference(driver, "--lacking")
    assert kept(driver)["reference.json"] == whole
