"""What is published of the reference: it says that it is that, and only what it holds."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import markdown_it
import msgspec
import pytest

from matrix.commands.stored import drawn as committed
from matrix.commands.stored.drawn import outdated
from matrix.commands.stored.report import report
from matrix.errors import BadInput
from matrix.judge.claims import Claim, Kind
from matrix.judge.reference.file import Reference, in_lines, read
from matrix.model.cell import parse_cell
from matrix.model.outcome import GOOD, Outcome
from matrix.parser import parse
from matrix.project import DATA, Project, read_project
from matrix.report.findings import Findings
from matrix.report.page.page import page
from matrix.report.page.rows import HAZARD, NOT_KNOWN
from matrix.report.published import drawn, evidence
from matrix.report.published.dataset import Dataset, dataset, json_schema, written
from matrix.report.published.reference import of_reference
from matrix.report.published.site import publish
from matrix.report.published.strips import (
    BY_PYTHON,
    SAFE,
    SIGNS,
    UNCACHED,
    Strip,
    strips,
)
from matrix.user.ask.command import main

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</script><img src=x onerror="alert(1)">|`*_&'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return read_project(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def found(project: Project) -> Findings:
    return of_reference(*parts(project))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the command makes where nothing was ever run."""
    state = tmp_path_factory.mktemp("fresh") / "state"
    assert report(parse(["report", "--reference", "--state", str(state)])) == 0
    assert not (state / "observations").exists()
    return state / "reference"


def titled(svg: str) -> str:
    """Return what an SVG says to who cannot see it."""
    return ET.fromstring(svg).findtext(f"{SVG}title") or ""  # noqa: S314 (ours)


def parts(project: Project) -> tuple[Reference, dict[str, Claim], Any, tuple[str, ...]]:
    assert project.reference is not None
    return project.reference, project.claims or {}, project.probes, project.served


def test_the_report_of_a_fresh_clone_is_whole_and_says_what_it_is(published: Path) -> None:
    page = (published / "index.html").read_text(encoding="utf-8")
    assert "This is <b>the reference</b>" in page
    assert "there is no evidence in it" in page
    assert "no interpreter: there was no CPython 3.14 where this was made" in page
    assert "Every claim holds: " in page
    assert "This is the reference" in (published / "report.md").read_text(encoding="utf-8")
    assert len(page) < 2_000_000


def test_matrix_json_of_the_reference_says_so_and_has_no_phase(
    published: Path, project: Project
) -> None:
    told = json.loads((published / "matrix.json").read_bytes())
    jsonschema.validate(told, json.loads((published / "matrix.schema.json").read_bytes()))
    assert told["reference"] is True
    assert not any(probe["phases"] for cell in told["cells"] for probe in cell["probes"])
    reference = parts(project)[0]
    did = reference.results()
    statuses = {cell["id"]: cell["status"] for cell in told["cells"]}
    assert statuses == dict.fromkeys(reference.cells, "ran") | reference.absent
    for cell in told["cells"]:
        for probe in cell["probes"]:
            result = did[probe["id"]][cell["id"]]
            assert (probe["outcome"], probe["phase"], probe["detail"]) == (
                result.outcome, result.phase, result.detail,
            )  # fmt: skip


