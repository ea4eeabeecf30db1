"""An exported generator, the only function of its module: AOT code has no wrapper for one.

https://github.com/numba/numba/issues/7668
"""

from numba.pycc import CC

cc = CC("built")


@cc.export("countdown", "(int64,)")
def countdown(n):
    while n > 0:
        yield n
        n -= 1


def run(module):
    return list(module.countdown(5))
