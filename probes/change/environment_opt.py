"""`NUMBA_OPT=0` is set for the next process; the function tells what it was compiled with."""

from numba import njit
from numba.extending import overload

try:
    from numba.core import config
except ImportError:  # before Numba 0.49
    from numba import config


def level():
    return int(config.OPT)


@overload(level)
def level_in_numba():
    now = int(config.OPT)
    return lambda: now


@njit(cache=True)
def compiled_with():
    return level()


def run():
    return compiled_with()


def change():
    return {"NUMBA_OPT": "0"}
