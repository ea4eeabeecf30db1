"""What is published of the reference: the report, the data set, the badges, the picture.

In: `Findings` of the reference. Out: a folder that can be served as it is.
"""

from __future__ import annotations

from pathlib import Path

from ...model.files import write_atomically
from .. import pages
from ..findings import Findings
from .dataset import dataset, json_schema, written
from .drawn import badges, listing, picture


def publish(folder: Path, found: Findings) -> None:
    """Write all of it into `folder`."""
    pages.write(folder, found, "exec")
    write_atomically(folder / "ask.json", written(dataset(found)))
    write_atomically(folder / "ask.schema.json", [pages.indented(json_schema()), b"\n"])
    write_atomically(folder / "map.svg", picture(found))
    write_atomically(folder / "badges" / "README.md", listing(found))
    for name, text in badges(found):
        write_atomically(folder / "badges" / name, text)
