# SPDX-License-Identifier: BSD-2-Clause
"""The remedy by the name that it is imported and run by: `python -m numba_matrix.remedy SCRIPT`."""

import sys

from .user.console import run_script
from .user.pipe import while_read
from .user.remedy import UnknownNumba, install, main

__all__ = ["UnknownNumba", "install", "main"]

if __name__ == "__main__":
    sys.exit(while_read(run_script, sys.argv[1:], "python -m numba_matrix.remedy"))
