"""What a square opens: by mouse, by keyboard and by address, on a page of real cells."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.unit import wide

SEED = "cache/literal_seed_called"


def active(page: Page) -> str:
    """Return what has the focus, in words."""
    name: str = page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
    return name


def test_a_square_of_a_real_cell_shows_all_that_was_seen(
    visitor: Visitor, real: str, newest: str
) -> None:
    page = visitor.open(real)
    page.locator("tr[data-n]", has_text=SEED).first.locator("td").last.click()
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    expect(panel.locator("h2")).to_have_text(f"{SEED} in {newest}")
    expect(panel).to_contain_text("▲ hazard, as claimed: crashed in warm (SIGSEGV)")
    expect(panel).to_contain_text("interpreted: answered")
    said = panel.inner_text()
    for part in (
        "3628800",
        "warm: crashed (SIGSEGV)",
        "0 hits, 3 misses",
        "fact(int64, Literal[int](1)): leaves a symbol open",
        "Fatal Python error: Segmentation fault",
        "llvmlite",
        "Literal[int](1) is a type of its own",
        f"nox -s matrix -- {newest} --probe {SEED} --fresh",
        f"nox -s bisect -- {SEED}",
    ):
        assert part in said, part
    sources = panel.locator(".pair figcaption .id").all_inner_texts()
    assert sources[0] == SEED
    assert "cache/literal_seed_np_int64_called" in sources
    # Highlighted, not only shown.
    assert panel.locator("pre .k", has_text="return").count() >= 2
    thread = panel.get_by_role("link", name="thread")
    assert thread.get_attribute("href") == "https://github.com/numba/numba/issues/6061"


def test_another_cell_is_chosen_within_the_panel(
    visitor: Visitor, real: str, oldest: str, newest: str
) -> None:
    page = visitor.open(f"{real}#at={newest},{SEED}")
    panel = page.get_by_role("dialog")
    panel.get_by_label("Cell").select_option(oldest)
    expect(panel.locator("h2")).to_have_text(f"{SEED} in {oldest}")
    assert page.url.endswith(f"#at={oldest},{SEED}")


def test_the_keyboard_goes_to_a_square_opens_it_and_comes_back(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(whole + "#shape=literal_seed&release=0.48.0 0.57")
    page.locator('#grid td[tabindex="0"]').focus()
    assert active(page) == "hazard, as claimed: crashed in warm (SIGSEGV), 0.48.0"
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    assert active(page) == "as claimed: hit, 0.57.0"
    # The edge of the map is the end of the way.
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert active(page) == "as claimed: hit, 0.57.1"
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    expect(panel.locator("h2")).to_have_text("cache/literal_seed_int_called in 0.57.1-cp311")
    expect(panel.locator("h2")).to_be_focused()
    assert "at=0.57.1-cp311,cache/literal_seed_int_called" in page.url
    # The focus cannot leave the panel while it is open, but for the browser's own controls.
    for _ in range(30):
        page.keyboard.press("Tab")
        inside = (
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert active(page) == "as claimed: hit, 0.57.1"
    assert "at=" not in page.url
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.matches('#grid td')")


def test_an_address_opens_the_evidence_and_closing_it_leads_to_its_square(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(whole + "#at=0.57.0-cp39,aot/self_helper")
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("load: answered")
    expect(panel).to_contain_text("The same to the letter in")
    page.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    assert active(page) == "as claimed: works, 0.57.0"
    page.go_back()
    expect(panel).to_be_visible()


def test_an_address_of_nothing_opens_nothing(visitor: Visitor, whole: str) -> None:
    number = len(wide.PROBES)
    for at in ("0.57.0-cp39", "0.57.0-cp39,cache/no_such", "9.9-cp39,cache/self_lazy", ",", "%"):
        page = visitor.open(f"{whole}#at={at}")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("#count")).to_contain_text(f"{number} of {number} probes")


def test_links_and_commands_are_copied(visitor: Visitor, whole: str) -> None:
    page = visitor.open(whole + "#text=tuple")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.locator("#grid td:visible").first.click()
    page.get_by_role("button", name="Copy: run it again").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("nox -s matrix -- 0.48.0-cp38 --probe cache/")
