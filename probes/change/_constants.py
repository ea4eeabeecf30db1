"""What the functions of other files are compiled with."""

import enum

STEP = 1


class Colour(enum.IntEnum):
    RED = 1
    BLUE = 2
