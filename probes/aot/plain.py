"""No recursion, built ahead of time: the baseline that every AOT probe is held against."""

from numba.pycc import CC

cc = CC("built")


@cc.export("area", "int64(int64, int64)")
def area(width, height):
    return width * height


def run(module):
    return module.area(6, 7)
