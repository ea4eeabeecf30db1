# SPDX-License-Identifier: BSD-2-Clause
"""The guard: store nothing that holds an open symbol, as Numba does with lifted code.

It is what most people would try first about numba#6061, and it is not enough: a caller that was
stored before, or that holds a copy, still ends the second process. See remedy.py for what is.
Run after `import numba`, as a patch; standard library and Numba only.
"""

try:
    from numba.core import caching
except ImportError:  # 0.48
    from numba import caching

OPEN = ".numba.unresolved$"


def _refuse_open(impl):
    original = impl.check_cachable

    def check_cachable(self, data):
        if not original(self, data):  # it finalises the library, too
            return False
        module = getattr(data, "library", data)._final_module
        return not any(gv.name.startswith(OPEN) for gv in module.global_variables)

    impl.check_cachable = check_cachable


_refuse_open(caching.CompileResultCacheImpl)
_refuse_open(caching.CodeLibraryCacheImpl)
