"""The page of the reference: what a square opens where there is no evidence."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from matrix.project import read_project
from matrix.report.published.reference import of_reference
from tests.browser.conftest import Visitor, written

SEED = "cache/literal_seed_called"


def test_a_square_of_the_reference_says_that_it_holds_no_evidence(
    visitor: Visitor, tmp_path: Path
) -> None:
    project = read_project(tmp_path)
    assert project.reference is not None
    found = of_reference(project.reference, project.claims or {}, project.probes, project.served)
    address = written(tmp_path, found)
    page = visitor.open(f"{address}#at=0.61.2-cp313,{SEED}")
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("▲ hazard, as claimed: crashed in warm (SIGSEGV)")
    expect(panel).to_contain_text("it holds what happened, not the evidence for it")
    expect(panel).to_contain_text(f"nox -s matrix -- 0.61.2-cp313 --probe {SEED}")
    expect(panel).not_to_contain_text("It did not run in this cell")
    page.goto(f"{address}#at=0.68.1-cp314,{SEED}")
    expect(panel).to_contain_text("It did not run in this cell. no_interpreter")
    expect(page.locator("header")).to_contain_text("there is no evidence in it")
