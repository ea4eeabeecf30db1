"""The article's figures: all there, in the file's own words, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.errors import BadInput
from matrix.experiments.overhead.samples import IMPORTS, STEPS, Program, RunKind
from matrix.experiments.overhead.summary import DATA, load_article

COLD, WARM = RunKind


def test_every_figure_of_its_four_tables_is_there() -> None:
    tables = load_article().first_and_second_run
    measured = set(STEPS) - set(IMPORTS)
    later_calls = {"f0 second call", "f1 second call"}
    for program in Program:
        absent = later_calls if program.startswith("eager") else set()
        assert set(tables[program]) == measured - absent


@pytest.mark.parametrize(
    ("program", "run", "step", "seconds"),
    [
        (Program.LAZY_PLAIN, COLD, "f0 definition", 0.024984),
        (Program.LAZY_PLAIN, WARM, "f0 first call", 0.141097),
        (Program.LAZY_RECURSIVE, COLD, "f2 first call", 0.334119),
        (Program.LAZY_RECURSIVE, WARM, "f2 second call", 0.000130),
        (Program.EAGER_PLAIN, WARM, "f2 definition", 0.005422),
        (Program.EAGER_RECURSIVE, COLD, "f2 definition", 0.350976),
        (Program.EAGER_RECURSIVE, COLD, "f1 second call", None),
        (Program.EAGER_RECURSIVE, WARM, "import numba", None),
    ],
)
def test_its_figures_are_the_printed_ones(
    program: Program, run: RunKind, step: str, seconds: float | None
) -> None:
    assert load_article().seconds(program, run, step) == seconds


def test_it_says_that_its_figures_are_of_another_machine_and_of_which_versions() -> None:
    assert str(load_article()) == (
        "article of 2023-12: another machine, Numba 0.57.0, Python 3.11.4, NumPy 1.24.1"
    )


def test_a_step_that_no_program_has_is_refused(tmp_path: Path) -> None:
    text = DATA.read_text(encoding="utf-8").replace('"f0 definition"', '"f9 definition"', 1)
    path = tmp_path / "article.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="lazy_plain: f9 definition"):
        load_article(path)


def test_a_file_that_lacks_a_table_is_refused(tmp_path: Path) -> None:
    text = DATA.read_text(encoding="utf-8").partition("[first_and_second_run.eager_r")[0]
    path = tmp_path / "article.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="eager_recursive: no table"):
        load_article(path)


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "article.toml"
    path.write_text("when =", encoding="utf-8")
    with pytest.raises(BadInput):
        load_article(path)
