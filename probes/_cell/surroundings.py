"""The environment a phase runs in: built, not inherited, so that every cell means the same.

In: our own environment. Out: a dict for the phase. Only what a compiler, a dynamic linker or the
operating system cannot do without is passed on.
"""

import os

PASSED_ON = (
    "PATH HOME CC CXX LD_LIBRARY_PATH DYLD_LIBRARY_PATH SDKROOT MACOSX_DEPLOYMENT_TARGET"
    " SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT USERPROFILE APPDATA LOCALAPPDATA PROGRAMDATA"
    " PROGRAMFILES PROGRAMFILES(X86) COMMONPROGRAMFILES INCLUDE LIB LIBPATH"
).split()

# Numba's own settings, the same in every phase. Two threads: enough to be parallel, and the same
# on every machine.
NUMBA_SETTINGS = {"NUMBA_NUM_THREADS": "2"}


def phase_environment(scratch, phase):
    """Return the environment of `phase`, whose temporary files go below `scratch`."""
    built = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # NumPy of the 0.48 years crashes on some newer processors without the OPENBLAS_ settings that
    # their owners therefore export.
    built.update((k, v) for k, v in os.environ.items() if k.startswith("OPENBLAS_"))
    built.update(OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", LC_ALL="C.UTF-8", LANG="C.UTF-8")
    built.update(TMPDIR=scratch, TEMP=scratch, TMP=scratch)
    built.update(NUMBA_SETTINGS)
    if phase == "interpreted":
        built["NUMBA_DISABLE_JIT"] = "1"
    return built
