"""What the page is made of: shapes, states, evidence, and how large it becomes."""

from __future__ import annotations

import base64
import html.parser
import json
import re
import zlib
from typing import Any

import msgspec
import pytest

from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import judge
from matrix.model.cell import CellStatus
from matrix.model.outcome import Outcome, Result, result_of
from matrix.model.record import CellRecord, ProbeRecord
from matrix.report.findings import Findings, findings, with_claims
from matrix.report.page.page import page
from matrix.report.page.rows import coded, linked, rows_of, shapes_of
from matrix.report.page.shapes import anchor, places, words
from matrix.report.page.squares import NOT_RUN, Square, State, packed, squares, together
from matrix.report.page.told import tell
from tests.unit import records, wide

ISSUE = "https://github.com/numba/numba/issues/6061"
MEGABYTE = 1_000_000
WORDS = {"safe": "✓", "right, but not cached": "~", "not known": "-", "hazard": "▲",
         "not as claimed": "✗"}  # fmt: skip


def found_of(claims: dict[str, Claim], *cells: CellRecord) -> Findings:
    given = judge(cells, tuple(claims), claims, "exec")
    found = findings(cells, tuple(claims), given, "exec", ())
    sources = {probe: f'"""What {probe} is."""\n\nx = 1 < 2\n' for probe in claims}
    return msgspec.structs.replace(found, claims=claims, sources=sources)


def hazard(*expect: Expectation, workarounds: tuple[str, ...] = ("cache/a_lazy",)) -> Claim:
    return Claim(Kind.HAZARD, "int(1) is a literal", expect, ISSUE, workarounds)


def promise(*expect: Expectation) -> Claim:
    return Claim(Kind.PROMISE, "it is so", expect)


HIT = Expectation(Outcome.HIT)
CRASH = Expectation(Outcome.CRASHED, phase="warm")
CLAIMS = {"cache/a_lazy": promise(HIT), "cache/a_called": hazard(CRASH)}


def usual(cell: str = "0.57.0-cp311") -> CellRecord:
    return records.cell(cell, records.hit("cache/a_lazy"), records.crashed("cache/a_called"))


@pytest.mark.parametrize(
    ("probe", "shape", "form"),
    [
        ("cache/literal_seed_called", "literal_seed", "called"),
        ("cache/literal_seed_np_int64_called", "literal_seed", "called"),
        ("aot/literal_seed_helper_signature", "literal_seed", "helper_signature"),
        ("aot/literal_seed_two_exports", "literal_seed", "two_exports"),
        ("cache/literal_bool_called", "literal_bool", "called"),
        ("cache/even_odd_one_uncached_lazy", "even_odd", "lazy"),
        ("cache/default_omitted_lazy", "default", "lazy"),
        ("aot/default_passed_helper", "default", "helper"),
        ("cache/linked_jitclass_lazy", "linked", "lazy"),
        ("aot/plain", "plain", ""),
        ("cache/self_two_types_lazy", "self", "lazy"),
        ("cache/shrinking_tuple_lazy", "shrinking_tuple", "lazy"),
        ("cache/tuple_lazy", "tuple", "lazy"),
    ],
)
def test_a_name_says_its_shape_carrier_and_form(probe: str, shape: str, form: str) -> None:
    claims = wide.claimed()
    found = places(claims, {name: claim.workarounds for name, claim in claims.items()})[probe]
    assert (found.shape, found.carrier, found.form) == (shape, probe.partition("/")[0], form)


def test_a_name_of_anybodys_is_a_shape_of_its_own() -> None:
    found = places(["cache/my thing", "cache/my thing_lazy", "aot/x"], {})
    assert [place.shape for place in found.values()] == ["my thing", "my thing", "x"]
    assert words("literal_seed") == "literal seed"
    assert anchor("literal_seed") == "hazard-literal-seed"


def test_a_shape_is_told_from_its_plainest_hazard() -> None:
    claims = wide.claimed()
    found = wide.findings([wide.seed_cell()])
    by_name = {shape.name: shape for shape in shapes_of(rows_of(found, "exec"))}
    assert by_name["ackermann"].lead.startswith("Ackermann's function, which calls itself")
    assert by_name["even_odd"].hazards[0].id == "cache/even_odd_lazy"
    # Its float is omitted without any recursion, and only compiled again.
    assert by_name["default"].hazards[0].id == "cache/default_float_lazy"
    assert by_name["default"].lead.startswith("A default argument omitted by the caller and passed")
    hazards = {row.id for shape in by_name.values() for row in shape.hazards}
    plain = {probe: claim for probe, claim in claims.items() if "@" not in probe}
    assert hazards == {probe for probe, claim in plain.items() if claim.kind is Kind.HAZARD}


