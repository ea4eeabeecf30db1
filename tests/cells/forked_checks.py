"""`numba-matrix check` of many files in one environment: a fork for each, of a process with Numba.

In: the command's folder, where the answers go, the files. Importing Numba and waking its compiler
up takes ten times as long as looking at a probe. What is built ahead of time starts from a process
that has compiled nothing, as it would. CPython 3.6 or newer; POSIX.
"""

import json
import os
import runpy
import sys


def forked(subject):
    """Return what carries out an order in a fork, and returns how that ended as subprocess does."""

    def run_apart(note, _caches):
        pid = os.fork()
        if not pid:
            status = 70
            try:
                status = subject(note)
            finally:
                os._exit(status)
        _, ended = os.waitpid(pid, 0)
        return -os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)

    return run_apart


def wake():
    import numba

    numba.njit(lambda n: n + 1)(1)


def main(folder, said, *files):
    runpy.run_path(os.path.join(folder, "__main__.py"))["load"]()
    import numba.pycc  # noqa: F401 (what most of the forks need)
    from numba_matrix.user.check import command as check

    check.run_apart = forked(check.subject)
    found = {}
    for path in sorted(files, key=lambda path: "/cache/" in path):
        if "/cache/" in path and not any("/cache/" in other for other in found):
            wake()
        found[path] = check.check(path)
    with open(said, "w", encoding="utf-8") as file:
        json.dump([found[path] for path in files], file)


if __name__ == "__main__":
    main(*sys.argv[1:])
