"""The probes of a folder: which there are, what carries them, and what each one's source is.

In: a folder laid out as `<carrier>/<probe>.py`. Out: `Probe`s. Probes are never imported here.
"""

from __future__ import annotations

import fnmatch
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..errors import BadInput, nearest
from ..model.cell import CellStatus
from ..model.files import read_regular, text_digest
from ..model.job import Job, Observed, ProbeJob, Run
from ..model.record import PHASES, CellRecord, Phase, ProbeRecord, UpstreamResult
from ..model.text import cut, listed
from . import outside
from .needs import Needs, beside, declared, importable

CARRIERS = tuple(PHASES)
# Their caches lie beside them, and those of a library in the home that each has.
AT_HOME = ("change", "race")
FORKING = ("race",)  # what they carry cannot run where no process can be forked
SHIPPED = ("remedy", "guard")  # the patches that come with the suite


class Probe(msgspec.Struct, frozen=True):
    """One probe: `id` is its path without suffix, `carrier` the folder it lies in.

    `patch` is a file that is run before it, after `import numba`; `needs` is installed for it, and
    `beside` are the files that it imports from beside itself, by their place there.
    """

    id: str
    carrier: str
    path: Path
    sha256: str
    patch: Path | None = None
    needs: Needs = ()
    beside: dict[str, Path] = {}

    @property
    def text(self) -> str:
        """What its file holds by now, and what it imports from beside itself."""
        near = (f"# {at}\n{_text(path)}" for at, path in self.beside.items())
        return "\n\n".join([_text(self.path), *near])

    def under(self, patch: Path) -> Probe:
        """Return the probe as it is run under a patch: another probe, `cache/self_lazy@remedy`."""
        digest = hashlib.sha256(f"{self.sha256} {text_digest(patch)}".encode()).hexdigest()
        return msgspec.structs.replace(
            self, id=f"{self.id}@{patch.stem}", sha256=digest, patch=patch
        )

    def needing(self, needs: Needs) -> Probe:
        """Return the probe where these are installed as well."""
        return msgspec.structs.replace(self, needs=tuple(sorted({*self.needs, *needs})))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return "# This file went away while the report was made.\n"


def discover(folder: Path, carriers: Iterable[str] = CARRIERS) -> tuple[Probe, ...]:
    """Return the probes below `folder`, by id.

    Raises:
        BadInput: there is none, or one is no file that can be read.
    """
    near = functools.cache(importable)  # of the same few folders for all
    found = tuple(
        probe_in(path, near)
        for carrier in carriers
        for path in sorted((folder / carrier).glob("*.py"))
        # Editors and file systems leave hidden files beside those they work on.
        if not path.name.startswith(("_", "."))
    )
    for probe in found:
        if not probe.id.isprintable():
            raise BadInput(
                f"{folder}: the name of the probe {probe.id!r} is no UTF-8, or holds a control"
                " character: it cannot be written everywhere; rename the file"
            )
    if not found:
        raise BadInput(f"{folder}: {_without_probes(folder)}")
    return found


def _without_probes(folder: Path) -> str:
    """Return what is wrong with a folder that holds no probe, and what to do."""
    expected = " or ".join(f"{carrier}/*.py" for carrier in CARRIERS)
    told = f"a folder of probes holds {expected}"
    if not folder.exists():
        return f"there is no such folder; {told}"
    above = sorted(path.name for path in folder.glob("*.py") if not path.name.startswith("_"))
    if folder.name in CARRIERS:
        told = f"name {folder.parent}, or {told}"
    elif above:
        told += f": move {listed(above, 3)} into {folder / CARRIERS[0]}"
    return f"no probes here; {told}"


def probe_in(path: Path, near: Callable[[Path], dict[str, Path]] = importable) -> Probe:
    """Return the probe that a file is; raises BadInput when it is none that can be read."""
    carrier, digest = path.parent.name, text_digest(path)
    text = read_regular(path).decode(errors="replace").replace("\r\n", "\n")
    files = beside(path, text, near)
    if files:
        told = "\n".join(f"{place} {text_digest(file)}" for place, file in files.items())
        digest = hashlib.sha256(f"{digest}\n{told}".encode()).hexdigest()
    needs = declared(path, text)
    return Probe(f"{carrier}/{path.stem}", carrier, path, digest, needs=needs, beside=files)


def matching(probes: Iterable[Probe], globs: Iterable[str]) -> tuple[Probe, ...]:
    """Return the probes that any glob matches, all when there is no glob.

    What runs under a patch is meant only by a glob that has an @ itself. Raises BadInput for a glob
    that matches no probe.
    """
    candidates = tuple(probes)
    patterns = tuple(globs)
    wanted = matching_ids({p.id: p.patch is not None for p in candidates}, patterns)
    return tuple(probe for probe in candidates if not patterns or probe.id in wanted)


def matching_ids(patched: Mapping[str, bool], globs: Iterable[str]) -> set[str]:
    """Return the ids that any glob matches, of probes that run under a patch or do not.

    Raises BadInput as `matching` does.
    """
    wanted: set[str] = set()
    for pattern in globs:
        hit = {
            probe
            for probe, under in patched.items()
            if fnmatch.fnmatchcase(probe, pattern) and ("@" in pattern or not under)
        }
        if not hit:
            raise BadInput(f"--probe {pattern}: no probe has that id; {nearest(pattern, patched)}")
        wanted |= hit
    return wanted


