"""Finding one's shape: filters and addresses, chapters, and what is there without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from matrix.report.findings import Findings
from tests.browser.conftest import Visitor
from tests.unit import wide

SEED = "cache/literal_seed_called"


def probes_on(page: Page) -> list[str]:
    """Return the probes of the rows that are to be seen."""
    names: list[str] = page.locator("tr[data-n]:visible .id").all_inner_texts()
    return names


def releases_on(page: Page) -> list[str]:
    """Return the releases that the map has columns for."""
    heads = page.locator("#grid thead th").all_inner_texts()[1:]
    return [head.split()[0] for head in heads]


def squares_on(page: Page) -> list[str]:
    """Return the text of every square that is to be seen."""
    texts: list[str] = page.locator("#grid td:visible").all_inner_texts()
    return texts


def test_who_was_bitten_finds_whether_it_is_safe_and_what_to_write_instead(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(whole)
    page.get_by_label("Your code").fill("fact(n,1)")
    page.get_by_label("Numba release").fill("0.61")
    assert SEED in probes_on(page)
    assert releases_on(page) == ["0.61.0", "0.61.2"]
    row = page.locator("tr[data-n]", has_text=SEED)
    assert row.locator("td").all_inner_texts() == ["▲ crashed", "▲ crashed"]
    page.locator(".index a", has_text="literal seed").click()
    chapter = page.locator("#hazard-literal-seed")
    expect(chapter).to_be_in_viewport()
    expect(chapter).to_contain_text("not safe on every release looked at")
    expect(chapter.locator("pre", has_text="np.int64(1)").first).to_be_visible()
    # The link to send, in which what was asked is kept.
    assert page.url.endswith("release=0.61&to=hazard-literal-seed")
    sent = visitor.open(page.url)
    expect(sent.locator("#hazard-literal-seed")).to_be_in_viewport()
    assert probes_on(sent) == probes_on(page)


@pytest.mark.parametrize(
    ("field", "value", "address"),
    [
        ("text", "vectorize", "#text=vectorize"),
        ("release", ">=0.57,<0.60 0.48.0", "#release="),
        ("python", "3.9", "#python=3.9"),
        ("shape", "literal_seed", "#shape=literal_seed"),
        ("carrier", "cfunc", "#carrier=cfunc"),
        ("outcome", "recompiled", "#outcome=recompiled"),
        ("differs", "1", "#differs=1"),
    ],
)
def test_a_filter_is_in_the_address_and_the_address_gives_the_same_view(
    visitor: Visitor, whole: str, field: str, value: str, address: str
) -> None:
    page = visitor.open(whole)
    everything = (len(probes_on(page)), len(releases_on(page)))
    control = page.locator(f"#filters [name={field}]")
    if field == "differs":
        control.check()
    elif field in ("text", "release"):
        control.fill(value)
    else:
        control.select_option(value)
    assert address in page.url
    chosen = (probes_on(page), releases_on(page))
    assert (len(chosen[0]), len(chosen[1])) < everything
    assert chosen[0]
    sent = visitor.open(page.url)
    assert (probes_on(sent), releases_on(sent)) == chosen
    assert sent.locator("#count").inner_text() == page.locator("#count").inner_text()
    page.get_by_role("button", name="Show all").first.click()
    assert (len(probes_on(page)), len(releases_on(page))) == everything


def test_filters_choose_what_they_say(visitor: Visitor, whole: str, every: Findings) -> None:
    page = visitor.open(whole + "#differs=1")
    assert set(probes_on(page)) == set(every.differing)
    page = visitor.open(whole)
    for outcome in ("recompiled", "kept"):
        page.get_by_label("Outcome").select_option(label=outcome)
        assert set(probes_on(page)) == {
            probe
            for probe in every.probes
            if any(result.outcome == outcome for result in every.by_probe[probe].values())
        }
    page = visitor.open(whole + "#carrier=aot&shape=self&outcome=hazard")
    assert all(probe.startswith("aot/self") for probe in probes_on(page))
    page = visitor.open(whole + "#release=>=0.57,<0.58 0.48.0&python=3.8")
    assert releases_on(page) == ["0.48.0", "0.57.0", "0.57.1"]
    page = visitor.open(whole + "#text=SIGSEGV literal called")
    found = probes_on(page)
    assert SEED in found
    assert "cache/literal_seed_lazy" not in found


def test_what_nobody_has_is_said_with_what_there_is(visitor: Visitor, whole: str) -> None:
    page = visitor.open(whole + "#release=0.99")
    expect(page.locator("#count")).to_contain_text(
        "No release here is 0.99: the nearest is 0.68.1, of 0.48.0 to 0.68.1. Understood are 0.61,"
    )
    expect(page.locator("#nothing")).to_be_visible()
    page.locator("#nothing button").click()
    assert len(releases_on(page)) == 40


@pytest.mark.parametrize(
    ("asked", "count", "ends"),
    [
        ("0.48.0 - 0.50.1", 5, ("0.48.0", "0.50.1")),
        ("0.57.0 .. 0.68.1", 20, ("0.57.0", "0.68.1")),
        ("0.57..0.59", 6, ("0.57.0", "0.59.1")),
        (">= 0.57, <0.58", 2, ("0.57.0", "0.57.1")),
        ("0.57,0.58", 4, ("0.57.0", "0.58.1")),
        ("0.57, 0.58", 4, ("0.57.0", "0.58.1")),
        (">=0.57,!=0.57.0,<0.58", 1, ("0.57.1", "0.57.1")),
    ],
)
def test_a_range_is_read_as_it_is_printed_everywhere(
    visitor: Visitor, whole: str, asked: str, count: int, ends: tuple[str, str]
) -> None:
    page = visitor.open(f"{whole}#release={asked}")
    found = releases_on(page)
    assert (len(found), min(found), max(found)) == (count, *ends)
    expect(page.locator("#count")).not_to_contain_text("No release here is")


@pytest.mark.parametrize("nothing", ["0.99", "banana", ">=", "0.68 - 0.57", "0.50.1 -", ","])
def test_a_word_that_is_no_release_is_said_beside_those_that_are(
    visitor: Visitor, whole: str, nothing: str
) -> None:
    page = visitor.open(f"{whole}#release=0.57.0 {nothing}")
    assert "0.57.0" in releases_on(page)
    missing = {"0.50.1 -": "-", "0.68 - 0.57": "0.68 .. 0.57"}.get(nothing, nothing)
    expect(page.locator("#count")).to_contain_text(f"No release here is {missing}: ")
    expect(page.locator("#count")).to_contain_text("0.48.0 to 0.68.1. Understood are 0.61,")


def test_a_python_that_a_release_has_not_is_answered_with_those_it_has(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(f"{whole}#release=0.61&python=3.8")
    told = page.locator("#count")
    expect(told).to_contain_text(
        "No cell here is 0.61 with CPython 3.8: 0.61 ran or was to run on 3.10, 3.11, 3.12, 3.13."
    )


@pytest.mark.parametrize(
    ("asked", "shape"),
    [("power(n, 1)", "literal seed"), ("walk(n, m, True)", "literal bool"),
     ("has_parity(n, False)", "literal bool"), ("x = fact(n, 1)", "literal seed"),
     ("return n * self.fact(n, 1)", "literal seed"), ("fact(n, result=1)", "literal seed"),
     ("acc += fact(n, -1)", "literal seed")],
)  # fmt: skip
def test_a_call_that_hands_a_literal_on_is_found_whatever_it_calls(
    visitor: Visitor, whole: str, asked: str, shape: str
) -> None:
    page = visitor.open(whole)
    page.get_by_label("Your code").fill(asked)
    page.get_by_label("Numba release").fill("0.61")
    expect(page.locator("#answer li").first).to_contain_text(f"▲ {shape}, cache=True: hazard on")
    expect(page.locator("#count")).to_contain_text("by what literals do here, whatever it calls")


@pytest.mark.parametrize(
    "asked", ["max(n, 0)", "range(n, 0)", "min(x, 1)", "len(a, 1)", "return (n, 1)", "x == f(n, 1)"]
)
def test_what_is_no_call_of_a_recursion_is_no_literal_handed_on(
    visitor: Visitor, whole: str, asked: str
) -> None:
    page = visitor.open(whole)
    page.get_by_label("Your code").fill(asked)
    expect(page.locator("#count")).to_contain_text("Code is compared as typed here")
    expect(page.locator("#answer")).not_to_contain_text("literal")


def test_other_code_is_compared_as_typed_and_a_safe_piece_is_no_verdict(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(whole)
    page.get_by_label("Your code").fill("has_parity(n - 1, not odd)")
    expect(page.locator("#count")).to_contain_text("numba-matrix ask finds it by its structure")
    expect(page.locator("#answer li").first).to_contain_text("yours may be another program")
    expect(page.locator("#answer")).not_to_contain_text("safe on")


def test_a_symptom_is_known_by_the_words_that_people_have_for_it(
    visitor: Visitor, whole: str
) -> None:
    named = probes_on(visitor.open(whole + "#text=SIGSEGV"))
    assert SEED in named
    for word in (
        "segfault",
        "segmentation fault",
        "Access violation",
        "Fatal Python error: Segmentation fault",
        "Segmentation fault (core dumped)",
    ):
        assert probes_on(visitor.open(f"{whole}#text={word}")) == named


def test_a_symbol_that_a_module_lacks_is_known_by_what_the_loader_says(
    visitor: Visitor, whole: str
) -> None:
    named = probes_on(visitor.open(f"{whole}#text=.numba.unresolved$"))
    assert "aot/even_odd_helper" in named
    assert not {"aot/plain", SEED, "aot/generator_direct"} & {*named}
    line = "ImportError: /tmp/m.cpython-311.so: undefined symbol: .numba.unresolved$_ZN8__main__"
    assert probes_on(visitor.open(f"{whole}#text={line}")) == named
    any_symbol = probes_on(visitor.open(f"{whole}#text=undefined symbol"))
    assert {*any_symbol} == {*named, "aot/generator_direct"}


def test_a_thread_is_known_by_its_number_and_its_address(visitor: Visitor, whole: str) -> None:
    named = probes_on(visitor.open(f"{whole}#text=https://github.com/numba/numba/issues/6061"))
    assert SEED in named
    for word in ("6061", "numba#6061", "#6061"):
        page = visitor.open(whole)
        page.get_by_label("Your code").fill(word)
        assert probes_on(page) == named
    older = probes_on(visitor.open(f"{whole}#text=numba%236177"))
    assert "aot/plain" in older
    address = "https://github.com/numba/numba/issues/6177%23issuecomment-1"
    assert probes_on(visitor.open(f"{whole}#text={address}")) == older


def test_a_shape_is_not_called_safe_for_its_ways_around(visitor: Visitor, whole: str) -> None:
    hazard = ", cache=True, of which no hazard is shown: hazard on 0.61.0, 0.61.2; what to write"
    for asked, shape in (
        ("text=literal+np_int64&carrier=cache", "literal seed"),
        ("text=literal+seed&carrier=lazy", "literal seed"),
        ("text=even+odd+folded&carrier=cache", "even odd"),
    ):
        page = visitor.open(f"{whole}#{asked}&release=0.61")
        answer = page.locator("#answer li", has_text=f" {shape},")
        expect(answer).to_contain_text(f"▲ {shape}{hazard}")
        expect(page.locator("#answer")).not_to_contain_text("✓")
        shown = page.locator(f".index li:visible:has-text('{shape}') [data-carrier=cache] .sign")
        assert shown.all_inner_texts() == ["▲"]


def test_a_program_that_is_named_is_told_of_by_itself(visitor: Visitor, whole: str) -> None:
    for name, told in (
        ("cache/literal_seed_np_int64_called", "✓ {}: safe on 0.61.0, 0.61.2"),
        ("cache/literal_seed_called", "▲ {}: hazard on 0.61.0, 0.61.2; what to write instead"),
    ):
        page = visitor.open(f"{whole}#text={name}&release=0.61")
        expect(page.locator("#answer")).to_have_text(told.format(name))
        sign = page.locator(".index [data-shape=literal_seed] [data-carrier=cache] .sign")
        expect(sign).to_have_text("▲")


def test_a_sent_link_leads_to_its_answer(visitor: Visitor, whole: str) -> None:
    page = visitor.open(f"{whole}#text=fact%28n,+1%29&release=0.61")
    answer = page.locator("#answer")
    expect(answer).to_be_in_viewport()
    line = "▲ literal seed, cache=True: hazard on 0.61.0, 0.61.2; what to write instead"
    expect(answer.locator("li").first).to_have_text(line)
    answer.get_by_role("link").first.click()
    expect(page.locator("#hazard-literal-seed h4", has_text="instead")).to_be_in_viewport()
    safe = visitor.open(f"{whole}#text=cache/self_lazy&release=0.61").locator("#answer")
    expect(safe).to_have_text("✓ cache/self_lazy: safe on 0.61.0, 0.61.2")
    expect(visitor.open(whole).locator("#answer")).to_be_hidden()


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("hazard-nope", "hazard-nope"),
        ("at=0.99.0-cp311,cache/self_lazy", "cache/self_lazy in 0.99.0-cp311"),
        ("shape=nope", "shape nope"),
        ("outcome=nope", "outcome nope"),
        ("colour=red", "colour=red"),
    ],
)
def test_an_address_of_nothing_is_said_and_filters_nothing(
    visitor: Visitor, whole: str, address: str, named: str
) -> None:
    page = visitor.open(f"{whole}#{address}")
    expect(page.locator("#lost")).to_be_in_viewport()
    expect(page.locator("#lost")).to_have_text(f"Not on this page, and so passed over: {named}.")
    assert len(releases_on(page)) == 40
    assert len(probes_on(page)) == len(wide.PROBES)
    page.evaluate("location.hash = '#differs=0'")
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("[name=differs]")).not_to_be_checked()
    assert len(probes_on(page)) == len(wide.PROBES)


@pytest.mark.parametrize(
    ("came", "copied"),
    [
        ("#hazard-nonsense", ""),
        ("#shape=layout&colour=red&python=2.7", "#shape=layout"),
        ("#at=0.99.0-cp311,cache/self_lazy&release=0.61", "#release=0.61"),
        ("#release=0.61&at=0.61.2-cp313,cache/self_lazy", None),
        ("#hazard-literal-seed", None),
        ("#text=literal&release=0.61", None),
    ],
)
def test_a_copied_link_is_of_what_is_shown_whatever_address_somebody_came_by(
    visitor: Visitor, whole: str, came: str, copied: str | None
) -> None:
    page = visitor.open(whole + came)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("document.getElementById('copy').click()")
    expect(page.locator("#copy")).to_have_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == whole + (came if copied is None else copied)
    sent = visitor.open(link)
    expect(sent.locator("#lost")).to_be_hidden()
    there = visitor.open(whole + came)
    assert (probes_on(sent), releases_on(sent)) == (probes_on(there), releases_on(there))


def test_a_copied_link_keeps_the_filters_that_an_open_chapter_left_on(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(whole + "#shape=layout")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("location.hash = '#hazard-layout'")
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == whole + "#shape=layout"


def test_the_map_starts_at_the_newest_release(visitor: Visitor, whole: str) -> None:
    page = visitor.open(whole)
    expect(page.locator("#grid td").nth(39)).not_to_have_text("")
    end = "e => [e.scrollLeft, e.scrollWidth - e.clientWidth]"
    left, most = page.locator("#scroll").evaluate(end)
    assert left == most > 0


def test_a_release_opens_into_its_pythons_and_the_address_says_so(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(whole + "#release=0.51.2&shape=closure")
    assert squares_on(page) == ["▲ by Python"]
    button = page.locator("#grid thead button")
    assert button.get_attribute("aria-expanded") == "false"
    button.press("Enter")
    assert page.locator("#grid thead button").get_attribute("aria-expanded") == "true"
    assert squares_on(page) == ["▲ by Python", "▲ raised", "▲ raised", "▲ recompiled"]
    assert page.evaluate("document.activeElement.dataset.release") == "0.51.2"
    assert squares_on(visitor.open(page.url)) == squares_on(page)


def test_a_chapter_that_a_filter_has_hidden_comes_back_for_who_asks(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(whole + "#shape=layout")
    chapter = page.locator("#hazard-literal-seed")
    expect(chapter).to_be_hidden()
    page.evaluate("location.hash = '#hazard-literal-seed'")
    expect(chapter).to_be_in_viewport()
    # The map is as it was, and so it stays for who goes on within the page.
    page.locator("nav a", has_text="The map").click()
    assert {"layout" in probe for probe in probes_on(page)} == {True}


def test_a_link_to_a_part_keeps_what_was_asked(visitor: Visitor, whole: str) -> None:
    page = visitor.open(whole + "#text=layout&release=0.61")
    there = (probes_on(page), releases_on(page))
    page.locator("nav a", has_text="The map").click()
    assert page.url == whole + "#text=layout&release=0.61&to=map"
    page.reload()
    assert (probes_on(page), releases_on(page)) == there
    expect(page.locator("#map")).to_be_in_viewport()
    page.locator("#answer a").first.click()
    assert page.url == whole + "#text=layout&release=0.61&to=hazard-layout-instead"
    # Whoever goes on asking is no longer there; without a view a part has an address of its own.
    page.get_by_label("Numba release").fill("0.60")
    assert page.url == whole + "#text=layout&release=0.60"
    page.go_back()
    page.get_by_role("button", name="Show all").first.click()
    page.locator("nav a", has_text="The map").click()
    assert page.url == whole + "#map"


def test_the_pythons_of_the_newest_release_open_within_the_map(
    visitor: Visitor, whole: str
) -> None:
    page = visitor.open(whole)
    page.locator("#grid thead button").last.click()
    last = page.locator("#grid thead th").last
    expect(last).to_have_text("cp313")
    expect(last).to_be_in_viewport(ratio=0.95)
    expect(page.locator("#grid thead button").last).to_be_in_viewport(ratio=0.95)
    right, edge = (page.locator(name).last.bounding_box() for name in ("#grid thead th", "#scroll"))
    assert right
    assert edge
    assert right["x"] + right["width"] <= edge["x"] + edge["width"]


def test_every_hazard_has_a_chapter_that_says_the_four_things(
    visitor: Visitor, whole: str, every: Findings
) -> None:
    page = visitor.open(whole)
    hazards = {probe for probe, claim in every.claims.items() if claim.kind == "hazard"}
    shown = page.locator(".chapter").evaluate_all(
        """chapters => chapters.map(chapter => {
          const texts = name => [...chapter.querySelectorAll(name)].map(e => e.textContent);
          return [chapter.id, texts("h4"), texts("dt .id"), texts("pre").length];
        })"""
    )
    told = ["What you see", "Why", "What to write instead", "On which releases"]
    assert [heads for _, heads, _, _ in shown] == [told] * len(shown)
    assert {probe for *_, probes, _ in shown for probe in probes} == hazards
    assert all(sources >= 2 * len(probes) for *_, probes, sources in shown)
    sources = page.locator("[data-src]").evaluate_all("all => all.map(e => e.dataset.src)")
    assert set(sources) == set(every.probes)


def test_without_javascript_the_same_is_to_be_read(visitor: Visitor, whole: str) -> None:
    plain = visitor.open(whole, scripts=False)
    drawn = visitor.open(whole)
    assert squares_on(plain) == squares_on(drawn)
    assert probes_on(plain) == probes_on(drawn)
    expect(plain.locator(".verdict")).to_be_visible()
    expect(plain.locator("#hazard-literal-seed")).to_contain_text("np.int64(1)")
    expect(plain.locator("#filters")).to_be_hidden()
    expect(drawn.locator(".plain")).to_be_hidden()
    expect(plain.locator(".plain")).to_contain_text("matrix.json")


def test_the_signs_of_shapes_are_the_same_without_javascript(visitor: Visitor, whole: str) -> None:
    signs = [
        visitor.open(whole, scripts=scripts).locator(".index .sign").all_inner_texts()
        for scripts in (True, False)
    ]
    assert signs[0] == signs[1]
    assert set(signs[0]) == {"▲", "~", "✓"}
