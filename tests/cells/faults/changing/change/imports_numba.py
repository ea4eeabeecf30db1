"""The change asks for Numba, which is not there."""

from numba import njit


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    import numba

    return {"NUMBA_OPT": str(numba.config.OPT)}
