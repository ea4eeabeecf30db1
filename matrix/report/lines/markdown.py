"""report.md: what a pull request shows. The verdict, a line per failure, the rest to be unfolded.

In: `Findings`. Out: Markdown that is never longer than GitHub takes, and says what it leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence

import jinja2
import msgspec

from ...experiments.overhead import plots, tables
from ...judge.patches import tally
from ...model.text import Markdown, brief, counted, cut, markdown, table_cell, thread
from ..findings import Findings
from ..templating import environment
from .failures import failures, missing, warnings
from .sentence import begun
from .table import padded, parts

LIMIT = 60_000  # characters: GitHub refuses a comment of 65,536
NOTE = 1_000  # of them, to say what was left out
LONGEST = 500  # of one line: one cell's message must not push out all others
# Characters of a table's row that GitHub shows in a comment without a bar to scroll by.
COLUMNS = 100
# In the template it stands before each part that is folded; no text that is shown can hold it.
FOLD = "\f"


class Section(msgspec.Struct, frozen=True):
    """A part of the report; its `title` is seen until it is unfolded, the first one has none."""

    title: str
    lines: tuple[str, ...]

    def text(self, kept: int) -> str:
        """Return it with so many of its lines."""
        left = len(self.lines) - kept
        told = [*self.lines[:kept], *([f"\n{counted(left, 'line')} left out"] if left else [])]
        body = "\n".join(told).strip("\n")
        if not self.title:
            return f"{body}\n"
        return f"\n<details><summary>{self.title}</summary>\n\n{body}\n\n</details>\n"


def report(found: Findings) -> str:
    """Return report.md."""
    template = _environment().get_template("report.md.jinja")
    text = template.render(
        f=found, verdict=begun(found), failing=failures(found), early=warnings(found),
        missing=missing,
        tables=[Markdown("\n".join(part)) for part in parts(found, COLUMNS)],
    )  # fmt: skip
    first, *rest = text.split(FOLD)
    sections = [Section("", _lines(first))]
    for folded in rest:
        title, _, body = folded.partition("\n")
        sections.append(Section(title, _lines(body)))
    return within(sections, LIMIT)


def within(sections: Sequence[Section], limit: int) -> str:
    """Return the sections in so many characters, the first ones before the others."""
    whole = [section.text(len(section.lines)) for section in sections]
    if len("".join(whole)) <= limit:
        return "".join(whole)
    shown = _shared_out(sections, limit - NOTE)
    left_out = [
        f"{section.title or 'the failures'} ({kept} of {counted(len(section.lines), 'line')} here)"
        for section, kept in zip(sections, shown, strict=True)
        if kept < len(section.lines)
    ]
    told = [s.text(kept) if kept else "" for s, kept in zip(sections, shown, strict=True)]
    note = (
        f"\nCut, as GitHub shows no more than {limit:,} characters; index.html and"
        f" matrix.json have all: {'; '.join(left_out)}.\n"
    )
    return "".join([told[0], note, *told[1:]])


def _shared_out(sections: Sequence[Section], room: int) -> list[int]:
    """Return how many lines of each there is room for.

    However long one of them is, some of the others is there to be unfolded: at first it has no more
    than half of what is left. What they all together do not take goes to the first ones.
    """
    shown, left = list[int](), room
    for section in sections:
        shown.append(_fitting(section, left // 2))
        left -= _length(section, shown[-1])
    for number, section in enumerate(sections):
        had = _length(section, shown[number])
        shown[number] = _fitting(section, had + left)
        left -= _length(section, shown[number]) - had
    return shown


def _length(section: Section, kept: int) -> int:
    return len(section.text(kept)) if kept else 0


def _fitting(section: Section, room: int) -> int:
    """Return how many of its lines fit: all, or as many as leave room to say that it is cut."""
    if len(section.text(len(section.lines))) <= room:
        return len(section.lines)
    taken = len(section.text(0)) + len("\n\n100000 lines left out")
    for number, line in enumerate(section.lines):
        taken += len(line) + 1
        if taken > room:
            return number
    return 0


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.strip("\n").split("\n"))


def _bounded(value: object) -> str:
    """Return a value as Markdown, no longer than a line should be."""
    return markdown(value if isinstance(value, Markdown) else cut(str(value), LONGEST))


def _environment() -> jinja2.Environment:
    made = environment(escaping=False, finalize=_bounded)
    made.filters.update(brief=brief, table_cell=table_cell, markdown=Markdown, thread=thread)
    made.globals.update(overhead_tables=tables, plots=plots, tally=tally, counted=counted)
    made.globals.update(padded=padded)
    return made
