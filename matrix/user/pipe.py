# SPDX-License-Identifier: BSD-2-Clause
"""The end of a command that nobody reads any more, as `check FILE | head`, or that finds no room.

CPython 3.6 or newer, the standard library.
"""

import errno
import os
import select
import signal
import sys

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def while_read(command, *args):
    """Return the command's status, or what a shell calls the end of one whose reader has gone."""
    try:
        try:
            return command(*args)
        finally:
            if sys.stdout is not None and not sys.stdout.closed:  # a user's script may do both
                sys.stdout.flush()
    except BrokenPipeError:
        unread = [stream for stream in (sys.stdout, sys.stderr) if has_no_reader(stream)]
        if not unread:  # a pipe of the user's own
            raise
        for stream in unread:
            drop(stream)
        return 128 + signal.SIGPIPE


def drop(stream):
    """Let a stream that cannot be written lead nowhere: else Python fails once more at its end."""
    try:
        print(end="", flush=True, file=stream)  # a closed standard output is None
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def has_no_reader(stream):
    """Whether a stream is a pipe whose other end nobody holds."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)  # of that one is told unasked
        return bool(poll.poll(0))
    except (AttributeError, OSError, ValueError):  # no poll here, no stream, or no file behind it
        return False
