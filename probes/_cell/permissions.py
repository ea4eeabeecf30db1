"""Root obeys no permissions, and what a probe forbids is to be forbidden whoever runs it.

In: a process of root's, on Linux. Out: one that may read and write what its owner is allowed to. What
a probe forbade is allowed again once it is done, so that its folder can be removed.
"""

import contextlib
import ctypes
import os
import stat
import sys

VERSION_3 = 0x20080522
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2


class Header(ctypes.Structure):
    """Whose capabilities; what follows is as `capset(2)` has it."""

    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class Capabilities(ctypes.Structure):
    """Half of them, as bits."""

    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def obey():
    """Give up passing over permissions; raises OSError when that is not granted."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, halves = Header(VERSION_3, 0), (Capabilities * 2)()
    if libc.capget(ctypes.byref(header), halves):
        raise OSError(ctypes.get_errno(), "capget")
    halves[0].effective &= ~(1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH)
    if libc.capset(ctypes.byref(header), halves):
        raise OSError(ctypes.get_errno(), "capset")


def allow_again(folder):
    """Let everything in this folder be read, written and removed by its owner."""
    for where, folders, _ in os.walk(folder):
        for path in [where] + [os.path.join(where, name) for name in folders]:
            with contextlib.suppress(OSError):  # it is a link to nowhere, or not ours
                os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) | stat.S_IRWXU)
