"""As `killed_after_edit`, but the cache was cleared when the source was edited."""

import os

KILLED = True
HERE = os.path.dirname(os.path.abspath(__file__))
EDITED = os.path.join(HERE, "_deployed.py")
CACHE = os.path.join(HERE, "__pycache__")


def before():
    run()
    with open(EDITED) as file:
        source = file.read()
    with open(EDITED, "w") as file:
        file.write(source.replace("x + 1\n", "x + 100\n"))
    for name in os.listdir(CACHE) if os.path.isdir(CACHE) else []:
        os.unlink(os.path.join(CACHE, name))


def run():
    from _deployed import price

    return price(1)


def other():
    return run()
