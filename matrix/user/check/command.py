# SPDX-License-Identifier: BSD-2-Clause
"""`numba-matrix check`: does a program survive the next process, and being built ahead of time?

In: a file and what to call of it, or a cache folder. Out: words or JSON, and an exit status:
0 safe, 1 unsafe, 2 what was asked for could not be told. The file is run in a process of its own,
with caches neither read nor written. CPython 3.6 or newer, the standard library and Numba.
"""

import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap

from .. import pipe
from ..explain import sentences
from . import poisoned

SAFE, UNSAFE, UNKNOWN = 0, 1, 2
# What is known of a file before anything is.
NOTHING = {
    "unfit": None, "numba": None, "remedy": False, "stored": [], "uncached": [], "refused": [],
    "compiled": 0, "uncompiled": [], "elsewhere": [], "exports": [], "built": [], "calls": [],
    "causes": [], "warnings": [],
}  # fmt: skip
VERDICTS = {SAFE: "safe", UNSAFE: "unsafe", UNKNOWN: "not known"}


PR_SET_PDEATHSIG = 1
USER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # which Python runs as a command


def main(argv):
    """Check what the words name and return the exit status."""
    # So that what is asked to end takes along the process in which the file is run.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        status = answered(argv)
        print(end="", flush=True)
    except OSError as error:
        if error.errno not in pipe.NO_ROOM:
            raise
        pipe.drop(sys.stdout)
        sys.stderr.write(f"error: {error}\n")
        return UNKNOWN
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 128 + signal.SIGINT
    return status


def answered(argv):
    """Say what is asked for and return the exit status."""
    parser = arguments()
    o = parser.parse_args(argv)
    if o.cache is not None:
        if o.files or o.call or o.from_tests is not None:
            parser.error("--cache DIR goes without a FILE: it runs nothing")
        return poisoned.main(o.cache, as_json=o.json)
    if not o.files:
        parser.error("name a FILE, or a cache folder with --cache DIR")
    if o.call and o.from_tests is not None:
        parser.error("--call and --from-tests: choose one")
    for text in o.call:
        try:
            compile(text, "--call", "eval")
        except (SyntaxError, ValueError) as error:
            parser.error(f"--call {text!r} is no call, such as 'fact(10, 1)': {error.args[0]}")
    answers = [check(word, o.call, o.from_tests) for word in o.files]
    if o.json:
        print(json.dumps(answers[0] if len(answers) == 1 else answers, indent=1))
    else:
        for answer in answers:
            for line in said(answer):
                print(line)
    statuses = [answer["status"] for answer in answers]
    return UNSAFE if UNSAFE in statuses else max(statuses)


def arguments():
    """Return the parser of the command's words."""
    parser = argparse.ArgumentParser(
        prog="numba-matrix check",
        description="Does it survive the next process, and being built ahead of time?",
        epilog="exit status: 0 safe, 1 unsafe, 2 it could not be told",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="*", metavar="FILE[::FUNCTION]")
    parser.add_argument(
        "--call", action="append", default=[], metavar="CALL",
        help="what to call in the file, as in 'fact(10, 1)'; without it, its run(), if it has one"
        " that takes nothing",
    )  # fmt: skip
    parser.add_argument(
        "--from-tests", nargs="?", const="", metavar="ARGS", help="call what `pytest ARGS` calls"
    )
    parser.add_argument("--cache", metavar="DIR", help="search a cache folder, run nothing")
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    return parser


def check(word, calls=(), tests=None):
    """Return what is found about one file as JSON holds it, its verdict and status with it."""
    path, _, function = word.partition("::")
    facts = dict(NOTHING, file=path, function=function or None)
    if not os.path.isfile(path):
        kind = "a folder" if os.path.isdir(path) else "no such file"
        return dict(facts, unfit=f"{path}: {kind}", status=UNKNOWN, verdict=VERDICTS[UNKNOWN])
    order = {"file": path, "function": function, "calls": list(calls), "tests": tests}
    facts.update(watched(dict(order, export=False)))
    if facts["exports"]:
        # Apart, as a call compiles helpers before pycc can, and pycc spoils what is called later.
        exported = dict(NOTHING, **watched(dict(order, export=True)))
        facts["built"] = exported["built"]
        facts["causes"] = facts["causes"] + exported["causes"]
        facts["unfit"] = facts["unfit"] or exported["unfit"]
        facts["uncompiled"] = [n for n in facts["uncompiled"] if n in exported["uncompiled"]]
    facts["status"] = status_of(facts)
    if facts["status"] == UNKNOWN and not (facts["unfit"] or any(raised(facts))):
        facts["unfit"] = nothing_compiled(facts, tests)
    facts["verdict"] = VERDICTS[facts["status"]]
    return facts


