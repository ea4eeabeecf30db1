"""A structure of two fields."""

from numba import types
from numba.experimental import structref


@structref.register
class PairType(types.StructRef):
    pass


class Pair(structref.StructRefProxy):
    def __new__(cls, first, second):
        return structref.StructRefProxy.__new__(cls, first, second)


structref.define_proxy(Pair, PairType, ["first", "second"])