def test_a_claim_that_the_reference_breaks_is_named(
    tmp_path: Path,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    claims = project.claims or {}
    hazard = claims["cache/even_odd_lazy"]
    promise = msgspec.structs.replace(hazard, expect=claims["cache/self_lazy"].expect)
    turned = msgspec.structs.replace(project, claims=claims | {"cache/even_odd_lazy": promise})
    monkeypatch.setattr(committed, "publish", lambda *_: None)  # it is what is said that counts
    asked = parse(["report", "--reference", "--table", "--state", str(tmp_path)])
    assert committed.report_reference(asked, turned) == 1
    said = capsys.readouterr().out
    assert re.search(r"(?m)^cache/even_odd_lazy: 0\.48\.0 .* -> crashed in warm \(SIGSEGV\)$", said)
    assert "  claimed: hit\n" in said
    assert "\n1 claim does not hold (" in said
    assert re.search(r"(?m)^cache/closure_lazy\n  0\.48\.0 - \d", said)
    strict = parse(["report", "--reference", "--strict", "--state", str(tmp_path)])
    assert committed.report_reference(strict, project) == 3
    assert committed.report_reference(asked, project) == 0


def test_only_the_whole_reference_can_be_reported(tmp_path: Path) -> None:
    for words in (["0.61"], ["--probe", "aot/*"], ["--platform", "macos-arm64"]):
        with pytest.raises(BadInput, match="all of the reference; its page has filters"):
            report(parse(["report", "--reference", "--state", str(tmp_path), *words]))


def test_what_is_drawn_of_the_reference_and_committed_is_in_step_with_it(project: Project) -> None:
    assert outdated(project) == [], "`nox -s reference -- --redraw` draws it anew"


def test_what_is_out_of_step_is_seen(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(
        committed.README.read_text(encoding="utf-8").replace("| ✓ safe |", "| ▲ hazard |", 1),
        encoding="utf-8",
    )
    monkeypatch.setattr(committed, "README", readme)
    monkeypatch.setattr(committed, "PICTURE", tmp_path / "gone.svg")
    upstream = tmp_path / "UPSTREAM.md"
    told = committed.UPSTREAM.read_text(encoding="utf-8").replace("| hit |", "| wrong in cold |", 1)
    upstream.write_text(told, encoding="utf-8")
    monkeypatch.setattr(committed, "UPSTREAM", upstream)
    assert outdated(project) == [tmp_path / "gone.svg", readme, upstream]


def recursions(found: Findings) -> list[dict[str, Strip]]:
    """Return the strips of what is cached or built ahead of time: changes are on the page alone."""
    return [by for by in strips(found).values() if {"cache", "aot"} & set(by)]


def test_the_table_goes_between_its_marks_and_nowhere_else(found: Findings) -> None:
    text = f"before\n{drawn.BEGIN}\nold\n{drawn.END}\nafter\n"
    told = drawn.readme(text, found)
    assert told.startswith("before\n")
    assert told.endswith("\nafter\n")
    assert "old" not in told
    assert drawn.readme(told, found) == told
    with pytest.raises(BadInput, match="belongs between <!-- reference: begin -->"):
        drawn.readme("no marks", found)
    html = markdown_it.MarkdownIt("commonmark").enable("table").render(told)
    assert html.count("<tr>") == 1 + len(recursions(found))


def test_the_evidence_has_every_probe_that_is_run_under_a_patch_once(found: Findings) -> None:
    told = evidence.upstream(f"{drawn.BEGIN}{drawn.END}", found)
    rows = [row.split(" | ") for row in told.splitlines() if row.startswith("| `")]
    named = [
        f"{part.split('`')[1]}{name}"
        for probes, *_ in rows
        for part in probes.removeprefix("| ").split("; ")
        for name in part.split("` ")[1].split(", ")
    ]
    patched = [probe for probe in found.probes if "@" in probe]
    assert sorted(named) == sorted({probe.partition("@")[0] for probe in patched})
    default = next(cells for cells in rows if "default_omitted_lazy" in cells[0])
    assert default[1:] == ["crashed in warm (SIGSEGV)", "raised in warm (RuntimeError)", "hit |"]
    assert f"Seen in {len(found.ran)} cells of 0.48.0 - " in told
    # What is stored of a remedy that has been edited since is of another one.
    left = [probe for probe in found.probes if not probe.endswith("@remedy")]
    unseen = msgspec.structs.replace(
        found, probes=tuple(left), spans={probe: found.spans[probe] for probe in left}
    )
    cells = evidence.table(unseen).splitlines()[2].split(" | ")
    assert cells[1:] == ["crashed in warm (SIGSEGV)", "raised in warm (RuntimeError)", "- |"]


def test_a_strip_says_the_worst_of_the_hazards_of_its_shape(found: Findings) -> None:
    by_shape = strips(found)
    seed = by_shape["literal_seed"]["cache"]
    assert seed.hazard
    assert set(seed.words.values()) == {HAZARD}
    assert set(by_shape["self"]["cache"].words.values()) == {SAFE}
    closure = by_shape["closure"]["cache"]
    assert [word for word, _ in closure.stretches(found.served)] == [UNCACHED, BY_PYTHON, UNCACHED]
    assert "runaway" not in by_shape  # that it is refused is as it should be
    for by_carrier in by_shape.values():
        for strip in by_carrier.values():
            assert list(strip.words) == list(dict.fromkeys(record.numba for record in found.ran))


def test_every_word_of_a_strip_is_what_was_seen(found: Findings) -> None:
    hazards = {p for p, c in found.claims.items() if c.kind is Kind.HAZARD and "@" not in p}
    for probe in hazards:
        carrier = probe.partition("/")[0]
        for by_carrier in strips(found).values():
            strip = by_carrier.get(carrier)
            if strip is None or not probe.partition("/")[2].startswith(f"{strip.shape}_"):
                continue
            for cell, result in found.by_probe[probe].items():
                if result.outcome not in GOOD:
                    assert strip.words[parse_cell(cell).release] != SAFE, (probe, cell)


def test_the_picture_is_svg_of_every_shape_and_says_it_without_colour(found: Findings) -> None:
    picture = ET.fromstring(drawn.picture(found))  # noqa: S314 (ours)
    assert picture.get("viewBox", "").startswith("0 0 400 ")
    told = [element.text for element in picture.iter(f"{SVG}text")]
    titles = {by[carrier].title for by in recursions(found) for carrier in by}
    # What is not known has a place there when there is such a thing.
    assert set(told) >= titles | ({*SIGNS, *SIGNS.values()} - {NOT_KNOWN, SIGNS[NOT_KNOWN]})
    assert NOT_KNOWN not in told
    for rect in picture.iter(f"{SVG}rect"):
        place, width = float(rect.get("x", 0)), float(rect.get("width", 0))
        assert 0 <= place <= place + width <= 400
    assert "prefers-color-scheme: dark" in drawn.picture(found)
    assert drawn.picture(found) == drawn.picture(found)


def test_no_stretch_of_hazard_is_told_by_its_colour_alone_and_no_place_is_empty(
    found: Findings,
) -> None:
    picture = ET.fromstring(drawn.picture(found))  # noqa: S314 (ours)
    signs = [
        (float(text.get("x", 0)), float(text.get("y", 0)))
        for text in picture.iter(f"{SVG}text") if text.text == SIGNS[HAZARD]
    ]  # fmt: skip
    bars = [rect for rect in picture.iter(f"{SVG}rect")
            if rect.get("class") == "hazard" and rect.find(f"{SVG}title") is not None]  # fmt: skip
    assert len(bars) > 20
    for bar in bars:
        left, top, wide = (float(bar.get(name, 0)) for name in ("x", "y", "width"))
        assert any(left < x < left + wide and top < y < top + 15 for x, y in signs)
    lacking = sum(len({"cache", "aot"} - by.keys()) for by in recursions(found))
    assert lacking > 5
    said = [text.text for text in picture.iter(f"{SVG}text")]
    assert said.count(drawn.NO_PROGRAM) == drawn.table(found).count(drawn.NO_PROGRAM) == lacking


def test_what_a_release_does_to_every_shape_is_told_below_the_table(found: Findings) -> None:
    assert drawn.table(found).rpartition("|\n\n")[2] == (
        "▲ ahead of time on 0.51.0 - 0.51.2, whatever the shape: modules built by 0.51 import Numba"
        " ([numba#6177](https://github.com/numba/numba/issues/6177)). No chapter is about that."
    )


def test_a_promise_that_is_not_kept_somewhere_has_the_reason_of_that_place(
    found: Findings, published: Path
) -> None:
    lines = [line for line in (published / "matrix.json").read_text().split("\n") if "6177" in line]
    claims = [json.loads(line.rstrip(",")) for line in lines]
    told = {claim["id"]: claim for claim in claims}["aot/plain"]
    assert {parse_cell(cell).release for cell in told["cells"]} == {"0.51.0", "0.51.1", "0.51.2"}
    assert told["why_here"] == "modules built by 0.51 import Numba (numba#6177)"
    by_outcome = {did.outcome: did.why for did in dataset(found).programs["aot/plain"].did}
    assert by_outcome == {Outcome.WORKS: "", Outcome.RAISED: told["why_here"]}
    for probe, claim in found.claims.items():
        if claim.kind is Kind.PROMISE and claim.hoped:
            for cell, result in found.by_probe[probe].items():
                reason = claim.reason(parse_cell(cell), result)
                assert reason or result.outcome in GOOD or "before it was" in claim.why, probe
                assert not (reason and result.outcome in GOOD)


def test_a_badge_says_what_holds_from_a_release_on(found: Findings) -> None:
    made = dict(drawn.badges(found))
    assert dict(drawn.badges(found)) == made
    told = {name: titled(text) for name, text in made.items()}
    to_newest = f" - {found.ran[-1].numba} (newest seen)"
    assert told["literal-seed-cache.svg"] == (
        f"numba: literal seed (cache): ▲ hazard, 0.48.0{to_newest}"
    )
    assert told["literal-seed-cache-0.57.svg"].startswith("numba >=0.57: literal seed (cache)")
    for name in ("literal-bool-cache.svg", "literal-bool-cache-0.48.svg"):
        assert told[name].endswith(f": ▲ hazard, 0.52.0{to_newest}; ✓ safe, 0.48.0 - 0.51.2")
    assert told["literal-bool-cache-0.52.svg"].endswith(f": ▲ hazard, 0.52.0{to_newest}")
    uncached = f"~ right, but not cached, 0.53.0{to_newest}"
    assert told["first-class-cache-0.53.svg"].endswith(f": {uncached}")
    assert told["first-class-cache-0.48.svg"].endswith(f": ▲ hazard, 0.48.0 - 0.52.0; {uncached}")
    assert "#9a3412" in made["first-class-cache-0.48.svg"]
    assert told["closure-cache-0.48.svg"].endswith(
        ": ◐ hazard on some Pythons, 0.51.0 - 0.53.1;"
        f" ~ right, but not cached, 0.48.0 - 0.50.1 and 0.54.0{to_newest}"
    )
    assert not any(name.startswith(("plain", "self-cache")) for name in made)
    assert all(re.fullmatch(r"[a-z0-9-]+(-0\.\d+)?\.svg", name) for name in made)


def test_a_badge_keeps_back_nothing_of_its_range(found: Findings) -> None:
    told = {name: titled(text) for name, text in drawn.badges(found)}
    for by_carrier in strips(found).values():
        for strip in by_carrier.values():
            name = f"{strip.shape.replace('_', '-')}-{strip.carrier}.svg"
            if strip.hazard:
                said = told[name].rpartition(": ")[2]
                words = [word for word in reversed(SIGNS) if word in strip.words.values()]
                assert re.findall(f"[{''.join(SIGNS.values())}]", said) == [SIGNS[w] for w in words]
                assert all(str(where) in said for _, where in strip.stretches(found.served))


def test_a_badge_fits_beside_others_and_says_the_worst_in_full(found: Findings) -> None:
    made = dict(drawn.badges(found))
    for name, text in made.items():
        svg = ET.fromstring(text)  # noqa: S314 (ours)
        _, told = [element.text or "" for element in svg.iter(f"{SVG}text")]
        worst, _, rest = told.partition("; ")
        assert int(svg.get("width", 0)) < 640, name
        assert titled(text).rpartition(": ")[2].startswith(worst)
        assert bool(rest) == ("; " in titled(text))
    assert "else ~ not cached, to 0.68.1<" in made["closure-cache.svg"]
    assert "(newest seen); else ✓ safe<" in made["literal-bool-cache.svg"]
    assert "else" not in made["literal-bool-cache-0.52.svg"]


def test_each_badge_is_listed_beside_them_with_the_markdown_to_copy(
    found: Findings, tmp_path: Path
) -> None:
    publish(tmp_path, found)
    folder, html = tmp_path / "badges", (tmp_path / "index.html").read_text(encoding="utf-8")
    listing = markdown_it.MarkdownIt("commonmark").enable("table")
    parts = [
        child
        for block in listing.parse((folder / "README.md").read_text(encoding="utf-8"))
        for child in block.children or ()
    ]
    pictures = [str(part.attrs["src"]) for part in parts if part.type == "image"]
    later = [str(part.attrs["href"]) for part in parts if part.type == "link_open"]
    assert {*pictures, *later} == {path.name for path in folder.glob("*.svg")}
    told = [part.content for part in parts if part.type == "code_inline" and "](" in part.content]
    assert len(told) == len(pictures) == len(set(told)) > 10
    for picture, line in zip(pictures, told, strict=True):
        image, chapter = re.findall(r"\]\(https://OWNER\.github\.io/numba-matrix/([^)]*)\)", line)
        assert image == f"badges/{picture}"
        # In the chapter that it leads to.
        _, _, rest = html.partition(f'id="{chapter.removeprefix("#")}"')
        assert line.replace('"', "&#34;") in rest.partition("</article>")[0]


def test_a_page_beside_which_no_badge_lies_names_none(found: Findings) -> None:
    own = msgspec.structs.replace(found, is_reference=False)
    assert "badges/" in page(found, "exec", {})
    assert "badges/" not in page(own, "exec", {})


def test_that_it_depends_on_the_python_is_said_of_hazards_only(found: Findings) -> None:
    did = dict(found.by_probe["cache/closure_lazy"])
    for cell in ("0.51.0-cp36", "0.51.0-cp37", "0.51.0-cp38"):
        did[cell] = found.by_probe["cache/self_lazy"][cell]
    did["0.52.0-cp36"] = found.by_probe["cache/self_lazy"]["0.52.0-cp36"]
    did["0.52.0-cp37"] = did["0.52.0-cp38"] = found.by_probe["cache/closure_lazy"]["0.48.0-cp37"]
    odd = msgspec.structs.replace(found, by_probe={**found.by_probe, "cache/closure_lazy": did})
    words = strips(odd)["closure"]["cache"].words
    assert (words["0.51.0"], words["0.51.1"], words["0.52.0"]) == (SAFE, BY_PYTHON, UNCACHED)


def test_the_data_set_obeys_its_schema_and_reads_back(found: Findings) -> None:
    text = written(dataset(found))
    assert (DATA / "ask.json").read_text(encoding="utf-8") == text
    jsonschema.validate(json.loads(text), json_schema())
    assert written(msgspec.json.decode(text, type=Dataset)) == text
    described = json_schema()["$defs"]
    fields = [f for kind in described.values() for f in kind["properties"].values()]
    assert all("description" in field for field in fields)


def test_a_program_that_changed_since_is_left_out_and_that_is_said(project: Project) -> None:
    reference, claims, probes, served = parts(project)
    told = of_reference(reference, claims, edited(probes, "cache/self_lazy"), served)
    before = of_reference(reference, claims, probes, served)
    assert set(told.left_out) - set(before.left_out) == {"cache/self_lazy"}
    assert told.by_probe["cache/self_lazy"] == {}
    assert dataset(told).programs["cache/self_lazy"].did == ()
    assert set(strips(told)["self"]["cache"].words.values()) == {NOT_KNOWN}


def edited(probes: Any, *ids: str) -> list[Any]:
    return [msgspec.structs.replace(p, sha256="0" * 64) if p.id in ids else p for p in probes]


def test_nothing_that_is_drawn_calls_a_shape_safe_whose_hazard_was_edited(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference, claims, probes, served = parts(project)
    found = of_reference(reference, claims, edited(probes, "cache/literal_seed_called"), served)
    # To 0.50 another of its programs was a hazard as well.
    row = "▲ hazard, 0.48.0 - 0.50.1; - not known, 0.51.0 - 0.68.1"
    assert f"| literal seed | {row} | ▲ hazard |" in drawn.table(found)
    badges = {name: text for name, text in drawn.badges(found) if "literal-seed-cache" in name}
    assert len(badges) > 10
    assert all("- not known, 0." in titled(text) for text in badges.values())
    assert not any("safe" in titled(text) for text in badges.values())
    picture = drawn.picture(found)
    assert "literal seed, cache: hazard, 0.48.0 - 0.50.1<" in picture
    assert "literal seed, cache: not known, 0.51.0 - 0.68.1<" in picture
    drawing = ET.fromstring(picture)  # noqa: S314 (ours)
    assert {NOT_KNOWN, "-"} <= {element.text for element in drawing.iter(f"{SVG}text")}
    for rect in drawing.iter(f"{SVG}rect"):
        assert float(rect.get("x", 0)) + float(rect.get("width", 0)) <= 400
    html = page(found, "exec", {})
    index = html.partition('<li data-shape="literal_seed">')[2].partition("</li>")[0]
    assert re.findall(r'<b class="sign">(.)</b>', index) == ["▲", "▲"]
    data = tmp_path / "ask.json"
    data.write_text(written(dataset(found)), encoding="utf-8")
    assert main(["literal", "seed", "cache", "--numba", "0.61", "--data", str(data)]) == 1
    said = capsys.readouterr().out
    assert "literal seed, cache=True: not looked at on Numba 0.61.0 - 0.61.2; safe from: no" in said
    assert "safe from: never" not in said.partition("write instead")[0]
    # What of it is known to be a hazard is one still.
    other = of_reference(reference, claims, edited(probes, "cache/even_odd_lazy"), served)
    assert set(strips(other)["even_odd"]["cache"].words.values()) == {HAZARD}


def test_a_form_that_was_not_seen_leaves_its_release_not_known(found: Findings) -> None:
    hit = found.by_probe["cache/self_lazy"]
    did = {cell: r for cell, r in found.by_probe["cache/literal_seed_called"].items()
           if cell != "0.61.2-cp313" and parse_cell(cell).release != "0.68.1"}  # fmt: skip
    plain = {cell: result for cell, result in hit.items() if cell != "0.60.0-cp312"}
    odd = {"cache/literal_seed_called": did, "cache/self_two_types_lazy": plain}
    some = msgspec.structs.replace(found, by_probe={**found.by_probe, **odd})
    words = strips(some)["literal_seed"]["cache"].words
    assert (words["0.61.2"], words["0.68.1"]) == (HAZARD, NOT_KNOWN)
    plainly = strips(some)["self"]["cache"].words
    assert {r for r, word in plainly.items() if word != SAFE} == {"0.60.0"}
    assert plainly["0.60.0"] == NOT_KNOWN


def test_drawing_anew_says_what_is_not_known_and_draws_it_so(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = edited(project.probes, "cache/literal_seed_called")
    changed = msgspec.structs.replace(project, probes=tuple(odd))
    files = committed.redrawn(changed)
    said = capsys.readouterr().out
    assert "new or changed since the reference, and so not known: " in said
    assert "- not known, 0.51.0 - 0.68.1 | ▲ hazard |" in files[committed.README]
    assert committed.README in outdated(changed)


def test_hostile_text_stays_text(project: Project, tmp_path: Path) -> None:
    reference, claims, probes, served = parts(project)
    whole = json.loads(in_lines(msgspec.to_builtins(reference)))
    whole["probes"]["cache/even_odd_lazy"]["did"] = [["crashed", "warm", HOSTILE, [".."], ""]]
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    hostile = read(path)
    assert hostile is not None
    odd = dict(claims)
    odd["cache/even_odd_lazy"] = msgspec.structs.replace(claims["cache/even_odd_lazy"], why=HOSTILE)
    told = of_reference(hostile, odd, probes, served)
    assert not told.verdict.holds
    publish(tmp_path / "made", told)
    page = (tmp_path / "made" / "index.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    markdown = (tmp_path / "made" / "report.md").read_text(encoding="utf-8")
    assert "<img src=x" not in markdown_it.MarkdownIt("commonmark").enable("table").render(markdown)
    assert (
        HOSTILE
        in json.loads((tmp_path / "made" / "ask.json").read_bytes())["programs"][
            "cache/even_odd_lazy"
        ]["why"]
    )
