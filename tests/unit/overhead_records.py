"""Measurements made from the article's figures, where its conclusions hold, to be varied."""

from __future__ import annotations

from collections.abc import Callable

from matrix.experiments.overhead.samples import STEPS, Measurement, Program, RunKind, Sample
from matrix.experiments.overhead.summary import load_article

# What the article does not give.
UNTOLD = {"import numpy": 0.08, "import numba": 0.4, "f0 second call": 1e-6, "f1 second call": 1e-6}
# A little unsteady, as every machine is: the factor of each repetition.
JITTER = (1.0, 1.02, 0.99, 1.01, 1.03)

Vary = Callable[[Program, RunKind, str, int], float]


def as_it_is(_program: Program, _run: RunKind, _step: str, _repetition: int) -> float:
    """Vary nothing."""
    return 1.0


def measurement(
    cell: str = "0.57.0-cp311", *, repeat: int = 5, vary: Vary = as_it_is, run: str = "a run"
) -> Measurement:
    """Return a measurement with the article's figures, each times what `vary` says of it."""
    figures = load_article()

    def sample(program: Program, kind: RunKind, repetition: int) -> Sample:
        steps = {}
        for step in STEPS:
            told = figures.seconds(program, kind, step) or UNTOLD[step]
            factor = JITTER[(repetition - 1) % len(JITTER)]
            steps[step] = told * factor * vary(program, kind, step, repetition)
        return Sample(program, kind, repetition, steps, 4.0, 3.9, load_before=0.2, load_after=1.0)

    samples = tuple(
        sample(program, kind, repetition)
        for repetition in range(1, repeat + 1)
        for program in Program
        for kind in RunKind
    )
    release, _, _ = cell.partition("-")
    return Measurement(
        cell=cell,
        run=run,
        when="2026-01-02T03:04:05+00:00",
        platform="linux-x86_64",
        cpu="A processor",
        cores=2,
        repeat=repeat,
        samples=samples,
        numba=release,
        python="3.11.4",
        numpy="1.24.1",
        llvmlite="0.40.0",
        llvm="14.0.6",
    )


def only(step: str, factor: float, *, program: str = "", run: str = "") -> Vary:
    """Return a variation of one step, in all programs and runs or in those named."""

    def vary(in_program: Program, in_run: RunKind, in_step: str, _repetition: int) -> float:
        chosen = in_step == step and program in ("", in_program) and run in ("", in_run)
        return factor if chosen else 1.0

    return vary
