"""One phase of one probe, in a process that does nothing else.

In: an order (a dict: probe file, phase, results file). Out: lines of JSON in the results file,
each written the moment it is known, so that a process that dies has said what it could.
"""

import ast
import atexit
import functools
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import sys
import time
import types

import changing
import counters
import index
import observe
import outside
import permissions
import plain
import turns
from courses import AT_HOME
from evidence import MESSAGE_LIMIT, bounded, identifier, normalise, places, shown


class Results:
    """The results file of a phase. Its lines are merged by whoever reads them; the last one wins.

    But for `outside`, of which each line adds to the others.
    """

    def __init__(self, path):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def say(self, **fields):
        os.write(self.fd, (json.dumps(fields, allow_nan=False) + "\n").encode())


def lead_caches(folder):
    """Have Numba keep the caches of a probe's libraries, and its own, below the probe's folder."""
    os.environ["NUMBA_CACHE_DIR"] = folder
    if "numba" in sys.modules:
        # In a fork it has read its settings already.
        config = counters.numba_module("numba.core.config", "numba.config")
        config.CACHE_DIR = folder


def be_at_home(folder):
    """Be in the folder as a user is in his: with its modules, and with his home in it as well."""
    sys.path.insert(0, folder)
    # Python takes a module of the same size and second for the same: what we ask of is Numba's cache.
    sys.dont_write_bytecode = True
    home = os.path.join(folder, "home")
    os.makedirs(home, exist_ok=True)
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        os.environ[name] = home
    permissions.obey()


# The phases in which Numba is at work, and which a patch is for.
PATCHED = ("build", "cold", "warm", "again", "race")
PATCH = "the patch"  # as a module's name: nobody imports that


def run_patch(path, results):
    """Run a patch, once in a process: after `import numba`, before any probe, and its `install()`.

    While it runs, whatever happens is of the phase `patch`.
    """
    if PATCH in sys.modules:
        return
    results.say(patching=True)
    importlib.import_module("numba")
    try:
        module = load_probe(path, PATCH)
        if hasattr(module, "install"):
            module.install()
    except SystemExit as error:
        # Of a process that has done nothing else yet there would be nothing to say.
        raise RuntimeError(
            "the patch ends the process: SystemExit({!r})".format(error.code)
        ) from error
    results.say(patching=False)


def load_probe(path, name=None):
    """Import the file as a module of its own name, as `python file.py` beside it could."""
    name = name or os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    # What Numba pickles into its cache is looked up by module name again.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def interpreted(path, carrier):
    """The probe's value as plain Python: what every compiled phase must give."""
    plain.replace_compiling_decorators()
    if carrier == "race":
        return turns.in_turn(lambda role: getattr(load_probe(path), role, turns.nothing)())
    module = load_probe(path)
    if carrier == "aot":
        exports = {name: entry.function for name, entry in module.cc._exported_functions.items()}
        return module.run(types.SimpleNamespace(**exports))
    return module.run()


def compile_c_once(cc_class, folder):
    """Have pycc keep the objects of its own C files in `folder` and take them from there again.

    They are the same for every module of one name, and take five times as long as the rest.
    """
    original = cc_class._compile_mixins
    if hasattr(original, "__wrapped__"):
        return

    @functools.wraps(original)
    def compile_mixins(self, build_dir):
        recipe = [
            self._get_mixin_sources(),
            self._get_mixin_defines(),
            self._get_extra_cflags(),
            self._toolchain.get_python_include_dirs(),
        ]
        kept = os.path.join(folder, hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16])
        listed = os.path.join(kept, "objects.json")
        if not os.path.exists(listed):
            objects = original(self, kept)
            with open(listed + ".part", "w") as note:
                json.dump(objects, note)
            os.rename(listed + ".part", listed)
        with open(listed) as note:
            return json.load(note)

    cc_class._compile_mixins = compile_mixins


def build(order, results):
    """Compile the probe's extension module into `built/` and record where it is."""
    path = order["path"]
    watch = counters.Watch(os.path.dirname(path))
    module = load_probe(path)
    if order["mixins"] is not None:
        compile_c_once(type(module.cc), order["mixins"])
    folder = os.path.join(os.path.dirname(path), "built")
    os.makedirs(folder)
    module.cc.output_dir = folder
    try:
        module.cc.compile()
    finally:
        results.say(unresolved=sorted(watch.unresolved))
    watch.see_where_caches_lie()
    built = os.path.join(folder, module.cc.output_file)
    with open(os.path.join(folder, "built.json"), "w", encoding="utf-8") as note:
        json.dump({"name": module.cc.name, "file": built}, note)
    if not os.path.getsize(built):
        raise RuntimeError("cc.compile() left an empty file")


