"""What is drawn of the reference beside its page: README's table, a picture, badges. Pure.

In: `Findings` of the reference. Out: Markdown, and SVG in the colours of light and dark themes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import jinja2
import msgspec

from ...errors import BadInput
from ...judge.changes import Stretch
from ...model.cell import parse_cell
from ...model.text import table_cell
from ..findings import Findings
from ..page.rows import HAZARD, NOT_KNOWN, SAFETIES, rows_of, safety
from ..page.shapes import anchor
from ..templating import environment
from .strips import BY_PYTHON, CARRIERS, SIGNS, UNCACHED, Strip, strips

BEGIN, END = "<!-- reference: begin -->", "<!-- reference: end -->"
CARRIED = {"cache": "`cache=True`", "aot": "ahead of time"}
SITE = "https://OWNER.github.io/numba-matrix"  # as README writes whose it is
BADGES = (
    f"For somebody's README: a badge per hazard and carrier, in Markdown with `{SITE}` for where"
    " this is published. `-0.57` before `.svg` is the one for who asks for `numba>=0.57`."
)
NO_PROGRAM = "no program"  # of that shape is here, so that nothing is known of it
THREAD = re.compile(r"numba#(\d+)")
BADGED = {BY_PYTHON: "hazard on some Pythons"}  # there is no legend beside a badge
DRAWN = BADGED | {UNCACHED: "not cached"}


def readme(text: str, found: Findings) -> str:
    """Return README's text with its part about the reference as it is; raises BadInput."""
    return placed("README.md", text, table(found))


def placed(name: str, text: str, drawn: str, of: str = "reference") -> str:
    """Return a file's text with the table `of` something between its marks.

    Raises BadInput without marks.
    """
    opening, closing = (mark.replace("reference", of) for mark in (BEGIN, END))
    before, begin, rest = text.partition(opening)
    _, end, after = rest.partition(closing)
    if not (begin and end):
        raise BadInput(f"{name}: the table of the {of} belongs between {opening} and {closing}")
    return f"{before}{opening}\n\n{drawn}\n\n{closing}{after}"


def table(found: Findings) -> str:
    """Return how safe each shape is, by carrier, as a table of Markdown."""
    rows = [["shape", *(CARRIED[carrier] for carrier in CARRIERS)]]
    for by_carrier in _shown(found).values():
        title = next(iter(by_carrier.values())).title
        told = (_told(by_carrier.get(carrier), found) for carrier in CARRIERS)
        rows.append([str(table_cell(title)), *told])
    return "\n\n".join([in_markdown(rows), *_of_no_shape(found)])


def _of_no_shape(found: Findings) -> Iterator[str]:
    """Yield, a paragraph each, why a release does harm to what is promised of a shape."""
    where: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows_of(found, "exec"):
        if row.claim and row.hoped and not row.hazard and row.place.carrier in CARRIERS:
            for cell, result in found.by_probe[row.id].items():
                parsed = parse_cell(cell)
                why = row.claim.reason(parsed, result)
                if why and safety(result.outcome) == SAFETIES[-1]:
                    where.setdefault((row.place.carrier, why), {})[parsed.release] = None
    for (carrier, why), releases in where.items():
        told = THREAD.sub(r"[\g<0>](https://github.com/numba/numba/issues/\1)", why)
        yield (
            f"{SIGNS[HAZARD]} {CARRIED[carrier]} on {Stretch.over(list(releases), found.served)},"
            f" whatever the shape: {told}. No chapter is about that."
        )


def in_markdown(rows: list[list[str]]) -> str:
    """Return a table of Markdown, of which the first row is the head."""
    lined = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(row) + " |" for row in lined)


def _shown(found: Findings) -> dict[str, dict[str, Strip]]:
    """Return the strips of shapes that are under one of the carriers that there is a column for."""
    return {shape: by for shape, by in strips(found).items() if not by.keys().isdisjoint(CARRIERS)}


def _told(strip: Strip | None, found: Findings) -> str:
    if strip is None:
        return NO_PROGRAM
    stretches = strip.stretches(found.served)
    if len(stretches) == 1:
        word, where = stretches[0]
        whole = (where.first, where.last) == (found.served[0], found.served[-1])
        return f"{SIGNS[word]} {word}" + ("" if whole else f", {where}")
    return "; ".join(f"{SIGNS[word]} {word}, {where}" for word, where in stretches)


