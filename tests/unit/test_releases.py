"""What releases.toml may hold, what is refused, and how a release is added."""

from __future__ import annotations

import datetime as dt
import platform
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from matrix.errors import BadInput, NothingToRun
from matrix.select import releases
from matrix.select.releases import Platform, Release

COMMITTED = Path(releases.__file__).parents[1] / "data" / "releases.toml"

ENTRY = """\
[[release]]
version = "0.57.0"
uploaded = 2023-05-02
wheels.linux-x86_64 = ["3.8", "3.11"]
"""

pythons = st.lists(st.integers(6, 20), min_size=1, unique=True).map(
    lambda minors: tuple(f"3.{minor}" for minor in sorted(minors))
)
some_release = st.builds(
    Release,
    version=st.tuples(st.integers(0, 2), st.integers(0, 120), st.integers(0, 9)).map(
        lambda parts: ".".join(map(str, parts))
    ),
    uploaded=st.dates(dt.date(2020, 1, 1)),
    wheels=st.dictionaries(st.sampled_from(Platform), pythons, min_size=1),
    lock_until=st.none() | st.dates(dt.date(2020, 1, 1)),
    lock_because=st.none() | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20),
)


def test_the_committed_releases_begin_with_0_48_0_and_come_oldest_first() -> None:
    found = releases.load(COMMITTED)
    versions = [Version(release.version) for release in found]
    assert found[0].version == "0.48.0"
    assert versions == sorted(set(versions))
    assert len(found) >= 40


def test_the_committed_releases_hold_the_pairs_counted_by_hand() -> None:
    known = [r for r in releases.load(COMMITTED) if Version(r.version) <= Version("0.68.1")]
    pairs = [(r.version, py) for r in known for py in r.pythons("linux-x86_64")]
    assert len(pairs) == 160
    assert ("0.52.0", "3.9") not in pairs
    assert ("0.54.0", "3.6") not in pairs
    assert ("0.63.0", "3.14") in pairs


def test_the_committed_file_is_just_the_header_and_its_entries() -> None:
    found = releases.load(COMMITTED)
    parts = [releases.HEADER, *(releases.entry(release) for release in found)]
    assert COMMITTED.read_text(encoding="utf-8") == "\n".join(parts)


def test_a_release_answers_what_the_selectors_ask() -> None:
    (release,) = releases.parse(tomllib.loads(ENTRY), Path("releases.toml"))
    assert release.minor == "0.57"
    assert not release.is_prerelease
    assert release.pythons("linux-x86_64") == ("3.8", "3.11")
    assert release.pythons("macos-arm64") == ()
    assert {release: "found"}[release] == "found"


def test_a_file_in_any_order_gives_the_oldest_first() -> None:
    text = ENTRY.replace("0.57", "0.100") + ENTRY + ENTRY.replace("0.57", "0.9")
    found = releases.parse(tomllib.loads(text), Path("releases.toml"))
    assert [release.version for release in found] == ["0.9.0", "0.57.0", "0.100.0"]