class NumbaRefused:
    """An import hook that refuses Numba: a built module has to work without it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ("numba", "llvmlite"):
            raise ImportError("{} is not there in this phase".format(name))


def refuse_numba():
    if "numba" in sys.modules:
        raise RuntimeError("Numba is already imported: this is no phase without it")
    sys.meta_path.insert(0, NumbaRefused)


def load(path):
    """Import the built module where Numba cannot be imported, and return the probe's value."""
    refuse_numba()
    with open(path, encoding="utf-8") as file:
        code = compile(changing.kept(ast.parse(file.read(), path), "run"), path, "exec")
    with open(os.path.join(os.path.dirname(path), "built", "built.json"), encoding="utf-8") as note:
        built = json.load(note)
    loader = importlib.machinery.ExtensionFileLoader(built["name"], built["file"])
    spec = importlib.util.spec_from_loader(built["name"], loader)
    extension = importlib.util.module_from_spec(spec)
    loader.exec_module(extension)
    namespace = {"__name__": os.path.splitext(os.path.basename(path))[0], "__file__": path}
    exec(code, namespace)
    return namespace["run"](extension)


def compiled(path, results, hidden, inspect, ask):
    """The probe's value with Numba at work, and what Numba says it loaded and compiled."""
    watch = counters.Watch(os.path.dirname(path))
    if ask:
        index.Asked(results.say)
    loaded = []
    # Threads that go on and exit handlers compile as well: whoever comes first is asked last.
    atexit.register(lambda: loaded and results.say(**watch.totals(loaded[0])))
    module = load_probe(path)
    loaded.append(module)
    try:
        value = module.run()
    finally:
        results.say(**watch.totals(module))
    watch.see_where_caches_lie()
    if inspect:
        # Said only now: reading the IR of a function must not be able to change what it did.
        results.say(value=shown(value, hidden))
        results.say(dispatchers=watch.dispatchers(module))
    return value


def changed(path):
    refuse_numba()
    return changing.change(path)


def value_of(order, results, hidden):
    """Do what the phase is for, and return what is to be its value."""
    path, name = order["path"], order["as"]
    if name == "interpreted":
        return interpreted(path, order["carrier"])
    if name == "build":
        return build(order, results)
    if name in WITHOUT_NUMBA:
        return WITHOUT_NUMBA[name](path)
    ask = name == "warm" and order["carrier"] in AT_HOME
    return compiled(path, results, hidden, inspect=name == "cold", ask=ask)


WITHOUT_NUMBA = {"load": load, "change": changed}


def perform(order):
    """Carry out the order; whatever the probe raises becomes part of the results."""
    results = Results(order["results"])
    path = order["path"]
    folder = os.path.dirname(path)
    hidden = places(order["scratch"])
    if order["as"] == "truth":
        lead_caches(os.path.join(folder, "truth"))  # where nothing is cached
    elif order["carrier"] not in AT_HOME:
        lead_caches(os.path.join(folder, "__pycache__"))
    if order["carrier"] in AT_HOME:
        be_at_home(folder)
    imports = outside.Imports(order["scratch"], lambda **module: results.say(outside=[module]))
    started = time.perf_counter()
    try:
        os.chdir(folder)
        if order.get("beside"):
            sys.path.insert(0, folder)
        if order.get("patch"):
            run_patch(order["patch"], results)
        value = value_of(order, results, hidden)
        run_s = time.perf_counter() - started
        imports.hear_of_archives()
        value = shown(value, hidden)
        if order["phase"] == "truth":
            before = "cold" if order["truth"] == "compiled" else "interpreted"
            said = observe.said(order["results"].rpartition(".")[0] + "." + before)
            changing.see_that_it_changed(order["truth"], said.get("value"), value)
        results.say(answered=True, value=value, run_s=run_s)
    except SystemExit:
        raise
    # KeyboardInterrupt too: no Ctrl-C of anybody's reaches a phase, so the probe raised it.
    except BaseException as error:
        run_s = time.perf_counter() - started
        imports.hear_of_archives()
        results.say(run_s=run_s, **what_was_raised(error, hidden))
        sys.excepthook(*sys.exc_info())
    leave_quietly()


def what_was_raised(error, hidden):
    """An exception as results hold it."""
    return {
        "exception": identifier(type(error).__name__),
        "message": bounded(normalise(str(error), hidden), MESSAGE_LIMIT),
    }


def leave_quietly():
    """Let go of stdout and stderr: a probe that closed them did not fail by that."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
    sys.stdout = sys.stderr = None


if __name__ == "__main__":
    perform(json.loads(sys.argv[1]))
