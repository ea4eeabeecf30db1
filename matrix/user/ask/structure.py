# SPDX-License-Identifier: BSD-2-Clause
"""Code, by its structure: what is in it, and whether a program has it, whatever the names.

In: a piece of code, which may be half a line, and a program's source. Out: the statements of the
one, and what they tell. CPython 3.6 or newer, the standard library.
"""

import ast
import builtins
import copy
import functools
import textwrap

NUMBERS = {"int", "float", "complex"}
# A literal that compiled code hands on is a type of its own, whatever the function is called and
# however many arguments it takes: by its kind, the shape that shows it.
LITERALS = {"int": "literal_seed", "bool": "literal_bool"}
# What two pieces of code that do the same may differ in.
UNTOLD = ("ctx", "kind", "type_comment", "type_params", "annotation", "returns")


def code_in(text):
    """Return the statements of a piece of code, or nothing if it has no structure to look for."""
    # A head, as in `def f(n):`, needs a body; the end may be left off.
    for whole in (text, text + "\n    pass", text + ")"):
        tree = tree_of(whole)
        if tree is not None:
            body = [
                node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))
            ]
            telling = (ast.Call, ast.FunctionDef, ast.Subscript, ast.Yield, ast.YieldFrom)
            nodes = [node for part in body for node in ast.walk(part)]
            return body if any(isinstance(node, telling) for node in nodes) else []
    return []


@functools.lru_cache(maxsize=None)
def tree_of(text):
    """Return the syntax tree of a piece of code, or None for what is none."""
    try:
        return ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_whole(asked):
    """Whether code has functions, and all that they call."""
    functions = _defined(asked)
    shown = {function.name for function in functions}
    only_heads = any(isinstance(f.body[-1], ast.Pass) for f in functions)
    return bool(shown) and not only_heads and {c.func.id for c in _calls(asked)} <= shown


def is_signed(asked):
    """Whether the functions in code say what they are compiled for."""
    decorated = [function.decorator_list for function in _defined(asked)]
    return bool(decorated) and all(
        any(isinstance(d, ast.Call) and d.args for d in decorators) for decorators in decorated
    )


def handed_literals(asked):
    """Return the call that hands a literal on, where the code is that call and no more."""
    value = getattr(asked[0], "value", None) if len(asked) == 1 else None
    called = [call for call in _calls(asked) if call is value and literals_of(call)]
    return called[0] if called else None


def _calls(asked):
    """Return the calls of functions that somebody wrote, but for decorators."""
    decorators = [d for function in _defined(asked) for d in function.decorator_list]
    return [
        node for node in _nodes(asked)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        and node.func.id not in dir(builtins) and node not in decorators
    ]  # fmt: skip


def _own_method(node):
    func = getattr(node, "func", None)
    value = getattr(func, "value", None)
    return isinstance(func, ast.Attribute) and getattr(value, "id", None) in ("self", "cls")


def calls_a_method(asked):
    """Whether code calls a method of its own."""
    return any(map(_own_method, _nodes(asked)))


def as_functions(asked):
    """Return code with its own methods as functions."""
    # What was parsed is kept, and may be looked at again.
    return [_Unbound().visit(copy.deepcopy(node)) for node in asked]


class _Unbound(ast.NodeTransformer):
    """Makes ``self.f(n)`` of a method ``f(n)``."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if _own_method(node):
            node.func = ast.copy_location(ast.Name(node.func.attr, ast.Load()), node.func)
        return node


def given(call):
    """Return all that a call hands over."""
    return call.args + [keyword.value for keyword in call.keywords]


def literals_of(call):
    """Return the kinds of the literals that a call hands over."""
    return [kind for kind in map(kind_of, given(call)) if kind]


def kind_of(node):
    """Return the kind of a literal, a negative number's too."""
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd))
    return _literal(node.operand if negative else node)


def _literal(node):
    """Return the kind of a literal; as it is told by CPython 3.6, and since 3.8."""
    for name, field in (
        ("Constant", "value"),
        ("Num", "n"),
        ("Str", "s"),
        ("NameConstant", "value"),
    ):
        if type(node).__name__ == name:
            return type(getattr(node, field)).__name__
    return None


def functions_of(source):
    """Return the names of the functions of a program, but for the one that starts it."""
    tree = tree_of(source)
    return [f.name for f in _defined(tree.body if tree else []) if f.name != "run"]


def _defined(asked):
    return [node for node in _nodes(asked) if isinstance(node, ast.FunctionDef)]


def _nodes(asked):
    return [node for part in asked for node in ast.walk(part)]


