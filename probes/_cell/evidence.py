"""What a phase leaves behind, made comparable: values as JSON, text bounded and free of this machine.

In: what `run()` returned, an exception, raw output. Out: JSON values and strings in which paths,
addresses and temporary names are replaced by what they stand for.
"""

import functools
import json
import math
import os
import re
import sys
import sysconfig
import tempfile

MESSAGE_LIMIT = 2000
NAME_LIMIT = 100

ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
TEMPORARY = re.compile(r"(pycc-build-\w+?-|tmp)[a-z0-9_]{8}\b")
# What Numba appends to a symbol counts compilations in the process, which is not behaviour.
SYMBOL_COUNTER = re.compile(r"(?<=[\w>])(\$|_24)\d+(?=\.|\b|E)")
COUNTED_VERSION = re.compile(r"B\d+v\d+(?=B\d+[a-zA-Z])")
# 4300 digits, beyond which some Pythons neither write nor read a number.
LONGEST_INTEGER = 14000  # bits
# Far from where reading, comparing or writing a value runs out of stack, in any Python.
DEEPEST = 64
LARGEST_VALUE = 2**16  # bytes of JSON
TOLERANCE = 1e-9  # of floats, relative


def shown(value, hidden):
    """Return what `run()` returned as it is stored: plain, bounded, free of this machine.

    Raises TypeError where JSON has no word for it, ValueError where it is too deep or too large.
    """
    plain = plain_value(value)
    size = len(json.dumps(plain))
    if size > LARGEST_VALUE:
        raise ValueError(
            "run() returned {} bytes of JSON, and {} are kept: return a part, or a digest".format(
                size, LARGEST_VALUE
            )
        )
    return without_places(plain, hidden)


def plain_value(value, where="run()", depth=0):
    """Return `value` as what JSON holds: NumPy scalars and arrays unpacked, tuples as lists.

    Floats that JSON has no word for become {"float": "nan" | "inf" | "-inf"}.
    Raises TypeError for anything else, naming `where` it sits.
    """
    if depth > DEEPEST:
        raise ValueError("run() returned a value nested deeper than {}".format(DEEPEST))
    if hasattr(value, "tolist") and type(value).__module__ == "numpy":
        value = value.tolist()
    kind = type(value).__name__
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, int):
        if value.bit_length() <= LONGEST_INTEGER:
            return value
        kind += " of {} bits".format(value.bit_length())
    if value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, (list, tuple)):
        return [
            plain_value(item, "{}[{}]".format(where, i), depth + 1) for i, item in enumerate(value)
        ]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {
            encodable(key): plain_value(item, "{}[{!r}]".format(where, key), depth + 1)
            for key, item in value.items()
        }
    raise TypeError("{} returned {}, which JSON cannot hold".format(where, kind))


def encodable(text):
    """Return `text` with its lone surrogates, which no file can hold, written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def identifier(text):
    """Return the name of a class as one word that begins with no digit: a probe may give it any."""
    return re.sub(r"\W|^(?=\d)", "_", text)[:NAME_LIMIT] or "_"


def places(scratch):
    """Return (path, name) pairs to hide in text, longest path first."""
    named = {
        tempfile.gettempdir(): "<tmp>",
        scratch: "<scratch>",
        os.path.realpath(scratch): "<scratch>",
        os.path.dirname(os.path.dirname(os.path.abspath(__file__))): "<probes>",
        sysconfig.get_paths()["purelib"]: "<site-packages>",
        sys.prefix: "<env>",
        sys.base_prefix: "<python>",
        os.path.realpath(sys.base_prefix): "<python>",
        os.path.expanduser("~"): "<home>",
    }
    return sorted(
        ((path, name) for path, name in named.items() if len(path) > 1),
        key=lambda pair: -len(pair[0]),
    )


def without_places(value, hidden):
    """Return a plain value with the `hidden` places in its texts named, and nothing else changed.

    Different values stay different: a name that is there already is marked as `<literal:...>`.
    """
    if isinstance(value, str):
        return place_names(tuple(hidden))(value)
    if isinstance(value, list):
        return [without_places(item, hidden) for item in value]
    if isinstance(value, dict):
        hide = place_names(tuple(hidden))
        return {hide(key): without_places(item, hidden) for key, item in value.items()}
    return value


@functools.lru_cache(maxsize=None)
def place_names(hidden):
    """Return a function that names these places in a text."""
    named = {}
    for path, name in hidden:
        named[path] = "<also " + name[1:] if name in named.values() else name
    # Neither `/home/melanie` nor `/srv/home/me` is `/home/me`.
    pattern = re.compile(
        r"(?<![\w.-])(?:{})(?![\w.-])|<(?:literal:)*(?:{})>".format(
            "|".join(re.escape(path) for path in named),
            "|".join(sorted(re.escape(name[1:-1]) for name in named.values())),
        )
    )

    def mark(found):
        return named.get(found.group()) or "<literal:" + found.group()[1:]

    return lambda text: pattern.sub(mark, text)


def normalise(text, hidden):
    """Return `text` without the `hidden` places, addresses, temporary names and symbol counters."""
    text = encodable(text)
    for path, name in hidden:
        text = text.replace(path, name)
    text = ADDRESS.sub("0x...", text)
    text = TEMPORARY.sub(lambda match: match.group(1) + "...", text)
    text = COUNTED_VERSION.sub("Bv#", text)
    return SYMBOL_COUNTER.sub(lambda match: match.group(1) + "#", text)


def bounded(text, limit):
    """Return `text`, or its two ends with the number of characters left out between them."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return "{}\n[... {} characters left out ...]\n{}".format(
        text[:half], len(text) - 2 * half, text[-half:]
    )


def same(one, other):
    """Whether two values, as they are stored, are the same, as the driver compares them."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) or isinstance(other, float):
        try:
            return math.isclose(one, other, rel_tol=TOLERANCE)
        except (TypeError, OverflowError):  # no number, or one beyond every float
            return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other
