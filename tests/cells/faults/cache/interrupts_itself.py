"""Raises what Ctrl-C raises."""


def run():
    raise KeyboardInterrupt
