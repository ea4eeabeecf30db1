"""What is shown of overhead: tables, pages, matrix.json and plots, from hand-made measurements."""

from __future__ import annotations

import base64
import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import msgspec
import pytest
from matplotlib import style

from matrix.experiments.overhead import plots, tables
from matrix.experiments.overhead.ratios import CLAIMS, Standing
from matrix.experiments.overhead.samples import STEPS, Measurement, Program, RunKind
from matrix.experiments.overhead.summary import OverheadReport, summarise
from matrix.judge.judge import Verdict
from matrix.report.evidence.filed import MatrixReport
from matrix.report.findings import Findings, findings, with_overhead
from matrix.report.pages import json_schema, write
from tests.unit.overhead_records import Vary, as_it_is, measurement, only

OLD, NEW = "0.48.0-cp38", "0.68.1-cp313"


def summary(*measured: Measurement) -> OverheadReport:
    found = summarise(measured or (measurement(OLD), measurement(NEW)))
    assert found is not None
    return found


def written(folder: Path, overhead: OverheadReport | None) -> dict[str, str]:
    nothing = findings((), (), Verdict((), ()), "exec", ())
    shown: Findings = with_overhead(nothing, overhead, folder)
    write(folder, shown, "exec")
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.suffix}


def wild(program: Program, run: RunKind, step: str, repetition: int) -> float:
    one = (program, run, step) == (Program.LAZY_PLAIN, RunKind.COLD, "import numba")
    return 3.0 if one and repetition == 1 else 1.0


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report folder with the plots of `summary()`, not to be changed."""
    folder: Path = tmp_path_factory.mktemp("drawn")
    plots.draw(folder, summary())
    return folder


def test_nothing_measured_is_nothing_to_report() -> None:
    assert summarise(()) is None


@pytest.mark.parametrize("program", Program)
def test_a_table_has_every_step_with_the_articles_figures_beside_our_own(program: Program) -> None:
    found = summary()
    heading, *rows = tables.of_program(found.cells[0], program, found.article)
    assert heading == ["step", "article, 1st run", "here, cold", "article, 2nd run", "here, warm"]
    name = "f2_rec" if program.recursive else "f2"
    assert [row[0] for row in rows] == [step.replace("f2", name) for step in STEPS]
    by_step = {step: row[1:] for step, row in zip(STEPS, rows, strict=True)}
    assert by_step["import numpy"][0] == by_step["import numpy"][2] == "-"
    work = by_step[f"f0 {program.working_part}"]
    given = found.article.seconds(program, RunKind.COLD, f"f0 {program.working_part}")
    assert given is not None
    assert work[0] == f"{given:.2f} s"
    assert re.fullmatch(r"\d\.\d\d s ±10%", work[1])
    assert work[1] != work[3]


def test_an_unsteady_figure_is_not_shown_and_that_is_said() -> None:
    found = summary(measurement(OLD, vary=wild))
    row = dict(zip(*tables.overview(found), strict=True))
    assert row["import numba"] == "unsteady, ±197%"
    assert row["import numpy"] == "80.8 ms ±10%"


def test_the_claims_row_shows_the_program_that_bears_a_claim_out_worst() -> None:
    slow = measurement(NEW, vary=only("f1 first call", 1 / 3, program="lazy_plain", run="cold"))
    found = summary(measurement(OLD), slow)
    heading, old, new = tables.claims(found)
    assert heading == ["cell", *(claim.id for claim in CLAIMS)]
    assert (old[4], new[4]) == ("51.2x", "FAILS: 18.9x")


def test_what_does_not_hold_is_listed_with_its_cell_program_and_figures() -> None:
    slow = measurement(NEW, vary=only("f1 first call", 1 / 3, program="lazy_plain", run="cold"))
    (said,) = tables.deviations(summary(measurement(OLD), slow))
    assert said == (
        "fails: later-loads in 0.68.1-cp313, lazy_plain: 18.9x (18.9x to 18.9x in 5 repetitions),"
        " claimed: at least 20x"
    )


def test_a_busy_machine_is_called_busy() -> None:
    quiet = measurement(OLD)
    samples = tuple(msgspec.structs.replace(s, load_after=2.4) for s in quiet.samples)
    busy = msgspec.structs.replace(quiet, samples=samples)
    said = [tables.taken_on(cell) for cell in summary(quiet, busy).cells]
    assert "load average 0.2 to 1.0, " in said[0]
    assert "load average 0.2 to 2.4 (BUSY" in said[1]


def test_matrix_json_carries_every_figure_and_claim_and_its_schema_covers_them(
    tmp_path: Path,
) -> None:
    matrix = json.loads(written(tmp_path, summary())["matrix.json"])
    jsonschema.validate(matrix, json_schema())
    cells = matrix["overhead"]["cells"]
    assert [cell["id"] for cell in cells] == [OLD, NEW]
    assert len(cells[0]["figures"]) == 4 * 2 * 11
    assert {c["standing"] for c in cells[0]["claims"]} == {"holds"}
    assert cells[0]["cpu"] == "A processor"
    again = msgspec.convert(matrix, MatrixReport)
    assert again.overhead == summary()


@pytest.mark.parametrize("name", ["median_s", "steady"])
def test_the_schema_misses_a_figure_that_is_not_whole(name: str, tmp_path: Path) -> None:
    matrix = json.loads(written(tmp_path, summary())["matrix.json"])
    del matrix["overhead"]["cells"][0]["figures"][0][name]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(matrix, json_schema())


def test_reports_say_nothing_of_overhead_where_none_was_measured(tmp_path: Path) -> None:
    made = written(tmp_path, None)
    assert "overhead" not in json.loads(made["matrix.json"])
    assert "Overhead" not in made["report.md"] + made["index.html"]
    assert "overhead.md" not in made


def test_reports_show_plots_only_when_they_are_of_these_figures(
    drawn: Path, tmp_path: Path
) -> None:
    before = written(tmp_path, summary())
    shutil.copytree(drawn, tmp_path, dirs_exist_ok=True)
    after = written(tmp_path, summary())
    other = written(tmp_path, summary(measurement(OLD, vary=wild)))
    shown = {"report.md": "overhead/compile-and-load-light.svg", "index.html": "<picture>"}
    for page, sign in shown.items():
        assert [sign in made[page] for made in (before, after, other)] == [False, True, False]


def test_the_page_holds_the_plots_themselves_for_light_and_dark(
    drawn: Path, tmp_path: Path
) -> None:
    shutil.copytree(drawn, tmp_path, dirs_exist_ok=True)
    page = written(tmp_path, summary())["index.html"]
    addresses = plots.inlined(drawn)
    for plot in plots.PLOTS:
        dark, light = addresses[f"{plot}-dark"], addresses[f"{plot}-light"]
        assert f'media="(prefers-color-scheme: dark)" srcset="{dark}"' in page
        assert f'<img src="{light}"' in page
    svg = base64.b64decode(addresses["process-start-dark"].partition(",")[2])
    assert svg == (drawn / "overhead/process-start-dark.svg").read_bytes()


def test_every_link_of_the_pages_leads_to_a_file(drawn: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn, tmp_path, dirs_exist_ok=True)
    made = written(tmp_path, summary())
    links = re.findall(r'(?:src|srcset|href)="([^":#]+)"', made["index.html"])
    links += re.findall(r"\]\(([^):]+)\)", made["report.md"])
    assert len(links) > 6
    assert [link for link in links if not (tmp_path / link).exists()] == []


def test_overhead_md_has_four_tables_for_every_cell(tmp_path: Path) -> None:
    text = written(tmp_path, summary())["overhead.md"]
    for cell in (OLD, NEW):
        for program in Program:
            assert f"### {cell}: {program.words}\n" in text
    assert text.count("| article, 1st run |") == 8
    assert text.count("another machine") == 2
    assert "Every claim holds in every cell." in text


def test_every_plot_is_drawn_light_and_dark_as_svg_and_png(drawn: Path) -> None:
    assert len(plots.pictures()) == 2 * 2 * 2
    for name in plots.pictures():
        content = (drawn / name).read_bytes()
        if name.endswith("png"):
            assert content.startswith(b"\x89PNG")
        else:
            assert ET.fromstring(content).tag.endswith("svg")  # noqa: S314 (our own file)
    for plot in plots.PLOTS:
        for theme in plots.THEMES:
            text = (drawn / plots.picture(plot, theme, "svg")).read_text(encoding="utf-8")
            pages = {t for t in plots.THEMES if f"fill: {plots.THEMES[t].page}" in text}
            assert pages == {theme}


def test_plots_can_be_drawn_where_nothing_is_steady(tmp_path: Path) -> None:
    def all_wild(_program: Program, _run: RunKind, _step: str, repetition: int) -> float:
        return float(repetition)

    plots.draw(tmp_path, summary(measurement(OLD, vary=all_wild)))
    assert all((tmp_path / name).exists() for name in plots.pictures())


def all_alike(_program: Program, run: RunKind, _step: str, _repetition: int) -> float:
    return 30.0 if run is RunKind.WARM else 1.0


@pytest.mark.parametrize("vary", [as_it_is, all_alike])
def test_a_tick_tells_its_time_in_the_unit_that_suits_it(vary: Vary, tmp_path: Path) -> None:
    plots.draw(tmp_path, summary(measurement(OLD, vary=vary)))
    for plot in plots.PLOTS:
        text = (tmp_path / plots.picture(plot, "light", "svg")).read_text(encoding="utf-8")
        said = re.findall(r"<!-- (.+?) -->", text)
        assert sum(bool(re.fullmatch(r"[\d.]+ m?s", word)) for word in said) > 2
        assert [word for word in said if "10^" in word or "times" in word] == []


@pytest.mark.parametrize("number", [1, 2, 30])
@pytest.mark.parametrize("plot", plots.PLOTS)
def test_the_legend_and_the_title_are_within_the_picture(plot: str, number: int) -> None:
    cells = [f"0.{48 + n}.0-cp38" for n in range(number)]
    theme = plots.THEMES["light"]
    with style.context(["default", plots.settings(theme)]):
        canvas = plots.drawn(plot, summary(*map(measurement, cells)), theme)
        canvas.draw_without_rendering()
    (legend,) = canvas.legends
    title = canvas.texts[0]
    assert title.get_text() == plots.PLOTS[plot]
    drawn = canvas.axes[0].get_tightbbox()
    assert drawn is not None
    assert "a line is ± the spread, grey where unsteady" in canvas.axes[0].get_xlabel()
    assert canvas.bbox.x0 <= drawn.x0 < drawn.x1 <= canvas.bbox.x1
    for part in (legend, title):
        box = part.get_window_extent()
        assert canvas.bbox.containsx(box.x0)
        assert canvas.bbox.containsx(box.x1)
        assert not box.overlaps(drawn)


def test_what_is_unsteady_is_drawn_in_grey_with_its_spread(drawn: Path, tmp_path: Path) -> None:
    def unsteady(_program: Program, _run: RunKind, _step: str, repetition: int) -> float:
        return float(repetition)

    plots.draw(tmp_path, summary(measurement(OLD), measurement(NEW, vary=unsteady)))
    for plot in plots.PLOTS:
        for theme in plots.THEMES:
            name, grey = plots.picture(plot, theme, "svg"), plots.THEMES[theme].grey
            assert grey not in (drawn / name).read_text(encoding="utf-8")
            assert (tmp_path / name).read_text(encoding="utf-8").count(f"stroke: {grey}") > 1


def test_the_same_figures_give_the_same_plots(drawn: Path, tmp_path: Path) -> None:
    plots.draw(tmp_path, summary())
    for name in plots.pictures():
        assert (drawn / name).read_bytes() == (tmp_path / name).read_bytes()


def test_plots_are_out_of_date_when_figures_change_or_a_picture_is_gone(
    drawn: Path, tmp_path: Path
) -> None:
    assert not plots.up_to_date(tmp_path, summary())
    shutil.copytree(drawn, tmp_path, dirs_exist_ok=True)
    assert plots.up_to_date(tmp_path, summary())
    assert not plots.up_to_date(tmp_path, summary(measurement(OLD)))
    (tmp_path / plots.pictures()[0]).unlink()
    assert not plots.up_to_date(tmp_path, summary())


def test_standing_is_what_the_summary_sorts_by() -> None:
    slow = measurement(NEW, vary=only("f1 first call", 1 / 3, program="lazy_plain", run="cold"))
    found = summary(measurement(OLD), slow)
    assert [j.standing for j in found.failing] == [Standing.FAILS]
    assert found.unclear == ()