def shapes_of(asked):
    """Return the shapes that code may be of by what is in it, where no program here is it."""
    calls = _calls(asked)
    shapes = {LITERALS[kind] for call in calls for kind in literals_of(call) if kind in LITERALS}
    shapes |= _of_arguments([node for call in calls for node in given(call)])
    functions = _defined(asked)
    called = {f.name: {call.func.id for call in _calls([f])} for f in functions}
    if any(f in called[g] and g in called[f] for f in called for g in called if f != g):
        shapes.add("even_odd")
    own = [shape for f in functions if f.name in called[f.name] for shape in _of_recursion(f)]
    # Of what returns, the plainest is a recursion whose calls all have the types of the first.
    recursive = any(f.name in called[f.name] for f in functions)
    return shapes.union(own) or ({"self"} if recursive else set())


def _of_recursion(function):
    within = list(ast.walk(function))
    own = [call for call in _calls([function]) if call.func.id == function.name]
    returned = [node.value for node in within if isinstance(node, ast.Return)]
    has = {
        "default": bool(function.args.defaults),
        "generator": any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in within),
        "ackermann": any("int" in literals_of(call) for call in own),
        "runaway": isinstance(function.body[-1], ast.Return)
        and all(_always_calls(value, function.name) for value in returned),
    }
    return [shape for shape, is_so in has.items() if is_so]


def _of_arguments(arguments):
    shapes = set()
    for node in _nodes(arguments):
        if isinstance(node, ast.Div) or _literal(node) == "float":
            shapes.add("promoted")
        elif isinstance(node, ast.Not):
            shapes.add("literal_bool")
        elif isinstance(node, ast.Slice):
            shapes |= {"layout", "shrinking_tuple"}
        elif isinstance(node, ast.Tuple):
            shapes.add("growing_tuple")
    return shapes


def _always_calls(value, name):
    """Whether there is no way through an expression without a call of that name."""
    if isinstance(value, ast.IfExp):
        return _always_calls(value.body, name) and _always_calls(value.orelse, name)
    if isinstance(value, ast.BoolOp):
        return _always_calls(value.values[0], name)
    return value is not None and any(c.func.id == name for c in _calls([ast.Expr(value)]))


def holds(source, asked, kinds=1):
    """Whether a program has these statements, or the value of a single one, whatever the names."""
    tree = tree_of(source)
    if tree is None:
        return False
    nodes = list(ast.walk(tree))
    imported = [
        alias.asname or alias.name for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names
    ]  # fmt: skip
    fixed = set(dir(builtins)) | set(imported)
    value = getattr(asked[0], "value", None) if len(asked) == 1 else None
    valued = isinstance(asked[0], (ast.Expr, ast.Return, ast.Assign)) and value is not None
    if valued and any(_alike(value, node, ({}, {}), fixed, kinds) for node in nodes):
        return True
    bodies = [getattr(node, name, None) for node in nodes for name in ("body", "orelse")]
    return any(
        _alike(asked, body[start : start + len(asked)], ({}, {}), fixed, kinds)
        for body in bodies if isinstance(body, list) for start in range(len(body))
    )  # fmt: skip


def _alike(one, other, names, fixed, kinds):
    """Whether two pieces of code are the same but for names and the values of literals.

    `names` maps those of one to those of the other and back, so that a function's call of itself
    is such a call in both; `fixed` are names that mean the same everywhere.
    """
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            _alike(a, b, names, fixed, kinds) for a, b in zip(one, other)
        )
    if not (isinstance(one, ast.AST) and isinstance(other, ast.AST)):
        return one == other
    literal, of_other = _literal(one), _literal(other)
    if literal or of_other:
        return literal == of_other or (not kinds and {literal, of_other} <= NUMBERS)
    return type(one) is type(other) and all(
        _same_name(a, b, names, fixed) if named else _alike(a, b, names, fixed, kinds)
        for a, b, named in _fields(one, other)
    )


def _fields(one, other):
    """Yield the fields of two nodes of one type that matter, and whether they are names."""
    for field in one._fields:
        a, b = getattr(one, field, None), getattr(other, field, None)
        if field == "body" and isinstance(one, ast.FunctionDef):
            a, b = _undocumented(a), _undocumented(b)
            if len(a) == 1 and isinstance(a[0], ast.Pass):  # only the head is asked for
                continue
        if field not in UNTOLD and (field != "decorator_list" or a):
            named = field in ("id", "name") or isinstance(one, (ast.arg, ast.keyword))
            yield a, b, named and isinstance(a, str)


def _same_name(one, other, names, fixed):
    one = "np" if one == "numpy" else one
    if one in fixed or other in fixed:
        return one == other
    there, back = names
    return there.setdefault(one, other) == other and back.setdefault(other, one) == one


def _undocumented(body):
    first = body[0] if body else None
    return body[1:] if isinstance(first, ast.Expr) and _literal(first.value) == "str" else body
