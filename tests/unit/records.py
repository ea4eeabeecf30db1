"""Hand-made observations, as small as they can be, for the tests of what reads them."""

from __future__ import annotations

from typing import Any

from matrix.model.cell import CellStatus, parse_cell
from matrix.model.record import CellRecord, DataFile, Phase, ProbeRecord

INDEX = DataFile("p.f-1.py38.nbi", 1200, "0" * 16)
DATA = DataFile("p.f-1.py38.1.nbc", 9000, "1" * 16)
CACHED = (INDEX, DATA)
OPEN = (".numba.unresolved$f",)
PLATFORM = "linux-x86_64"


def phase(name: str, *, value: Any = 55, **what: Any) -> Phase:
    """Return a phase that answered `value`, but for `what`."""
    return Phase(**({"name": name, "status": "answered", "wall_s": 0.5, "value": value} | what))


def warm(name: str = "warm", **what: Any) -> Phase:
    """Return a phase that loaded everything and compiled nothing, but for `what`."""
    hit: dict[str, Any] = {"hits": 1, "loads": 1, "files_before": CACHED, "files_after": CACHED}
    return phase(name, **(hit | what))


def cold(**what: Any) -> Phase:
    """Return a phase that compiled and stored one function, but for `what`."""
    return phase("cold", **({"misses": 1, "saves": 1, "compiled": 1, "files_after": CACHED} | what))


def failing(name: str, status: str, **what: Any) -> Phase:
    """Return a phase that gave no value."""
    return phase(name, value=None, status=status, **what)


def probe(
    id_: str, *phases: Phase, isolation: str = "exec", key: str = "k", source: str = ""
) -> ProbeRecord:
    """Return a probe with these phases; its id names its carrier."""
    return ProbeRecord(id_, id_.partition("/")[0], isolation, key, phases, source)


def hit(id_: str = "cache/p", value: Any = 55, **what: Any) -> ProbeRecord:
    """Return a cache probe that is a clean hit."""
    phases = (phase("interpreted", value=value), cold(value=value), warm(value=value))
    return probe(id_, *phases, **what)


def recompiled(id_: str = "cache/p", *, late: bool = False) -> ProbeRecord:
    """Return a cache probe whose second process compiled again (`late`: the third did not)."""
    missed: dict[str, Any] = {"hits": 0, "loads": 0, "misses": 1, "compiled": 1}
    last = warm("again") if late else warm("again", **missed)
    return probe(id_, phase("interpreted"), cold(), warm(**missed), last)


def wrong(value: Any = 1) -> ProbeRecord:
    """Return a cache probe that gives another value when it compiles."""
    return probe("cache/p", phase("interpreted"), cold(value=value), warm())


def crashed(id_: str = "cache/p", *, signal: str = "SIGSEGV") -> ProbeRecord:
    """Return a cache probe whose second process died of a symbol left open, by a signal."""
    died = failing("warm", "crashed", signal=signal, exit=-11, stderr="Fatal Python error\n")
    return probe(id_, phase("interpreted"), cold(unresolved=OPEN), died)


BEFORE, AFTER = 55, 56
MISSED: dict[str, Any] = {"hits": 0, "loads": 0, "misses": 1, "saves": 1, "compiled": 1}


def change(
    *,
    value: Any = AFTER,
    truth: str = "plain",
    id_: str = "change/p",
    again: dict[str, Any] | None = None,
    **what: Any,
) -> ProbeRecord:
    """Return a change probe whose next process gives `value`: loaded, but for `what`."""
    now = AFTER if truth != "same" else BEFORE
    first = warm(value=value, **what)
    last = () if first.is_clean_hit else (warm("again", value=value, **(again or {})),)
    return probe(
        id_,
        phase("interpreted", value=BEFORE),
        cold(value=BEFORE),
        phase("change", value={"truth": truth, "environment": {}}),
        phase("truth", value=now),
        first,
        *last,
    )


def works(id_: str = "aot/p", value: Any = 55) -> ProbeRecord:
    """Return an AOT probe whose built module gives the right value."""
    phases = (
        phase("interpreted", value=value),
        phase("build", value=None),
        phase("load", value=value),
    )
    return probe(id_, *phases)


def unbuildable(id_: str = "aot/p", *, exception: str = "TypingError") -> ProbeRecord:
    """Return an AOT probe that cannot be built."""
    says = "Failed in nopython mode\nUntyped global name 'f'"
    broken = failing("build", "raised", exception=exception, message=says)
    return probe(id_, phase("interpreted"), broken)


def cell(id_: str, *probes: ProbeRecord, **what: Any) -> CellRecord:
    """Return the record of a cell that ran these probes, but for `what`."""
    named = parse_cell(id_)
    versions = {"python": f"{named.python}.1", "numpy": "1.2.3", "llvmlite": "0.4.0", "llvm": "8.0"}
    fields = {
        "cell": id_,
        "run": "r",
        "numba": named.release,
        "status": CellStatus.RAN,
        "platform": PLATFORM,
        "probes": probes,
        **versions,
    }
    return CellRecord(**(fields | what))


def not_run(id_: str, status: CellStatus, reason: str) -> CellRecord:
    """Return the record of a cell without observations."""
    return CellRecord(id_, "", parse_cell(id_).release, status, PLATFORM, reason=reason)
