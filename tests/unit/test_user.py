"""What runs in a user's environment, as far as it needs no Numba: the command, a cache's names."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.project import read_project
from matrix.user import console, explain, poisoned
from tests.cells.driving import ROOT

OPEN = b".numba.unresolved$"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("_ZN13even_odd_lazy11is_even$241Ex", "even_odd_lazy.is_even"),  # 0.48
        ("_ZN13even_odd_lazy7is_evenB2v1B38c8tJTIeFIjxB2IKSgI4CrvQ_3dEx", "even_odd_lazy.is_even"),
        ("_ZN3lib4make12_3clocals_3e6f_ab24Ex", "lib.make.<locals>.f_ab24"),
        ("of_another_make", "of_another_make"),
        ("", "a function"),
    ],
)
def test_a_symbol_is_named_after_its_function(symbol: str, name: str) -> None:
    assert poisoned.demangled(symbol) == name


@pytest.mark.parametrize(
    ("file", "function", "line"),
    [
        ("pkg.mod.fact-12.py311.1.nbc", "pkg.mod.fact", 12),
        ("fact-12.py38.10.nbc", "fact", 12),
        ("mod.make.locals.fact-3.py36m.1.nbc", "mod.make.locals.fact", 3),
        ("guf-mod.row-3.py313.1.nbc", "mod.row", 3),
        ("odd.nbc", "odd.nbc", None),
    ],
)
def test_a_file_of_a_cache_names_a_function(file: str, function: str, line: int | None) -> None:
    assert poisoned.named(file) == {"function": function, "line": line}


def test_only_files_that_hold_an_open_symbol_are_poisoned(tmp_path: Path) -> None:
    for name, code in {
        "a.fact-1.py311.1.nbc": b"\x80\x00" + 2 * (OPEN + b"_ZN1a4factEx\x00"),
        "a.plain-1.py311.1.nbc": b"numba.recursion$_ZN1a5plainEx",
        "a.empty-1.py311.1.nbc": b"",
        "a.fact-1.py311.nbi": OPEN,
    }.items():
        (tmp_path / name).write_bytes(code)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.fact-1.py311.1.nbc").write_bytes(OPEN)
    files, found = poisoned.search(str(tmp_path))
    assert files == 4
    assert [(one["function"], one["calls"]) for one in found] == [
        ("a.fact", ["a.fact"]),
        ("b.fact", ["a function"]),
    ]


def test_every_example_is_a_pair_of_probes_of_the_map() -> None:
    pairs = [("cache", pair) for pair in explain.EXAMPLES.values()]
    pairs += [("aot", pair) for pair in explain.EXPORTED.values()]
    for carrier, pair in pairs:
        for name in pair:
            assert (ROOT / "probes" / carrier / f"{name}.py").exists()
            lines = list(explain.program(f"{carrier}/{name}"))
            assert any(line.startswith("def run(") for line in lines)
            assert not [line for line in lines if line.startswith(("import ", "from ", '"""'))]


def test_every_example_is_a_hazard_of_the_claims_and_a_workaround_of_it() -> None:
    claims = read_project(ROOT / ".matrix").claims
    assert claims is not None
    for hazard, safe in explain.EXAMPLES.values():
        assert f"cache/{safe}" in claims[f"cache/{hazard}"].workarounds
    for hazard, safe in explain.EXPORTED.values():
        assert f"aot/{safe}" in claims[f"aot/{hazard}"].workarounds


@pytest.mark.parametrize(("words", "status"), [(["--help"], 0), ([], 2), (["chek"], 2)])
def test_the_command_says_what_there_is(
    words: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.main(words) == status
    said = "".join(capsys.readouterr())
    assert "usage: numba-matrix COMMAND" in said
    assert ("did you mean check?" in said) == (words == ["chek"])
