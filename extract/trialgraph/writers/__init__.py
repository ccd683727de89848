"""Statements to N-Triples, N-Quads, Turtle, TriG and JSON-LD: the table of formats.

A format renders one block of statements at a time, so that blocks can be made by several workers and written as they
come. The blocks are those of the trials, in the order of their NCT ids, and then those of the things they share.
"""

from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import NamedTuple

from trialgraph.errors import UsageError
from trialgraph.statements import Statement
from trialgraph.writers import jsonld, ntriples, turtle

#: Renders one block in UTF-8: its statements, the base of instance IRIs, the named graph ("" for the default graph).
Block = Callable[[Iterable[Statement], str, str], bytes]


class Format(NamedTuple):
    """How a file of a format begins, how a block of it looks, what stands between two blocks, and how it ends."""

    block: Block
    header: Callable[[str], str] = lambda base: ""
    separator: str = ""
    footer: str = ""
    graphs: bool = False  # True if the format can carry named graphs


#: The formats by the extension of the file.
FORMATS = {
    ".jsonld": Format(jsonld.block, jsonld.header, ",\n", jsonld.FOOTER, graphs=True),
    ".nq": Format(ntriples.block, graphs=True),
    ".nt": Format(ntriples.block),
    ".trig": Format(turtle.block, turtle.header, "\n", graphs=True),
    ".ttl": Format(turtle.block, turtle.header, "\n"),
}


def extension(path: str) -> tuple[str, bool]:
    """The format of a file by its name, and whether it is to be compressed with gzip. Raises UsageError."""
    suffixes = PurePath(path).suffixes
    gzipped = suffixes[-1:] == [".gz"]
    name = "".join(suffixes[-2:-1] if gzipped else suffixes[-1:])
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        raise UsageError(f"{path}: the name of the output must end in one of {known}, each also with .gz")
    return name, gzipped
