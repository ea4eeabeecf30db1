"""The file and its cache are copied, and the copies have the time of the copying, as in a container."""

import os
import shutil
import sys

TRUTH = "same"

if os.path.exists("copy"):
    sys.path.insert(0, "copy")

from _program import add


def run():
    return add(1)


def change():
    os.mkdir("copy")
    shutil.copyfile("_program.py", "copy/_program.py")
    shutil.copytree("__pycache__", "copy/__pycache__")
