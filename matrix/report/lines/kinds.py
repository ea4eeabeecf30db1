"""Types of Numba's by their names, as far as what `check` says of them can be told by these. Pure.

In: the text of a signature, as a record has it. Out: the word for what differs between two types,
and stand-ins that `advice` takes for Numba's own.
"""

from __future__ import annotations

import ast
import re
from types import SimpleNamespace
from typing import Any

import msgspec

NUMBER = re.compile(r"(?:u?int|float|complex)(\d+)|bool(?:ean)?")
ARRAY = re.compile(r"(readonly )?array\((.+), (\d+)d, ([ACF])\)")
TUPLE = re.compile(r"UniTuple\(.+ x (\d+)\)|Tuple\((.*)\)")
# The same words as `explain.kind_of` finds by the types themselves.
TOLD = {"omitted(": "default", "Literal[": "literal", "OptionalType(": "optional"}


def kind_of(one: str, other: str) -> str:
    """Return the word for what differs between two types that are known by their names."""
    for begins, kind in TOLD.items():
        if one.startswith(begins) or other.startswith(begins):
            return kind
    if "none" in (one, other):
        return "optional"
    if _length(one) is not None and _length(other) is not None:
        return "length" if _length(one) != _length(other) else "type"
    arrays = ARRAY.fullmatch(one), ARRAY.fullmatch(other)
    if arrays[0] and arrays[1]:
        return _kind_of_arrays(arrays[0], arrays[1])
    if not (NUMBER.fullmatch(one) and NUMBER.fullmatch(other)):
        return "type"
    widths = re.compile(r"u|\d+")
    return "width" if widths.sub("", one) == widths.sub("", other) else "promoted"


def _kind_of_arrays(one: re.Match[str], other: re.Match[str]) -> str:
    if one[2] != other[2]:
        return kind_of(one[2], other[2])
    told = ((3, "dimensions"), (4, "layout"), (1, "readonly"))
    return next((kind for group, kind in told if one[group] != other[group]), "type")


def grows(one: str, other: str) -> bool:
    """Whether the second of two tuples is the longer one."""
    return (_length(one) or 0) < (_length(other) or 0)


def _length(kind: str) -> int | None:
    """Return the length of a tuple, None of what is none."""
    found = TUPLE.fullmatch(kind)
    if found is None:
        return None
    return int(found[1]) if found[1] else len(split(found[2]))


def split(signature: str) -> list[str]:
    """Return the types of a signature: what is between the commas that no bracket holds."""
    parts, depth = [""], 0
    for letter in signature:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


class Type(msgspec.Struct, frozen=True):
    """Any type; of the others more is known."""

    name: str

    def __str__(self) -> str:
        return self.name


class Omitted(Type, frozen=True):
    """A default that is left out; `value` is what it is, UNREADABLE where a text cannot tell."""

    value: Any


class Literal(Type, frozen=True):
    """A value that is part of the type, and the type without it."""

    plain: Type


class Boolean(Type, frozen=True):
    """True or False."""


class UnicodeType(Type, frozen=True):
    """Text."""


class Integer(Type, frozen=True):
    """Whole numbers."""

    signed: bool
    bitwidth: int


class Float(Type, frozen=True):
    """Numbers with a point."""

    bitwidth: int


class Complex(Type, frozen=True):
    """Numbers of two parts."""

    bitwidth: int


UNREADABLE = object()


def read(name: str) -> Type:
    """Return the type of this name."""
    if found := NUMBER.fullmatch(name):
        bits = int(found[1] or 1)
        if name.startswith("bool"):
            return Boolean("boolean")
        if "int" in name:
            return Integer(name, not name.startswith("u"), bits)
        return (Float if name.startswith("float") else Complex)(name, bits)
    if found := re.fullmatch(r"omitted\(default=(.*)\)", name, re.DOTALL):
        return Omitted(name, _value(found[1]))
    if found := re.fullmatch(r"Literal\[(int|bool|str)\]\((.*)\)", name, re.DOTALL):
        return Literal(name, typeof(found[2] if found[1] == "str" else _value(found[2])))
    return UnicodeType(name) if name == "unicode_type" else Type(name)


def _value(text: str) -> Any:  # noqa: ANN401 (whatever a default is)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return UNREADABLE


def typeof(value: Any) -> Type:  # noqa: ANN401 (whatever a default is)
    """Return the type that Numba gives a value; raises TypeError where it is not known here."""
    names = {bool: "boolean", float: "float64", complex: "complex128", str: "unicode_type"}
    if value is None:
        return Type("none")
    if type(value) is int:
        return read("int64" if value < 1 << 63 else "uint64")
    if type(value) not in names:
        raise TypeError(value)
    return read(names[type(value)])


def unliteral(kind: Type) -> Type:
    """Return the type of a literal, and any other as it is."""
    return kind.plain if isinstance(kind, Literal) else kind


# What of numba.types is asked for.
TYPES = SimpleNamespace(
    Omitted=Omitted, Literal=Literal, Boolean=Boolean, UnicodeType=UnicodeType, Integer=Integer,
    Float=Float, Complex=Complex, typeof=typeof, unliteral=unliteral,
)  # fmt: skip
