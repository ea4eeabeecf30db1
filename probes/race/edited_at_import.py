"""A source file is replaced while a process imports it: it has read the old code, and stamps it as the new."""

import os

EDITED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_deployed.py")


def run():
    from _deployed import price

    return price(1)


def other():
    with open(EDITED) as file:
        source = file.read()
    with open(EDITED + ".tmp", "w") as file:
        file.write(source.replace("x + 1\n", "x + 100\n"))
    os.replace(EDITED + ".tmp", EDITED)