def test_what_a_run_with_an_empty_cache_does_is_no_word_about_who_called_first() -> None:
    # even_odd_filled_lazy starts the process that is the first.
    told = tell(Result(Outcome.CRASHED, "cold", "SIGSEGV"))
    assert told == "The run that begins with an empty cache dies already."
    assert "second" in wide.claimed()["cache/even_odd_filled_lazy"].why


def test_a_shape_has_a_sign_for_each_carrier_and_its_lead_is_of_what_is_cached() -> None:
    by_name = {s.name: s for s in shapes_of(rows_of(wide.findings([wide.seed_cell()]), "exec"))}
    signs = {name: shape.signs(WORDS, "not as claimed") for name, shape in by_name.items()}
    assert signs["self"] == {"cache": "✓", "aot": "▲"}
    assert signs["literal_seed"] == {"cache": "▲", "aot": "▲"}
    assert signs["closure"] == {"cache": "~"}
    assert signs["strings"] == {"cache": "✓"}
    assert by_name["self"].lead.startswith("Self-recursion on one signature")


def signs_of(*cells: CellRecord, expect: Expectation) -> dict[str, str]:
    claims = {
        "cache/a_called": hazard(expect, workarounds=("cache/a_int_called",)),
        "cache/a_int_called": promise(HIT),
        "cache/a_lazy": promise(HIT),
        "cache/b_lazy": promise(HIT),
    }
    shapes = {shape.name: shape for shape in shapes_of(rows_of(found_of(claims, *cells), "exec"))}
    return shapes["a"].signs(WORDS, "not as claimed")


def test_a_shape_of_which_a_form_was_not_seen_where_others_were_is_not_known() -> None:
    ill, well = records.crashed("cache/a_called"), records.hit("cache/a_called")
    around, form = records.hit("cache/a_int_called"), records.hit("cache/a_lazy")
    here, other = "0.57.0-cp311", records.cell("0.58.0-cp311", records.hit("cache/b_lazy"))
    assert signs_of(records.cell(here, around, form, well), expect=HIT) == {"cache": "✓"}
    assert signs_of(records.cell(here, around, form), expect=HIT) == {"cache": "-"}
    assert signs_of(records.cell(here, around, form), other, expect=CRASH) == {"cache": "-"}
    # A workaround need not be seen, another form has to be.
    assert signs_of(records.cell(here, form, well), expect=HIT) == {"cache": "✓"}
    assert signs_of(records.cell(here, around, well), expect=HIT) == {"cache": "-"}
    # A hazard that was seen is one.
    assert signs_of(records.cell(here, ill), expect=CRASH) == {"cache": "▲"}
    # A cell in which nobody looked at any of it says nothing of those where somebody did.
    whole = records.cell(here, around, form, well)
    assert signs_of(whole, other, expect=HIT) == {"cache": "✓"}
    assert signs_of(other, expect=HIT) == {"cache": "-"}


def test_what_ran_under_a_patch_says_so_at_the_legend_and_in_the_chapter() -> None:
    promised = {
        "cache/a_called@remedy": promise(HIT),
        "cache/a_called@guard": promise(CRASH),
    }
    cell = records.cell(
        "0.57.0-cp311", *usual().probes, records.hit("cache/a_called@remedy"),
        records.crashed("cache/a_called@guard"),
    )  # fmt: skip
    plain, made = (
        page(found_of(claims, one), "exec", {})
        for claims, one in ((CLAIMS, usual()), (CLAIMS | promised, cell))
    )
    for told in (
        "@remedy</span>: the same", "Or, changing nothing: the remedy (",
        "@guard</span>: the same", "Not to be tried: the guard (",
    ):  # fmt: skip
        assert told in made
        assert told not in plain


def test_a_workaround_that_was_not_looked_at_is_shown_nevertheless() -> None:
    found = found_of(CLAIMS, records.cell("0.57.0-cp311", records.crashed("cache/a_called")))
    alone = msgspec.structs.replace(
        found,
        probes=("cache/a_called",),
        by_probe={"cache/a_called": found.by_probe["cache/a_called"]},
    )
    made = page(alone, "exec", {})
    assert 'data-src="cache/a_lazy"' in made
    assert "What cache/a_lazy is." in made
    assert 'Its workaround, <span class="id">cache/a_lazy</span>, was not looked at here.' in made
    assert "was not looked at here" not in page(found_of(CLAIMS, usual()), "exec", {})


