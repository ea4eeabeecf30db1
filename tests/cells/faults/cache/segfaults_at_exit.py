"""Answers, and reads address 0 while it leaves."""
import atexit
import ctypes


def run():
    atexit.register(ctypes.string_at, 0)
    return 1
