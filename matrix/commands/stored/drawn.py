"""What is drawn from the reference: `nox -s report -- --reference`, and files that are committed.

In: the project with its reference. Out: a folder to publish, or the texts of README and the rest.
"""

from __future__ import annotations

from pathlib import Path

from ... import options as asked
from ...errors import BadInput, Status
from ...judge.reference.file import Reference
from ...model.files import ROOT, append, read_regular
from ...model.text import counted, listed
from ...project import DATA, Project
from ...report.findings import Findings
from ...report.published import drawn as drawing
from ...report.published import evidence
from ...report.published.dataset import dataset, written
from ...report.published.reference import of_reference
from ...report.published.site import publish
from ...report.terminal import say
from ...report.terminal.conclusion import conclusion

NAMED = 8
README = ROOT / "README.md"
PICTURE = ROOT / ".github" / "map.svg"
ASKED = DATA / "ask.json"
UPSTREAM = ROOT / "matrix" / "UPSTREAM.md"


def drawn(project: Project, reference: Reference | None) -> dict[Path, str]:
    """Return the text of each committed file that is drawn from the reference.

    Raises BadInput when there is no reference, or no place for its table.
    """
    return _texts(_findings(project, reference))


def redrawn(project: Project) -> dict[Path, str]:
    """Return the same of the reference as it is, and say what it does not know.

    What is committed says so as well: a shape is never safe for what nobody saw of it.
    """
    found = _findings(project, project.reference)
    _say_unknown(found)
    return _texts(found)


def _texts(found: Findings) -> dict[Path, str]:
    return {
        ASKED: written(dataset(found)),
        PICTURE: drawing.picture(found),
        README: drawing.readme(_text(README), found),
        UPSTREAM: evidence.upstream(_text(UPSTREAM), found),
    }


def outdated(project: Project) -> list[Path]:
    """Return the committed files that are not drawn from the reference as it is."""
    wanted = drawn(project, project.reference)
    return [path for path, text in wanted.items() if not path.exists() or _text(path) != text]


def report_reference(o: asked.Report, project: Project) -> int:
    """Write what is published of the reference; raises BadInput if only a part is asked for."""
    if o.selectors or o.probe or o.platform or o.probes or o.pythons:
        raise BadInput("--reference is all of the reference; its page has filters for a part")
    folder = project.state / "reference"
    found = _findings(project, project.reference)
    publish(folder, found)
    if o.summary is not None:
        append(o.summary, (folder / "report.md").read_text(encoding="utf-8"))
    _say_unknown(found)
    say(f"of the reference, on {found.platform}: nothing was run, and no evidence is in it")
    for line in conclusion(found, folder, whole=o.table):
        say(line)
    say(f"badges, with their Markdown: {folder / 'badges' / 'README.md'}")
    if found.judged and not found.verdict.holds:
        return Status.FAILS
    lacks = found.not_run or found.unseen or found.left_out
    return Status.COULD_NOT_RUN if not found.judged or (o.strict and lacks) else Status.HOLDS


def _say_unknown(found: Findings) -> None:
    if found.left_out:
        probes = counted(len(found.left_out), "probe is", "probes are")
        names = listed(found.left_out, NAMED)
        say(f"{probes} new or changed since the reference, and so not known: {names}")


def _findings(project: Project, reference: Reference | None) -> Findings:
    if reference is None:
        raise BadInput("there is no reference; `nox -s reference` makes it")
    return of_reference(reference, project.claims or {}, project.probes, project.served)


def _text(path: Path) -> str:
    return read_regular(path).decode().replace("\r\n", "\n")
