"""One square in words: what a probe did in a cell, phase by phase, and what is claimed of it. Pure.

In: the stored record of the cell. Out: lines of text for a terminal, none wider than it is.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...experiments.probe import FORKING, SHIPPED
from ...judge.claims import Claim
from ...judge.judge import Judgement, results
from ...model.cell import parse_cell
from ...model.outcome import Result
from ...model.record import PATCH, CellRecord, DataFile, Package, Phase, ProbeRecord, chosen
from ...model.text import COMMAND, checked, cut, log_lines, typed

VALUE = 2000  # characters of a value that are shown
# CPython 3.14 and later say this before the stack of a process that a signal ends.
NATIVE = "C stack trace (most recent call first)"
Fact = tuple[str, str]  # a name, and what there is to say


class Block(msgspec.Struct, frozen=True):
    """Facts that belong together, under a heading; commands stand on lines of their own."""

    heading: str
    facts: tuple[Fact, ...] = ()
    commands: Mapping[str, str] = {}


def commands(
    cell: str,
    probe: str,
    claims: Mapping[str, Claim] | None,
    phase: str = "",
    folder: str = "",
    build: str = "",
) -> dict[str, str]:
    """Return the commands about one square, by what they do.

    `folder` is that of own probes, `build` names what the cell is of where that is no release.
    """
    own = f" --probes {shlex.quote(folder)}" if folder else ""
    at = f"{shlex.quote(cell)} {shlex.quote(probe)}"
    chosen_probe = f"--probe {shlex.quote(probe)}"
    debugged = f"{at} --phase {phase}{own}" if phase else f"{at}{own}"
    plain, _, patch = probe.partition("@")
    if patch and probe not in (claims or {}):
        # Only a run that is given this patch knows of the probe.
        file = patch if patch in SHIPPED else f"{shlex.quote(patch)}.py"
        chosen_probe = f"--probe {shlex.quote(plain)} --patch {file}"
        debugged += f" --patch {file}"
    named = shlex.quote(cell)
    if parse_cell(cell).is_local:
        named = build or "--numba WHEEL"
    run = f"nox -s matrix -- {named} {chosen_probe}{own}"
    found = {"run it": run, "run it again": f"{run} --fresh"}
    if probe.partition("/")[0] not in FORKING:  # of a race there is no one process to debug
        found |= {"debug it": f"nox -s debug -- {debugged}",
                  "debug natively": f"nox -s debug -- {debugged} --gdb"}  # fmt: skip
    return {what: typed(command) for what, command in found.items()}


def blocks(
    record: CellRecord,
    probe: str,
    isolation: str,
    claims: Mapping[str, Claim] | None,
    judged: Sequence[Judgement],
    folder: str = "",
    *,
    why: Sequence[str] = (),
    build: tuple[str, str] = ("", ""),
    environment: str = "",
    wheels: Mapping[str, Path] = {},
    file: Path | None = None,
) -> Iterator[Block]:
    """Yield all there is to say of a square that is stored; its cell ran.

    `why` it fails are lines, of what the suite claims nothing of;
    `build` is what names the cell's Numba where that is no release, and what it is made of;
    `environment` is what the one with the probe's packages is called, `wheels` where those of a
    user's own are kept, and `file` the probe, where it is a user's own too.
    """
    did, kept = results(record, isolation), chosen(record, isolation)[probe]
    yield Block(
        f"{probe} in {record.cell}: {did[probe]}",
        tuple(_named(_facts(record, kept, build[1], environment) | {"cause": "\n".join(why)})),
    )
    if claims is not None:
        yield _claim_block(claims.get(probe), judged, did)
    for phase in kept.phases:
        yield _phase_block(phase, record.python)
    failing = did[probe].phase if did[probe].phase != PATCH else ""
    found = commands(record.cell, probe, claims, failing, folder, build[0])
    # With what was installed for it, as far as a word can name it.
    words = [with_word(package, wheels) for package in kept.packages if package.asked]
    told = {what: " ".join([command, *words]) for what, command in found.items()}
    looked = checking(record.cell, kept, environment, file)
    yield Block("Commands", (), told | ({"check it": looked} if looked else {}))


def _facts(record: CellRecord, kept: ProbeRecord, made_of: str, environment: str) -> dict[str, str]:
    """Return what a square was seen in."""
    held = {"Numba": record.numba, "Python": record.python, "NumPy": record.numpy,
            "llvmlite": record.llvmlite, "LLVM": record.llvm}  # fmt: skip
    versions = ", ".join(f"{name} {version}" for name, version in held.items() if version)
    packages = ", ".join(map(str, kept.packages))
    packages += f", in {record.cell}+{environment}" if environment else ""
    own = ", ".join(f"{module.name} ({module.sha256})" for module in kept.outside)
    return {
        "versions": versions, "packages": packages,
        "made of": made_of, "on": f"{record.platform}, {record.cpu}",
        "isolation": kept.isolation, "imported from elsewhere": own,
        "of the cell": "\n".join(record.notes),
    }  # fmt: skip


def checking(cell: str, kept: ProbeRecord, environment: str, file: Path | None) -> str:
    """Return the command that says of a user's own program what is wrong with it, or "".

    `environment` is what the one with the probe's packages is called.
    """
    if file is None or kept.carrier not in ("cache", "aot") or "@" in kept.id:
        return ""
    if kept.packages and not environment:  # of which nothing is known here any more
        return ""
    named = f"{cell}+{environment}" if environment else cell
    return checked(shlex.quote(named), shlex.quote(str(file)))


def with_word(package: Package, wheels: Mapping[str, Path] = {}) -> str:
    """Return the option that has a package installed: a user's own is the wheel that was made."""
    what = f"{package.name}=={package.version}"
    if package.sha256:
        what = str(wheels.get(package.sha256, "FOLDER"))
    return f"--with {shlex.quote(what)}"


