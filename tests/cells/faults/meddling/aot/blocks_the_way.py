"""Puts a folder where the runner wants to make one."""

import os
import tempfile

from numba.pycc import CC

os.makedirs(os.path.join(tempfile.gettempdir(), "waker", "built"), exist_ok=True)

cc = CC("built")


@cc.export("double", "int64(int64)")
def double(n):
    return 2 * n


def run(module):
    return module.double(21)
