"""The page of the reference: what a square opens where there is no evidence, and its badges."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import expect

from matrix.project import read_project
from matrix.report.published.reference import of_reference
from tests.browser.conftest import Visitor, written
from tests.browser.test_looks import serious

SEED = "cache/literal_seed_called"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of the page of the committed reference."""
    folder = tmp_path_factory.mktemp("reference")
    project = read_project(folder)
    assert project.reference is not None
    found = of_reference(project.reference, project.claims or {}, project.probes, project.served)
    return written(folder, found)


def test_a_square_of_the_reference_says_that_it_holds_no_evidence(
    visitor: Visitor, address: str
) -> None:
    page = visitor.open(f"{address}#at=0.61.2-cp313,{SEED}")
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("▲ hazard, as claimed: crashed in warm (SIGSEGV)")
    expect(panel).to_contain_text("it holds what happened, not the evidence for it")
    expect(panel).to_contain_text(f"nox -s matrix -- 0.61.2-cp313 --probe {SEED}")
    expect(panel).to_contain_text("under “run it, if it is not stored” runs it here")
    named = panel.locator("p", has_text="run it, if it is not stored").last
    command = named.locator("xpath=following-sibling::*[1]")
    expect(command).to_contain_text(f"nox -s matrix -- 0.61.2-cp313 --probe {SEED}")
    expect(panel).not_to_contain_text("It did not run in this cell")
    page.goto(f"{address}#at=0.68.1-cp314,{SEED}")
    expect(panel).to_contain_text("It did not run in this cell. no_interpreter")
    expect(page.locator("header")).to_contain_text("there is no evidence in it")


def test_what_is_promised_is_not_the_reason_for_what_fails(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}#at=0.51.1-cp38,aot/plain")
    panel, thread = page.get_by_role("dialog"), "https://github.com/numba/numba/issues/6177"
    expect(panel).to_contain_text("▲ hazard, as claimed: raised in load (ImportError)")
    expect(panel).to_contain_text("Why: modules built by 0.51 import Numba (numba#6177).")
    expect(panel).to_contain_text("What is promised of it where it does well: ")
    expect(panel.get_by_role("link", name="numba#6177")).to_have_attribute("href", thread)
    for at, told in (
        ("0.52.0-cp38,aot/plain", "Why: "),
        ("0.51.1-cp38,aot/plain@remedy", "Why: modules built by 0.51 import Numba (numba#6177)."),
        ("0.68.1-cp313,cache/default_float_lazy", "Why it is a hazard elsewhere: "),
        ("0.48.0-cp38,aot/self_direct", "In this cell: it fails to be typed, before there is any"),
    ):
        page.goto(f"{address}#at={at}")
        expect(panel.locator("h2")).to_have_text(at.split(",")[1] + " in " + at.split(",")[0])
        expect(panel).to_contain_text(told)
    page = visitor.open(f"{address}#shape=plain&carrier=aot")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("hazard on 0.51.0, 0.51.1, 0.51.2")
    expect(answer).to_contain_text("a hazard because modules built by 0.51 import Numba")
    expect(answer.get_by_role("link", name="numba#6177")).to_have_attribute("href", thread)
    chapter = page.locator("#hazard-literal-seed")
    expect(chapter).to_contain_text(
        "(on 0.51.0, 0.51.1, 0.51.2 modules built by 0.51 import Numba (numba#6177))"
    )


def test_a_patch_is_told_of_where_something_shown_ran_under_it(
    visitor: Visitor, address: str
) -> None:
    guard = visitor.open(f"{address}#shape=layout").locator("[data-patch=guard]")
    expect(guard).to_be_visible()
    page = visitor.open(f"{address}#shape=literal_seed")
    expect(page.locator("[data-patch=guard]")).to_be_hidden()
    expect(page.locator("[data-patch=remedy]")).to_be_visible()


def test_a_command_ends_its_lines_between_words(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}#at=0.61.2-cp313,{SEED}", width=400)
    words = page.locator("#panel .command pre span")
    expect(words.filter(has_text="--probe").first).to_be_visible()
    heights = words.filter(has_text="--").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert max(heights) < 25  # a line is 19 high
    line = f"nox -s matrix -- 0.61.2-cp313 --probe {SEED} --fresh"
    assert line in page.locator("#panel .command pre").all_text_contents()


