"""One selection over many machines: dealt out by `plan`, run in parts, joined again by `merge`.

In: `Options`. Out: shards for a CI system, records in the store, an exit status. What was refused
is said and makes it 2, and the rest is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matrix import merge, shards
from matrix.admission import Known
from matrix.cells import CellStatus, parse_cell
from matrix.command_line import Options
from matrix.errors import BadInput, NothingToRun, Unreachable
from matrix.observations import CellRecord
from matrix.probes import matching
from matrix.releases import Platform
from matrix.run import only_run
from matrix.select import DEFAULT, Catalogue, Selection, nothing_named, select
from matrix.suite import Suite, read_suite

Say = Callable[[str], None]

JOINED, REFUSED = 0, 2


def plan_shards(options: Options, pythons: frozenset[str], say: Say) -> int:
    """Write which cells each machine is to run; `pythons` are those found on this one.

    Raises:
        BadInput: which CPythons machines of another platform have is not said.
        NothingToRun: no selected cell can run on any of the platforms.
    """
    suite = read_suite(options)
    elsewhere = [platform for platform in options.platform if platform != suite.platform]
    if elsewhere and not options.pythons:
        raise BadInput(
            f"--platform {elsewhere[0]}: which CPythons its machines have cannot be seen from here;"
            " say --pythons 3.8,3.9,..."
        )
    probes = matching(suite.probes, options.probe)
    at_hand = frozenset(options.pythons) or pythons
    found: list[shards.Shard] = []
    for there, selection in select_everywhere(options, suite, lambda _: at_hand):
        store = there.store(say)
        costs = {cell: shards.cost(probes, store.load(cell.id)) for cell in selection.runnable}
        found += shards.shards(there.platform, costs, options.shards)
    if not found:
        raise NothingToRun("no selected cell can run on these platforms with these CPythons")
    text = shards.as_github(found) if options.format == "github" else shards.as_json(found)
    if options.output is None:
        print(text)  # noqa: T201 (for a program to read: no console that folds or colours)
    else:
        append(options.output, text)
        say(f"{sum(len(s.cells) for s in found)} cells in {len(found)} shards: {options.output}")
    return JOINED


def select_everywhere(
    options: Options, suite: Suite, pythons: Callable[[Suite], frozenset[str]]
) -> list[tuple[Suite, Selection]]:
    """Return what the selectors name on each of the platforms asked for, this one if none is.

    A selector need not name anything on every platform: there is no 0.48.0 for macos-arm64.

    Raises:
        BadInput: a selector names nothing on any of them.
    """
    suites = [suite.on(platform) for platform in options.platform or (suite.platform,)]
    if len(suites) == 1:
        catalogue = suites[0].catalogue(pythons(suites[0]))
        return [(suites[0], select(options.selectors, catalogue, pre=options.pre))]
    catalogues = [there.catalogue(pythons(there)) for there in suites]
    found: list[list[str]] = [[] for _ in suites]
    for word in options.selectors or DEFAULT:
        valid = [_names_cells(word, catalogue, pre=options.pre) for catalogue in catalogues]
        if not any(valid):
            where = ", ".join(options.platform)
            raise BadInput(f"on none of {where}: {nothing_named(word, catalogues[0])}")
        for words, names_some in zip(found, valid, strict=True):
            words.extend([word] * names_some)
    return [
        (there, select(words, catalogue, pre=options.pre) if words else Selection(()))
        for there, catalogue, words in zip(suites, catalogues, found, strict=True)
    ]


def _names_cells(word: str, catalogue: Catalogue, *, pre: bool) -> bool:
    try:
        found = select([word], catalogue, pre=pre)
    except BadInput:
        return False
    return any(s.status is not CellStatus.NO_WHEEL for s in (*found.cells, *found.beyond))


def one_part(selection: Selection, text: str, say: Say) -> Selection:
    """Return one part of a selection. Cells that cannot run here belong to the first of them."""
    part = shards.parse_part(text)
    mine = set(shards.part_of(selection.runnable, part))
    say(f"shard {part}: {len(mine)} of {len(selection.runnable)} cells")
    return Selection(
        tuple(
            selected
            for selected in selection.cells
            if selected.cell in mine or (selected.status is not None and part.number == 1)
        ),
        selection.beyond if part.number == 1 else (),
    )


def merge_parts(options: Options, say: Say) -> int:
    """Join the observations of other machines into the store; say what was refused.

    Raises:
        BadInput: a folder is missing, or there is nothing in any of them.
        Unreachable: the store cannot be written.
    """
    suite = read_suite(options)
    places = {str(platform): suite.on(platform) for platform in Platform}
    known = Known(
        cells={name: frozenset(_cells(there)) for name, there in places.items()},
        probes={probe.id: probe.carrier for probe in suite.probes},
        current=lambda record: suite.current(record, suite.probes),
    )

    def stored(record: CellRecord) -> CellRecord | None:
        if options.fresh:
            return None
        return places[record.platform].record(record.cell, suite.probes, say)

    with only_run(suite.state, say):
        merged = merge.join(options.folders, known, stored)
        for record in merged.records:
            places[record.platform].store(say).save(record)
    for refusal in merged.refusals:
        say(f"REFUSED {refusal}")
    say(
        f"{len(merged.records)} cells joined from {merged.files} files"
        + (f", {len(merged.refusals)} refused" if merged.refusals else "")
    )
    return REFUSED if merged.refusals else JOINED


def _cells(suite: Suite) -> list[str]:
    return [cell.id for cell in suite.catalogue(frozenset()).pairs()]


def reported(options: Options, suite: Suite, say: Say) -> list[tuple[Suite, Selection]]:
    """Return what to report of each platform: what is selected, else all that is stored.

    Raises:
        NothingToRun: nothing is stored, or no cell is selected.
    """
    if options.selectors:
        found = select_everywhere(options, suite, lambda there: _pythons(options, there))
    else:
        places = [suite.on(platform) for platform in options.platform or (suite.platform,)]
        found = [(there, _everything(there)) for there in places]
    for there, selection in found:
        if not selection.cells:
            say(f"{there.platform}: no cell is selected or stored")
    chosen = [(there, selection) for there, selection in found if selection.cells]
    if not chosen:
        raise NothingToRun(f"nothing is stored in {suite.state}; run `nox -s matrix` first")
    return chosen


def _everything(suite: Suite) -> Selection:
    cells = suite.stored_cells
    return select(cells, suite.catalogue(suite.all_pythons), pre=True) if cells else Selection(())


def _pythons(options: Options, suite: Suite) -> frozenset[str]:
    """Return the CPythons a report may select: those of the cells that are stored, if not said.

    They may come from other machines: no interpreter of this one has a say.
    """
    stored = {parse_cell(cell).python for cell in suite.stored_cells}
    return frozenset(options.pythons) or frozenset(stored) or suite.all_pythons


def append(path: Path, text: str) -> None:
    """Add lines to a file that a CI system reads; raises Unreachable."""
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text.rstrip("\n") + "\n")
    except OSError as error:
        raise Unreachable(f"{path} could not be written: {error.strerror}") from error
