# /// script
# dependencies = ["aeon==1.6.0"]
# ///
"""aeon bounds a warping path: a cached function that calls itself with its sizes swapped, and turns the result around."""

from aeon.distances.elastic._bounding_matrix import create_bounding_matrix


def run():
    return create_bounding_matrix(9, 6, window=0.3).tolist()
