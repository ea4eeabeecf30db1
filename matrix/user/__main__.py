# SPDX-License-Identifier: BSD-2-Clause
"""Start the command from its folder: `python matrix/user check FILE`, whatever it is called there.

The package is loaded from where it lies, under the name of the wheel, so that nothing of it comes
into the way of what somebody's program imports.
"""

import importlib.util
import os
import sys

NAME = "numba_matrix"


def load():
    """Make this copy importable under its name."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    spec = importlib.util.spec_from_file_location(
        NAME, os.path.join(root, "__init__.py"), submodule_search_locations=[root]
    )
    module = sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load()
    sys.exit(importlib.import_module(NAME + ".user.console").main(sys.argv[1:]))
