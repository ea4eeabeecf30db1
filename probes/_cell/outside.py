"""Which files a probe's code comes from beside its own: they decide what it does, and may change.

In: the scratch folder. Out: every module imported from outside the standard library, the environment,
the runner and that folder, told before it is executed, with a digest of its file.
"""

import hashlib
import importlib.machinery
import os
import sys
import sysconfig

from counters import before

HERE = os.path.dirname(os.path.abspath(__file__))


def digest(path):
    """Return the first digits of the SHA-256 of a file, or "" when it is none to be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:16]
    except OSError:
        return ""


class Imports:
    """Calls `tell(module, file, sha256)` for each module from outside, once, as it is imported."""

    def __init__(self, scratch, tell):
        paths = sysconfig.get_paths()
        environment = [paths["purelib"], paths["platlib"], HERE, scratch]
        library = [paths["stdlib"], paths["platstdlib"], os.path.join(sys.base_prefix, "DLLs")]
        self.environment = self.both_ways(environment)
        self.library = self.both_ways(library)
        self.tell = tell
        self.told = set()
        loaders = importlib.machinery
        # Whichever way a module is found, these three read it.
        for loader in (loaders.SourceFileLoader, loaders.SourcelessFileLoader):
            before(loader, "get_code", self.about_to_load)
        before(loaders.ExtensionFileLoader, "create_module", self.about_to_load)

    @staticmethod
    def both_ways(folders):
        """What paths in the folders begin with, as they are named and with links followed."""
        ways = (os.path.abspath, os.path.realpath)
        return tuple(os.path.normcase(os.path.join(w(f), "")) for f in folders for w in ways)

    def is_outside(self, path):
        path = os.path.normcase(path)
        if path.startswith(self.environment):
            return False
        # What is installed beside the interpreter lies in its library, and is not of it.
        return "site-packages" in path or not path.startswith(self.library)

    def about_to_load(self, loader, *_):
        self.hear(loader.name, loader.path)

    def hear(self, name, path):
        """Tell of a module, if its file is outside."""
        if not isinstance(path, str) or not self.is_outside(path):
            return
        real = os.path.realpath(path)
        if real not in self.told and self.is_outside(real):
            self.told.add(real)
            self.tell(module=str(name), file=real, sha256=digest(real))

    def hear_of_archives(self):
        """Hear of the archives on the path: what is imported from one is read in no such way."""
        for importer in list(sys.path_importer_cache.values()):
            archive = getattr(importer, "archive", None)
            self.hear(os.path.basename(str(archive)), archive)
