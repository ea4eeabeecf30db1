"""The templates, and how they are filled: alike for page, Markdown and pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2

TEMPLATES = Path(__file__).parent / "templates"


def environment(
    *, escaping: bool = True, finalize: Callable[[Any], Any] | None = None
) -> jinja2.Environment:
    """Return what templates are taken from; `finalize` is done to each value that they show.

    A name that is not there raises jinja2.UndefinedError. Markdown is no HTML: not for `escaping`.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=escaping,  # noqa: S701 (only Markdown goes without)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
    )
