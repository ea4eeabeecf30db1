"""Selectors that name releases, whatever the Python: seed, minors, a version, a line, a specifier.

In: a word, the releases there are. Out: those it names, or None where it is no such word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ..releases import Release

# The two releases the claims were first made about; every selection that spans releases has them.
ANCHORS = ("0.48.0", "0.57.0")


def releases_of(word: str, releases: Sequence[Release]) -> list[Release] | None:
    """Return the releases that a word names, be there none; None for a word of another kind."""
    if word == "seed":
        return _seed(releases)
    if word == "minors":
        return _minors(releases)
    specifier = specifier_of(word)
    if specifier is None:
        return None
    return [r for r in releases if specifier.contains(r.version, prereleases=True)]


def _seed(releases: Sequence[Release]) -> list[Release]:
    stable = [release for release in releases if not release.is_prerelease]
    return [r for r in releases if r.version in ANCHORS or r in stable[-1:]]


def _minors(releases: Sequence[Release]) -> list[Release]:
    # A candidate newer than the last patch of its line comes beside it, not in its stead.
    stable = [release for release in releases if not release.is_prerelease]
    last = {release.minor: release.version for release in stable}
    newest = {release.minor: release.version for release in releases}
    wanted = {*ANCHORS, *last.values(), *newest.values()}
    return [release for release in releases if release.version in wanted]


def specifier_of(word: str) -> SpecifierSet | None:
    """Return what a version, a release line or a specifier spells, or None for another word."""
    text = word
    if re.fullmatch(r"\d+\.\d+", word):
        text = f"=={word}.*"
    elif re.match(r"\d", word):
        text = f"=={word}"
    try:
        return SpecifierSet(text) or None  # to a specifier, nothing means everything
    except InvalidSpecifier:
        return None
