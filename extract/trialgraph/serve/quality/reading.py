"""Questions to the file of the quality page: what is broken, how often, and by which trials."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from msgspec import Struct

from trialgraph.errors import UsageError
from trialgraph.findings import SEVERITIES, Severity

#: The orders of trials, and of each the column and whether it runs down.
SORTS = {
    "completeness": "share NULLS LAST, id",
    "violations": "violations DESC, id",
    "trial": "id",
    "title": "title, id",
}
RULE_SORTS = {"rule": "id", "name": "name", "severity": "severity, id", "trials": "trials DESC, id"}
SPONSOR_SORTS = {
    "trials": "trials DESC, name",
    "name": "name",
    "completeness": "share NULLS LAST, name",
    "violations": "violations DESC, name",
}
BINS = 20


class Bin(NamedTuple):
    """How many trials have a completeness of at least `least` and below `most`, both per cent."""

    least: int
    most: int
    trials: int


class Part(NamedTuple):
    """A shape of a rule: what it demands, and how many trials break it."""

    shape: str
    name: str
    severity: Severity
    message: str
    source: str
    trials: int


class Broken(NamedTuple):
    """A rule with its worst severity, and how often it is broken."""

    id: str
    name: str
    severity: Severity
    trials: int
    findings: int


class Item(NamedTuple):
    """An item of the data set: how many trials state it, of those for which it counts."""

    number: int
    name: str
    stated: int
    counted: int


class Sponsor(NamedTuple):
    """A sponsor's trials: how many, their mean completeness (of those known from records), what they break."""

    iri: str
    name: str
    trials: int
    share: float | None
    violations: int
    clean: int


class Summary(Struct):
    """What the file says of all trials."""

    as_of: str
    profile: str
    trials: int
    clean: int  # break no rule at all
    valid: int  # break none that is a violation
    pages: int  # are known from captured pages alone, and have no completeness
    mean: float | None
    bins: list[Bin]
    items: list[Item]
    sponsors: int


class Row(Struct):
    """A trial in a list: its completeness, and the rules that it breaks with their severities."""

    id: str
    title: str
    sponsor: str  # IRI, or ""
    sponsor_name: str
    stated: int
    counted: int
    share: float | None
    violations: int
    warnings: int
    infos: int
    rules: list[tuple[str, Severity]] = []


class Finding(NamedTuple):
    """A place where a trial, or a thing that trials share, breaks a part of a rule."""

    trial: str
    part: str  # name of the part
    severity: Severity
    focus: str
    path: str
    value: str


class Filter(Struct, frozen=True):
    """Which trials: those that break a rule or a part of it, of a sponsor, that lack an item, of some completeness."""

    rule: str = ""
    shape: str = ""
    sponsor: str | None = None
    lacks: int | None = None
    states: int | None = None
    least: int | None = None  # per cent
    most: int | None = None
    clean: bool | None = None
    valid: bool | None = None
    scored: bool | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        """The filter of a query string. Raises UsageError for a number that is none."""
        most = {"lacks": 62, "states": 62, "least": 100, "most": 100}  # an item is a bit of an integer
        numbers = {name: _number(name, query[name], limit) for name, limit in most.items() if query.get(name)}
        flags = {name: query[name] == "yes" for name in ("clean", "valid", "scored") if query.get(name)}
        words = {name: query[name] for name in ("rule", "sponsor", "shape") if query.get(name)}
        return cls(**words, **numbers, **flags)  # type: ignore[arg-type]

    def where(self) -> tuple[str, list[object]]:
        """The condition in SQL, and its values."""
        found = [(text, values) for text, *values in self._conditions()]
        return " AND ".join(text for text, _ in found) or "1", [value for _, values in found for value in values]

    def _conditions(self) -> Iterator[tuple[Any, ...]]:
        if self.rule or self.shape:
            column, value = ("shape", self.shape) if self.shape else ("rule", self.rule)
            yield f"id IN (SELECT trial FROM finding WHERE {column} = ?)", value
        if self.sponsor is not None:
            yield "sponsor = ?", self.sponsor
        for column, number in (("lacks", self.lacks), ("states", self.states)):
            if number is not None:
                yield f"share IS NOT NULL AND {column} & ?", 1 << number
        if self.least is not None:
            yield "share IS NOT NULL AND stated * 100 >= ? * counted", self.least
        if self.most is not None and self.most < 100:
            yield "share IS NOT NULL AND stated * 100 < ? * counted", self.most
        if self.clean is not None:
            yield f"violations + warnings + infos {'=' if self.clean else '>'} 0", *()
        if self.valid is not None:
            yield f"violations {'=' if self.valid else '>'} 0", *()
        if self.scored is not None:
            yield f"share IS {'NOT ' * self.scored}NULL", *()


def summary(file: str) -> Summary:
    """What there is to say of all trials."""
    with _reading(file) as database:
        facts = dict(database.execute("SELECT name, value FROM fact"))
        query = """SELECT count(*), sum(violations + warnings + infos = 0), sum(violations = 0), sum(share IS NULL),
            avg(share) FROM trial"""
        trials, clean, valid, pages, mean = database.execute(query).fetchone()
        query = f"""SELECT min(stated * {BINS} / counted, {BINS - 1}) AS bin, count(*) FROM trial
            WHERE share IS NOT NULL GROUP BY bin"""
        counts = dict(database.execute(query))
        step = 100 // BINS
        bins = [Bin(number * step, (number + 1) * step, counts.get(number, 0)) for number in range(BINS)]
        items = [Item(*row) for row in database.execute("SELECT number, name, stated, counted FROM item ORDER BY 1")]
        [(sponsors,)] = database.execute("SELECT count(*) FROM sponsor WHERE iri != ''")
        return Summary(
            facts["as_of"], facts["profile"], trials, clean or 0, valid or 0, pages or 0, mean, bins, items, sponsors
        )


