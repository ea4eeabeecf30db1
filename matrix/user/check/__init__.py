# SPDX-License-Identifier: BSD-2-Clause
"""`numba-matrix check` and `pytest --numba-recursion`: what somebody's own code comes to.

In: a file with calls or tests, or a folder of cache files. Out: what does not survive, and why.
"""
