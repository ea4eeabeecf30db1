"""The gate of a race: a process is held before each thing it does to a folder, until it is told to.

In: a channel (a socket) to whoever tries the orders, and a folder. Out: on the channel, what the
process is about to do, and in the end what it gave. Held, it can fork a copy of itself, held at the
same point, so that what came before need not be done again for every order.
"""

import builtins
import errno
import functools
import importlib.machinery
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import sys
import threading
import tokenize

import steps
from opened import Entries, HeldFile, flags_of

FD = 4  # bytes
own_pid = os.getpid  # which is put in place with the rest: a copy goes by the number of the first
MOVING = ("replace", "rename", "link")
MAKING = MOVING + ("symlink", "unlink", "remove", "mkdir", "rmdir")
# What Python says of before it is done, by any module: of what lies below the folder it is held then.
SAID = "open os.rename os.link os.symlink os.remove os.mkdir os.rmdir os.truncate os.chmod os.utime"
SAID = tuple(SAID.split()) + ("os.scandir", "sqlite3.connect")
# What moves bytes without a name: held as a whole, or not to be held at all.
LOW = (
    *(("read", name) for name in ("read", "pread", "readv", "preadv")),
    *(("write", name) for name in ("write", "pwrite", "writev", "pwritev", "ftruncate")),
)
PASSING_ON = ("sendfile", "copy_file_range", "splice")
# And what cannot be held, wherever it is.
BEYOND = (
    "os.exec",
    "os.lockf",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "subprocess.Popen",
    "fcntl.lockf",
)
# And what cannot be held of a file of the folder.
BY_DESCRIPTOR = {"mmap.__new__": "a file in memory (mmap)", "fcntl.fcntl": "fcntl.fcntl"}


class NotHeld(RuntimeError):
    """Something was about to get by the gate: an order would be told of that never was."""


