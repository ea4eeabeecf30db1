"""Text that means harm, in every field that a page shows: it stays text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import expect

from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import judge
from matrix.model.cell import CellStatus
from matrix.model.outcome import Outcome
from matrix.model.record import (
    CellRecord,
    Dispatcher,
    Phase,
    ProbeRecord,
    Specialisation,
    UpstreamResult,
)
from matrix.model.text import shown
from matrix.report.findings import Findings, findings
from tests.browser.conftest import Visitor, written
from tests.unit import records

EVIL = (
    "</script><script>window.harm=1</script><img src=x onerror='window.harm=1'>"
    "</pre></style><svg onload=window.harm=1>\"'`onmouseover=window.harm=1 {{7*7}} <!--"
    "\u2028 \u202e \x1b[31m"
)
SHOWN = shown(EVIL)
PROBE, WAY_OUT = f"cache/evil_{EVIL}_lazy", f"cache/evil_{EVIL}_way_out_lazy"
CELL = "0.61.2-cp313"


def evil(name: str, **what: Any) -> Phase:
    """Return a phase that is hostile wherever it can be."""
    kept = Specialisation(EVIL, unresolved=True)
    return records.phase(
        name, **({"value": {EVIL: [EVIL]}, "stdout": EVIL, "stderr": EVIL, "unresolved": (EVIL,),
                  "dispatchers": (Dispatcher(EVIL, (kept,)),)} | what)
    )  # fmt: skip


def hostile() -> Findings:
    """Return findings that are hostile wherever they can be."""
    raised = evil("cold", value=None, status="raised", exception=EVIL, message=EVIL)
    crashed = evil("cold", value=None, status="crashed", signal=EVIL)
    suite = UpstreamResult(
        EVIL, EVIL, 1, 1, 0, absent=False, ended=EVIL, failures=(EVIL,), wall_s=1
    )
    versions = dict.fromkeys(("python", "numpy", "llvmlite", "llvm", "platform", "numba"), EVIL)

    def cell(id_: str, last: Phase, **what: Any) -> CellRecord:
        probes = [
            ProbeRecord(name, "cache", "exec", "k", (evil("interpreted"), last))
            for name in (PROBE, WAY_OUT)
        ]
        return records.cell(id_, *probes, upstream=(suite,), **(versions | what))

    cells = [
        cell(CELL, raised),
        cell("0.60.0-cp312", crashed),
        cell("0.59.0-cp312", crashed, status=CellStatus.BROKEN, reason=EVIL, probes=()),
    ]
    expect_ = (Expectation(Outcome.RAISED, phase="cold", detail=EVIL),)
    issue = "https://example.org/" + EVIL
    claims = {
        PROBE: Claim(Kind.HAZARD, EVIL, expect_, issue, (WAY_OUT,)),
        WAY_OUT: Claim(Kind.PROMISE, EVIL, expect_),
    }
    found = findings(cells, tuple(claims), judge(cells, tuple(claims), claims, "exec"), "exec", ())
    source = f'"""{EVIL}"""\n{EVIL}\n'
    return msgspec.structs.replace(found, claims=claims, sources=dict.fromkeys(claims, source))


def test_hostile_text_in_every_field_stays_text(visitor: Visitor, tmp_path: Path) -> None:
    address = written(tmp_path, hostile(), (EVIL,))
    page = visitor.open(address)
    expect(page.locator("#filters")).to_be_visible()
    assert page.locator("script:not([type])").count() == 1
    assert page.locator("img, svg, iframe, object, [onerror], [onload], [onmouseover]").count() == 0
    assert page.locator(".verdict").count() == 1
    # It is there to be read, as it was written but for what the page would obey.
    assert page.locator("[aria-labelledby=changed] ul li").text_content() == SHOWN
    assert SHOWN in (page.locator(".chapter pre").first.text_content() or "")
    assert page.locator("tr[data-n] .id").all_text_contents() == shown([PROBE, WAY_OUT])
    page.locator("#grid td").nth(2).click()
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("cold: raised")
    said = panel.text_content() or ""
    assert said.count(SHOWN) > 10
    assert panel.locator("script, img, svg").count() == 0
    assert not {"\u202e", "\x1b", "\u2028"} & set(page.content())
    for value in (EVIL, "<img src=x onerror=window.harm=1>"):
        page.keyboard.press("Escape")
        page.get_by_label("Your code").fill(value)
    page.goto(address + "#release=<img src=x onerror=window.harm=1>")
    assert page.evaluate("window.harm") is None


def test_a_script_that_got_onto_the_page_would_not_run(visitor: Visitor, whole: str) -> None:
    page = visitor.open(whole)
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.harm = 1";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<a onclick='window.harm = 1'>x</a>");
          document.body.lastElementChild.click();
        }"""
    )
    assert page.evaluate("window.harm") is None
    refused = [text for text in visitor.heard if "Content Security Policy" in text]
    assert len(refused) == len(visitor.heard) == 2
    visitor.heard.clear()