def test_one_release_is_not_several() -> None:
    made = page(found_of(CLAIMS, usual()), "exec", {})
    assert "in 1 cell (Numba 0.57.0)" in made
    both = page(found_of(CLAIMS, usual(), usual("0.58.0-cp311")), "exec", {})
    assert "in 2 cells (2 Numba releases between 0.57.0 and 0.58.0)" in both


HITS, RAISES = Result(Outcome.HIT, "warm"), Result(Outcome.RAISED, "load", "ImportError")


@pytest.mark.parametrize(
    ("claim", "result", "broken", "state"),
    [
        (promise(HIT), HITS, False, State.KEPT),
        (promise(HIT), RAISES, True, State.BROKEN),
        (hazard(CRASH), RAISES, False, State.HAZARD),
        (hazard(CRASH, HIT), HITS, False, State.KEPT),
        (hazard(CRASH), HITS, True, State.BROKEN),
        # Who relies on a promise is not helped by a claim that it fails here.
        (promise(HIT, Expectation(Outcome.RAISED)), RAISES, False, State.HAZARD),
        # But to refuse, or to store nothing, can be all that is promised.
        (promise(Expectation(Outcome.RAISED)), RAISES, False, State.KEPT),
        (None, HITS, False, State.KEPT),
        (None, RAISES, True, State.BROKEN),
    ],
)
def test_a_square_has_the_state_of_its_claim(
    claim: Claim | None, result: Result, *, broken: bool, state: State
) -> None:
    cell = "0.57.0-cp311"
    made = squares({cell: result}, claim, [cell] if broken else [])
    assert made == {cell: Square(state, result.outcome.value, str(result))}


def test_what_nothing_is_claimed_of_is_not_called_as_claimed() -> None:
    cell = "0.57.0-cp311"
    (made,) = squares({cell: HITS}, None, [], judged=False).values()
    assert made.state is State.UNCLAIMED


def test_of_cells_that_should_be_alike_the_fewer_are_not_as_claimed() -> None:
    odd = records.cell(
        "0.60.0-cp312", records.hit("cache/a_lazy", 56), records.crashed("cache/a_called")
    )
    found = found_of(CLAIMS, usual(), usual("0.58.0-cp311"), odd)
    row = next(row for row in rows_of(found, "exec") if row.id == "cache/a_lazy")
    assert {cell: square.state for cell, square in row.squares.items()} == {
        "0.57.0-cp311": State.KEPT,
        "0.58.0-cp311": State.KEPT,
        "0.60.0-cp312": State.BROKEN,
    }


def test_several_pythons_make_one_square_that_hides_nothing() -> None:
    well, ill = Square(State.KEPT, "hit", "hit"), Square(State.BROKEN, "wrong", "wrong in cold")
    assert together([]) == together([NOT_RUN, NOT_RUN]) == NOT_RUN
    assert together([well, well]) == well
    assert together([well, ill]) == Square(
        State.BROKEN, "by Python", "differs by Python: hit; wrong in cold"
    )
    assert together([well, NOT_RUN]) == Square(
        State.KEPT, "hit *", "hit; not run on 1 of its Pythons"
    )


def unpacked(text: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(text)))


def test_cells_that_did_the_same_share_one_copy_whatever_it_took() -> None:
    slow = tuple(
        msgspec.structs.replace(phase, wall_s=9.0, cpu_s=8.0, run_s=7.0)
        for phase in records.crashed().phases
    )
    digests = [msgspec.structs.replace(f, sha256="9" * 16) for f in records.CACHED]
    other = (*slow[:1], msgspec.structs.replace(slow[1], files_after=tuple(digests)), slow[2])
    runs = {"one": records.crashed().phases, "two": other, "three": records.hit().phases}
    found = unpacked(packed(runs, {"one": ["said"]}))
    assert found["cells"] == {"one": 0, "two": 0, "three": 1}
    assert found["sets"] == [[0, 1, 2], [0, 3, 4]]
    assert found["said"] == {"one": ["said"]}
    phase = found["phases"][1]
    assert phase["unresolved"] == list(records.OPEN)
    assert phase["files"] == "2 in the cache (0 before, changed)"
    assert phase.keys().isdisjoint({"wall_s", "cpu_s", "run_s"})


def test_evidence_keeps_numbers_that_a_browser_cannot_count_to_and_bounds_what_is_long() -> None:
    many = [2**63 - 1] * 1000
    runs = {"a": [records.phase("cold", value=2**63 - 1)], "b": [records.phase("cold", value=many)]}
    large, long = unpacked(packed(runs, {}))["phases"]
    assert large["value"] == "9223372036854775807"
    assert len(long["value"]) < 2100
    assert long["value"].endswith("characters left out]")


