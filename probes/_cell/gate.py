"""The gate of a race: a process is held before each thing it does to a folder, until it is told to.

In: a channel (a socket) to whoever tries the orders, and a folder. Out: on the channel, what the
process is about to do, and in the end what it gave. Held, it can fork a copy of itself, held at the
same point, so that what came before need not be done again for every order.
"""

import builtins
import functools
import importlib.machinery
import io
import json
import os
import signal
import socket
import sys

FD = 4  # bytes


def send(channel, fd=None, **message):
    """Send one message, and a file descriptor with it."""
    line = json.dumps(message).encode() + b"\n"
    rights = []
    if fd is not None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fd.to_bytes(FD, sys.byteorder))]
    sent = channel.sendmsg([line], rights)
    if sent < len(line):
        channel.sendall(line[sent:])


def receive(channel):
    """Return the next message, with its file descriptor as `fd`; {} when nobody is there any more.

    There is only ever one under way: each is an answer to the other side's.
    """
    line, fd = b"", None
    while not line.endswith(b"\n"):
        block, ancillary, _, _ = channel.recvmsg(65536, socket.CMSG_SPACE(FD))
        for _, _, data in ancillary:
            fd = int.from_bytes(data[:FD], sys.byteorder)
        if not block:
            return {}
        line += block
    message = json.loads(line.decode())
    return message if fd is None else dict(message, fd=fd)


