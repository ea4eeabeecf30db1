"""What calls on behalf of the functions of other files."""

from _callee import step
from numba import njit


@njit
def twice():
    return 2 * step()