def with_patch(probes: Iterable[Probe], patch: Path) -> tuple[Probe, ...]:
    """Return the probes without any patch, and each of them under this one."""
    plain = [probe for probe in probes if probe.patch is None]
    return (*plain, *(probe.under(patch) for probe in plain))


def named(probes: Iterable[Probe], name: str) -> Probe:
    """Return the probe with this id; raises BadInput, naming the nearest, when there is none."""
    known = {probe.id: probe for probe in probes}
    if name not in known:
        raise BadInput(f"there is no probe {name!r}; {nearest(name, known)}")
    return known[name]


# They lie beside the runner and have no part in what it sees.
NOT_RUNNER = ("debug.py", "limit.py", "overhead.py", "rush.py", "shared.py")


# Only races run these.
RACING = (
    "gate.py",
    "held.py",
    "opened.py",
    "orders.py",
    "race.py",
    "racers.py",
    "said.py",
    "steps.py",
    "turns.py",
)


def runner_digest(folder: Path) -> str:
    """Return the digests of the in-cell runner: of what all probes have a part of, and of the rest.

    When one changes, what was seen by it is out of date.
    """
    whole = {path.name: text_digest(path) for path in sorted((folder / "_cell").glob("*.py"))}
    common = [f"{name} {whole[name]}" for name in whole if name not in (*NOT_RUNNER, *RACING)]
    racing = [f"{name} {whole[name]}" for name in RACING if name in whole]
    return " ".join(
        hashlib.sha256("\n".join(part).encode()).hexdigest() for part in (common, racing)
    )


class Probing:
    """The experiment of cache and AOT probes, and of Numba's own tests where they are asked for."""

    script = "."
    quiet = True
    record = CellRecord

    @staticmethod
    def order(run: Run, job: Job) -> dict[str, Any]:
        """Return what the in-cell runner is told of its own."""
        return {
            "isolation": run.isolation,
            "upstream_timeout_s": run.upstream_timeout_s,
            "upstream": run.upstream if job.upstream_key else {},
        }

    @staticmethod
    def longest_s(run: Run, job: Job) -> float:
        """Return how long it may take until something is heard of a process."""
        return max(run.timeout_s, run.upstream_timeout_s if job.upstream_key else 0)

    @staticmethod
    def filed(run: Run, cell: str, seen: Observed, older: CellRecord | None) -> CellRecord:
        """Return the cell's record, with what is still good of the older one."""
        record = CellRecord(
            cell=cell,
            run=run.id,
            numba=run.jobs[cell].numba,
            status=seen.status,
            platform=run.platform,
            cpu=run.cpu,
            reason=seen.reason,
            install_s=seen.install_s,
            cpu_s=seen.cpu_s,
            not_installable=seen.not_installable,
        )
        if seen.status is CellStatus.RAN:
            outside.remember(Path(run.state), cell, run.isolation, seen.lines)
            record = _filled(record, run, seen)
        return record.merged(older, run.known)


NO_PHASE = ("probe", "outside")  # what a line says beside what a phase holds


def ended_by(
    probe: ProbeJob, failure: str, lines: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the lines of a probe that ends its runner, the last one saying how.

    What was under way is the phase after those that the runner has written down, or the last.
    """
    kept = [line for line in lines if line.get("probe") == probe.id]
    seen = [{name: line[name] for name in line if name not in NO_PHASE} for line in kept]
    phases = msgspec.convert(seen, tuple[Phase, ...])
    order = PHASES[probe.carrier]
    phase = order[order.index(phases[-1].name) + 1 :][:1] if phases else order[:1]
    if phases and not ProbeRecord(probe.id, probe.carrier, "exec", "", phases, "").unfinished():
        phase = (kept.pop()["name"],)
    message = f"the in-cell runner ends each time: {cut(failure, 300)}"
    ended = {"exception": "RunnerEnded", "message": message}
    return [
        *kept,
        {"probe": probe.id, "name": phase[0], "status": "raised", "wall_s": 0.0, **ended},
    ]


def _filled(record: CellRecord, run: Run, seen: Observed) -> CellRecord:
    """Return the record with what the runner's lines say.

    Raises ValidationError when the runner wrote what the types do not hold.
    """
    job = run.jobs[record.cell]
    notes: list[str] = []
    upstream: list[UpstreamResult] = []
    phases: dict[str, list[Phase]] = {probe.id: [] for probe in job.probes}
    modules: dict[str, list[dict[str, str]]] = {probe.id: [] for probe in job.probes}
    for line in seen.lines:
        if "note" in line:
            notes.append(f"{line['note']}: {line['stderr']}")
        if "upstream" in line:
            said = {"suite": line["upstream"], "key": job.upstream_key, **line["result"]}
            upstream.append(msgspec.convert(said, UpstreamResult))
        if "probe" in line:
            probe = line.pop("probe")
            modules[probe] += line.pop("outside", [])
            phases[probe].append(msgspec.convert(line, Phase))
    probes = tuple(
        ProbeRecord(
            p.id, p.carrier, run.isolation, p.key, tuple(phases[p.id]), p.source,
            outside.imported(modules[p.id]),
            job.environments[p.environment].packages if p.environment else (),
        )
        for p in job.probes
        if p.id not in seen.not_installable
    )  # fmt: skip
    versions = {name: text for name, text in seen.versions.items() if name != "numba"}
    return msgspec.structs.replace(
        record, notes=tuple(notes), probes=probes, upstream=tuple(upstream), **versions
    )
