"""A claims file is right, or it is refused with the entry and the word that would be right."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from matrix.commands.stored.claims import claims as observed
from matrix.errors import BadInput
from matrix.judge.claims import (
    SILENT,
    Claim,
    Expectation,
    Kind,
    fixed_in,
    load,
    see_that_silence_has_a_way_round,
)
from matrix.model.cell import Cell
from matrix.model.outcome import Outcome, Result
from matrix.options import Claims
from matrix.project import read_project
from tests.unit import records
from tests.unit.test_square import kept

PROBES = ("cache/self_lazy", "cache/mutual", "aot/self_helper")
CELLS = (Cell("0.48.0", "3.8"), Cell("0.57.0", "3.8"), Cell("0.57.0", "3.11"))
GOOD = {
    "cache/self_lazy": 'kind = "promise"\nwhy = "w"\nexpect = [{ outcome = "hit" }]',
    "cache/mutual": (
        'kind = "hazard"\nwhy = "w"\nissue = "https://x/1"\nworkarounds = ["cache/self_lazy"]\n'
        'expect = [{ outcome = "crashed", phase = "warm", detail = "SIGSEGV" }]'
    ),
    "aot/self_helper": 'kind = "promise"\nwhy = "w"\nexpect = [{ outcome = "works" }]',
}


def claims(tmp_path: Path, changes: dict[str, str | None]) -> dict[str, Claim]:
    """Load a file of the good claims with `changes` (None: the entry is not there)."""
    entries = {probe: text for probe, text in (GOOD | changes).items() if text is not None}
    path = tmp_path / "claims.toml"
    path.write_text("\n\n".join(f'["{probe}"]\n{text}' for probe, text in entries.items()))
    return load(path, PROBES, CELLS)


def refusal(tmp_path: Path, changes: dict[str, str | None]) -> str:
    with pytest.raises(BadInput) as refused:
        claims(tmp_path, changes)
    return str(refused.value).replace(str(tmp_path), "")


def test_a_good_file_gives_a_claim_per_probe(tmp_path: Path) -> None:
    loaded = claims(tmp_path, {})
    assert set(loaded) == set(PROBES)
    assert loaded["cache/mutual"].kind is Kind.HAZARD
    assert str(loaded["cache/mutual"].expect[0]) == "crashed in warm (SIGSEGV)"


@pytest.mark.parametrize(
    ("remedied", "kind"),
    [
        ('{ outcome = "hit" }', Kind.PROMISE),
        ('{ outcome = "recompiled" }', Kind.HAZARD),
        (
            '{ outcome = "hit", releases = "<0.57" }, { outcome = "wrong", releases = ">=0.57" }',
            Kind.PROMISE,
        ),
    ],
)
def test_what_is_not_well_under_the_remedy_is_a_hazard_there(
    tmp_path: Path, remedied: str, kind: Kind
) -> None:
    text = f"{GOOD['cache/mutual']}\nremedy = [{remedied}]"
    assert claims(tmp_path, {"cache/mutual": text})["cache/mutual@remedy"].kind is kind


def test_each_cell_has_the_one_expectation_that_covers_it(tmp_path: Path) -> None:
    text = """kind = "promise"