def test_evidence_shows_control_characters_and_keeps_lines_and_tabs() -> None:
    phase = records.phase("cold", stderr="a\n\tb \u202ec \x1b[31m", unresolved=("\u202e",))
    (kept,) = unpacked(packed({"a": [phase]}, {"a": ["\u202e"]}))["phases"]
    assert kept["stderr"] == "a\n\tb \\u202ec \\x1b[31m"
    assert kept["unresolved"] == ["\\u202e"]


def test_what_is_safe_where_is_said_with_the_releases() -> None:
    older = records.cell(
        "0.48.0-cp38", records.hit("cache/a_lazy"), records.recompiled("cache/a_called")
    )
    newer = records.cell("0.60.0-cp312", records.hit("cache/a_lazy"), records.hit("cache/a_called"))
    rows = rows_of(found_of(CLAIMS, older, usual(), newer), "exec")
    by_id = {row.id: row.safety for row in rows}
    assert [word for word, _ in by_id["cache/a_lazy"]] == ["safe"]
    assert [(word, str(on)) for word, on in by_id["cache/a_called"]] == [
        ("right, but not cached", "0.48.0"),
        ("not safe", "0.57.0"),
        ("safe", "0.60.0"),
    ]
    assert (rows[1].said, rows[1].said_in) == ("Fatal Python error", "0.57.0-cp311")


def test_what_is_seen_is_told_once_with_the_pythons_where_they_differ() -> None:
    crashed = records.crashed("cache/a_called")
    other = records.cell("0.57.0-cp310", records.hit("cache/a_lazy"), records.hit("cache/a_called"))
    alike, mixed = found_of(CLAIMS, usual(), usual("0.57.0-cp39")), found_of(CLAIMS, usual(), other)
    told, where = tell(result_of(crashed)), "0.57.0"
    rows = [
        next(row for row in rows_of(found, "exec") if row.hazard).seen for found in (alike, mixed)
    ]
    assert rows[0] == (("", told, "crashed in warm (SIGSEGV)"),)
    assert {place for place, _, _ in rows[1]} == {f"{where} [cp311]", f"{where} [cp310]"}


def test_every_outcome_that_is_claimed_is_told_in_a_sentence() -> None:
    claimed = [(probe, e) for probe, claim in wide.claimed().items() for e in claim.expect]
    assert {e.outcome for _, e in claimed} >= {Outcome.KEPT, Outcome.POISONED}
    for probe, e in claimed:
        usual = "race" if probe.startswith("race/") else "cold"
        result = Result(e.outcome, e.phase or usual, e.detail or "")
        assert re.fullmatch(r"[A-Z][^()]+\.", tell(result)), result


def test_code_in_a_sentence_is_marked_and_nothing_in_it_is_markup() -> None:
    assert coded("a `b<c` <i>") == "a <code>b&lt;c</code> &lt;i&gt;"


def test_a_thread_in_a_sentence_is_a_link_and_nothing_else_in_it_is_markup() -> None:
    told = linked(coded("a <i> (numba#6177)"))
    thread = "https://github.com/numba/numba/issues/6177"
    assert told == f'a &lt;i&gt; (<a href="{thread}">numba#6177</a>)'


def test_why_a_promise_is_not_kept_is_said_with_the_releases() -> None:
    row = next(r for r in rows_of(found_of(CLAIMS, usual()), "exec") if r.id == "cache/a_lazy")
    cells = ("0.51.0-cp36", "0.51.0-cp38", "0.51.1-cp38", "0.52.0-cp38")
    ill, well = Square(State.HAZARD, "raised", "raised"), Square(State.KEPT, "hit", "hit")
    reasons = dict.fromkeys(cells, "it is odd")
    marked = dict.fromkeys(cells[:3], ill) | {cells[3]: well}
    told = msgspec.structs.replace(row, squares=marked, reasons=reasons).failing
    assert told == {"it is odd": ["0.51.0", "0.51.1"]}


def test_the_page_says_what_changed_since_the_reference_only_where_that_is_known() -> None:
    found = found_of(CLAIMS, usual())
    assert "Since the reference" not in page(found, "exec", {})
    same, other = (msgspec.structs.replace(found, changed=c) for c in ((), ("cache/a: x < y",)))
    assert "Nothing differs from the reference." in page(same, "exec", {})
    assert "<li>cache/a: x &lt; y</li>" in page(other, "exec", {})


