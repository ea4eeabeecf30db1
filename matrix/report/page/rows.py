"""The rows of the page: a probe, what is claimed of it, what it did, and words for that. Pure.

In: `Findings`. Out: `Row`s, and the `Shape`s they belong to.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.python import PythonLexer

from ...judge.changes import Span, Stretch, joined
from ...judge.claims import Claim, Kind
from ...model.cell import parse_cell
from ...model.outcome import GOOD, Outcome, Result
from ...model.record import Phase, chosen
from ...model.text import shown
from ..findings import Findings
from .shapes import Place, anchor, places, words
from .squares import NOT_RUN, Square, State, all_squares, together
from .told import tell

# Said of the programs under a patch that comes with the suite, once and where one is opened.
PATCHES = {
    "remedy": "run under the remedy, with nothing changed in it: `remedy.install()` of "
    "matrix/user/remedy.py came first (README, My second run segfaults)",
    "guard": "run under the guard, which is the trap: merely to refuse to cache what leaves a "
    "symbol open is not enough (README, My second run segfaults)",
}
UNCACHED = (Outcome.RECOMPILED, Outcome.UNCACHEABLE)
SAFETIES = ("safe", "right, but not cached", "not safe")  # the worse, the later
HAZARD, NOT_KNOWN = "hazard", "not known"
THREAD = re.compile(r"\bnumba#(\d+)")
LEXER = PythonLexer()
FORMATTER = HtmlFormatter(nowrap=True)


class Row(msgspec.Struct, frozen=True):
    """A probe: where it stands, what is claimed of it and what it did."""

    number: int
    id: str
    place: Place
    claim: Claim | None
    lead: str
    code: Markup
    squares: dict[str, Square]
    spans: tuple[Span, ...]
    said: str
    said_in: str
    workaround: bool = False
    reasons: Mapping[str, str] = {}  # why what is claimed of a cell is no case of the rule

    @property
    def hazard(self) -> bool:
        """Whether a defect is claimed of it."""
        return self.claim is not None and self.claim.kind is Kind.HAZARD

    @property
    def patch(self) -> str:
        """What it is run under: `remedy`, or "" where Numba is as it comes."""
        return self.id.partition("@")[2]

    @property
    def hoped(self) -> bool:
        """Whether it says how safe its shape is: a refusal may be all that is promised."""
        return not self.patch and (self.claim is None or self.claim.hoped)

    @property
    def worst(self) -> str:
        """How safe it is where it is least so."""
        words = {safety(result.outcome) for span in self.spans for result, _ in span.results}
        return max(words, key=SAFETIES.index, default=SAFETIES[0])

    def of(self, cells: Sequence[str]) -> Square:
        """Return the square of some cells, seen together."""
        return together([self.squares.get(cell, NOT_RUN) for cell in cells])

    @property
    def seen(self) -> tuple[tuple[str, str, str], ...]:
        """What is seen of it, in a sentence and a word, with the releases where it changes."""
        return tuple(
            (self._where(span, tags), tell(result), str(result))
            for span in self.spans
            for result, tags in span.results
        )

    def _where(self, span: Span, tags: Sequence[str]) -> str:
        pythons = f" [{', '.join(tags)}]" if len(span.results) > 1 else ""
        return f"{span.releases}{pythons}" if len(self.spans) > 1 or pythons else ""

    @property
    def safety(self) -> list[tuple[str, Stretch]]:
        """How safe it is, each with the releases: one entry where it is the same on all."""
        grouped = itertools.groupby(self.spans, key=_safety)
        return [(word, joined(list(members))) for word, members in grouped]

    @property
    def failing(self) -> dict[str, list[str]]:
        """Why what is promised of it is not so on some releases, with these."""
        found: dict[str, list[str]] = {}
        for cell, square in self.squares.items():
            if square.state is State.HAZARD and not self.hazard and self.reasons.get(cell):
                releases = found.setdefault(self.reasons[cell], [])
                releases += {parse_cell(cell).release} - {*releases}
        return found


class Shape(msgspec.Struct, frozen=True):
    """Probes of one shape, whatever carries them."""

    name: str
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """The name as words."""
        return words(self.name)

    @property
    def anchor(self) -> str:
        """The address of its chapter."""
        return anchor(self.name)

    @property
    def hazards(self) -> list[Row]:
        """The probes a defect is claimed of; the plainest has the shortest name."""
        hazards = [row for row in self.rows if row.hazard]
        return sorted(hazards, key=lambda row: (row.place.carrier != "cache", len(row.id)))

    @property
    def seen(self) -> list[list[Row]]:
        """The hazards, those together of which the same is seen."""
        grouped: dict[Any, list[Row]] = {}
        for row in self.hazards:
            grouped.setdefault((row.seen, row.said, row.said_in), []).append(row)
        return list(grouped.values())

    @property
    def whys(self) -> dict[str, list[str]]:
        """Why its hazards are there, each reason once, with the threads."""
        found: dict[str, list[str]] = {}
        for claim in [row.claim for row in self.hazards if row.claim]:
            found[claim.why] = list(dict.fromkeys([*found.get(claim.why, ()), claim.issue]))
        return found

    @property
    def lead(self) -> str:
        """What it is, in a sentence: of the plainest of its least safe programs that are cached."""
        cached = [row for row in self.rows if row.place.carrier == "cache" and not row.patch]
        hazards = [row for row in self.hazards if row in cached]
        hazards.sort(key=lambda row: SAFETIES.index(row.worst), reverse=True)
        plainest = hazards or sorted(cached, key=lambda row: len(row.id))
        return (plainest or self.hazards or self.rows)[0].lead

    @property
    def carriers(self) -> list[str]:
        """Those under which something says how safe it is."""
        return list(dict.fromkeys(row.place.carrier for row in self.rows if row.hoped))

    def speaking(self, carrier: str) -> list[Row]:
        """Return what speaks for it under a carrier: the hazards, or all where there is none."""
        hoped = [row for row in self.rows if row.hoped and row.place.carrier == carrier]
        return [row for row in hoped if row.hazard] or hoped

    def known(self, carrier: str, cell: str) -> bool:
        """Whether all was seen there that has to be before it may be called safe.

        A workaround says nothing of what it is there to avoid.
        """
        hoped = [row for row in self.rows if row.hoped and row.place.carrier == carrier]
        needed = [row for row in hoped if not row.workaround] + self.speaking(carrier)
        return all(cell in row.squares for row in needed)

    def signs(self, words: Mapping[str, str], broken: str) -> dict[str, str]:
        """Return the sign of the worst it does, by carrier, of `words` with the worst last."""
        order = [*words]
        found = {}
        for carrier in self.carriers:
            rows = self.speaking(carrier)
            told = [answer(square, broken) for row in rows for square in row.squares.values()]
            here = [r for r in self.rows if r.place.carrier == carrier and not r.patch]
            looked_at = {cell for row in here for cell in row.squares}
            told += [NOT_KNOWN for cell in looked_at if not self.known(carrier, cell)]
            found[carrier] = words[max(told, key=order.index)] if told else "-"
        return found

    @property
    def state(self) -> State:
        """The worst state of its squares."""
        return together([s for row in self.rows for s in row.squares.values()]).state

    @property
    def rank(self) -> int:
        """Sorts shapes: those with something that is not as claimed, with a hazard, the rest."""
        return 0 if self.state is State.BROKEN else 1 if self.hazards else 2


def _safety(span: Span) -> str:
    if len(span.results) > 1:
        return "it depends on the Python"
    return safety(span.results[0][0].outcome)


def safety(outcome: Outcome) -> str:
    """Return how safe that is: a right value that is not cached is no danger."""
    safe, uncached, unsafe = SAFETIES
    return safe if outcome in GOOD else uncached if outcome in UNCACHED else unsafe


def answer(square: Square, broken: str) -> str:
    """Return how safe a square is, in a word; `broken` where it is not as it should be."""
    if square.state is State.BROKEN:
        return broken
    told = safety(Outcome(square.word.replace(" ", "_")))
    return HAZARD if told == "not safe" else told


def rows_of(found: Findings, isolation: str) -> list[Row]:
    """Return a row for every probe, in the order they have there."""
    kin = {probe: claim.workarounds for probe, claim in found.claims.items()}
    where = places(found.probes, kin)
    marked = all_squares(found.by_probe, found.claims, found.verdict)
    kept = {record.cell: chosen(record, isolation) for record in found.ran}
    around = {other for others in kin.values() for other in others}
    rows = []
    for number, probe in enumerate(found.probes):
        did, claim = found.by_probe[probe], found.claims.get(probe)
        source = found.sources.get(probe, "")
        last = next((cell for cell in reversed(did) if did[cell].outcome not in GOOD), None)
        # Of the reference there is no evidence.
        seen = kept[last].get(probe) if last else None
        said = _said(did[last], seen.phases) if last and seen else ""
        lead = _lead(source)
        rows.append(
            Row(number, probe, where[probe], claim, lead, highlighted(source), marked[probe],
                found.spans[probe], said, last if last and said else "", probe in around,
                _reasons(claim, did))
        )  # fmt: skip
    return rows


def highlighted(source: str) -> Markup:
    """Return a program as the page shows it."""
    return Markup(highlight(shown(source), LEXER, FORMATTER))  # noqa: S704 (Pygments escapes)


def _reasons(claim: Claim | None, cells: Iterable[str]) -> dict[str, str]:
    expect = claim.expect if claim else ()
    covered = ((cell, e) for cell in cells for e in expect if e.covers(parse_cell(cell)))
    return {cell: e.reason for cell, e in covered if e.reason}


def _lead(source: str) -> str:
    """Return the first sentence of a probe's docstring; a probe of anybody's may have none."""
    try:
        text = ast.get_docstring(ast.parse(source)) or ""
    except (SyntaxError, ValueError):
        return ""
    return text.partition("\n")[0]


def _said(result: Result, phases: Sequence[Phase]) -> str:
    """Return the line that names what went wrong, as somebody would search for it."""
    phase = next(phase for phase in reversed(phases) if phase.name == result.phase)
    if phase.exception:
        line = next((line for line in (phase.message or "").splitlines() if line.strip()), "")
        return f"{phase.exception}: {line}"[:200]
    return next((line for line in phase.stderr.splitlines() if line.strip()), "")[:200]


def shapes_of(rows: Sequence[Row]) -> list[Shape]:
    """Return the rows by shape, those first that somebody should look at."""
    by_shape: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.place.carrier != "cache", row.id)):
        by_shape.setdefault(row.place.shape, []).append(row)
    shapes = [Shape(name, tuple(members)) for name, members in by_shape.items()]
    return sorted(shapes, key=lambda shape: (shape.rank, shape.name))


def linked(html: Markup) -> Markup:
    """Return it with the threads that it names as links."""
    text = THREAD.sub(r'<a href="https://github.com/numba/numba/issues/\1">numba#\1</a>', str(html))
    return Markup(text)  # noqa: S704 (what it was given is escaped, and a number)


def coded(text: str) -> Markup:
    """Return a sentence with what it has in backticks as code."""
    plain, code = Markup("{}"), Markup("<code>{}</code>")
    parts = enumerate(text.split("`"))
    return Markup().join((code if n % 2 else plain).format(shown(part)) for n, part in parts)
