"""Baseline characteristics, and outcome measures with their analyses."""

from collections.abc import Iterable, Set

from markupsafe import Markup
from msgspec import Struct

from trialgraph.serve.labels import token
from trialgraph.serve.record.facts import Fact, facts, natural, number_in_words, text, value_of
from trialgraph.serve.record.gather import Node
from trialgraph.serve.record.plot import Point, plot
from trialgraph.serve.record.tables import Cell, Group, Row, Table, cells_of, denominators, groups, put

_MEASURE = (
    *("description", "timeFrame", "populationDescription: Population", "typeUnitsAnalyzed: Units analyzed"),
    *("denomUnitsSelected: Units of the denominator", "reportingStatus", "anticipatedPostingDate"),
    "calculatePct: Percentages shown by the registry",
)
_ANALYSIS = (
    *("groupDescription", "statisticalMethod: Method", "dispersionValue"),
    *("analysisDispersionType: Dispersion", "pValue", "pValueComment", "statisticalComment", "estimateComment"),
    *("testedNonInferiority", "nonInferiorityType: Kind of test", "nonInferiorityComment", "otherAnalysisDescription"),
    *("ciLowerLimitComment", "ciUpperLimitComment", "unresolvedGroupId: Groups that are not listed"),
)
_TYPES = ("PRIMARY", "SECONDARY", "OTHER_PRE_SPECIFIED", "POST_HOC")


class Measure(Struct, frozen=True):
    """A measure of the baseline or an outcome measure."""

    key: str
    title: str
    kind: str
    units: str
    facts: tuple[Fact, ...]
    table: Table
    plot: Markup
    analyses: tuple["Analysis", ...] = ()
    folded: bool = False  # whether its figures were left out


class Analysis(Struct, frozen=True):
    """A statistical analysis of an outcome measure."""

    groups: tuple[str, ...]
    estimate: str
    facts: tuple[Fact, ...]


class Baseline(Struct, frozen=True):
    """Who the participants were."""

    facts: tuple[Fact, ...]
    groups: tuple[Group, ...]
    table: Table


def baseline(trial: Node) -> Baseline | None:
    """The baseline characteristics; None if none are posted."""
    node = trial.node("baseline")
    if node is None:
        return None
    columns = groups(node)
    rows = list(denominators(node, columns))
    for measure in sorted(node.nodes("baselineMeasure"), key=lambda each: natural(text(each, "title"))):
        about = [text(measure, name) for name in ("description", "populationDescription", "denomUnitsSelected")]
        if measure.one("calculatePct") == "true":
            about.append("percentages shown by the registry")
        told = [_units(measure), *about]
        rows.append(Row(text(measure, "title"), (), 0, ". ".join(filter(None, told))))
        rows += denominators(measure, columns, 1)
        rows += _rows(measure, columns, 1, [])
    names = ("populationDescription: Population", "typeUnitsAnalyzed: Units analyzed")
    return Baseline(facts(node, names), columns, Table("Baseline characteristics", columns, tuple(rows)))


def _units(measure: Node) -> str:
    """What the values of a measure are: "Mean (Standard Deviation), mmHg"."""
    spread = text(measure, "dispersionType")
    kind = text(measure, "paramType")
    return ", ".join(filter(None, (f"{kind} ({spread})" if spread else kind, text(measure, "unitOfMeasure"))))


def _rows(measure: Node, columns: tuple[Group, ...], level: int, points: list[Point]) -> Iterable[Row]:
    """The rows of a measure; on the way, its numbers are added to the points of a plot."""
    places = {group.iri: index for index, group in enumerate(columns)}
    classes = sorted(measure.nodes("measureClass"), key=lambda each: natural(text(each, "title")))
    for class_ in classes:
        title = text(class_, "title")
        categories = sorted(class_.nodes("category"), key=lambda each: natural(text(each, "title")))
        deeper = level
        denoms = list(denominators(class_, columns, level + 1))
        if title and (denoms or len(categories) > 1 or (categories and text(categories[0], "title"))):
            yield Row(title, (), level)
            deeper += 1
        yield from denoms
        for category in categories:
            label = text(category, "title") or (title if deeper == level else "")
            shown: dict[str, Cell] = {}
            for each in category.nodes("measurement"):
                value, spread, low, high = (each.one(name) for name in ("value", "spread", "lowerLimit", "upperLimit"))
                notes = [f"({number_in_words(spread)})"] if spread else []
                notes += [f"({number_in_words(low) or '?'} to {number_in_words(high) or '?'})"] if low or high else []
                notes += each.all("comment")
                put(shown, each, Cell(number_in_words(value), tuple(notes)))
                if (group := each.one("group")) in places:
                    named = " · ".join(dict.fromkeys(filter(None, (title, label))))
                    points.append(Point(named, places[group], value, spread, low, high))
            yield Row(label or "Value", cells_of(shown, columns), deeper)


def measures(trial: Node, folded: Set[str] = frozenset()) -> tuple[Measure, ...]:
    """The outcome measures, primary ones first; of some the figures were left out."""
    nodes = sorted(
        trial.nodes("outcomeMeasure"), key=lambda each: (_rank(each), natural(text(each, "title")), each.iri)
    )
    return tuple(_measure(node, node.iri in folded) for node in nodes)


def _rank(node: Node) -> int:
    kind = token(min(node.facts.get("outcomeMeasureType", [""])))
    return _TYPES.index(kind) if kind in _TYPES else len(_TYPES)


def _measure(node: Node, folded: bool) -> Measure:
    if folded:
        node.asked |= {"measureClass", "analysis"}
    columns = groups(node)
    points: list[Point] = []
    rows = [*denominators(node, columns), *_rows(node, columns, 0, points)]
    units = _units(node)
    title = text(node, "title")
    spread = token(min(node.facts.get("dispersionType", [""])))
    titles = {group.iri: group.title or group.id for group in columns}
    analyses = sorted(node.nodes("analysis"), key=lambda each: (text(each, "groupDescription"), each.iri))
    return Measure(
        node.iri.rpartition("/")[2],
        title,
        text(node, "outcomeMeasureType"),
        units,
        facts(node, _MEASURE),
        Table(title, columns, tuple(rows)),
        plot(points, [group.title or group.id for group in columns], units, spread),
        tuple(_analysis(each, titles) for each in analyses),
        folded,
    )


def _analysis(node: Node, titles: dict[str, str]) -> Analysis:
    effect = ": ".join(filter(None, (text(node, "effectMeasure"), text(node, "paramValue"))))
    estimate = "; ".join(filter(None, (effect, _interval(node))))
    compared = tuple(titles.get(term, value_of(term, node).text) for term in node.all("group"))
    return Analysis(tuple(sorted(compared, key=natural)), estimate, facts(node, _ANALYSIS))


def _interval(node: Node) -> str:
    """The confidence interval of an estimate: "95% two-sided confidence interval -3.9 to 0.1"."""
    level, low, high = (text(node, name) for name in ("ciPctValue", "ciLowerLimit", "ciUpperLimit"))
    sides = text(node, "ciNumSides").lower()
    if not (level or low or high or sides):
        return ""
    limits = f"{low or 'no lower limit'} to {high or 'no upper limit'}" if low or high else "without limits"
    return " ".join(filter(None, (f"{level}%" if level else "", sides, "confidence interval", limits)))
