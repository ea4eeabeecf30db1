"""What is said is what ran: no range claims a release that nobody looked at."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from matrix.judge.changes import LEGEND
from matrix.select.selection import Catalogue
from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, Ended

PROBE = "cache/self_lazy"
# As in `0.48.0 - 0.56.4`.
WHOLE = re.compile(r"\d - \d")


class Looked(msgspec.Struct, frozen=True):
    """A driver that has run one probe in the seed cells, and what it said of that."""

    driver: Driver
    ended: Ended
    mark: str


@pytest.fixture(scope="module")
def looked(
    tmp_path_factory: pytest.TempPathFactory,
    memo: Path,
    seed: tuple[str, ...],
    catalogue: Catalogue,
) -> Looked:
    """Run a probe that does the same everywhere in two or three releases far apart."""
    if len(seed) < 2:
        pytest.skip("a range takes two releases that can run here")
    driver = new_driver(tmp_path_factory.mktemp("said") / "state", memo)
    first, last = (cell.partition("-")[0] for cell in (seed[0], seed[-1]))
    served = [
        r.version
        for r in catalogue.releases
        if r.pythons(catalogue.platform) and not r.is_prerelease
    ]
    there = served[served.index(first) : served.index(last) + 1]
    ended = driver.run(*seed, "--probe", PROBE, "--table")
    return Looked(driver, ended, f"{first} .. {last} ({len(seed)} of {len(there)})")


def test_table_report_and_page_say_how_many_releases_were_looked_at(looked: Looked) -> None:
    assert looked.ended.status == 0, looked.ended.said
    report = looked.driver.state / "report"
    for said in (
        looked.ended.said[looked.ended.said.rindex("| probe") :],
        (report / "report.md").read_text(encoding="utf-8"),
    ):
        assert looked.mark in said
        assert LEGEND in said
        assert not WHOLE.search(said)
    # The page's map has a column per release that was looked at, and no other.
    page = (report / "index.html").read_text(encoding="utf-8")
    first, _, rest = looked.mark.partition(" .. ")
    assert f"Numba releases between {first} and {rest.partition(' ')[0]}" in page
    assert LEGEND in page
    assert not WHOLE.search(page)


def test_bisect_says_what_it_infers(looked: Looked) -> None:
    said = looked.driver.start("bisect", PROBE).end().without_traceback()
    assert f"{PROBE}: hit in every release looked at: {looked.mark}" in said
    assert LEGEND in said
    assert "is inferred to have done so" in said
    assert not WHOLE.search(said)


def test_what_only_bisect_looked_at_is_left_out_of_the_report_until_a_run_asks_for_it(
    looked: Looked, seed: tuple[str, ...]
) -> None:
    other, left_out = "cache/array_lazy", "left out: "
    said = looked.driver.start("bisect", other).end().without_traceback()
    assert "that no run asked for: kept for the next one, and left out of `nox -s report`" in said
    before = looked.driver.judge()
    assert before.status == 0
    assert f"every claim holds: 1 probe in {len(seed)} cells" in before.said
    assert f"of {other}, which `nox -s bisect` alone asked for" in before.said
    shown = looked.driver.judge("--probe", other)
    assert "every claim holds: 1 probe in " in shown.said
    assert left_out not in shown.said
    assert "0 probe runs in 0 cells to do" in looked.driver.run(*seed, "--probe", other).said
    after = looked.driver.judge().said
    assert f"every claim holds: 2 probes in {len(seed)} cells" in after
    assert left_out not in after


def test_a_claim_that_fails_tells_no_more_than_was_looked_at(
    looked: Looked, seed: tuple[str, ...]
) -> None:
    path = looked.driver.state / "observations" / f"{seed[-1]}.json"
    good = path.read_bytes()
    # As if the newest release of the three compiled something else.
    path.write_bytes(good.replace(b'"value": 6765', b'"value": 6766', 1))
    ended = looked.driver.judge(*seed, "--probe", PROBE)
    path.write_bytes(good)
    assert ended.status == 1
    since = re.compile(rf"since {re.escape(seed[-1].partition('-')[0])} or earlier, not looked at ")
    assert since.search(ended.without_traceback())