def _named(facts: Mapping[str, object]) -> Iterator[Fact]:
    return ((name, str(value)) for name, value in facts.items() if value not in ("", None))


def _claim_block(
    claim: Claim | None, judged: Sequence[Judgement], did: Mapping[str, Result]
) -> Block:
    if claim is None:
        return Block("Nothing is claimed of it")
    facts = [("why", claim.why), ("thread", claim.issue)]
    for workaround in claim.workarounds:
        seen = did.get(workaround)
        facts.append(("instead", f"{workaround}: {seen or 'nothing is stored of it'}"))
    facts += [
        ("holds" if judgement.holds else "DOES NOT HOLD", f"{judgement.id}: {judgement.says}")
        for judgement in judged
    ]
    return Block(f"Claim: {claim.kind}", tuple((name, text) for name, text in facts if text))


def _phase_block(phase: Phase, python: str) -> Block:
    ended = phase.signal or phase.exception or ""
    facts = {
        "value": _value(phase),
        "exit status": phase.exit if phase.exit and not phase.signal else "",
        "exception": phase.exception if not phase.message else "",
        "message": f"{phase.exception}: {phase.message}" if phase.message else "",
        "cache": _counters(phase),
        "signatures": "\n".join(_signatures(phase)),
        "open symbols": "\n".join(phase.unresolved),
        "cache files": "\n".join(_files(phase.files_before, phase.files_after)),
        "left behind": f"{phase.strays} processes" if phase.strays else "",
        "stdout": phase.stdout.rstrip(),
        "stderr": phase.stderr.rstrip(),
        "native backtrace": _native(phase, python),
    }
    how = phase.status.replace("_", " ") + (f" ({ended})" if ended else "")
    return Block(f"{phase.name}: {how}, {phase.wall_s:.3f} s", tuple(_named(facts)))


def _value(phase: Phase) -> str:
    if phase.status != "answered" or phase.name == "build":
        return ""
    return cut(msgspec.json.encode(phase.value).decode(), VALUE)


def _counters(phase: Phase) -> str:
    if phase.name not in ("cold", "warm", "again"):
        return ""
    names = ("hits", "misses", "loads", "saves", "compiled")
    return ", ".join(f"{getattr(phase, name)} {name}" for name in names)


def _signatures(phase: Phase) -> Iterator[str]:
    for dispatcher in phase.dispatchers:
        for one in dispatcher.specialisations:
            left_open = ": leaves a symbol open" if one.unresolved else ""
            yield f"{dispatcher.name}({one.signature}){left_open}"


def _files(before: Sequence[DataFile], after: Sequence[DataFile]) -> Iterator[str]:
    if before == after:
        if after:
            yield f"{len(after)}, all as before"
        return
    earlier, later = {f.name: f for f in before}, {f.name: f for f in after}
    for name, file in sorted((earlier | later).items()):
        change = "gone" if name not in later else "new" if name not in earlier else "changed"
        if earlier.get(name) == later.get(name):
            change = "as before"
        yield f"{name}, {file.bytes} bytes, {file.sha256}, {change}"


def _native(phase: Phase, python: str) -> str:
    """Say where the native stack of a process is that a signal ended; "" of any other."""
    if phase.signal is None:
        return ""
    if NATIVE in phase.stderr:
        return "in its stderr, below 'C stack trace'"
    said = typed("`nox -s debug` with --gdb does")  # before it is folded
    return f"CPython {python} gives none (3.14 and later do); {said}"


def lines(found: Iterable[Block], width: int) -> Iterator[str]:
    """Yield the blocks as text, whatever is in it: no line of it is wider than `width` columns."""
    # A line that is made harmless later may grow by one.
    console = Console(file=io.StringIO(), width=max(width - 1, 20), color_system=None,
                      highlight=False, emoji=False, markup=False, legacy_windows=False)  # fmt: skip
    with console.capture() as printed:
        for number, block in enumerate(found):
            console.print(_text(("\n" if number else "") + block.heading))
            table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
            table.add_column(no_wrap=False, overflow="fold")
            table.add_column(overflow="fold", ratio=1)
            for name, value in block.facts:
                table.add_row(_text(f"  {name}"), _text(value))
            if block.facts:
                console.print(table)
            for what, command in block.commands.items():
                console.print(_text(f"  {what}:"))
                console.print(_text(continued(command, console.width, "    ")))
    yield from (COMMAND.sub(r"\g<0>\\", line.rstrip()) for line in printed.get().split("\n"))


def continued(command: str, width: int, indent: str = "") -> str:
    """Return a command over as many lines as it takes, continued as a shell takes it."""
    rows = [indent]
    for quoted in map(shlex.quote, shlex.split(command)):
        word = quoted
        if len(rows[-1]) + len(word) + 3 > width and rows[-1].strip():
            rows[-1] += "\\"
            rows.append(indent + "  ")
        # What is not quoted may go on where a line begins.
        while len(rows[-1]) + len(word) + 3 > width and "'" not in word:
            room = max(width - len(rows[-1]) - 2, 1)
            rows[-1] += f"{word[:room]}\\"
            word = word[room:]
            rows.append("")
        rows[-1] += f"{word} "
    return "\n".join(row.rstrip() for row in rows)


def _text(text: str) -> Text:
    return Text(log_lines(text), overflow="fold")
