"""What of the user's environment the package tools see."""

from __future__ import annotations

import pytest

from matrix.select.settings import for_tools

SOURCES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE")
ACCESS = (
    *("UV_CACHE_DIR", "UV_LINK_MODE", "UV_OFFLINE", "UV_HTTP_TIMEOUT", "UV_CONCURRENT_DOWNLOADS"),
    *("UV_INDEX_INNER_PASSWORD", "UV_KEYRING_PROVIDER", "UV_NATIVE_TLS", "UV_PYTHON_INSTALL_DIR"),
    *("UV_PYTHON_INSTALL_MIRROR", "PYTHONUNBUFFERED"),
)
OTHERS = (
    *("PATH", "HOME", "HTTPS_PROXY", "SSL_CERT_FILE", "NETRC", "OPENBLAS_CORETYPE", "CC"),
    *("NUMBA_MATRIX_RUN", "UVICORN_PORT", "PIPELINE", "NOXIOUS_THING"),
)
WITHOUT_A_SAY = (
    *("UV", "UV_OVERRIDE", "UV_CONSTRAINT", "UV_PYTHON", "UV_PRERELEASE", "UV_EXCLUDE_NEWER"),
    *("UV_NO_VERIFY_HASHES", "UV_TARGET", "UV_NO_BINARY", "UV_WORKING_DIR", "UV_SYSTEM_PYTHON"),
    *("PIP_TARGET", "PIP_CONSTRAINT", "NOXPYTHON", "NOXFORCEPYTHON", "NOXSESSION", "NOX_PARALLEL"),
    *("NOX_DEFAULT_VENV_BACKEND", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME"),
    *("__PYVENV_LAUNCHER__", "uv_override", "UV_SOMETHING_NEW"),
)


@pytest.mark.parametrize("name", [*SOURCES, *ACCESS, *OTHERS])
def test_what_says_where_packages_come_from_and_what_is_none_of_ours_is_seen(name: str) -> None:
    assert for_tools({name: "value"}) == {name: "value"}


@pytest.mark.parametrize("name", WITHOUT_A_SAY)
def test_what_would_change_what_is_installed_is_not_seen(name: str) -> None:
    assert for_tools({name: "value"}) == {}


def test_a_lock_is_made_from_one_index_that_is_said() -> None:
    everything = dict.fromkeys([*SOURCES, *ACCESS, *OTHERS, *WITHOUT_A_SAY], "value")
    assert list(for_tools(everything, sources=False)) == [*ACCESS, *OTHERS]
