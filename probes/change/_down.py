"""One function of a cycle over two files, each of which needs the other."""

from numba import njit


@njit(cache=True)
def down(n):
    return 0 if n == 0 else 2 + up(n - 1)


from _up import up  # whose file begins by importing `down`
