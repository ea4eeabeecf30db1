"""Run an overhead program under a patch, which is run at the end of its `import numba`.

In: the patch, the program and its arguments. What the patch takes is timed as part of that import;
nothing else is different from the program run by itself.
"""

import importlib.machinery
import importlib.util
import runpy
import sys

PATCH = "the patch"  # as a module's name: nobody imports that


class AfterNumba(importlib.machinery.PathFinder):
    """Finds numba, once, with a loader that runs the patch when numba has been executed."""

    patch = None

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname != "numba":
            return None
        sys.meta_path.remove(cls)
        spec = super().find_spec(fullname, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            run_patch(cls.patch)

        spec.loader.exec_module = exec_module
        return spec


def run_patch(path):
    spec = importlib.util.spec_from_file_location(PATCH, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[PATCH] = module
    spec.loader.exec_module(module)
    if hasattr(module, "install"):
        module.install()


if __name__ == "__main__":
    AfterNumba.patch = sys.argv[1]
    del sys.argv[:2]
    sys.meta_path.insert(0, AfterNumba)
    runpy.run_path(sys.argv[0], run_name="__main__")
