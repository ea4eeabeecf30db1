"""Recursion along a linked list of jitclass instances, whose type refers to itself.

The cache's index cannot be read back.

https://github.com/numba/numba/issues/1681
"""

from numba import deferred_type, int64, njit, optional
from numba.experimental import jitclass

node_type = deferred_type()


@jitclass([("value", int64), ("rest", optional(node_type))])
class Node:
    def __init__(self, value, rest):
        self.value = value
        self.rest = rest


if hasattr(Node, "class_type"):  # with NUMBA_DISABLE_JIT=1 it is a plain class
    node_type.define(Node.class_type.instance_type)


@njit(cache=True)
def total(node):
    result = node.value
    if node.rest is not None:
        result += total(node.rest)
    return result


def run():
    return total(Node(1, Node(2, Node(3, None))))
