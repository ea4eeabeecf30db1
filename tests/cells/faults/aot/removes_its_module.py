"""The extension module is gone before anybody loads it."""
import atexit
import glob
import os

from numba.pycc import CC

cc = CC("built_module")
HERE = os.path.dirname(os.path.abspath(__file__))


@atexit.register
def remove():
    for built in glob.glob(os.path.join(HERE, "built", "built_module*")):
        os.unlink(built)


@cc.export("double", "int64(int64)")
def double(n):
    return 2 * n


def run(module):
    return module.double(2)
