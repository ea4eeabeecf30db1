# SPDX-License-Identifier: BSD-2-Clause
"""Why a recursion does not survive, what becomes of what is stored, and what to write instead.

In: what `check` watched. Out: causes, and the lines that say them.
"""
