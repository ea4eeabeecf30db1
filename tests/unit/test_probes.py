"""Which files are probes, and what a change to one is."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from matrix.errors import BadInput
from matrix.experiments.probe import (
    NOT_RUNNER,
    RACING,
    Probe,
    discover,
    matching,
    runner_digest,
)
from matrix.model.job import runner_of

PROBES = Path(__file__).parents[2] / "probes"


def probe(folder: Path, id_: str, text: str = "def run():\n    return 1\n") -> Path:
    path = folder / f"{id_}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_probe_is_a_file_in_the_folder_of_its_carrier(tmp_path: Path) -> None:
    for id_ in ("cache/b", "cache/a", "aot/a", "cache/_shared", "cache/deep/c", "other/x", "top"):
        probe(tmp_path, id_)
    (tmp_path / "cache" / "notes.txt").write_text("no probe")
    (tmp_path / "cache" / ".#a.py").symlink_to("somebody@an-editor")
    found = discover(tmp_path)
    assert [one.id for one in found] == ["cache/a", "cache/b", "aot/a"]
    assert [one.carrier for one in found] == ["cache", "cache", "aot"]
    assert all(one.path.exists() for one in found)


def test_any_change_to_a_probe_is_seen(tmp_path: Path) -> None:
    path = probe(tmp_path, "cache/a")
    (before,) = discover(tmp_path)
    path.write_text(path.read_text() + "\n")
    (after,) = discover(tmp_path)
    assert before.sha256 != after.sha256


def test_the_line_ends_of_a_checkout_change_nothing(tmp_path: Path) -> None:
    path = probe(tmp_path, "cache/a")
    (before,) = discover(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (after,) = discover(tmp_path)
    assert before == after


def test_a_probe_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache" / "folder.py").mkdir(parents=True)
    with pytest.raises(BadInput, match=r"folder\.py: this is a folder"):
        discover(tmp_path)


def test_a_folder_without_probes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no probes here; .* cache/\*\.py or aot/\*\.py"):
        discover(tmp_path)
    with pytest.raises(BadInput, match="there is no such folder"):
        discover(tmp_path / "nowhere")
    for name in ("_near.py", "fact.py", "notes.txt"):
        (tmp_path / name).touch()
    told = f"no probes here; .*: move fact.py into {re.escape(str(tmp_path / 'cache'))}$"
    with pytest.raises(BadInput, match=told):
        discover(tmp_path)
    probe(tmp_path, "cache/self_lazy")
    with pytest.raises(BadInput, match=f"no probes here; name {re.escape(str(tmp_path))}, or"):
        discover(tmp_path / "cache")


def test_globs_choose_probes_and_keep_their_order(tmp_path: Path) -> None:
    for id_ in ("cache/self_lazy", "cache/plain", "aot/self_helper"):
        probe(tmp_path, id_)
    probes = discover(tmp_path)
    assert matching(probes, ()) == probes
    assert matching(probes, ["*"]) == probes
    chosen = matching(probes, ["aot/*", "cache/self*", "aot/self_helper"])
    assert [one.id for one in chosen] == ["cache/self_lazy", "aot/self_helper"]


def test_a_glob_that_matches_no_probe_is_refused_with_the_nearest(tmp_path: Path) -> None:
    probe(tmp_path, "cache/self_lazy")
    with pytest.raises(BadInput, match="did you mean 'cache/self_lazy'"):
        matching(discover(tmp_path), ["cache/self_lasy"])


def test_any_change_to_the_in_cell_runner_is_seen(tmp_path: Path) -> None:
    copy = tmp_path / "_cell"
    shutil.copytree(PROBES / "_cell", copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert runner_digest(tmp_path) == runner_digest(PROBES)
    phase = copy / "phase.py"
    phase.write_text(phase.read_text() + "# a comment\n")
    changed = runner_digest(tmp_path)
    phase.rename(copy / "phases.py")
    assert len({runner_digest(PROBES), changed, runner_digest(tmp_path)}) == 3


def test_what_only_races_run_is_of_races_alone(tmp_path: Path) -> None:
    copy = tmp_path / "_cell"
    shutil.copytree(PROBES / "_cell", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "orders.py").write_text("")
    changed = runner_digest(tmp_path)
    for name, differs in (("cache/p", False), ("change/p", False), ("race/p", True)):
        one = Probe(name, name.partition("/")[0], Path(), "")
        assert (runner_of(one.id, changed) != runner_of(one.id, runner_digest(PROBES))) == differs
    used = {
        (path.name, f"{word}.py")
        for path in (PROBES / "_cell").glob("*.py")
        if path.name not in (*NOT_RUNNER, *RACING)
        for word in re.findall(r"^(?:import|from) (\w+)", path.read_text(), re.MULTILINE)
        if f"{word}.py" in RACING
    }
    assert used == {("phase.py", "turns.py")}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no file can be called so")
@pytest.mark.parametrize("name", [b"caf\xe9.py", b"a\n::error::.py"])
def test_a_probe_whose_name_cannot_be_written_everywhere_is_refused(
    tmp_path: Path, name: bytes
) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / os.fsdecode(name)).touch()
    with pytest.raises(BadInput, match="rename the file") as refused:
        discover(tmp_path)
    assert str(refused.value).isprintable()


def test_a_probe_under_a_patch_is_meant_by_a_glob_with_an_at_sign_only(tmp_path: Path) -> None:
    probe(tmp_path, "cache/a")
    patch = probe(tmp_path, "mine")
    (plain,) = discover(tmp_path)
    both = (plain, plain.under(patch))
    assert [p.id for p in matching(both, ())] == ["cache/a", "cache/a@mine"]
    assert [p.id for p in matching(both, ["cache/*"])] == ["cache/a"]
    assert [p.id for p in matching(both, ["*@*"])] == ["cache/a@mine"]
    assert plain.sha256 != plain.under(patch).sha256


def test_a_module_beside_a_probe_is_of_it_where_the_probe_speaks_of_it(tmp_path: Path) -> None:
    probe(tmp_path, "change/a", "from _b import f\n")
    probe(tmp_path, "change/alone")
    for name, text in (("_b", "from _c import f\n"), ("_c", "f = 1\n"), ("_d", "")):
        probe(tmp_path, f"change/{name}", text)
    first, alone = discover(tmp_path)
    assert list(first.beside) == ["_b.py", "_c.py"]
    assert alone.beside == {}
    probe(tmp_path, "change/_c", "f = 2\n")
    now, still = discover(tmp_path)
    assert still == alone
    assert now.sha256 != first.sha256
    probe(tmp_path, "change/_d", "f = 2\n")
    assert discover(tmp_path) == (now, still)