def broken(file: str, sort: str = "trials") -> list[Broken]:
    """All rules that were applied, with how often each is broken."""
    query = f"""SELECT id, min(name) AS name, min({_LEVEL}) AS severity, coalesce(trials, 0) AS trials,
        coalesce(findings, 0) FROM rule LEFT JOIN broken ON rule = id GROUP BY id
        ORDER BY {_order(RULE_SORTS, sort)}"""
    # The rule is called by its first part.
    first = "SELECT id, name FROM rule ORDER BY place DESC"
    with _reading(file) as database:
        names = dict(database.execute(first))
        rows = [
            Broken(id_, names[id_], SEVERITIES[severity], trials, findings)
            for id_, _, severity, trials, findings in database.execute(query)
        ]
    return sorted(rows, key=lambda row: row.name) if sort == "name" else rows


def parts(file: str, rule: str) -> list[Part]:
    """The parts of a rule; none if there is no such rule."""
    query = """SELECT rule.shape, name, rule.severity, message, source, count(DISTINCT nullif(trial, ''))
        FROM rule LEFT JOIN finding ON finding.rule = id AND finding.shape = rule.shape
        WHERE id = ? GROUP BY rule.shape ORDER BY place"""
    with _reading(file) as database:
        return [Part(*row) for row in database.execute(query, (rule,))]


def sponsors(file: str, words: str, sort: str, limit: int, offset: int = 0) -> tuple[int, list[Sponsor]]:
    """The sponsors whose names hold all of some words in any case: how many, and some of them."""
    chosen = words.casefold().split()
    where = " AND ".join(["iri != ''", *(["folded LIKE ? ESCAPE '\\'"] * len(chosen))])
    values = [f"%{_literal(word)}%" for word in chosen]
    query = f"""SELECT iri, name, trials, share, violations, clean FROM sponsor WHERE {where}
        ORDER BY {_order(SPONSOR_SORTS, sort)} LIMIT ? OFFSET ?"""
    with _reading(file) as database:
        [(count,)] = database.execute(f"SELECT count(*) FROM sponsor WHERE {where}", values)
        return count, [Sponsor(*row) for row in database.execute(query, [*values, limit, offset])]


def sponsor(file: str, iri: str) -> Sponsor | None:
    """One sponsor by its IRI."""
    with _reading(file) as database:
        query = "SELECT iri, name, trials, share, violations, clean FROM sponsor WHERE iri = ?"
        row = database.execute(query, (iri,)).fetchone()
        return Sponsor(*row) if row else None


def count(file: str, chosen: Filter) -> int:
    """How many trials a filter leaves."""
    where, values = chosen.where()
    with _reading(file) as database:
        return int(database.execute(f"SELECT count(*) FROM trial WHERE {where}", values).fetchone()[0])


def trials(file: str, chosen: Filter, sort: str, limit: int, offset: int = 0) -> list[Row]:
    """Some of the trials that a filter leaves, with the rules that each breaks."""
    where, values = chosen.where()
    query = f"""SELECT id, title, sponsor, coalesce((SELECT name FROM sponsor WHERE iri = trial.sponsor), ''),
        stated, counted, share, violations, warnings, infos FROM trial WHERE {where}
        ORDER BY {_order(SORTS, sort)} LIMIT ? OFFSET ?"""
    with _reading(file) as database:
        rows = [Row(*row) for row in database.execute(query, [*values, limit, offset])]
        rules: defaultdict[str, list[tuple[str, Severity]]] = defaultdict(list)
        marks = ", ".join("?" * len(rows))
        query = f"""SELECT trial, rule, min(severity) FROM finding WHERE trial IN ({marks})
            GROUP BY trial, rule ORDER BY 3, 2"""
        for trial, rule, severity in database.execute(query, [row.id for row in rows]):
            rules[trial].append((rule, SEVERITIES[severity]))
    for row in rows:
        row.rules = rules[row.id]
    return rows


def findings(file: str, rule: str, ids: Sequence[str]) -> list[Finding]:
    """Where some trials break a rule; with the id "", where things break it that trials share, 100 at most."""
    marks = ", ".join("?" * len(ids))
    query = f"""SELECT trial, name, finding.severity, focus, path, value
        FROM finding JOIN rule ON rule.shape = finding.shape
        WHERE rule = ? AND trial IN ({marks}) ORDER BY trial, place, path, value"""
    with _reading(file) as database:
        rows = database.execute(query, [rule, *ids])
        found = [(trial, name, SEVERITIES[level], *rest) for trial, name, level, *rest in rows]
    return [Finding(*row) for row in found]


_LEVEL = "CASE severity WHEN 'violation' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END"


@contextmanager
def _reading(file: str) -> Iterator[sqlite3.Connection]:
    """A connection of this question alone: handlers run in many threads, and the file may be replaced meanwhile."""
    with closing(sqlite3.connect(f"file:{_escaped(file)}?mode=ro", uri=True)) as database:
        yield database


def _escaped(file: str) -> str:
    return file.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _order(sorts: Mapping[str, str], sort: str) -> str:
    if sort not in sorts:
        raise UsageError(f"{sort!r} is no order; there are {', '.join(sorts)}")
    return sorts[sort]


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= most):
        raise UsageError(f"{name}={text[:40]!r}: not a whole number from 0 to {most}")
    return int(text)


def _literal(word: str) -> str:
    """A word in which LIKE finds no wildcards."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
