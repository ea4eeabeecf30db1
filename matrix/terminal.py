"""What the driver prints: lines, as they are, on standard output."""

from __future__ import annotations

from rich.console import Console


def say(text: str) -> None:
    """Print a line; nothing in it is folded, coloured or taken for markup."""
    Console(highlight=False, soft_wrap=True, emoji=False).print(text, markup=False)
