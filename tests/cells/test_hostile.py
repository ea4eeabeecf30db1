"""What others file or say is refused, set aside or shown as text; nothing beside it is lost."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, Ended, claim, copy_project, posix_only

HIT = '{ outcome = "hit" }'
PROBES = ("cache/huge", "cache/loud", "cache/plain_lazy")
CLAIMS = "\n".join(claim(probe, HIT) for probe in PROBES)
TEXT = r"x\n::error::e\n\n# Heading\n\n<img src=x> ![i](http://x) | \x1b[31m`` <script>"
# An exception whose class and message are anything, and a value that is both long and wrong.
LOUD = f'''"""Says what a terminal, a CI log or a page might take for more than text."""
TEXT = "{TEXT}"


def run():
    raise type(TEXT, (Exception,), {{}})(TEXT)
'''
HUGE = f'''"""Returns a value that is long, and another as soon as Numba compiles."""
import os

import numba


def run():
    return ["{TEXT}", os.environ.get("NUMBA_DISABLE_JIT"), "x" * 50000]
'''


class Shown(msgspec.Struct, frozen=True):
    """A driver that has run loud probes in the newest cell, and how that ended."""

    driver: Driver
    ended: Ended
    summary: Path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, memo: Path, newest: str) -> Shown:
    """Run the probes once."""
    folder = tmp_path_factory.mktemp("hostile")
    project = copy_project(folder / "project", PROBES[2:], CLAIMS)
    (project / "probes" / "cache" / "loud.py").write_text(LOUD)
    (project / "probes" / "cache" / "huge.py").write_text(HUGE)
    driver = msgspec.structs.replace(new_driver(folder / "state", memo), project=project)
    summary = folder / "summary.md"
    return Shown(driver, driver.run(newest, "--summary", str(summary)), summary)


def is_text(said: str) -> bool:
    """Whether no line of a log is a command and nothing in it moves the cursor."""
    lines = said.split("\n")
    return not any(line.lstrip().startswith("::") or "\x1b[31m" in line for line in lines)


def test_what_a_probe_says_is_text_and_short_in_log_report_and_summary(
    shown: Shown, newest: str
) -> None:
    said = shown.ended.without_traceback()
    assert shown.ended.status == 1
    assert f": {newest.partition('-')[0]} -> raised in interpreted (" in said
    assert "characters left out] where interpreted gave" in said
    assert is_text(said)
    report = (shown.driver.state / "report" / "report.md").read_text(encoding="utf-8")
    assert shown.summary.read_text(encoding="utf-8") == report
    assert max(len(line) for line in (said + report).splitlines()) < 2000
    blocks = MarkdownIt("commonmark").enable("table").parse(report)
    kinds = {one.type for block in blocks for one in (block, *(block.children or ()))}
    assert not kinds & {"html_inline", "image", "link_open", "fence"}
    html = [one.content for one in blocks if one.type == "html_block"]
    ours = re.compile(r"(<details><summary>[\w ,.:']+</summary>|</details>)\n?")
    assert all(ours.fullmatch(one) for one in html)
    assert not re.search("(?m)^# Heading", report)


def test_what_a_cell_filed_of_such_probes_is_believed_elsewhere(
    shown: Shown, tmp_path: Path
) -> None:
    elsewhere = Driver(tmp_path / "state", project=shown.driver.project)
    ended = elsewhere.start("merge", str(shown.driver.state)).end()
    assert (ended.status, ended.said.splitlines()[-1]) == (0, "1 cells joined from 1 files")


Tamper = Callable[[dict[str, Any]], object]


def nested(record: dict[str, Any]) -> None:
    for depth, probe in zip((500, 700, 900), record["probes"], strict=True):
        value: Any = 1
        for _ in range(depth):
            value = [value]
        probe["phases"][0]["value"] = value


BAD: dict[str, Tamper] = {
    "nested": nested,
    "exception": lambda r: r["probes"][1]["phases"][0].update(exception="E\n::stop-commands::x"),
    "signal": lambda r: r["probes"][1]["phases"][0].update(signal="\x1b[2J", status="crashed"),
    "phase": lambda r: r["probes"][2]["phases"][1].update(name="\n# Heading"),
    "counts": lambda r: r["probes"][2]["phases"][2].update(misses=-1, hits=2),
    "empty": lambda r: r["probes"][2].update(phases=[]),
    "half": lambda r: r["probes"][2].update(phases=r["probes"][2]["phases"][:1]),
    "platform": lambda r: r.update(platform="\n::error::x" + "x" * 10**6),
}


def spoil(path: Path, tamper: Tamper, target: Path) -> None:
    """Write a file as it is but for what `tamper` does to it."""
    record = json.loads(path.read_text(encoding="utf-8"))
    tamper(record)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(record), encoding="utf-8")


def test_each_file_that_no_runner_writes_is_refused_and_the_good_one_is_joined(
    shown: Shown, tmp_path: Path, newest: str
) -> None:
    good = shown.driver.state / "observations" / f"{newest}.json"
    for name, tamper in BAD.items():
        spoil(good, tamper, tmp_path / "parts" / name / good.name)
    (tmp_path / "parts" / "good").mkdir()
    shutil.copy(good, tmp_path / "parts" / "good")
    elsewhere = Driver(tmp_path / "state", project=shown.driver.project)
    ended = elsewhere.start("merge", str(tmp_path / "parts")).end()
    said = ended.without_traceback()
    assert ended.status == 2
    assert is_text(said)
    refused = [line for line in said.splitlines() if line.startswith("REFUSED ")]
    assert [Path(line.split(":")[0]).parent.name for line in refused] == sorted(BAD)
    assert max(map(len, refused)) < 2000
    assert said.splitlines()[-1] == f"1 cells joined from {len(BAD) + 1} files, {len(BAD)} refused"
    assert elsewhere.record(newest).probes == shown.driver.record(newest).probes


@posix_only
@pytest.mark.parametrize("what", ["empty", "half", "nested", "folder", "pipe"])
def test_what_is_stored_and_no_whole_run_is_set_aside_by_every_command(
    shown: Shown, tmp_path: Path, newest: str, what: str
) -> None:
    shutil.copytree(shown.driver.state, tmp_path / "state")
    driver = Driver(tmp_path / "state", project=shown.driver.project)
    path = driver.state / "observations" / f"{newest}.json"
    if what in BAD:
        spoil(path, BAD[what], path)
    else:
        path.unlink()
        (os.mkdir if what == "folder" else os.mkfifo)(path)
    kept = path.with_name(path.name + ".set-aside")
    ended = driver.judge(newest)
    assert ended.status == 3
    assert f"{newest}.json: not usable (" in ended.without_traceback()
    assert f"kept as {kept.name}" in ended.said
    assert os.path.lexists(kept)
    assert not os.path.lexists(path)
    joined = driver.start("merge", str(shown.driver.state)).end()
    assert joined.status == 0, joined.said
    assert driver.record(newest).probes == shown.driver.record(newest).probes


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (
            lambda report: report["cells"][0]["probes"][0].update(outcome="\n::error::great"),
            "Invalid enum value",
        ),
        (lambda report: nested({"probes": [report] * 3}), "a value is nested more than 100 deep"),
        (lambda report: report.update(phases=[]), "there is no phase 0, of 0"),
    ],
    ids=["outcome", "depth", "phases"],
)
def test_a_report_that_cannot_be_compared_is_refused(
    shown: Shown, tmp_path: Path, tamper: Tamper, says: str
) -> None:
    report = shown.driver.report()
    tamper(report)
    (tmp_path / "matrix.json").write_text(json.dumps(report), encoding="utf-8")
    ended = shown.driver.start("diff", str(tmp_path / "matrix.json")).end()
    assert ended.status == 2
    assert f"error: {tmp_path / 'matrix.json'}: " in ended.without_traceback()
    assert says in ended.said
    assert is_text(ended.said)
