"""What the driver prints: lines on standard output, and nothing in them but text."""

from __future__ import annotations

from rich.console import Console

from ..model.text import log_line


def say(text: str) -> None:
    """Print one line; nothing in it is folded, coloured or taken for markup or a command."""
    Console(highlight=False, soft_wrap=True, emoji=False).print(log_line(text), markup=False)
