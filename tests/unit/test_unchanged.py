"""A report is made again when anything that it is of has changed, else only told again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matrix.commands.stored.report import report
from matrix.errors import BadInput
from matrix.model.record import observations
from matrix.options import Report
from matrix.plan import plan
from matrix.project import read_project
from tests.unit import records

CELL = "0.57.0-cp311"
PROBE = "cache/self_lazy"


def store(state: Path, *, value: int = 6765, source: str = "") -> None:
    """File one cell of which one probe is known, as of today's probe, runner and lock."""
    project = read_project(state)
    probe = next(probe for probe in project.probes if probe.id == PROBE)
    lock = plan.lock_digest(project.locks, "0.57.0")
    source = source or plan.source(probe, project.runner, lock)
    seen = records.hit(PROBE, value, isolation="fork", source=source)
    observations(state / "observations", print).save(records.cell(CELL, seen))


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, bool]]:
    """Return what makes a report: what it says, and whether its files were written again."""
    store(tmp_path)
    page = tmp_path / "report" / "index.html"

    def made(**asked: Any) -> tuple[str, bool]:
        before = page.stat().st_mtime_ns if page.exists() else 0
        assert report(Report(state=tmp_path, **asked)) == 0
        return capsys.readouterr().out, page.stat().st_mtime_ns != before

    return made


def test_where_nothing_changed_the_same_is_told_and_nothing_written(
    told: Callable[..., tuple[str, bool]],
) -> None:
    first, written = told()
    assert written
    assert "every claim holds: 1 probe in 1 cell" in first
    assert told() == (first, False)


def test_of_nothing_no_claim_holds_and_what_was_seen_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(tmp_path)
    assert report(Report(state=tmp_path)) == 0
    page = tmp_path / "report" / "index.html"
    before = page.read_bytes()
    capsys.readouterr()
    # No probe of the other carrier is stored; then all that is stored is of another runner.
    assert report(Report(state=tmp_path, probe=("aot/*",))) == 3
    store(tmp_path, source="another")
    assert report(Report(state=tmp_path)) == 3
    said = capsys.readouterr().out
    assert said.count("nothing was looked at") == 2
    assert "every claim" not in said
    assert page.read_bytes() == before
    narrow = tmp_path / "report-narrow"
    assert "Nothing was looked at" in (narrow / "report.md").read_text()
    assert not (narrow / "junit.xml").exists()


def test_what_was_set_aside_is_named_each_time(
    told: Callable[..., tuple[str, bool]], tmp_path: Path
) -> None:
    gone = tmp_path / "observations" / "0.60.0-cp312.json"
    gone.write_text("{")
    told()  # of what could not be read
    for _ in range(2):
        assert f"{gone.name}.set-aside: set aside, as it was not usable" in told()[0]


def test_a_summary_in_no_folder_is_a_wrong_word(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--summary: there is no folder .*nowhere"):
        report(Report(state=tmp_path, summary=tmp_path / "nowhere" / "summary.md"))


def change_a_record(state: Path) -> None:
    store(state, value=6766)


def add_a_measurement(state: Path) -> None:
    (state / "overhead").mkdir()
    (state / "overhead" / f"{CELL}.json").write_text("{}")


def edit_the_page(state: Path) -> None:
    with (state / "report" / "index.html").open("a") as page:
        page.write("mine\n")


def edit_the_page_and_put_its_time_back(state: Path) -> None:
    page = state / "report" / "index.html"
    then = page.stat()
    page.write_bytes(page.read_bytes().replace(b"Every claim holds", b"Every claim fails"))
    assert page.stat().st_size == then.st_size
    os.utime(page, ns=(then.st_atime_ns, then.st_mtime_ns))


def take_a_file_away(state: Path) -> None:
    (state / "report" / "junit.xml").unlink()


def touch_what_is_remembered(state: Path) -> None:
    (state / "told.json").write_text("{")


@pytest.mark.parametrize(
    "change",
    [
        change_a_record,
        add_a_measurement,
        edit_the_page,
        edit_the_page_and_put_its_time_back,
        take_a_file_away,
        touch_what_is_remembered,
    ],
)
def test_whatever_changes_has_it_made_again(
    told: Callable[..., tuple[str, bool]], tmp_path: Path, change: Callable[[Path], None]
) -> None:
    told()
    change(tmp_path)
    assert told()[1]
    told()  # of what could not be read and was set aside meanwhile
    assert not told()[1]


def test_another_wish_or_another_place_is_another_report(
    told: Callable[..., tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told()
    assert told(table=True)[1]
    assert told()[1]
    monkeypatch.chdir(os.sep)
    assert told()[1]


def test_what_a_summary_is_added_to_is_told_each_time(
    told: Callable[..., tuple[str, bool]], tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    for times in (1, 2):
        assert told(summary=summary)[1]
        assert summary.read_text().count("# Numba") == times


def test_modules_and_packages_of_a_users_are_looked_at_each_time(
    told: Callable[..., tuple[str, bool]], tmp_path: Path
) -> None:
    told()
    (tmp_path / "outside").mkdir()
    assert told()[1]
    assert told()[1]