def has_workers():
    """Whether Numba's own threads are there."""
    names = ("numba.np.ufunc.parallel", "numba.npyufunc.parallel")
    return any(getattr(sys.modules.get(name), "_is_initialized", False) for name in names)


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
        self.low = set()  # descriptors of files of the folder, opened by `os.open`
        self.high = {}  # and by `open`: whether they can be written to
        self.folders = set()  # and of folders
        self.pid = os.getpid()
        self.unheld = None  # what got by the gate, or was about to

    def shut(self):
        """Put what holds in the place of all that opens, moves or looks at files."""
        self.replace(open, self.opened, (builtins, io, tokenize))
        self.replace(os.open, self.opened_low)
        for name in MAKING + steps.CHANGING:
            self.replace(getattr(os, name), self.holding(name, getattr(os, name)))
        for name in ("stat", "lstat", "access", "readlink"):
            self.replace(getattr(os, name), self.holding("stat", getattr(os, name)))
        self.shut_low()
        # Names and not descriptors of folders are what is held.
        shutil._use_fd_functions = False
        # Nor does a file get from one to the other in the kernel, where nobody holds it.
        shutil._USE_CP_SENDFILE = shutil._USE_CP_COPY_FILE_RANGE = False
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

    def shut_low(self):
        """The same for what knows a file by its descriptor."""
        for kind, name in LOW:
            if hasattr(os, name):
                self.replace(getattr(os, name), self.holding_low(kind, getattr(os, name)))
        for name in PASSING_ON:
            if hasattr(os, name):
                self.replace(getattr(os, name), self.refusing(name, getattr(os, name)))
        self.replace(os.dup, self.doubled)
        self.replace(os.getpid, functools.partial(int, self.pid))
        self.replace(os.kill, self.killed)
        self.replace(os.close, self.closed_low)

    def replace(self, original, held, modules=(os,)):
        """Put `held` wherever Numba, the program, or one of these modules, has the original."""
        named = list(sys.modules.items())
        theirs = [one for name, one in named if name.startswith("numba") or self.is_of_it(one)]
        for module in list(modules) + theirs:
            for name, thing in list(getattr(module, "__dict__", {}).items()):
                if thing is original:
                    setattr(module, name, held)
        # Before 3.11 a path has functions of its own to do things by.
        by = getattr(pathlib, "_NormalAccessor", None)
        for name, thing in list(vars(by).items()) if by else ():
            function = getattr(thing, "__func__", thing)
            if original in (function, getattr(function, "__wrapped__", None)):
                setattr(by, name, staticmethod(held))

    def is_of_it(self, module):
        """Whether a module lies in the folder."""
        return str(getattr(module, "__file__", "")).startswith(self.folder)

    def below(self, path):
        """Return a path as it is below the folder, or None: it is elsewhere.

        Links below it are left in the path: where they lead may change while this process is held.
        """
        if isinstance(path, (int, bytes)) or path is None:
            return None
        path = os.path.abspath(os.fspath(path))
        if not (path + os.sep).startswith(self.folder):
            path = os.path.join(self.real(os.path.dirname(path)), os.path.basename(path))
        return path[len(self.folder) :] if (path + os.sep).startswith(self.folder) else None

    def real(self, folder):
        """The folder's own path, looked up without being held."""
        return self.pass_through(os.path.realpath, folder)

    def hold(self, kind, *what):
        """Say what is about to be done, and wait until it may be; return what was told then."""
        if threading.active_count() > 1 or has_workers():
            self.refuse("several threads, of which a copy of the process has one")
        self.state = {"at": [kind] + list(what), "files": self.files, "may_die": self.may_die}
        return self.tell()

    def tell(self):
        send(self.channel, **self.state)
        while True:
            told = receive(self.channel)
            word = told.get("do")
            if word == "go":
                return told
            if word == "fork":
                if self.pass_through(os.fork):
                    os.close(told["fd"])
                else:
                    self.channel.close()
                    self.channel = socket.socket(fileno=told["fd"])
                    send(self.channel, pid=own_pid())
            elif word == "wait":
                _, status = os.waitpid(told["pid"], 0)
                signalled = os.WIFSIGNALED(status)
                code = -os.WTERMSIG(status) if signalled else os.WEXITSTATUS(status)
                send(self.channel, code=code)
            else:  # `kill`, or nobody is there any more
                os.kill(self.pid, signal.SIGKILL)

    def pass_through(self, function, *args, **kwargs):
        before, self.passing = self.passing, True
        try:
            return function(*args, **kwargs)
        finally:
            self.passing = before

    def holding(self, name, original, told_as=lambda found: found):
        @functools.wraps(original)
        def held(*args, **kwargs):
            if self.passing:
                return original(*args, **kwargs)
            of_folders = ("dir_fd", "src_dir_fd", "dst_dir_fd")
            if any(kwargs.get(word) is not None for word in of_folders):
                self.refuse("{} by the descriptor of a folder".format(name))
            given = args + tuple(kwargs[word] for word in ("path", "src", "dst") if word in kwargs)
            if name == "symlink":
                given = given[1:]  # what it leads to is but a text
            given = given[: 2 if name in MOVING else 1] or (".",)
            if any(isinstance(one, int) and one in self.folders for one in given):
                self.refuse("{} by the descriptor of a folder".format(name))
            paths = [path for path in map(self.below, given) if path is not None]
            if not paths:
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
        below = None if self.passing else self.below(path)
        if below is None:
            return _original(path, flags, *args, **kwargs)
        if kwargs.get("dir_fd") is not None:
            self.refuse("open by the descriptor of a folder")
        # What is opened on a folder is a file without a name.
        named = not self.pass_through(os.path.isdir, path)
        writing = named and flags & (os.O_WRONLY | os.O_RDWR)
        self.hold("create" if writing else "open", below)
        fd = self.pass_through(_original, path, flags, *args, **kwargs)
        if not named and not flags & (os.O_WRONLY | os.O_RDWR):
            self.folders.add(fd)
        if named:
            self.low.add(fd)
            self.files += 1
        return fd

    def holding_low(self, name, original):
        @functools.wraps(original)
        def held(fd, *args):
            if (fd in self.low or fd in self.high) and not self.passing:
                self.hold(name, os.fstat(fd).st_ino)
            return original(fd, *args)

        return held

    def refusing(self, name, original):
        @functools.wraps(original)
        def refused(*fds, **more):
            if not self.passing and any(fd in self.low or fd in self.high for fd in fds):
                self.refuse(name)
            return original(*fds, **more)

        return refused

    def killed(self, pid, number, _original=os.kill):
        """A copy of the process goes by its number, and is meant where it sends itself a signal."""
        _original(own_pid() if pid == self.pid else pid, number)

    def doubled(self, fd, _original=os.dup):
        """What NumPy reads or writes an array by, as a whole: nothing else is done until it is."""
        if fd in self.high and not self.passing:
            self.hold("write" if self.high[fd] else "read", os.fstat(fd).st_ino)
        return _original(fd)

    def closed_low(self, fd, _original=os.close):
        if fd in self.low:
            self.let_go_of(fd)
            self.low.discard(fd)
        self.folders.discard(fd)
        _original(fd)

    def let_go_of(self, fd):
        """A file of the folder is about to be closed, and with it goes the lock on it."""
        inode = os.fstat(fd).st_ino
        if inode in self.locks:
            self.lock(inode, "unlock")
        self.files -= 1

    def opened(self, file, mode="r", buffering=-1, *args, _original=open, **kwargs):
        low = isinstance(file, int) and file in self.low
        below = None if self.passing else self.below(file)
        if not low and below is None:
            return _original(file, mode, buffering, *args, **kwargs)
        opener = kwargs.pop("opener", None)
        if low and not kwargs.pop("closefd", True):
            self.refuse("a descriptor that stays open")
        if opener:
            # Which opens by `os.open`, and that is held.
            file, low = opener(file, flags_of(mode)), True
        if not low:
            self.hold("create" if set(mode) & set("wax+") else "open", below)
        raw = self.pass_through(HeldFile, self, file if low else os.fspath(file), mode)
        kind = io.BufferedReader if mode.strip("bt") == "r" else io.BufferedWriter
        if buffering == 0:
            return raw
        buffered = (io.BufferedRandom if "+" in mode else kind)(raw)
        if "b" in mode:
            return buffered
        return io.TextIOWrapper(buffered, *args, line_buffering=buffering == 1, **kwargs)

    def locked(self, file, operation):
        """A lock that is kept at the gate: forked copies would share the system's."""
        import fcntl

        fd = file if isinstance(file, int) else file.fileno()
        if operation & fcntl.LOCK_SH:
            self.refuse("a lock that is shared")
        kind = "try to lock" if operation & fcntl.LOCK_NB else "lock"
        self.lock(os.fstat(fd).st_ino, "unlock" if operation & fcntl.LOCK_UN else kind)

    def lock(self, inode, kind):
        if self.hold(kind, inode).get("busy"):
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
        (self.locks.discard if kind == "unlock" else self.locks.add)(inode)

    def see_that_it_is_held(self, event, args):
        """Refuse what gets by the gate. Before 3.8 Python says nothing of it."""
        if self.passing or not (event in SAID or event in BEYOND or event in BY_DESCRIPTOR):
            return
        if event in BY_DESCRIPTOR:
            if args[0] in self.low or args[0] in self.high:
                self.refuse(BY_DESCRIPTOR[event])
            return
        named = 2 if event in ("os.rename", "os.link", "os.symlink") else event not in BEYOND
        paths = [path for path in args[:named] if isinstance(path, (str, bytes))]
        paths = [path for path in paths if path != ":memory:"]  # a database without a file
        below = [path for path in map(self.below, map(os.fsdecode, paths)) if path is not None]
        if below or event in BEYOND:
            self.refuse(" ".join([event] + below))

    def refuse(self, what):
        self.unheld = "not held at the gate: " + what
        raise NotHeld(self.unheld)
