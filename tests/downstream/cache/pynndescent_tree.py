# /// script
# dependencies = ["pynndescent==0.7.0"]
# ///
"""pynndescent splits points into a random projection tree: a cached recursion of one explicit signature."""

import numpy as np
from pynndescent.rp_trees import make_dense_tree


def run():
    grid = np.arange(60, dtype=np.float32)
    points = np.column_stack((grid * 7 % 60, grid * 11 % 61)).astype(np.float32)
    tree = make_dense_tree(points, np.array([1, 2, 3], dtype=np.int64), leaf_size=8, angular=False)
    # Which point goes where is chance; that each lies in one leaf is not.
    return sorted(int(n) for leaf in tree.indices for n in np.ravel(leaf) if n >= 0)
