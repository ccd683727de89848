"""N-Triples and N-Quads: terms are spelled so already, so a statement is a join.

https://www.w3.org/TR/n-triples/, https://www.w3.org/TR/n-quads/
"""

from collections.abc import Iterable
from itertools import islice

from trialgraph.statements import Statement

#: So many lines are joined and encoded at a time: a single character beyond Latin-1 makes a Python string twice as
#: large, and what was just joined is still in the processor's cache.
_LINES = 64


def block(statements: Iterable[Statement], base: str, graph: str) -> bytes:
    """The statements, a line each."""
    end = f" {graph} .\n" if graph else " .\n"
    lines = map(" ".join, statements)
    return b"".join([(end.join(some) + end).encode() for some in iter(lambda: list(islice(lines, _LINES)), [])])
