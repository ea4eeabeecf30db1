"""The file and its cache are copied, and the copies keep their times."""

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
    shutil.copy2("_program.py", "copy/_program.py")
    shutil.copytree("__pycache__", "copy/__pycache__")
