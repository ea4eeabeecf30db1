"""The phase between two runs of a program, in which `change()` edits what they depend on.

In: a probe's file. Out: what its `change()` returned: the environment of the phases after it. The
process cannot import Numba, and of the probe it executes the imports and `change` alone.
"""

import ast

from evidence import same

# What `run()` returns after the change, as a probe's TRUTH says: something else in plain Python
# (without any word), the same, or something else only where it is compiled.
TRUTHS = ("plain", "same", "compiled")


class NothingChanged(Exception):
    """`run()` returns what it did: nobody could tell what was loaded from what should have been."""


class SomethingChanged(Exception):
    """`run()` was to return the same after the change, and does not."""


def told(tree):
    """Return which truth the probe's source says it has; raises ValueError for none there is."""
    truth = "plain"
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if getattr(target, "id", "") == "TRUTH" and getattr(node, "value", None) is not None:
            truth = ast.literal_eval(node.value)
    if truth not in TRUTHS:
        raise ValueError("TRUTH is {!r}, and can be one of {}".format(truth, ", ".join(TRUTHS)))
    return truth


def kept(tree, name):
    """Return of a module its imports, Numba's and those of modules beside it left out, and one function."""

    def is_kept(module):
        top = module.partition(".")[0]
        return top != "numba" and (top == "__future__" or not top.startswith("_"))

    body = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            node.names = [alias for alias in node.names if is_kept(alias.name)]
            body += [node] if node.names else []
        elif isinstance(node, ast.ImportFrom):
            body += [node] if is_kept(node.module or "") else []
        elif isinstance(node, ast.FunctionDef) and node.name == name:
            body.append(node)
    only = ast.parse("")
    only.body = body
    return only


def change(path):
    """Do the probe's change; return its truth and the environment it sets, both as told.

    Raises whatever the change raises, TypeError for an environment that is none.
    """
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    truth = told(tree)
    namespace = {"__name__": "change", "__file__": path}
    exec(compile(kept(tree, "change"), path, "exec"), namespace)
    if "change" not in namespace:
        raise NameError("the probe has no change()")
    environment = namespace["change"]() or {}
    is_one = isinstance(environment, dict)
    if not is_one or any(type(word) is not str for pair in environment.items() for word in pair):
        raise TypeError("change() returns nothing, or environment variables and their values")
    if any(not name or set(name) & set("=\0") or "\0" in environment[name] for name in environment):
        raise ValueError("change() returns what no environment can hold: {!r}".format(environment))
    return {"truth": truth, "environment": environment}


def see_that_it_changed(truth, before, now):
    """Raise what is wrong with a change after which `run()` is to return `now`."""
    if truth == "same" and not same(now, before):
        raise SomethingChanged(
            "TRUTH is same, and run() returned {} and now {}".format(before, now)
        )
    if truth != "same" and same(now, before):
        raise NothingChanged(
            "run() returns {} as before change(): stale could not be told from kept;"
            " return what changed, or say TRUTH = 'same'".format(now)
        )