def test_what_did_not_run_is_named_and_never_blank() -> None:
    absent = records.not_run("0.57.0-cp39", CellStatus.NO_INTERPRETER, "no CPython 3.9 here")
    made = page(found_of(CLAIMS, usual(), absent), "exec", {})
    assert "no interpreter: no CPython 3.9 here" in made
    assert '<td class="hazard">▲ crashed *</td>' in made
    nothing = page(found_of(CLAIMS, absent), "exec", {})
    assert "No cell ran: nothing is known." in nothing
    assert nothing.count('<td class="not_run">- not run</td>') == 2


def test_a_number_leads_to_its_squares_where_there_are_any() -> None:
    made = page(found_of(CLAIMS, usual()), "exec", {})
    assert 'href="#outcome=hazard"' in made
    assert '<span class="tile none"><b>✗ 0</b> not as claimed' in made
    assert 'href="#outcome=broken"' not in made
    assert "What the cell that ran consisted of" in made


def test_a_cell_is_told_to_consist_of_what_is_known_of_it() -> None:
    told = page(found_of(CLAIMS, usual()), "exec", {})
    whose = [msgspec.structs.replace(usual(), python="", llvm="")]
    less = page(found_of(CLAIMS, *whose), "exec", {})
    assert '<th scope="col">Python</th><th scope="col">NumPy</th>' in told
    assert '<th scope="col">cell</th><th scope="col">NumPy</th>' in less
    assert '<th scope="col">LLVM</th>' not in less


def test_probes_without_claims_have_a_map_and_no_chapters() -> None:
    cells, probes = [usual()], ("cache/a_lazy", "cache/a_called")
    found = findings(cells, probes, judge(cells, probes, None, "exec"), "exec", ())
    made = page(found, "exec", {})
    assert '<td class="broken">✗ crashed<small>not well</small></td>' in made
    assert '<section aria-labelledby="hazards" hidden>' in made
    assert "--probes FOLDER" not in made
    mine = page(with_claims(found, None, [], own=True), "exec", {})
    assert "--probes FOLDER" in mine
    shown = mine.partition("<main>")[0] + mine.partition('id="data">')[2].partition("</script>")[0]
    assert "✗ 1 probe does not do well (2 probes in 1 cell looked at)." in shown
    assert "claim" not in shown.partition("</style>")[2]


def test_a_release_candidate_that_breaks_a_claim_warns_and_is_marked() -> None:
    early = records.cell("0.69.0rc1-cp313", *usual().probes[1:], records.recompiled("cache/a_lazy"))
    made = page(found_of(CLAIMS, usual(), early), "exec", {})
    assert "Early warnings from release candidates" in made
    told = "Every claim holds on stable releases, 1 early warning from candidates: "
    assert told in made
    assert " Hazards are among them: " in made


class Tags(html.parser.HTMLParser):
    """Counts elements, and keeps every address on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts, self.addresses = 0, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        self.scripts += tag == "script"
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "action")]


def test_the_page_is_one_file_that_leads_only_to_threads_and_to_the_files_beside_it() -> None:
    found = found_of(CLAIMS, usual())
    tags = Tags()
    tags.feed(page(found, "exec", {}))
    assert tags.scripts == 2 + len(CLAIMS)
    elsewhere = {a for a in tags.addresses if not a.startswith(("#", "data:"))}
    assert elsewhere == {ISSUE, "matrix.json", "matrix.schema.json"}


def test_the_same_cells_in_another_order_give_the_same_page() -> None:
    cells = (usual("0.48.0-cp38"), usual(), usual("0.60.0-cp312"))
    assert page(found_of(CLAIMS, *cells), "exec", {}) == page(
        found_of(CLAIMS, *cells[::-1]), "exec", {}
    )


@pytest.mark.parametrize(
    ("cells", "limit"), [(wide.default_cells, 2 * MEGABYTE), (wide.all_cells, 5 * MEGABYTE)]
)
def test_a_page_is_no_larger_than_it_may_be(cells: Any, limit: int) -> None:
    chosen = cells()
    assert len(chosen) in (22, 149)
    found = wide.findings(chosen)
    assert found.verdict.holds
    assert len(page(found, "exec", {}).encode()) < limit


def test_the_cells_that_sizes_are_measured_on_do_what_is_claimed_and_no_two_write_the_same() -> (
    None
):
    claims = wide.claimed()
    cells = [wide.cell_record(cell, claims) for cell in wide.default_cells()[-2:]]
    written = [[phase.stderr for probe in c.probes for phase in probe.phases] for c in cells]
    assert not {text for text in written[0] if text} & {text for text in written[1] if text}
    made: ProbeRecord = cells[0].probes[0]
    assert claims[made.id].expectation(wide.default_cells()[-2]).met_by(result_of(made))
