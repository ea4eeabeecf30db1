"""The steps of a race: what each reads and writes, and so which of two may come first without a trace.

In: what a process at the gate is about to do, and the folder as it is. Out: a `Step`; and the folder
kept, put in place again, and told from other states of it.
"""

import hashlib
import os
import re
import shutil

LOOKING = ("open", "read", "stat", "listdir")
CHANGING = ("utime", "truncate", "chmod")
TEMPORARY = re.compile(r"\.tmp\.\w+$|(?<=/)tmp\w+$")
FOLLOWING = LOOKING + CHANGING + ("create",)  # the last part of a path as well
MOST_LINKS = 40  # as many as Linux follows
MAKING = ("create", "mkdir", "symlink")
LIKE = {".": ".tmp.", "t": "tmp"}


class Step:
    """One thing that was done: by whom, what, and which names and contents it read and wrote."""

    def __init__(self, role, op, reads, writes, *, is_lasting=False):
        self.role, self.op, self.reads, self.writes = role, op, reads, writes
        # Whether it leaves something that others may find: to die now or before is not the same.
        self.is_lasting = is_lasting
        self.clock = {}

    def meets(self, other):
        """Whether it matters which of two processes' steps comes first."""
        if self.role == other.role:
            return False
        # Two files that come into one folder are none of each other's business.
        both = {on for on in self.writes & other.writes if on[0] != "names in"}
        return bool(both or self.writes & other.reads or other.writes & self.reads)

    @property
    def is_shared(self):
        """Whether another process may meet it: not on files that have a name for this one alone."""
        names = [name for kind, name in self.writes if kind in ("name", "lock")]
        if self.op[0] in ("create", "utime"):
            names += self.op[1:]
        looked_at = [name for kind, name in self.reads if kind == "name"]
        return any(not TEMPORARY.search(str(name)) for name in names) or any(
            name.endswith((".nbi", ".nbc", ".py")) for name in looked_at
        )