class Gate:
    """Holds this process before each operation on what lies below `folder`, once it is `shut`."""

    def __init__(self, channel, folder):
        self.channel = channel
        self.folder = os.path.join(os.path.realpath(folder), "")
        self.files = 0  # of the folder, open
        self.may_die = False
        self.passing = False  # an operation that may be carried out
        self.locks = set()  # files that this process has locked

    def shut(self):
        """Put what holds in the place of all that opens, moves or looks at files."""
        self.replace(open, self.opened, (builtins, io))
        self.replace(os.open, self.opened_low)
        for name in ("replace", "rename", "link", "unlink", "remove", "mkdir", "rmdir"):
            self.replace(getattr(os, name), self.holding(name, getattr(os, name)))
        for name in ("stat", "utime"):
            self.replace(getattr(os, name), self.holding(name, getattr(os, name)))
        # Asked again, a disk may name the same files in another order.
        for list_one, in_order in ((os.listdir, sorted), (os.scandir, Entries)):
            self.replace(list_one, self.holding("listdir", list_one, in_order))
        loader = importlib.machinery.SourceFileLoader
        loader.get_data = self.importing("read", loader.get_data)
        loader.path_stats = self.importing("stat", loader.path_stats)
        try:
            import fcntl
        except ImportError:
            pass
        else:
            fcntl.flock = self.locked
        if hasattr(sys, "addaudithook"):
            sys.addaudithook(self.see_that_it_is_held)

    def replace(self, original, held, modules=(os,)):
        """Put `held` wherever Numba, or one of these modules, has the original."""
        numbas = [module for name, module in sys.modules.items() if name.startswith("numba")]
        for module in list(modules) + numbas:
            for name, thing in list(getattr(module, "__dict__", {}).items()):
                if thing is original:
                    setattr(module, name, held)

    def below(self, path):
        """Return a path as it is below the folder, or None: it is elsewhere."""
        if isinstance(path, (int, bytes)) or path is None:
            return None
        path = os.path.abspath(os.fspath(path))
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        return path[len(self.folder) :] if path.startswith(self.folder) else None

    def hold(self, kind, *what):
        """Say what is about to be done, and wait until it may be."""
        self.state = {"at": [kind] + list(what), "files": self.files, "may_die": self.may_die}
        self.tell()

    def tell(self):
        send(self.channel, **self.state)
        while True:
            told = receive(self.channel)
            word = told.get("do")
            if word == "go":
                return
            if word == "fork":
                if os.fork():
                    os.close(told["fd"])
                else:
                    self.channel.close()
                    self.channel = socket.socket(fileno=told["fd"])
                    send(self.channel, pid=os.getpid())
            elif word == "wait":
                _, status = os.waitpid(told["pid"], 0)
                signalled = os.WIFSIGNALED(status)
                code = -os.WTERMSIG(status) if signalled else os.WEXITSTATUS(status)
                send(self.channel, code=code)
            else:  # `kill`, or nobody is there any more
                os.kill(os.getpid(), signal.SIGKILL)

    def pass_through(self, function, *args, **kwargs):
        before, self.passing = self.passing, True
        try:
            return function(*args, **kwargs)
        finally:
            self.passing = before

    def holding(self, name, original, told_as=lambda found: found):
        @functools.wraps(original)
        def held(*args, **kwargs):
            paths = [self.below(path) for path in args[: 2 if name in MOVING else 1]]
            if any(kwargs.get(word) is not None for word in ("dir_fd", "src_dir_fd")):
                paths = []
            paths = [path for path in paths if path is not None]
            if not paths or self.passing:
                return original(*args, **kwargs)
            self.hold(name, *paths)
            return told_as(self.pass_through(original, *args, **kwargs))

        return held

    def importing(self, kind, original):
        @functools.wraps(original)
        def held(loader, path):
            if self.below(path) is not None and path.endswith(".py"):
                self.hold(kind, self.below(path))
            return self.pass_through(original, loader, path)

        return held

    def opened_low(self, path, flags, *args, _original=os.open, **kwargs):
        below = self.below(path)
        if below is None or self.passing:
            return _original(path, flags, *args, **kwargs)
        # What is opened on a folder is a file without a name.
        named = not self.pass_through(os.path.isdir, path)
        writing = named and flags & (os.O_WRONLY | os.O_RDWR)
        self.hold("create" if writing else "open", below)
        return self.pass_through(_original, path, flags, *args, **kwargs)

    def opened(self, file, mode="r", buffering=-1, *args, _original=open, **kwargs):
        below = self.below(file)
        # What has an opener of its own opens by `os.open`.
        if below is None or self.passing or "opener" in kwargs:
            return _original(file, mode, buffering, *args, **kwargs)
        self.hold("create" if set(mode) & set("wax+") else "open", below)
        raw = self.pass_through(HeldFile, self, os.fspath(file), mode)
        kind = io.BufferedReader if mode.strip("bt") == "r" else io.BufferedWriter
        buffered = (io.BufferedRandom if "+" in mode else kind)(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *args, **kwargs)

    def locked(self, file, operation):
        """A lock that is kept at the gate: forked copies would share the system's."""
        import fcntl

        fd = file if isinstance(file, int) else file.fileno()
        self.lock(os.fstat(fd).st_ino, not operation & fcntl.LOCK_UN)

    def lock(self, inode, taken):
        self.hold("lock" if taken else "unlock", inode)
        (self.locks.add if taken else self.locks.discard)(inode)

    def see_that_it_is_held(self, event, args):
        """Raise for what gets by the gate: an order would be told of that never was."""
        if event not in ("open", "os.rename", "os.remove", "os.mkdir") or self.passing:
            return
        path = args[0] if isinstance(args[0], str) else ""
        below = self.below(path) if ".nbi" in path or ".nbc" in path else None
        if below is not None:
            raise RuntimeError("not held at the gate: {} {}".format(event, below))


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


MOVING = ("replace", "rename", "link")


class HeldFile(io.FileIO):
    """A file of the folder: the process is held before each read and write as well."""

    def __init__(self, gate, path, mode):
        super().__init__(path, mode.replace("b", "").replace("t", ""))
        self.gate, self.held = gate, True
        gate.files += 1

    def hold(self, kind):
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
            inode = os.fstat(self.fileno()).st_ino
            if inode in self.gate.locks:
                self.gate.lock(inode, False)
            self.gate.files -= 1
        super().close()
