"""New releases come in whole, old ones stay as they are, and every lock here is a good one."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from matrix.errors import Unreachable
from matrix.select import lock, releases

MATRIX = Path(lock.__file__).parents[1] / "data"


class Index(msgspec.Struct):
    """A package index on this machine: its pages, wheels' metadata, and what it was asked for."""

    url: str
    files: dict[str, list[dict[str, object]]]
    metadata: dict[str, str]
    asked: list[str]

    def offer(self, filename: str, day: str, *requires: str, **more: object) -> None:
        """Add the wheel `filename`, uploaded on `day`, that needs `requires`."""
        name, version = filename.split("-")[:2]
        needs = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        header = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        self.metadata[f"{filename}.metadata"] = header + needs
        # A resolver reads the metadata only, so there is no wheel and any digest will do.
        entry = {
            "filename": filename,
            "url": f"{self.url}/files/{filename}",
            "hashes": {"sha256": f"{len(self.metadata):064x}"},
            "upload-time": f"{day}T12:00:00Z",
            "core-metadata": True,
        }
        self.files.setdefault(name, []).append({**entry, **more})


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Serve an index that holds NumPy, llvmlite and setuptools of several days, and no Numba."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            name = self.path.strip("/").split("/")[-1]
            page = {"meta": {"api-version": "1.1"}, "name": name, "files": found.files.get(name)}
            self.send_response(200 if name in found.files or name in found.metadata else 404)
            if name in found.files:
                self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
            self.end_headers()
            self.wfile.write((found.metadata.get(name) or json.dumps(page)).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Index(f"http://127.0.0.1:{server.server_port}", {}, {}, [])
    for name in ("UV_INDEX_URL", "PIP_INDEX_URL", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{found.url}/simple/")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, version, day in (
        ("numpy", "1.18.1", "2020-01-06"),
        ("numpy", "1.19.5", "2021-01-05"),
        ("llvmlite", "0.31.0", "2020-01-20"),
        ("setuptools", "45.1.0", "2020-01-17"),
    ):
        found.offer(f"{name}-{version}-py3-none-any.whl", day)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def numba(version: str, python: str = "38") -> str:
    """Return the name of a Linux wheel of Numba `version`."""
    return f"numba-{version}-cp{python}-cp{python}-manylinux1_x86_64.whl"


def update(directory: Path, *, pre: bool = False) -> list[str]:
    """Update `directory`, discarding the reports."""
    return lock.update(directory, pre=pre, report=lambda _: None)


def contents(directory: Path) -> dict[str, bytes]:
    """Return every file below `directory`."""
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return the folder that is to hold releases.toml and locks/."""
    (tmp_path / "matrix").mkdir()
    return tmp_path / "matrix"


def test_a_release_is_locked_with_what_there_was_in_its_day(index: Index, directory: Path) -> None:
    index.offer(numba("0.48.0", "37"), "2020-01-29", "numpy", "llvmlite")
    index.offer(numba("0.48.0"), "2020-01-30", "numpy", "llvmlite")
    index.offer(numba("0.47.0"), "2019-12-01")
    told: list[str] = []
    assert lock.update(directory, pre=False, report=told.append) == ["0.48.0"]
    (release,) = releases.load(directory / "releases.toml")
    assert str(release.uploaded) == "2020-01-29"
    assert release.pythons("linux-x86_64") == ("3.7", "3.8")
    text = releases.lock_path(directory / "locks", "0.48.0").read_text()
    assert all(hashes for _, hashes in entries(text))
    assert "://" not in text
    assert pinned(text, "3.8") == {
        "numba": "0.48.0",
        "numpy": "1.18.1",
        "llvmlite": "0.31.0",
        "setuptools": "45.1.0",
    }
    assert told == ["0.48.0: locked for 3.7, 3.8"]


def test_a_second_update_changes_no_byte(index: Index, directory: Path) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", "numpy")
    update(directory)
    (directory / "releases.toml").write_text(
        (directory / "releases.toml").read_text() + "# By hand.\n"
    )
    before = contents(directory)
    assert update(directory) == []
    assert contents(directory) == before


def test_a_new_release_leaves_the_old_ones_as_they_were(index: Index, directory: Path) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", "numpy")
    update(directory)
    before = contents(directory)
    # Even a change of what an old release needs must not reach its lock.
    index.offer("numpy-1.18.2-py3-none-any.whl", "2020-01-20")
    index.offer(numba("0.49.0"), "2020-04-17", "numpy")
    assert update(directory) == ["0.49.0"]
    after = contents(directory)
    assert after["locks/numba-0.48.0.txt"] == before["locks/numba-0.48.0.txt"]
    assert after["releases.toml"].startswith(before["releases.toml"])


def test_a_lock_that_is_missing_is_made_again_and_is_the_same(
    index: Index, directory: Path
) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", "numpy")
    update(directory)
    before = contents(directory)
    releases.lock_path(directory / "locks", "0.48.0").unlink()
    assert update(directory) == []
    assert contents(directory) == before


def test_an_entry_can_say_how_far_its_lock_may_look_and_why(index: Index, directory: Path) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", "numpy")
    update(directory)
    file = directory / "releases.toml"
    file.write_text(f'{file.read_text()}lock-until = 2021-02-01\nlock-because = "late NumPy"\n')
    releases.lock_path(directory / "locks", "0.48.0").unlink()
    update(directory)
    text = releases.lock_path(directory / "locks", "0.48.0").read_text()
    assert pinned(text, "3.8")["numpy"] == "1.19.5"
    assert "2021-02-01 (late NumPy)" in text.splitlines()[0]


def test_a_wheel_that_came_after_the_lock_does_not_count(index: Index, directory: Path) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", "numpy")
    index.offer(numba("0.48.0", "39"), "2020-06-30", "numpy")
    update(directory)
    assert releases.load(directory / "releases.toml")[0].all_pythons == ("3.8",)


def test_a_check_names_what_is_missing_and_asks_for_one_page_only(
    index: Index, directory: Path
) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", "numpy")
    assert lock.check(directory, pre=False) == ["0.48.0"]
    assert index.asked == ["/simple/numba/"]
    assert contents(directory) == {}
    update(directory)
    assert lock.check(directory, pre=False) == []


def test_a_candidate_is_taken_on_request_with_its_own_llvmlite(
    index: Index, directory: Path
) -> None:
    index.offer(numba("0.49.0rc1"), "2020-04-10")
    index.offer(numba("0.49.0"), "2020-04-15")
    index.offer(numba("0.50.0rc1"), "2020-04-17", "numpy", "llvmlite>=0.32.0.dev0,<0.33")
    index.offer("llvmlite-0.32.0rc1-py3-none-any.whl", "2020-04-15")
    index.offer("numpy-1.20.0rc1-py3-none-any.whl", "2020-04-15")
    assert update(directory) == ["0.49.0"]
    assert update(directory, pre=True) == ["0.50.0rc1"]
    pins = pinned(releases.lock_path(directory / "locks", "0.50.0rc1").read_text(), "3.8")
    assert pins["llvmlite"] == "0.32.0rc1"
    assert pins["numpy"] == "1.18.1"


def test_a_yanked_release_does_not_count(index: Index, directory: Path) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", yanked="broken")
    assert lock.check(directory, pre=False) == []


def test_a_release_without_a_solution_is_told_in_uvs_words_and_the_others_are_kept(
    index: Index, directory: Path
) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", "numpy>=99")
    index.offer(numba("0.49.0"), "2020-04-17", "numpy")
    with pytest.raises(Unreachable, match=r"0\.48\.0 as of 2020-02-01") as caught:
        update(directory)
    assert "numpy>=99" in str(caught.value)
    assert [one.version for one in releases.load(directory / "releases.toml")] == ["0.49.0"]
    assert sorted(contents(directory)) == ["locks/numba-0.49.0.txt", "releases.toml"]
    assert lock.check(directory, pre=False) == ["0.48.0"]


def test_settings_for_uv_that_change_a_lock_are_left_aside(
    index: Index, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.offer(numba("0.48.0"), "2020-01-29", "numpy")
    (directory.parent / "constraint.txt").write_text("numpy<1")
    monkeypatch.setenv("UV_CONSTRAINT", str(directory.parent / "constraint.txt"))
    monkeypatch.setenv("UV_EXCLUDE_NEWER", "2019-01-01")
    assert update(directory) == ["0.48.0"]


def test_an_index_that_does_not_answer_is_said(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # Nothing listens on the discard port.
    monkeypatch.setenv("UV_DEFAULT_INDEX", "inner=http://127.0.0.1:9/simple/")
    with pytest.raises(Unreachable, match="did not answer"):
        update(directory)
    assert contents(directory) == {}


def test_an_index_without_numba_is_said_to_have_none_and_keeps_its_password(
    index: Index, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{index.url}/simple/".replace("//", "//me:secret@", 1))
    with pytest.raises(Unreachable, match="numba") as caught:
        lock.check(directory, pre=False)
    assert "secret" not in str(caught.value)
    assert index.asked == ["/simple/numba/"]


def test_an_index_set_for_pip_alone_is_the_one_uv_is_given(
    index: Index, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{index.url}/simple/")
    index.offer(numba("0.48.0"), "2020-01-29", "numpy")
    assert update(directory) == ["0.48.0"]
    assert "/simple/setuptools/" in index.asked


def test_an_index_without_upload_days_is_refused(index: Index, directory: Path) -> None:
    index.offer(numba("0.48.0"), "2020-01-29")
    del index.files["numba"][0]["upload-time"]
    with pytest.raises(Unreachable, match=r"when numba-0\.48\.0"):
        lock.check(directory, pre=False)


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, None),
        ({"PIP_INDEX_URL": "pip"}, "pip"),
        ({"PIP_INDEX_URL": "pip", "UV_INDEX_URL": "uv"}, "uv"),
        ({"UV_INDEX_URL": "uv", "UV_DEFAULT_INDEX": "name=default"}, "default"),
        ({"UV_DEFAULT_INDEX": "a://b/?c=d"}, "a://b/?c=d"),
        ({"UV_DEFAULT_INDEX": "", "PIP_INDEX_URL": "pip"}, "pip"),
    ],
)
def test_the_index_is_the_one_uv_or_pip_are_set_to(
    environment: dict[str, str], url: str | None
) -> None:
    assert lock.index_url(environment) == url


def entries(text: str) -> list[tuple[Requirement, list[str]]]:
    """Return the requirements of the lock `text`, each with its hashes."""
    joined = text.replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    split = [line.split(" --hash=") for line in lines]
    return [(Requirement(first.strip()), hashes) for first, *hashes in split]


def pinned(text: str, python: str, system: str = "linux") -> dict[str, str]:
    """Return the versions that the lock `text` gives to CPython `python` on `system`."""
    here = {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": system}
    pins: dict[str, str] = {}
    for requirement, _ in entries(text):
        if requirement.marker is None or requirement.marker.evaluate(here):
            assert requirement.name not in pins, f"{requirement.name} twice for {python}"
            pins[requirement.name] = str(requirement.specifier).removeprefix("==")
    return pins


def committed() -> list[releases.Release]:
    """Return the releases of this checkout."""
    return list(releases.load(MATRIX / "releases.toml"))


def test_there_is_a_lock_for_each_release_and_no_other() -> None:
    found = {path.name for path in (MATRIX / "locks").iterdir()}
    assert found == {
        releases.lock_path(MATRIX / "locks", release.version).name for release in committed()
    }


@pytest.mark.parametrize("release", committed(), ids=lambda release: release.version)
def test_a_committed_lock_has_hashes_and_pins_for_each_python_and_no_address(
    release: releases.Release,
) -> None:
    text = releases.lock_path(MATRIX / "locks", release.version).read_text(encoding="utf-8")
    assert "://" not in text
    for requirement, hashes in entries(text):
        assert str(requirement.specifier).startswith("=="), requirement
        assert hashes, requirement
        assert all(len(each.strip().removeprefix("sha256:")) == 64 for each in hashes)
    for python in release.all_pythons:
        for system in ("linux", "darwin", "win32"):
            pins = pinned(text, python, system)
            assert pins["numba"] == release.version
            assert {"numpy", "llvmlite", "setuptools"} <= set(pins)


def test_the_lock_of_0_48_0_travels_back_to_its_day() -> None:
    pins = pinned(releases.lock_path(MATRIX / "locks", "0.48.0").read_text(encoding="utf-8"), "3.8")
    assert pins["numpy"] == "1.18.1"
    assert pins["setuptools"] == "45.1.0"
    assert Version(pins["llvmlite"]) < Version("0.32")
