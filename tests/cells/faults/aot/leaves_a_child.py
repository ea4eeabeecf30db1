"""Leaves a child running in every process that calls it."""
import subprocess

from numba.pycc import CC

cc = CC("built_module")


@cc.export("double", "int64(int64)")
def double(n):
    return 2 * n


def run(module):
    print(subprocess.Popen(["sleep", "3600"], start_new_session=True).pid, flush=True)
    return module.double(2)
