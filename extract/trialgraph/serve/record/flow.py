"""The participant flow: how many started, completed and left, a table a period."""

from msgspec import Struct

from trialgraph.serve.record.facts import Fact, facts, natural, text
from trialgraph.serve.record.gather import Node
from trialgraph.serve.record.tables import Cell, Group, Row, Table, cells_of, groups, put

_FIRST, _LAST = ("STARTED",), ("COMPLETED", "NOT COMPLETED")


class Flow(Struct, frozen=True):
    """The participant flow: a table a period."""

    facts: tuple[Fact, ...]
    groups: tuple[Group, ...]
    periods: tuple[Table, ...]


def flow(trial: Node) -> Flow | None:
    """The participant flow; None if none is posted."""
    node = trial.node("participantFlow")
    if node is None:
        return None
    columns = groups(node)
    names = ("recruitmentDetails", "preAssignmentDetails", "typeUnitsAnalyzed: Units analyzed")
    # The graph has no order of periods. Most people are in the first.
    periods = sorted(node.nodes("period"), key=lambda each: (-_started(each), natural(text(each, "title"))))
    return Flow(facts(node, names), columns, tuple(_period(each, columns) for each in periods))


def _started(period: Node) -> int:
    """How many participants a period began with."""
    steps = [step for step in period.nodes("milestone") if step.facts.get("milestoneType") == ["STARTED"]]
    numbers = [text(count, "numSubjects").replace(",", "") for step in steps for count in step.nodes("flowCount")]
    return sum(int(number) for number in numbers if number.isdecimal())


def _period(node: Node, columns: tuple[Group, ...]) -> Table:
    steps = sorted(node.nodes("milestone"), key=lambda each: _milestone(text(each, "milestoneType")))
    rows = [_step(step, "milestoneType", columns, 0) for step in steps]
    left = sorted(node.nodes("dropWithdraw"), key=lambda each: natural(text(each, "dropWithdrawType")))
    if left:
        rows += [Row("Reasons for leaving"), *(_step(step, "dropWithdrawType", columns, 1) for step in left)]
    return Table(text(node, "title"), columns, tuple(rows))


def _milestone(kind: str) -> tuple[int, list[object]]:
    rank = 0 if kind in _FIRST else 2 + _LAST.index(kind) if kind in _LAST else 1
    return rank, natural(kind)


def _step(node: Node, name: str, columns: tuple[Group, ...], level: int) -> Row:
    shown: dict[str, Cell] = {}
    for each in node.nodes("flowCount"):
        subjects, units, comment = text(each, "numSubjects"), text(each, "numUnits"), text(each, "comment")
        put(shown, each, Cell(subjects, tuple(filter(None, (units and f"{units} units", comment)))))
    return Row(text(node, name), cells_of(shown, columns), level, text(node, "comment"))
