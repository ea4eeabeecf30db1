# /// script
# dependencies = ["fast_hdbscan==0.3.4"]
# ///
"""fast_hdbscan builds a k-d tree and asks it for neighbours: two cached recursions, each of one signature."""

import numpy as np
from fast_hdbscan.numba_kdtree import build_kdtree, parallel_tree_query


def run():
    grid = np.arange(40, dtype=np.float32)
    points = np.column_stack((grid * 7 % 40, grid * 11 % 41)).astype(np.float32)
    tree = build_kdtree(points, leaf_size=4)
    distances, _ = parallel_tree_query(tree, points, k=3)
    return np.round(distances.astype(np.float64), 4).tolist()
