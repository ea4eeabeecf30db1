"""How the page stands in a window: wide and narrow, light and dark, printed, and read aloud."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from matrix.model.cell import CellStatus, parse_cell
from matrix.report.findings import Findings
from tests.browser.conftest import Visitor, written
from tests.unit import records, wide

SIZES = pytest.mark.parametrize("width", [1400, 400])
THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
# What is wider than its box and neither scrolls nor wraps is cut or lies on something else.
CUT = """[...document.querySelectorAll("body *")].filter(e => {
  if (!e.checkVisibility() || e.closest(".scroll, select, pre")) return false;
  const box = e.getBoundingClientRect(), inline = getComputedStyle(e).display === "inline";
  const wide = !inline && e.clientWidth && e.scrollWidth > e.clientWidth + 1;
  return box.width && (wide || box.right > innerWidth + 1 || box.left < -1);
}).map(e => e.outerHTML.slice(0, 120))"""
# What is folded or far away is laid out only when somebody gets there.
UNFOLD = """() => document.querySelectorAll("main details, header details").forEach(
  details => { details.open = true; })"""
ALL_AT_ONCE = "* { content-visibility: visible !important; }"
# A minute for each page is what axe takes for all there is. Rows and folds without an element that
# is the first of its kind (by tag, class and attributes) are taken away.
ONE_OF_A_KIND = """() => {
  const kind = e => [e.tagName, e.className, ...e.getAttributeNames().sort()].join(" ");
  const kinds = new Map();
  for (const e of document.querySelectorAll("body *"))
    if (!kinds.has(kind(e))) kinds.set(kind(e), e);
  const first = new Set(kinds.values());
  for (const part of document.querySelectorAll("tr, li, details, option, [id^=hazard-]"))
    if (![part, ...part.querySelectorAll("*")].some(e => first.has(e))) part.remove();
}"""
# Squares and the words in them.
OVERLAPPING = """[...document.querySelectorAll("#grid td, #grid thead th")].filter(
  e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of a page with everything a page can have on it."""
    claims = wide.claimed()
    usual = wide.cell_record(parse_cell("0.61.2-cp313"), claims)
    other = [p for p in usual.probes if p.id not in ("cache/self_lazy", "cache/plain_lazy")]
    odd = records.cell("0.61.2-cp313", *other, records.recompiled("cache/self_lazy"))
    absent = [
        *(
            records.not_run(f"0.{n}.0-cp36", CellStatus.NO_INTERPRETER, "none")
            for n in range(48, 56)
        ),
        records.not_run("0.61.2-cp312", CellStatus.NOT_INSTALLABLE, "uv says:\nhash mismatch"),
    ]
    found = wide.findings(wide.default_cells(), odd, *absent)
    changed = ("cache/self_lazy: 0.61.2: hit -> recompiled in warm (never)",)
    return written(tmp_path_factory.mktemp("mixed"), found, changed)


def unfold(page: Page) -> None:
    """Lay out all there is."""
    page.add_style_tag(content=ALL_AT_ONCE)
    page.evaluate(UNFOLD)


def serious(page: Page, within: str | None = None) -> list[Any]:
    """Return what axe-core finds that keeps somebody from reading or using the page."""
    found = Axe().run(page, context=within).response["violations"]
    return [
        (v["id"], v["impact"], [node["html"][:120] for node in v["nodes"]][:3])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


@SIZES
@THEMES
def test_nothing_is_cut_or_lies_on_something_else(
    visitor: Visitor, mixed: str, width: int, *, dark: bool
) -> None:
    page = visitor.open(mixed, width=width, dark=dark)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    assert page.evaluate(OVERLAPPING) == []
    page.goto(mixed + "#at=0.61.2-cp313,aot/literal_seed_helper")
    expect(page.get_by_role("dialog")).to_contain_text("build: raised")
    assert page.evaluate(CUT) == []


@SIZES
@THEMES
def test_axe_finds_nothing_serious(visitor: Visitor, mixed: str, width: int, *, dark: bool) -> None:
    page = visitor.open(mixed, width=width, dark=dark)
    unfold(page)
    page.evaluate(ONE_OF_A_KIND)
    assert serious(page) == []
    page.goto(mixed + "#at=0.61.2-cp313,cache/self_lazy")
    expect(page.get_by_role("dialog")).to_contain_text("warm: answered")
    assert serious(page) == []


def test_every_state_has_a_sign_and_a_word_of_its_own(visitor: Visitor, mixed: str) -> None:
    page = visitor.open(mixed)
    squares = page.locator("#grid td")
    signs = {
        (square["state"], square["sign"])
        for square in squares.evaluate_all(
            "all => all.map(e => ({state: e.className, sign: e.textContent[0]}))"
        )
    }
    assert signs == {("kept", "✓"), ("hazard", "▲"), ("broken", "✗"), ("not_run", "-")}
    assert page.locator("#grid td", has_text="✗").all_inner_texts() == [
        "✗ recompiled *\nnot as claimed"
    ]
    assert "" not in squares.all_inner_texts()
    tiles = page.locator(".tile").all_inner_texts()
    words = [tile.split("\n")[0].split(" ", 2) for tile in tiles]
    told = {(sign, word): int(number) for sign, number, word in words}
    ran, probes = len(wide.default_cells()), len(wide.PROBES)
    # Of one that ran, one probe was not seen; nine cells did not run.
    assert (told["✗", "not as claimed"], told["-", "not run"]) == (1, 9 * probes + 1)
    kept, hazards = told["✓", "as claimed"], told["▲", "hazard, as claimed"]
    assert min(kept, hazards) > ran
    assert kept + hazards == ran * probes - 2


def test_who_maintains_sees_at_once_what_is_not_as_claimed(visitor: Visitor, mixed: str) -> None:
    page = visitor.open(mixed)
    expect(page.locator(".verdict")).to_be_in_viewport()
    expect(page.locator(".verdict")).to_contain_text("2 claims do not hold")
    expect(page.locator("[aria-labelledby=changed] ul")).to_contain_text(
        "hit -> recompiled in warm"
    )
    broken = page.locator(".broken-list")
    expect(broken).to_contain_text("recompiled in warm (never); claimed: hit")
    expect(broken).to_contain_text("it did not run")
    broken.get_by_role("link", name="0.61.2-cp313").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("It did not run in this cell.")


def test_a_narrow_screen_has_the_verdict_and_the_search_on_it(
    visitor: Visitor, whole: str, mixed: str
) -> None:
    page = visitor.open(whole, width=400)
    expect(page.locator(".verdict")).to_be_in_viewport(ratio=1)
    expect(page.get_by_label("Your code")).to_be_in_viewport(ratio=1)
    # What is not as claimed comes before it, and is open.
    page = visitor.open(mixed, width=400)
    expect(page.locator(".verdict")).to_be_in_viewport(ratio=1)
    expect(page.locator("nav a", has_text="Look it up")).to_be_in_viewport(ratio=1)
    expect(page.locator(".broken-list li").first).to_be_in_viewport(ratio=1)
    folded = page.locator(".part:not([open])")
    assert folded.locator("h2").all_inner_texts() == ["Since the reference", "Not run"]
    page.evaluate("location.hash = '#not-run'")
    expect(page.get_by_text("hash mismatch").first).to_be_visible()
    assert visitor.open(mixed).locator(".part:not([open])").count() == 0


def test_on_a_narrow_screen_the_answer_is_beside_what_is_asked_and_the_way_out_a_click_away(
    visitor: Visitor, mixed: str
) -> None:
    page = visitor.open(f"{mixed}#text=fact%28n,+1%29&release=0.61", width=400)
    page.get_by_label("Numba release").evaluate("e => e.scrollIntoView({block: 'center'})")
    answer = page.locator("#answer li").first
    expect(answer).to_be_in_viewport(ratio=1)
    expect(answer).to_contain_text("literal seed, cache=True: hazard on 0.61.2")
    answer.get_by_role("link").click()
    way = page.locator("#hazard-literal-seed pre", has_text="int64(int64, int64)").first
    expect(way).to_be_in_viewport()


def test_what_is_long_is_folded_at_any_width(
    visitor: Visitor, every: Findings, tmp_path: Path
) -> None:
    lines = tuple(f"cache/self_lazy: 0.{n}.0: hit -> wrong in warm" for n in range(48, 68))
    page = visitor.open(written(tmp_path, every, lines))
    part = page.locator(".part", has=page.locator("#changed"))
    expect(part).to_contain_text("20 differences")
    expect(part.locator("li").first).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(part.locator("li").first).to_be_visible()


def test_a_narrow_window_has_cards_that_open(visitor: Visitor, whole: str) -> None:
    page = visitor.open(whole + "#shape=literal_seed", width=400)
    expect(page.locator("#scroll")).to_be_hidden()
    card = page.locator(".card div", has_text="cache/literal_seed_int_called")
    assert card.locator("button").all_inner_texts() == [
        "▲ 0.48.0 to 0.50.1 (5 releases): crashed in warm (SIGSEGV)",
        "✓ 0.51.0 to 0.68.1 (35 releases): hit",
    ]
    card.locator("button").first.click()
    expect(page.get_by_role("dialog").locator("h2")).to_have_text(
        "cache/literal_seed_int_called in 0.50.1-cp38"
    )
    page.keyboard.press("Escape")
    expect(page.locator("#scroll")).to_be_hidden()
    page.set_viewport_size({"width": 1400, "height": 900})
    expect(page.locator("#scroll")).to_be_visible()


def test_heads_stay_while_the_map_is_scrolled(visitor: Visitor, whole: str) -> None:
    page = visitor.open(whole)
    went = page.locator("#scroll").evaluate(
        "e => { e.scrollTo(1500, 1500); return [e.scrollLeft, e.scrollTop]; }"
    )
    assert went == [1500, 1500]
    box = page.locator("#scroll").bounding_box()
    corner = page.locator("#grid thead th").first.bounding_box()
    assert box
    assert corner
    assert (round(corner["x"] - box["x"]), round(corner["y"] - box["y"])) == (1, 1)
    row = page.locator("tr[data-n] th").nth(60).bounding_box()
    assert row
    assert round(row["x"] - box["x"]) == 1


def test_it_prints_without_controls_and_with_every_probe(
    visitor: Visitor, whole: str, tmp_path: Path
) -> None:
    page = visitor.open(whole, dark=True)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.get_by_label("Your code")).to_be_hidden()
    assert page.get_by_role("button", name="Show all").count() == 0
    expect(page.locator("#asked")).to_be_hidden()
    expect(page.locator("#scroll")).to_be_hidden()
    assert page.locator(".card h3:visible").count() == len(wide.PROBES)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    page.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").stat().st_size > 100_000


def sheets(page: Page, path: Path) -> int:
    """Print a page and return how many sheets that takes."""
    page.pdf(path=path)
    return len(re.findall(rb"/Type /Page\b", path.read_bytes()))


def test_what_was_asked_is_printed_with_its_answer(visitor: Visitor, whole: str) -> None:
    page = visitor.open(whole + "#text=literal seed&release=0.61&carrier=cache&differs=1")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    told = "Only what was asked for is here. Your code, a word, an exception: literal seed; "
    expect(page.locator("#asked")).to_contain_text(told + "Numba release: 0.61; Carrier: cache; ")
    expect(page.locator("#asked")).to_contain_text("; only what differs by release or Python.")
    expect(page.locator("#count")).to_be_visible()
    assert page.get_by_role("button", name="Copy").count() == 0
    page = visitor.open(whole + "#text=literal_seed_np_int64&shape=literal_seed")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#answer")).to_be_visible()
    expect(page.locator("[name=differs]")).to_be_hidden()
    # The ways around alone do not make it well.
    expect(page.locator(".card summary")).to_have_text("▲ literal seed")


def test_a_square_that_is_open_is_printed_once_and_whole(
    visitor: Visitor, whole: str, tmp_path: Path
) -> None:
    page = visitor.open(whole + "#at=0.61.2-cp313,cache/literal_seed_called")
    expect(page.get_by_role("dialog")).to_contain_text("warm: crashed")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#panel details:not([open])").count() == 0
    assert 2 <= sheets(page, tmp_path / "square.pdf") < 20
    page.emulate_media(media="print")
    expect(page.locator("main")).to_be_hidden()
    expect(page.get_by_role("button", name="Close")).to_be_hidden()
