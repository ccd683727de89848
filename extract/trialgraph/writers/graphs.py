"""Statements that come block by block, as a graph file."""

from collections.abc import Iterable

from trialgraph.iris import BASE
from trialgraph.statements import Statement
from trialgraph.writers import FORMATS, extension
from trialgraph.writers.output import output


def save(path: str, blocks: Iterable[Iterable[Statement]]) -> None:
    """Write a graph in the format that the name says, "-" as Turtle; whole or not at all. Raises UsageError."""
    name, gzipped = (".ttl", False) if path == "-" else extension(path)
    format_ = FORMATS[name]
    with output(path, gzipped) as stream:
        stream.write(format_.header(BASE).encode())
        separator = b""
        for block in blocks:
            stream.write(separator + format_.block(block, BASE, ""))
            separator = format_.separator.encode()
        stream.write(format_.footer.encode())
