"""N-Triples and N-Quads: terms are spelled so already, so a statement is a join.

https://www.w3.org/TR/n-triples/, https://www.w3.org/TR/n-quads/
"""

from collections.abc import Iterable

from trialgraph.statements import Statement


def block(statements: Iterable[Statement], base: str, graph: str) -> str:
    """The statements, a line each."""
    end = f" {graph} .\n" if graph else " .\n"
    return "".join([f"{s} {p} {o}{end}" for s, p, o in statements])
