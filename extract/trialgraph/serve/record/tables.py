"""Tables of results: a column for each group of participants."""

from collections.abc import Iterable

from msgspec import Struct

from trialgraph.serve.record.facts import natural, text
from trialgraph.serve.record.gather import Node


class Group(Struct, frozen=True):
    """A group of participants, a column of a table."""

    iri: str
    id: str
    title: str
    description: str


class Cell(Struct, frozen=True):
    """What stands in a table for one group."""

    text: str = ""
    notes: tuple[str, ...] = ()


class Row(Struct, frozen=True):
    """A row: what it is called, how deep it stands, and a cell for each group. A row without cells is a heading."""

    label: str
    cells: tuple[Cell, ...] = ()
    level: int = 0
    note: str = ""


class Table(Struct, frozen=True):
    """A table of groups."""

    caption: str
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]


def groups(node: Node) -> tuple[Group, ...]:
    """The groups that a part of the results lists, by their ids."""
    found = [
        Group(each.iri, text(each, "groupId"), text(each, "title"), "\n".join(each.all("description")))
        for each in node.nodes("group")
    ]
    return tuple(sorted(found, key=lambda group: natural(group.id)))


def put(shown: dict[str, Cell], node: Node, cell: Cell) -> None:
    """Put the cell of a number where its group is; a second number of one group stands behind the first."""
    group = node.one("group") or node.one("unresolvedGroupId")
    first = shown.get(group)
    shown[group] = Cell(first.text, (*first.notes, cell.text, *cell.notes)) if first else cell


def cells_of(shown: dict[str, Cell], columns: Iterable[Group]) -> tuple[Cell, ...]:
    """A cell for each column; what is of no listed group is noted in the last."""
    cells = [shown.pop(group.iri, Cell()) for group in columns]
    if shown:
        told = tuple(f"{name}: {' '.join((cell.text, *cell.notes))}" for name, cell in shown.items())
        last = cells.pop() if cells else Cell()
        cells.append(Cell(last.text, (*last.notes, *told)))
    return tuple(cells)


def denominators(node: Node, columns: tuple[Group, ...], level: int = 0) -> Iterable[Row]:
    """A row for each unit that was analysed, with how many there are of it in each group."""
    for denom in sorted(node.nodes("denom"), key=lambda each: natural(text(each, "units"))):
        shown: dict[str, Cell] = {}
        for each in denom.nodes("count"):
            put(shown, each, Cell(text(each, "value")))
        yield Row(f"Number of {text(denom, 'units') or 'units'}", cells_of(shown, columns), level, "denominator")
