# /// script
# dependencies = ["pysheds==0.5"]
# ///
"""pysheds follows flow directions downhill: a cached recursion of one explicit signature."""

import numpy as np
from pysheds import _sgrid


def run():
    downhill = np.array([[1, 2, 5], [4, 5, 8], [7, 8, 8]], dtype=np.int64)
    indegree = np.bincount(downhill.ravel(), minlength=downhill.size).astype(np.uint8)
    starts = np.flatnonzero(indegree == 0).astype(np.int64)
    return _sgrid._d8_accumulation_recur_numba(np.ones((3, 3)), downhill, indegree, starts).tolist()
