"""Its exported function sleeps on, and takes its children with it."""
import subprocess
import time

from numba.pycc import CC

cc = CC("built_module")


@cc.export("double", "int64(int64)")
def double(n):
    return 2 * n


def run(module):
    print(subprocess.Popen(["sleep", "3600"]).pid, flush=True)
    time.sleep(3600)
    return module.double(2)
