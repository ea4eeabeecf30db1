"""A method of a jitclass in another file is edited."""

from pathlib import Path

from _jitclass import Pair
from numba import njit


@njit(cache=True)
def first(a, b):
    return Pair(a, b).first


def run():
    return first(1, 2)


def change():
    jitclass = Path("_jitclass.py")
    jitclass.write_text(jitclass.read_text().replace("self.first = first", "self.first = second"))
