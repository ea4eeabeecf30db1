"""What the functions of other files teach Numba."""

from numba import types
from numba.extending import intrinsic, overload, register_jitable


def overloaded():
    return 1


@overload(overloaded)
def overloaded_in_numba():
    return lambda: 1


@intrinsic
def generated(typingctx):
    def codegen(context, builder, signature, args):
        return context.get_constant(types.int64, 1)

    return types.int64(), codegen


@register_jitable
def jitable():
    return 1
