"""`NUMBA_DEBUGINFO=1` is set for the next process; the function tells what it was compiled with."""

from numba import njit
from numba.extending import overload

try:
    from numba.core import config
except ImportError:  # before Numba 0.49
    from numba import config


def debuginfo():
    return int(config.DEBUGINFO_DEFAULT)


@overload(debuginfo)
def debuginfo_in_numba():
    now = int(config.DEBUGINFO_DEFAULT)
    return lambda: now


@njit(cache=True)
def compiled_with():
    return debuginfo()


def run():
    return compiled_with()


def change():
    return {"NUMBA_DEBUGINFO": "1"}
