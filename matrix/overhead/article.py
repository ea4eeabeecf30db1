"""The article's own figures, which the reports show beside this machine's. In: `article.toml`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from matrix.errors import BadInput
from matrix.files import read_toml
from matrix.overhead.samples import STEPS, Program, RunKind

DATA = Path(__file__).with_name("article.toml")


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the article measured, on another machine: seconds, first run and second run by step."""

    when: str
    machine: str
    python: str
    numpy: str
    numba: str
    first_and_second_run: dict[Program, dict[str, tuple[float, float]]]

    def __str__(self) -> str:
        """Name it as a table's heading does."""
        return (
            f"article of {self.when}: another machine, Numba {self.numba}, Python {self.python},"
            f" NumPy {self.numpy}"
        )

    def seconds(self, program: Program, run: RunKind, step: str) -> float | None:
        """Return the article's figure, or None where it gives none."""
        both = self.first_and_second_run[program].get(step)
        return None if both is None else both[run is RunKind.WARM]


def load(path: Path = DATA) -> Article:
    """Return the article's figures; raises BadInput when the file is not as it must be."""
    try:
        found = msgspec.convert(read_toml(path, "the article's figures"), Article)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {error}") from error
    tables = found.first_and_second_run
    for program in Program:
        unknown = set(tables.get(program, {})) - set(STEPS)
        if unknown or program not in tables:
            named = ", ".join(sorted(unknown)) or "no table"
            raise BadInput(f"{path}: {program}: {named}; steps are {', '.join(STEPS)}")
    return found