class Folder:
    """What two processes race on: kept, put in place again, and told from other states of it."""

    def __init__(self, path, copies):
        self.path, self.copies = path, copies
        self.known = {}  # what a file's content is called, by inode: copies have the name of theirs
        self.called = {}  # what each file is called, by its name
        self.kept = 0

    def keep(self):
        """Copy everything; return where to, and what each file's content is called."""
        self.kept += 1
        copy = os.path.join(self.copies, str(self.kept))
        shutil.copytree(self.path, copy, symlinks=True)
        return copy, {below: self.content(below) for below in self.names()}

    def restore(self, kept):
        copy, contents = kept
        self.clear()
        for name in os.listdir(copy):
            source, target = os.path.join(copy, name), os.path.join(self.path, name)
            if is_folder(source):
                shutil.copytree(source, target, symlinks=True)
            else:
                shutil.copy2(source, target, follow_symlinks=False)
        self.known = {self.inode(below): content for below, content in contents.items()}

    def clear(self):
        for name in os.listdir(self.path):
            path = os.path.join(self.path, name)
            (shutil.rmtree if is_folder(path) else os.unlink)(path)

    @staticmethod
    def forget(kept):
        shutil.rmtree(kept[0])

    def files(self):
        return [below for below, folder in self.all_there_is() if not folder]

    def all_there_is(self):
        """Yield what lies in the folder, by name, and whether it is a folder and no link to one."""
        for where, folders, names in os.walk(self.path):
            folders.sort()
            for name in sorted(folders + names):
                path = os.path.join(where, name)
                yield os.path.relpath(path, self.path), is_folder(path)

    def names(self):
        return [below for below, _ in self.all_there_is()]

    def followed(self, below, *, to_the_end=False):
        """Return where a path leads, and the links on the way; the last part is one to the end."""
        links, parts, there = [], below.split(os.sep) + ["."] * to_the_end, ""
        while len(parts) > 1:
            there = os.path.normpath(os.path.join(there, parts.pop(0)))
            path = os.path.join(self.path, there)
            if os.path.islink(path) and len(links) < MOST_LINKS:
                links.append(there)
                parts = self.target(there).split(os.sep) + parts
                there = ""
        return os.path.normpath(os.path.join(there, parts[0])), links

    def target(self, link):
        """Return where a link leads, as it is below the folder; a full path where that is not."""
        target = os.readlink(os.path.join(self.path, link))
        target = os.path.join(self.path, os.path.dirname(link), target)
        return os.path.relpath(target, self.path)

    def inode(self, below):
        """The number of what lies there, or None."""
        try:
            return os.lstat(os.path.join(self.path, below)).st_ino
        except OSError:
            return None

    def content(self, what):
        """What the content of a file is called, by its path or its inode."""
        inode = self.inode(what) if isinstance(what, str) else what
        return self.known.get(inode, inode)

    def digest(self):
        """Return what tells this state from others."""
        digest = hashlib.sha256()
        for below, folder in self.all_there_is():
            path = os.path.join(self.path, below)
            if folder:
                content = b"folder"
            elif os.path.islink(path):
                content = os.readlink(path).encode()
            else:
                with open(path, "rb") as file:
                    content = file.read()
            digest.update("{} {} ".format(TEMPORARY.sub("", below), len(content)).encode())
            digest.update(content)
            if below.endswith(".py"):
                digest.update(str(os.stat(path).st_mtime_ns).encode())
        return digest.hexdigest()

    def name(self, below, role, number):
        """What a file is called: one that is made under a new name each time, always the same.

        Who first speaks of it is who makes it, in a step that has the same number when done again.
        """
        if below and below not in self.called:
            above, own = os.path.split(below)
            name = os.path.join(self.name(above, role, number), own)
            same = "{}{}".format(role, number)
            self.called[below] = TEMPORARY.sub(lambda new: LIKE[new[0][0]] + same, name)
        return self.called.get(below, "")

    def step(self, role, op, number):
        """Return what `op`, the process's step of this number, would be now.

        What it reads and writes depends on what is there.
        """
        kind, reads, writes = op[0], set(), set()
        for place, given in enumerate(op[1:]):
            if isinstance(given, int):
                on = ("lock" if "lock" in kind else "content", self.content(given))
                (reads if kind == "read" else writes).add(on)
                continue
            if given == "":  # the folder itself, which is always there
                reads |= {("names in", "")} if kind == "listdir" else set()
                continue
            what, links = self.followed(given, to_the_end=kind in FOLLOWING)
            reads |= {("name", self.name(link, role, number)) for link in links}
            name, there = self.name(what, role, number), self.inode(what) is not None
            parent = os.path.dirname(name)
            content = {("content", self.content(what))} if there else set()
            reads |= {("name", parent)} if parent else set()
            gone = kind in ("unlink", "remove", "rmdir", "replace", "rename") and not there
            if kind in LOOKING or (kind == "mkdir" and there):
                reads.add(("name", name))
                reads |= content if kind in ("read", "stat") else set()
                reads |= {("names in", name)} if kind == "listdir" else set()
            elif kind in CHANGING or (kind == "create" and there):
                reads.add(("name", name))
                writes |= content
            elif gone and place == 0:
                reads.add(("name", name))
            else:
                writes |= {("name", name), ("names in", parent)}
        return Step(role, op, reads, writes, is_lasting=self.lasts(op, writes))

    def lasts(self, op, writes):
        """Whether what `op` writes has a name, now or then, that others know."""
        names = [name for kind, name in writes if kind == "name"]
        names += op[1:2] if op[0] in (*CHANGING, "create") and writes else []
        if op[0] == "write":
            names = [below for below in self.files() if self.inode(below) == op[1]]
        return any(not TEMPORARY.search(name) for name in names)

    def note_made(self, step, place):
        """What was just made has a content of its own, whatever had its inode before."""
        if step.op[0] in MAKING and any(kind == "name" for kind, _ in step.writes):
            self.known[self.inode(self.followed(step.op[1])[0])] = "made {}".format(place)


def is_folder(path):
    """Whether there is a folder, and not a link to one."""
    return os.path.isdir(path) and not os.path.islink(path)


def like(op):
    """An operation without what differs each time it is done."""
    return [TEMPORARY.sub("", what) if isinstance(what, str) else "" for what in op]
