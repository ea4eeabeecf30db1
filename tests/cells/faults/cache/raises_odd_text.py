"""The message holds a lone surrogate, as the name of a file may."""


def run():
    raise ValueError("no such file: \udcff")