why = "w"
expect = [
    { outcome = "works", releases = "<0.57" },
    { outcome = "raised", phase = "build", releases = ">=0.57", pythons = "<3.10" },
    { outcome = "wrong", releases = ">=0.57", pythons = ">=3.10" },
]"""
    claim = claims(tmp_path, {"aot/self_helper": text})["aot/self_helper"]
    assert [claim.expectation(cell).outcome for cell in CELLS] == ["works", "raised", "wrong"]


def test_a_release_candidate_is_covered_like_its_release(tmp_path: Path) -> None:
    claim = claims(tmp_path, {})["cache/self_lazy"]
    assert claim.expectation(Cell("0.69.0rc1", "3.15")).outcome is Outcome.HIT


ENTRY = '/claims.toml: ["cache/self_lazy"]: '


def entry(**changes: str | None) -> dict[str, str | None]:
    """Return the change of one entry: a field to another TOML value, None leaves it out."""
    fields: dict[str, str | None] = {"kind": '"promise"', "why": '"w"'}
    fields |= {"expect": '[{ outcome = "hit" }]'} | changes
    lines = [f"{name} = {value}" for name, value in fields.items() if value is not None]
    return {"cache/self_lazy": "\n".join(lines)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (entry(kind=None), "missing required field `kind`"),
        (entry(why=None), "missing required field `why`"),
        (entry(expect=None), "missing required field `expect`"),
        (entry(expect="[]"), "no expectation is about 0.48.0-cp38"),
        (entry(issu='"https://x/1"'), "did you mean 'issue'?"),
        (entry(kind='"promis"'), "did you mean 'promise'?"),
        (entry(expect='[{ outcome = "hitt" }]'), "did you mean 'hit'?"),
        (entry(expect='[{ outcome = "hit", fase = "warm" }]'), "did you mean 'phase'?"),
        (
            entry(expect='[{ outcome = "raised", phase = "warn" }]'),
            "there is no phase 'warn'; did you mean 'warm'?",
        ),
        (
            entry(expect='[{ outcome = "hit", releases = "0.57" }]'),
            "'0.57' is not a version specifier; one looks like",
        ),
        (
            entry(expect='[{ outcome = "hit", pythons = "cp311" }]'),
            "'cp311' is not a version specifier; one looks like",
        ),
        (
            entry(
                expect='[{ outcome = "hit" }, { outcome = "raised", releases = ">=9" }]',
            ),
            "no cell is in releases '>=9' and pythons ''",
        ),
        (
            entry(expect='[{ outcome = "hit", releases = "<0.57" }]'),
            "no expectation is about 0.57.0-cp38; it must be exactly one",
        ),
        (
            entry(expect='[{ outcome = "hit" }, { outcome = "wrong", pythons = ">=3.11" }]'),
            "2 expectations are about 0.57.0-cp311; it must be exactly one",
        ),
        (entry(issue='"#6061"'), "issue '#6061' is not the address of a thread"),
        (entry(kind='"hazard"'), "a hazard needs its upstream issue and at least one workaround"),
        (
            entry(kind='"hazard"', issue='"https://x/1"'),
            "a hazard needs its upstream issue and at least one workaround",
        ),
        (
            entry(kind='"hazard"', workarounds='["aot/self_helper"]'),
            "a hazard needs its upstream issue and at least one workaround",
        ),
        (
            entry(workarounds='["aot/self_helpr"]'),
            "the workaround 'aot/self_helpr' is no probe; did you mean 'aot/self_helper'?",
        ),
    ],
)
def test_a_wrong_entry_is_refused_by_name(
    tmp_path: Path, change: dict[str, str | None], says: str
) -> None:
    refused = refusal(tmp_path, change)
    assert refused.startswith(ENTRY)
    assert says in refused


def test_a_claim_without_a_probe_is_refused(tmp_path: Path) -> None:
    text = GOOD["cache/self_lazy"]
    assert refusal(tmp_path, {"cache/selv_lazy": text}) == (
        '/claims.toml: ["cache/selv_lazy"]: there is no such probe; did you mean'
        " 'cache/self_lazy'?"
    )


@pytest.mark.parametrize("silent", ["stale", "poisoned"])
def test_what_is_wrong_and_says_nothing_needs_a_workaround_that_does_well_everywhere(
    tmp_path: Path, silent: str
) -> None:
    crashed = '"crashed", phase = "warm", detail = "SIGSEGV"'
    hazard = GOOD["cache/mutual"].replace(crashed, f'"{silent}"')
    changed: dict[str, str | None] = {"cache/mutual": hazard}
    somewhere = (
        '[{ outcome = "hit", releases = "<0.57" }, { outcome = "raised", releases = ">=0.57" }]'
    )
    see_that_silence_has_a_way_round(claims(tmp_path, changed))
    loaded = claims(tmp_path, changed | entry(expect=somewhere))
    with pytest.raises(BadInput) as refused:
        see_that_silence_has_a_way_round(loaded)
    assert str(refused.value) == (
        f'claims.toml: ["cache/mutual"]: nobody is told that it is {silent}, so one of its'
        " workarounds has to do well (hit, works, noticed, kept, sound) in every cell"
    )
    # Of what ends with a signal nobody takes a wrong value away.
    see_that_silence_has_a_way_round(claims(tmp_path, entry(expect=somewhere)))
    assert "a hazard needs its upstream issue and at least one workaround" in refusal(
        tmp_path, {"cache/mutual": hazard.replace('issue = "https://x/1"\n', "")}
    )


def test_what_is_claimed_to_go_wrong_silently_has_a_thread_and_a_way_round(tmp_path: Path) -> None:
    claimed = read_project(tmp_path).claims or {}
    see_that_silence_has_a_way_round(claimed)
    silent = {p: c for p, c in claimed.items() if any(e.outcome in SILENT for e in c.expect)}
    assert {probe.partition("/")[0] for probe in silent} == {"change", "race"}
    for claim in silent.values():
        assert claim.issue.startswith("https://github.com/numba/numba/")


def test_a_probe_without_a_claim_is_refused(tmp_path: Path) -> None:
    refused = refusal(tmp_path, {"cache/mutual": None})
    assert refused.startswith("/claims.toml: the probe cache/mutual has no claim; add an entry")


def test_an_entry_that_is_no_table_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text('"cache/self_lazy" = 3\n')
    with pytest.raises(BadInput, match=r'\["cache/self_lazy"\]: Expected `object`, got `int`'):
        load(path, PROBES, CELLS)


def test_a_file_that_is_missing_or_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    with pytest.raises(BadInput, match=r"claims\.toml: there is no such file"):
        load(path, PROBES, CELLS)
    path.write_text('["cache/self_lazy"\n')
    with pytest.raises(BadInput, match=r"claims\.toml: not TOML: .*line 1"):
        load(path, PROBES, CELLS)
    path.write_bytes(b"\xff")
    with pytest.raises(BadInput, match=r"claims\.toml: not TOML"):
        load(path, PROBES, CELLS)


@pytest.mark.parametrize(
    ("expected", "result", "met"),
    [
        (Expectation(Outcome.HIT), Result(Outcome.HIT, "warm"), True),
        (Expectation(Outcome.HIT), Result(Outcome.RECOMPILED, "warm", "never"), False),
        (Expectation(Outcome.CRASHED), Result(Outcome.CRASHED, "cold", "SIGSEGV"), True),
        (
            Expectation(Outcome.CRASHED, phase="warm"),
            Result(Outcome.CRASHED, "cold", "SIGSEGV"),
            False,
        ),
        (
            Expectation(Outcome.CRASHED, detail="SIGSEGV"),
            Result(Outcome.CRASHED, "cold", "SIGABRT"),
            False,
        ),
        (Expectation(Outcome.CRASHED, detail=""), Result(Outcome.CRASHED, "cold", "exit 1"), False),
    ],
)
def test_phase_and_detail_count_only_where_they_are_given(
    expected: Expectation, result: Result, *, met: bool
) -> None:
    assert expected.met_by(result) is met


def test_only_a_hazard_that_does_well_is_gone() -> None:
    hazard = Claim(Kind.HAZARD, "w", (Expectation(Outcome.CRASHED),), "https://x/1")
    promise = Claim(Kind.PROMISE, "w", (Expectation(Outcome.CRASHED),))
    assert fixed_in(hazard, Result(Outcome.HIT, "warm"))
    assert fixed_in(hazard, Result(Outcome.WORKS, "load"))
    assert not fixed_in(hazard, Result(Outcome.WRONG, "warm"))
    assert not fixed_in(promise, Result(Outcome.HIT, "warm"))


def test_what_is_claimed_of_what_was_observed_gives_no_reason_that_nobody_gave(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine"
    (mine / "cache").mkdir(parents=True)
    for name in ("dies", "good", "slow", "strange"):
        (mine / "cache" / f"{name}.py").write_text("def run():\n    return 1\n")
    project = read_project(tmp_path, mine)
    slow = records.recompiled("cache/strange").phases
    opened = records.probe(
        "cache/strange", slow[0], records.cold(unresolved=records.OPEN), *slow[2:]
    )
    seen = (records.crashed("cache/dies"), records.hit("cache/good"),
            records.recompiled("cache/slow"), opened)  # fmt: skip
    kept(project, records.cell("0.68.1-cp313", *seen))
    assert observed(Claims(state=tmp_path, probes=mine)) == 0
    found = tomllib.loads((mine / "claims.toml").read_text(encoding="utf-8"))
    kinds = {name.removeprefix("cache/"): claim["kind"] for name, claim in found.items()}
    # What is compiled again gives the right value, and is claimed to be compiled again.
    assert kinds == {"dies": "hazard", "good": "promise", "slow": "promise", "strange": "promise"}
    assert found["cache/slow"]["expect"][0]["outcome"] == "recompiled"
    reasons = {name.removeprefix("cache/"): claim["why"][:5] for name, claim in found.items()}
    assert reasons == {"dies": "TODO:", "good": "it di", "slow": "TODO:", "strange": "TODO:"}
    against = {n for n, claim in found.items() if "against_rule" in claim["expect"][0]}
    assert against == {"cache/strange"}
    assert found["cache/strange"]["expect"][0]["against_rule"].startswith("TODO: say why the rule")
    assert "4 reasons in it say TODO" in capsys.readouterr().out
