"""The file is moved, with its cache, to a folder with a blank and an umlaut in its name."""

import os
import sys

TRUTH = "same"

if os.path.exists("another f\u00f6lder"):
    sys.path.insert(0, "another f\u00f6lder")

from _program import add


def run():
    return add(1)


def change():
    os.mkdir("another f\u00f6lder")
    os.rename("_program.py", "another f\u00f6lder/_program.py")
    os.rename("__pycache__", "another f\u00f6lder/__pycache__")