def watched(order):
    """Have a process of its own carry out an order, and return its answer."""
    with tempfile.TemporaryDirectory(prefix="numba-matrix-") as folder:
        answer, note = os.path.join(folder, "answer.json"), os.path.join(folder, "order.json")
        with open(note, "w", encoding="utf-8") as file:
            json.dump(dict(order, answer=answer, parent=os.getpid()), file)
        ended = run_apart(note, os.path.join(folder, "cache"))
        facts = {}
        if os.path.exists(answer):
            with open(answer, encoding="utf-8") as file:
                facts = json.load(file)
    if ended or not facts.pop("done", False):  # what was known until then is not the whole
        how = signal.Signals(-ended).name if ended < 0 else f"exit status {ended}"
        facts["unfit"] = f"the process in which it was called ended early: {how}"
    return facts


def run_apart(note, caches):
    """Carry out the order in a file, in a process of its own, and return how that ended.

    `caches` is for what the program itself starts, which is not watched.
    """
    start = os.path.join(USER, "__main__.py")
    environment = dict(os.environ, NUMBA_CACHE_DIR=caches)
    process = subprocess.Popen([sys.executable, start, "_subject", note], env=environment, stdout=2)
    try:
        return process.wait()
    finally:
        process.kill()  # which compiled code may keep from seeing a Ctrl-C
        process.wait()


def subject(note):
    """Carry out an order in this process, whose output is not the command's."""
    from . import subject as inside

    os.dup2(2, 1)
    with open(note, encoding="utf-8") as file:
        order = json.load(file)
    end_with_the_parent(order["parent"])
    try:
        inside.perform(order)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def end_with_the_parent(parent):
    """Have Linux end this process when the one that asks is gone, however that ends."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)


def status_of(facts):
    """Return what the facts come to."""
    lost = [one for one in facts["stored"] + facts["built"] if not one["survives"]]
    if lost or facts["causes"]:
        return UNSAFE
    if facts["unfit"] or any(raised(facts)) or not (facts["compiled"] or facts["built"]):
        return UNKNOWN
    return SAFE


def raised(facts):
    """Yield the calls that raised."""
    return (call for call in facts["calls"] if call["raised"])


def nothing_compiled(facts, tests):
    """Return why nothing is known, where nothing went wrong."""
    what = f"nothing of {facts['function'] or facts['file']} was compiled"
    if tests is not None:
        return (
            f"{what} in this process by pytest {tests}: name the file that your functions lie in,"
            " and leave pytest-xdist's -n out"
        )
    if facts["calls"]:
        return f"{what} by {', '.join(call['call'] for call in facts['calls'])}"
    return f"{what}: say what to call, --call 'fact(10, 1)', or give it a run()"


# --- words ----------------------------------------------------------------------------------------


def said(facts):
    """Yield the lines that say what is known of a file."""
    name = facts["file"] + (f"::{facts['function']}" if facts["function"] else "")
    on = f" on Numba {facts['numba']}" if facts["numba"] else ""
    yield f"{name}: {facts['verdict']}{on}"
    if facts["unfit"]:
        yield f"  {facts['unfit']}"
    for call in raised(facts):
        told, rest = f"raised {sentences.brief(call['raised'])}", "comes after"
        if "status" in call:
            told, rest = call["raised"], "failing tests did not come to"
        yield from wrapped(f"{call['call']} {told}; what {rest} was not seen")
    if facts["remedy"]:
        yield "  the program installs the remedy, and this is what happens with it"
    for line in dict.fromkeys(each(facts)):  # a gufunc stores its kernel and what calls that
        yield from wrapped(line)
    for one in facts["elsewhere"]:
        told = f"{one['name']}({one['signature']}): {sentences.fate(one)}; check it"
        yield f"  elsewhere, {sentences.place(one)}: {told}"
    if facts["uncompiled"]:
        yield f"  not compiled, so not judged: {', '.join(facts['uncompiled'])}"
    yield from (f"  {line}".rstrip() for line in sentences.told(facts["causes"]))
    for warning in facts["warnings"]:
        yield f"  warning: {warning}"


def each(facts):
    """Yield a line for each function that is stored or exported, or could not be."""
    for one in sorted(facts["stored"], key=lambda one: one["survives"]):
        yield f"cached    {one['name']}({one['signature']}): {sentences.fate(one)}"
    for one in facts["uncached"]:
        yield f"no cache  {one['name']}({one['signature']}): would not survive one"
    for one in facts["refused"]:
        told = "Numba stores nothing of it: each process compiles it again"
        yield f"cached    {one['name']}({one['signature']}): {told}"
    for one in facts["built"]:
        if one["error"]:
            word = f"cannot be built: {sentences.brief(one['error'])}"
        elif one["open"]:
            word = "is built and cannot be loaded: undefined symbol .numba.unresolved$..."
        elif one["missing"]:
            word = f"is built and cannot be loaded: undefined symbol {one['missing']}"
        else:
            word = "is built and loads"
        yield f"exported  {one['module']} ({', '.join(one['exports'])}): {word}"


def wrapped(line):
    """Yield a line, as lines that are no wider than a screen."""
    yield from textwrap.wrap(
        line, 100, initial_indent="  ", subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
