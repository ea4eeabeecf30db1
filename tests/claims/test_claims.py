"""The verdict: what the claims come to in the cells at hand; `nox -s matrix` runs it."""

import pytest

from matrix.judge.judge import Judgement, Unlike
from matrix.model.text import brief, log_line


def test_claim(judgements: list[Judgement], told: list[str]) -> None:
    fail_where_broken(judgements, told, "{kind} {id} does not hold")


def test_hit_or_works(judgements: list[Judgement], told: list[str]) -> None:
    fail_where_broken(judgements, told, "{id} does not do well")


def fail_where_broken(judgements: list[Judgement], told: list[str], says: str) -> None:
    broken = [judgement for judgement in judgements if judgement.breaks]
    if broken:
        lines = [log_line(f"  {judgement.cell}: {judgement.says}") for judgement in broken]
        claim = broken[0]
        head = says.format(kind=claim.kind, id=claim.id)
        head += f" in {len(broken)} of {len(judgements)} cells"
        issue = f"\n  upstream: {claim.issue}" if claim.issue else ""
        since = [log_line(f"  {part}") for part in told]
        pytest.fail("\n".join([head, *lines, *since]) + issue, pytrace=False)


def test_alike_in_all_cells(unlike: list[Unlike]) -> None:
    if unlike:
        lines = [
            log_line(
                f"  {group.result}, value {brief(group.result.value)}: {', '.join(group.cells)}"
            )
            for one in unlike
            for group in one.groups
        ]
        pytest.fail(
            "\n".join([f"{unlike[0].probe} is not alike everywhere", *lines]), pytrace=False
        )
