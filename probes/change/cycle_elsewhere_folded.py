"""Workaround for a cycle over two files: one function in one of them, told by a flag."""

from pathlib import Path

from _folded import climb


def run():
    return [climb(4, False), climb(4, True)]


def change():
    other = Path("_folded.py")
    other.write_text(other.read_text().replace("(1 if", "(10 if"))
