"""The field of a jitclass in another file becomes narrower."""

from pathlib import Path

from _jitclass import Pair
from numba import njit

TRUTH = "compiled"


@njit(cache=True)
def first(a, b):
    return Pair(a, b).first


def run():
    return first(2**40 + 1, 2)


def change():
    jitclass = Path("_jitclass.py")
    jitclass.write_text(jitclass.read_text().replace('("first", int64)', '("first", int32)'))
