"""The file of the function is moved to another folder, and its cache with it."""

import os
import sys

TRUTH = "same"

if os.path.exists("moved"):
    sys.path.insert(0, "moved")

from _program import add


def run():
    return add(1)


def change():
    os.mkdir("moved")
    os.rename("_program.py", "moved/_program.py")
    os.rename("__pycache__", "moved/__pycache__")