def picture(found: Findings) -> str:
    """Return the map of all shapes as SVG, to be read at 400 pixels as well."""
    releases = list(dict.fromkeys(record.numba for record in found.ran))
    ticks = [release for release in ("0.48.0", "0.57.0") if release in releases[:-8]]
    shown = _shown(found)
    seen = {word for by in shown.values() for strip in by.values() for word in strip.words.values()}
    unknown = NOT_KNOWN if NOT_KNOWN in seen else ""  # the rest of the legend is there always
    return environment().get_template("picture.svg.jinja").render(
        shapes=shown, unknown=unknown, carriers={c: CARRIED[c].strip("`") for c in CARRIERS},
        releases=releases, ticks=[*ticks, releases[-1]] if releases else [], signs=SIGNS,
        platform=found.platform, runs=_runs, no_program=NO_PROGRAM,
    )  # fmt: skip


def _runs(strip: Strip, releases: list[str]) -> list[tuple[str, int, int]]:
    """Return the word, first place and length of each stretch that is one bar."""
    runs: list[tuple[str, int, int]] = []
    for place, release in enumerate(releases):
        word = strip.words.get(release, "")
        if runs and runs[-1][0] == word:
            runs[-1] = (word, runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((word, place, 1))
    return [run for run in runs if run[0]]


class Badge(msgspec.Struct, frozen=True):
    """A hazard under one carrier: a badge of all releases, and one from each of `lines` on."""

    name: str
    title: str
    strip: Strip
    lines: tuple[str, ...]

    def markdown(self, site: str = SITE) -> str:
        """Return what to write into a README, given where all of this is published."""
        chapter = f"{site}/#{anchor(self.strip.shape)}"
        return f"[![{self.title}]({site}/badges/{self.name}.svg)]({chapter})"


def badged(found: Findings) -> Iterator[Badge]:
    """Yield each hazard under each carrier that there is a badge of."""
    releases = dict.fromkeys(record.numba for record in found.ran)
    lines = list(dict.fromkeys(release.rpartition(".")[0] for release in releases))
    for by_carrier in strips(found).values():
        for strip in by_carrier.values():
            if not (strip.hazard and strip.words):
                continue
            name = f"{anchor(strip.shape).removeprefix('hazard-')}-{strip.carrier}"
            title = f"numba: {strip.title} ({strip.carrier})"
            known = tuple(line for line in lines if strip.since(line).words)
            yield Badge(name, title, strip, known)


def badges(found: Findings) -> Iterator[tuple[str, str]]:
    """Yield a name and an SVG for each hazard under each carrier: of all releases, and from each.

    `literal-seed-cache.svg` and, for who asks for `numba>=0.57`, `literal-seed-cache-0.57.svg`.
    """
    for one in badged(found):
        yield f"{one.name}.svg", badge(one.strip, found)
        for line in one.lines:
            yield f"{one.name}-{line}.svg", badge(one.strip.since(line), found, f" >={line}")


def listing(found: Findings) -> str:
    """Return what the folder of badges holds, as Markdown that shows them."""
    rows = [["badge", "Markdown", "of later releases alone"]]
    for one in badged(found):
        later = " ".join(f"[{line}]({one.name}-{line}.svg)" for line in one.lines)
        rows.append([f"![]({one.name}.svg)", f"`{one.markdown()}`", later])
    return f"# Badges\n\n{BADGES}\n\n{in_markdown(rows)}\n"


def badge(strip: Strip, found: Findings, since: str = "") -> str:
    """Return a badge that says how safe a shape is on all of its releases, the worst first.

    Its title has all ranges; what is drawn is to fit beside other badges.
    """
    last = found.ran[-1].numba
    by_word: dict[str, list[str]] = {}
    for word, where in strip.stretches(found.served):
        newest = " (newest seen)" if where.last == last else ""
        by_word.setdefault(word, []).append(f"{where}{newest}")
    # Whoever reads only the beginning reads the worst.
    worst_first = [word for word in reversed(SIGNS) if word in by_word]
    told = [
        f"{SIGNS[word]} {BADGED.get(word, word)}, {' and '.join(by_word[word])}"
        for word in worst_first
    ]
    drawn = told.copy()
    if len(told) > 1:
        best = worst_first[-1]
        until = f", to {last}" if strip.words.get(last) == best else ""
        drawn[-1] = f"else {SIGNS[best]} {DRAWN.get(best, best)}{until}"
    return _template().render(
        label=f"numba{since}: {strip.title} ({strip.carrier})",
        told="; ".join(told), drawn="; ".join(drawn), state=worst_first[0], width=_width,
    )  # fmt: skip


@functools.cache
def _template() -> jinja2.Template:
    # There are hundreds of badges: it is read once for all of them.
    return environment().get_template("badge.svg.jinja")


def _width(text: str) -> int:
    """Return the room for a text, in pixels of 11; it is set to fill it, whatever the font."""
    narrow = sum(character in "il.,:;|()' " for character in text)
    return 10 + 7 * len(text) - 3 * narrow