def test_a_program_under_a_patch_is_told_of_by_itself(visitor: Visitor, address: str) -> None:
    for patched, told in (
        (f"{SEED}@remedy", "✓ {}: safe on 0.61.0, 0.61.2"),
        ("cache/layout_lazy@guard", "▲ {}: hazard on 0.61.0, 0.61.2; what to write instead"),
    ):
        answer = visitor.open(f"{address}#text={patched}&release=0.61").locator("#answer")
        expect(answer).to_have_text(told.format(patched))


def test_a_shape_whose_hazard_nobody_saw_as_it_is_now_is_not_called_safe(
    visitor: Visitor, tmp_path: Path
) -> None:
    project = read_project(tmp_path)
    assert project.reference is not None
    probes = [
        msgspec.structs.replace(p, sha256="0" * 64) if p.id == SEED else p for p in project.probes
    ]
    found = of_reference(project.reference, project.claims or {}, probes, project.served)
    address = written(tmp_path, found)
    line = "- literal seed, cache=True: not known on 0.61.0, 0.61.2; what to write instead"
    for more in ("", "&outcome=hit", "&outcome=not_run", "&python=3.11"):
        answer = visitor.open(f"{address}#shape=literal_seed&release=0.61{more}").locator("#answer")
        expect(answer.locator("li").first).to_have_text(line)
    page = visitor.open(f"{address}#shape=literal_seed&at=0.61.2-cp313,{SEED}")
    # To 0.50 another of its programs was a hazard as well, and that was seen.
    sign = page.locator('[data-shape="literal_seed"] [data-carrier="cache"] .sign')
    expect(sign).to_have_text("▲")
    expect(page.get_by_role("dialog")).to_contain_text("changed since the reference was made")


@pytest.mark.parametrize("width", [1400, 400])
def test_a_chapter_shows_its_badges_with_the_markdown_to_copy(
    visitor: Visitor, address: str, width: int
) -> None:
    page = visitor.open(f"{address}#hazard-literal-seed", width=width)
    chapter = page.locator("#hazard-literal-seed")
    alike = [image.get_attribute("alt") for image in chapter.get_by_role("img").all()]
    assert alike == ["numba: literal seed (cache)", "numba: literal seed (aot)"]
    assert chapter.locator(".badge img").evaluate_all("all => all.every(e => e.naturalWidth > 300)")
    expect(chapter).to_contain_text("put the address of this page for https://OWNER.github.io/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chapter.get_by_role("button", name="Copy").first.click()
    expect(chapter.get_by_role("button", name="Copy").first).to_have_text("Copied")
    site = "https://OWNER.github.io/numba-matrix"
    assert page.evaluate("navigator.clipboard.readText()") == (
        f"[![numba: literal seed (cache)]({site}/badges/literal-seed-cache.svg)]"
        f"({site}/#hazard-literal-seed)"
    )
    cut = "e => e.scrollWidth > e.clientWidth + 1"
    assert not chapter.evaluate(cut)
    assert not any(chapter.locator(".command").evaluate_all(f"all => all.map({cut})"))
    assert serious(page, "#hazard-literal-seed") == []


def test_where_it_is_published_a_badge_has_the_address_of_that(
    visitor: Visitor, address: str
) -> None:
    page = visitor.open(address)
    text = Path(address.removeprefix("file://")).read_text(encoding="utf-8")
    page.context.route(
        re.compile("https://"), lambda route: route.fulfill(body=text, content_type="text/html")
    )
    page.goto("https://who.example/matrix/index.html?x=1#hazard-literal-seed")
    chapter = page.locator("#hazard-literal-seed")
    expect(chapter.locator(".for-readme").first).to_have_text(
        "[![numba: literal seed (cache)](https://who.example/matrix/badges/literal-seed-cache.svg)]"
        "(https://who.example/matrix/#hazard-literal-seed)"
    )
    expect(chapter.locator(".site-note").first).to_be_hidden()
    assert visitor.heard == ["asked for https://who.example/matrix/index.html?x=1"]
    visitor.heard.clear()