def test_a_candidate_is_known_by_its_version() -> None:
    (release,) = releases.parse(
        tomllib.loads(ENTRY.replace("0.57.0", "0.57.0rc1")), Path("releases.toml")
    )
    assert release.is_prerelease
    assert release.minor == "0.57"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY.replace("uploaded", "uploded"), "did you mean 'uploaded'"),
        (ENTRY.replace("linux-x86_64", "linux-x86"), "did you mean 'linux-x86_64'"),
        (ENTRY.replace('"3.11"', '"3.x"'), "wheels"),
        (ENTRY.replace("2023-05-02", '"yesterday"'), "uploaded"),
        (ENTRY.replace("0.57.0", "newest"), "a version like"),
        (ENTRY.replace("[[release]]", "[[relaese]]"), "did you mean 'release'"),
        (ENTRY.replace("[[release]]", "[release]"), "double brackets"),
        ("release = [3]", "entry 1"),
        (ENTRY + ENTRY, "there twice"),
        (ENTRY + ENTRY.replace("0.57.0", "0.57"), "there twice"),
        (ENTRY + "version = 3", "not TOML: Cannot overwrite a value"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_the_word_it_meant(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "releases.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"releases\.toml") as caught:
        releases.load(path)
    assert said in str(caught.value)


def test_a_bad_entry_is_named_by_number_and_version() -> None:
    bad = ENTRY.replace("0.57.0", "0.58.0").replace("uploaded", "up")
    with pytest.raises(BadInput, match=r"entry 2 \(version '0\.58\.0'\)"):
        releases.parse(tomllib.loads(f"{ENTRY}\n{bad}"), Path("releases.toml"))


def test_a_missing_file_names_the_session_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nox -s lock"):
        releases.load(tmp_path / "releases.toml")


@settings(max_examples=50)
@given(some_release)
def test_an_entry_read_back_is_the_release_it_was(release: Release) -> None:
    assert releases.parse(tomllib.loads(releases.entry(release)), Path("x")) == (release,)


@settings(max_examples=30)
@given(st.lists(some_release, max_size=6, unique_by=lambda release: release.version))
def test_releases_added_in_any_order_stand_oldest_first(found: list[Release]) -> None:
    text = ""
    for release in found:
        text = releases.inserted(text, release)
    ordered = sorted(found, key=lambda release: Version(release.version))
    parts = [releases.HEADER, *(releases.entry(release) for release in ordered)]
    assert text == ("\n".join(parts) if found else "")


def test_an_added_release_leaves_every_other_byte_alone() -> None:
    old = f"# By hand.\n\n{ENTRY}lock-until = 2023-06-01 # odd\n\n{ENTRY.replace('0.57', '0.59')}"
    (new,) = releases.parse(tomllib.loads(ENTRY.replace("0.57", "0.58")), Path("x"))
    text = releases.inserted(old, new)
    assert text.replace(f"{releases.entry(new)}\n", "") == old
    versions = [release.version for release in releases.parse(tomllib.loads(text), Path("x"))]
    assert versions == ["0.57.0", "0.58.0", "0.59.0"]


@pytest.mark.parametrize(
    ("filename", "pairs"),
    [
        ("numba-0.48.0-cp36-cp36m-manylinux1_x86_64.whl", {("linux-x86_64", "3.6")}),
        ("numba-0.48.0-cp36-cp36m-manylinux1_i686.whl", set()),
        ("numba-0.54.0-cp38-cp38-win32.whl", set()),
        (
            "numba-0.57.0-cp311-cp311-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
            {("linux-aarch64", "3.11")},
        ),
        ("numba-0.61.0-cp313-cp313-macosx_11_0_arm64.whl", {("macos-arm64", "3.13")}),
        ("numba-0.61.0-cp313-cp313-win_amd64.whl", {("windows-x86_64", "3.13")}),
        ("numba-0.61.0-cp313-cp313-win_arm64.whl", set()),
        ("numba-0.65.0-cp314-cp314t-manylinux_2_27_x86_64.whl", set()),
        ("numba-0.65.0-pp39-pypy39_pp73-manylinux_2_27_x86_64.whl", set()),
        (
            "numba-0.65.0-cp314-cp314-macosx_10_15_universal2.whl",
            {("macos-x86_64", "3.14"), ("macos-arm64", "3.14")},
        ),
        ("no wheel at all", set()),
    ],
)
def test_a_wheel_name_says_its_platform_and_python(
    filename: str, pairs: set[tuple[str, str]]
) -> None:
    assert releases.pairs_of(filename) == pairs


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "linux-x86_64"),
        ("linux", "aarch64", "linux-aarch64"),
        ("darwin", "arm64", "macos-arm64"),
        ("darwin", "x86_64", "macos-x86_64"),
        ("win32", "AMD64", "windows-x86_64"),
    ],
)
def test_each_platform_is_recognised(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, name: str
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert releases.platform_here() == name


def test_a_platform_without_wheels_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(NothingToRun, match="linux-riscv64"):
        releases.platform_here()
