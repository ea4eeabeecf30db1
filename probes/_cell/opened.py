"""Files and folders that are open in a process at the gate.

In: a gate, and what was opened. Out: what behaves like it, held before each thing that is done.
"""

import io
import os


class Entries:
    """What `os.scandir` gives, by name."""

    def __init__(self, found):
        with found:
            self.left = iter(sorted(found, key=lambda entry: entry.name))

    def __iter__(self):
        return self.left

    def __next__(self):
        return next(self.left)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.left = iter(())


def flags_of(mode):
    """Return what `open` opens a file of this mode with."""
    for_kind = {"w": os.O_TRUNC, "a": os.O_APPEND, "x": os.O_EXCL}
    flags = [flag | os.O_CREAT | os.O_WRONLY for kind, flag in for_kind.items() if kind in mode]
    flags = flags[0] if flags else os.O_RDONLY
    if "+" in mode:
        flags = flags & ~os.O_WRONLY | os.O_RDWR
    return flags | os.O_CLOEXEC


class HeldFile(io.FileIO):
    """A file of the folder: the process is held before each read and write as well.

    By a descriptor it is one if `os.open` opened it there, and then it is counted already.
    """

    def __init__(self, gate, path, mode):
        super().__init__(path, mode.replace("b", "").replace("t", ""))
        self.gate, self.held = gate, path in gate.low or not isinstance(path, int)
        gate.files += path not in gate.low and self.held
        gate.low.discard(path)
        if self.held:
            gate.high[self.fileno()] = self.writable()

    def hold(self, kind):
        if self.held:
            self.gate.hold(kind, os.fstat(self.fileno()).st_ino)

    def readinto(self, buffer):
        self.hold("read")
        return super().readinto(buffer)

    def readall(self):
        self.hold("read")
        return super().readall()

    def write(self, data):
        self.hold("write")
        return super().write(data)

    def truncate(self, size=None):
        self.hold("write")
        return super().truncate(size)

    def close(self):
        if not self.closed and self.held:
            self.held = False
            self.gate.high.pop(self.fileno(), None)
            self.gate.let_go_of(self.fileno())
        super().close()
