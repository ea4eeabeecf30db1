"""`nox -s debug`: one square laid out in a folder that stays, and one phase of it started.

Exit status: 0 the phase gave its value, 1 it raised, died or gave another, 3 it was not come to.
Under gdb it is gdb's.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import msgspec

from ... import options as asked
from ...errors import BadInput, NothingToRun, Status, Unreachable, nearest
from ...experiments.debug import Debugging, Laid, laid_out
from ...experiments.probe import FORKING, Probe, named
from ...judge.judge import results
from ...model.cell import Cell, CellStatus
from ...model.files import Store, remove
from ...model.outcome import same_value
from ...model.record import PATCH, PHASES, chosen
from ...model.text import brief
from ...packages.wheels import kept_of
from ...plan.plan import Task
from ...project import Project, patch_named, read_project
from ...report.terminal import say
from ...report.terminal.square import with_word
from ...run import processes
from ...run.environment import in_place, only_run
from ...run.nox import Nox, new_run, run_cells
from ...select.interpreters import Interpreter
from ...select.machine import Machine, default_isolation, machine_here
from ...select.releases import lock_path
from ..run import equipped, needing
from .show import one_cell, square_named

MARK = ".numba-matrix-debug"  # so begins what marks and holds a folder that is ours to empty
# What these phases answer is no value of the program, or a new truth.
OTHERWISE = ("build", "change", "truth")
GDB = ("gdb", "-q", "-ex", "set disable-randomization off", "-ex", "run")


def debug(o: asked.Debug) -> int:
    """Lay a square out, carry out the phases before the wanted one, and start that.

    Raises:
        BadInput: a word is wrong, or what is asked for is not to be had here.
        NothingToRun: the phase was not come to.
    """
    _refuse_what_is_not_here(o)
    project = read_project(o.state, o.probes)
    word, id_ = square_named("debug", o.square)
    (probe,) = needing(o, (_probe(project, id_, o.patch),))
    machine = machine_here(o.state, project.offered(o.download_python))
    cell = one_cell(word, project.catalogue(machine.pythons))
    project = project.of(cell)
    if cell.is_local:
        machine = _of_build(project, cell, machine)
    catalogue = project.catalogue(machine.pythons)
    if (why := catalogue.selected(cell)).status is not None:
        raise NothingToRun(f"{cell.id} cannot run here: {why.status}, {why.reason}")
    _refuse_to_go_without(project, cell, probe)
    phase = _phase(o, project, cell, probe)
    folder = o.folder or o.state / "debug" / cell.id / probe.id.replace("/", "-")
    _refuse_what_is_not_ours(folder)
    # Up to the end of the phase: what is started there works on what lies there.
    with only_run(folder, say, MARK):
        laid, phase = _lay_out(o, project, machine, cell, probe, phase, folder)
        script = folder / "run.sh"
        script.write_text(f"#!/bin/sh\n{laid.script(folder)}\n", encoding="utf-8")
        say(f"{phase} of {probe.id} in {cell.id}, exec'd, is laid out in {folder}; the command,")
        say(f"which {script.name} there holds too, and which begins anew each time:")
        for line in laid.script(folder).split("\n"):
            say(line)
        say("")
        return _started(laid, folder, phase, gdb=o.gdb)


def _phase(o: asked.Debug, project: Project, cell: Cell, probe: Probe) -> str:
    """Return the phase to start: the one asked for, else the one that fails."""
    phase = o.phase or _failing(project, cell, probe)
    if phase not in PHASES[probe.carrier]:
        hint = nearest(phase, PHASES[probe.carrier])
        raise BadInput(f"--phase {phase}: {probe.id} has no such phase; {hint}")
    if phase in FORKING:
        raise BadInput(
            f"--phase {phase}: it is many processes, in every order, and none to start by hand;"
            f" `nox -s show -- {cell.id} {probe.id}` tells the order that went wrong"
        )
    return phase


def _of_build(project: Project, cell: Cell, machine: Machine) -> Machine:
    """Return the machine for a build that ran here once; raises NothingToRun when none did."""
    lock = lock_path(project.locks, cell.release)
    if not lock.exists():
        raise NothingToRun(f"{cell.id} is not known here; run it: nox -s matrix -- --numba WHEEL")
    path = in_place(lock)
    if not path:
        return machine
    # It runs on the interpreter that it is in, of whatever patch version that is.
    here = {cell.python: Interpreter(cell.python, "", path, "", headers=True)}
    return msgspec.structs.replace(machine, interpreters=here)


def _refuse_what_is_not_here(o: asked.Debug) -> None:
    if os.name != "posix":
        raise BadInput("nox -s debug: it takes a POSIX system, as its commands are a shell's")
    if o.gdb and shutil.which("gdb") is None:
        raise BadInput("--gdb: there is no gdb on PATH; install it, or leave --gdb out")


def _probe(project: Project, id_: str, patch: str) -> Probe:
    if not patch:
        return named(project.probes, id_)
    found = patch_named(patch)
    plain, _, there = id_.partition("@")
    if there not in ("", found.stem):
        raise BadInput(f"{id_} is not under --patch {patch}: name {plain}, or {plain}@{found.stem}")
    return named(project.probes, plain).under(found)


def _refuse_to_go_without(project: Project, cell: Cell, probe: Probe) -> None:
    """Raise BadInput where the probe was run with packages that nobody names: it is not the same.

    What a folder or a wheel is called shows when it is built: one that is named may be it.
    """
    record = project.store(say).load(cell.id)
    if record is None or any(need.path for need in probe.needs):
        return
    seen = chosen(project.current(record, (probe,)), default_isolation()).get(probe.id)
    named_here = {need.name for need in probe.needs}
    lacking = [p for p in seen.packages if p.asked and p.name not in named_here] if seen else []
    if lacking:
        wheels = kept_of(lacking, project.packages)
        with_what = " ".join(with_word(package, wheels) for package in lacking)
        raise BadInput(
            f"{probe.id} was run in {cell.id} with {', '.join(map(str, lacking))}, which is not"
            f" asked for: add {with_what}"
        )


def _failing(project: Project, cell: Cell, probe: Probe) -> str:
    """Return the phase in which what is stored of a probe happened, or else its third or last."""
    record = project.store(say).load(cell.id)
    found = results(record, default_isolation()).get(probe.id) if record else None
    phases = PHASES[probe.carrier]
    if found is not None and found.phase == PATCH:
        return phases[1]
    return found.phase if found is not None else phases[:3][-1]


def _refuse_what_is_not_ours(folder: Path) -> None:
    inside = [path.name for path in folder.iterdir()] if folder.exists() else []
    if inside and not any(name.startswith(MARK) for name in inside):
        raise BadInput(f"--folder {folder}: it holds files that are not ours; name a new one")


def _empty(folder: Path) -> None:
    """Remove all that is of an earlier time, but for what marks and holds the folder."""
    try:
        (folder / MARK).touch()
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                remove(path)
            elif not path.name.startswith(MARK):
                path.unlink()
    except OSError as error:
        raise Unreachable(f"{folder} cannot be written to: {error.strerror}") from error
    if left := [path.name for path in folder.iterdir() if not path.name.startswith(MARK)]:
        raise Unreachable(f"{folder} cannot be emptied of {min(left)}; name another with --folder")


def _lay_out(
    o: asked.Debug,
    project: Project,
    machine: Machine,
    cell: Cell,
    probe: Probe,
    phase: str,
    folder: Path,
) -> tuple[Laid, str]:
    """Lay a phase out; return it and its name: where none was asked for, it is the last there is.

    Raises NothingToRun when it was not come to.
    """
    _empty(folder)
    with only_run(project.state, say):
        equipment = equipped(o, project, machine, [cell], (probe,))
        if why := equipment.lacking(cell.id).get(probe.id):
            raise NothingToRun(f"{probe.id} in {cell.id}: {CellStatus.NOT_INSTALLABLE}, {why}")
        run = new_run(
            project, machine, [Task(cell, (probe,), 0.0)], experiment="debug", folder=str(folder),
            isolation="exec", timeout_s=o.timeout, equipment=equipment, say=say,
        )  # fmt: skip
        missed = run_cells(
            msgspec.structs.replace(run, until=phase),
            Nox(1, o.download_python, o.envdir), say,
        )  # fmt: skip
    if laid := laid_out(folder):
        return laid, phase
    record = Store(folder, say, Debugging.record).load(cell.id)
    why = missed.get(cell.id, "")
    if record is not None and record.status is not CellStatus.RAN:
        why = f"{record.status}, {record.reason}"
    elif record is not None and record.notes:
        last = record.notes[0].partition(" ")[0]
        if not o.phase:
            last = PHASES[probe.carrier][1] if last == PATCH else last
            return _lay_out(o, project, machine, cell, probe, last, folder)
        why = f"the last was: {record.notes[0]}"
    raise NothingToRun(f"there is no {phase!r} of {probe.id} in {cell.id}: {why}")


def _started(laid: Laid, folder: Path, phase: str, *, gdb: bool) -> int:
    words = laid.words(folder)
    environment: dict[str, str] | None = laid.environment
    if gdb:
        # gdb itself needs a terminal's settings, which a phase does not see.
        told = () if sys.stdin.isatty() else ("-batch", "-ex", "bt")
        words = [*GDB, *told, "--args", "env", "-i", *laid.settings, *words]
        environment = None
    try:
        status = processes.in_foreground(words, environment, Path(laid.folder))
    except OSError as error:
        raise Unreachable(f"{words[0]} could not be started: {error.strerror}") from error
    if gdb:
        return status
    said, holds = _ending(laid, phase, status)
    say(f"{phase} {said}")
    return Status.HOLDS if holds else Status.FAILS


def _ending(laid: Laid, phase: str, status: int) -> tuple[str, bool]:
    """Return how a phase ended, in words, and whether it did what plain Python does."""
    told = laid.said()
    if status < 0:
        return f"ended by {signal.Signals(-status).name}", False
    if status:
        return f"ended with exit status {status}", False
    if "exception" in told:
        return f"raised {told['exception']}: {told.get('message', '')}", False
    if not told.get("answered"):
        return "ended without an answer", False
    value = brief(told.get("value"))
    compared = phase not in OTHERWISE and laid.truth
    if not compared or same_value(told.get("value"), laid.truth[-1]):
        return f"answered {value}", True
    return f"answered {value}, where plain Python gives {brief(laid.truth[-1])}", False
