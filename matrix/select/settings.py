"""What the user has set for the package tools, as far as it may have a say in what is installed.

In: our environment. Out: the one that nox and uv see. Of their own variables, and of those that
name an interpreter, only the ones listed here are left: they say where packages and interpreters
come from, how these are reached, and where caches lie. Everything else is nobody's business here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

TOOLS = re.compile(r"UV|(UV|PIP|NOX|VIRTUAL_ENV|_?CONDA)(_.*)?|(NOX|PYTHON)[A-Z]+|__PYVENV_.*")
SOURCES = re.compile(
    r"UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|INDEX_STRATEGY"
    r"|CONFIG_FILE|NO_CONFIG|NO_SYSTEM_CONFIG)"
)
ACCESS = re.compile(
    r"UV_(INDEX_\w+_(USERNAME|PASSWORD)|KEYRING_PROVIDER|CREDENTIALS_DIR|\w+_TOKEN|INSECURE_HOST"
    r"|NATIVE_TLS|SYSTEM_CERTS|OFFLINE|HTTP_\w+|REQUEST_TIMEOUT|LOCK_TIMEOUT|CONCURRENT_\w+"
    r"|CACHE_DIR|NO_CACHE|LINK_MODE|PYTHON_CACHE_DIR|PYTHON_INSTALL_DIR|\w+_MIRROR(_URL)?"
    r"|PYTHON_DOWNLOADS_JSON_URL|NO_PROGRESS)"
    r"|PYTHON(UNBUFFERED|UTF8|IOENCODING|DONTWRITEBYTECODE|PYCACHEPREFIX)"
)


def for_tools(environment: Mapping[str, str], *, sources: bool = True) -> dict[str, str]:
    """Return what of an environment nox and uv may see; without `sources`, no index of the user's.

    Names are compared as Windows does.
    """
    allowed = (SOURCES, ACCESS) if sources else (ACCESS,)
    return {
        name: value
        for name, value in environment.items()
        if not TOOLS.fullmatch(name.upper()) or any(a.fullmatch(name.upper()) for a in allowed)
    }
