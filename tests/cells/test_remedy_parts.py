"""The remedy without one of its parts, in a real cell: which claims that makes fail, and no others.

Eight seconds a part on an ordinary two-core machine.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from matrix.project import DATA
from matrix.user import remedy
from tests.cells.driving import ROOT, Driver, copy_project

ADDED = "cache/default_omitted_later_lazy"
FILLED = "cache/even_odd_filled_lazy"
CAST = "cache/return_cast_lazy"
CYCLE = "cache/hofstadter_lazy"
INDEX = "cache/prange_index_parallel"
HELPER = "aot/even_odd_helper"
PRINTING = "aot/even_odd_helper_printing"
DIRECT = "aot/self_direct"
ELSEWHERE = "change/cycle_elsewhere"
REDEFINED = "cache/even_odd_redefined_lazy"
WRITTEN = "cache/swapped_two_signatures"
PROBES = (
    ADDED, FILLED, CAST, CYCLE, INDEX, HELPER, PRINTING, DIRECT, ELSEWHERE, REDEFINED, WRITTEN,
)  # fmt: skip

# What does otherwise than is claimed of it where a part is missing.
BROKEN = {
    "_patch_optimize": {ADDED},
    "_patch_index": {FILLED},
    "_patch_save": {CAST, CYCLE, ELSEWHERE, REDEFINED},
    "_patch_load": {WRITTEN},
    "_patch_stamps": {ELSEWHERE},
    "_patch_numbers": {REDEFINED},
    "_patch_overloads": {CAST, ADDED},
    "_patch_calls": {CAST},
    "_patch_names": {INDEX},
    "_patch_inference": {CAST},
    "_patch_compile": {CAST, CYCLE, FILLED, ELSEWHERE, WRITTEN},
    "_patch_runtime": {HELPER},
    "_patch_link": {PRINTING, ELSEWHERE},
    "_patch_export": {DIRECT},
    "none": set(),
}


@pytest.mark.parametrize("part", [*(part.__name__ for part in remedy.PARTS), "none"])
def test_without_a_part_these_claims_fail(
    part: str, driver: Driver, newest: str, tmp_path: Path
) -> None:
    claims = (DATA / "claims.toml").read_text(encoding="utf-8")
    project = copy_project(tmp_path / "project", tomllib.loads(claims), claims)
    path = project / "matrix" / "user" / "remedy.py"
    source = path.read_text(encoding="utf-8")
    assert part == "none" or source.count(f"\n    {part},\n") == 1
    path.write_text(source.replace(f"\n    {part},\n", "\n"), encoding="utf-8")

    driver = msgspec.structs.replace(driver, project=project)
    words = [word for probe in PROBES for word in ("--probe", f"{probe}@remedy")]
    ended = driver.run(newest, *words)
    fail = {claim["probe"] for claim in driver.report()["claims"] if not claim["holds"]}
    assert fail == {f"{probe}@remedy" for probe in BROKEN[part]}, ended.said
    assert ended.status == (1 if BROKEN[part] else 0)
    assert all(probe in ended.without_traceback() for probe in fail)


def test_numbas_developers_are_told_what_each_part_is_for() -> None:
    text = (ROOT / "matrix" / "UPSTREAM.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| `(_patch_\w+)` \| ([^|]+) \|$", text, re.MULTILINE)
    told = {part: set(re.findall(r"`(\w+/\w+)`", probes)) for part, probes in rows}
    assert told == {part: probes for part, probes in BROKEN.items() if probes}
