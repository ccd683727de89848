"""What a build did: counts by class, and everything that it could not take as it stood."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct, field, to_builtins

from trialgraph.notebook import table
from trialgraph.readers import Rejected
from trialgraph.record import Finding

#: Findings that repeat over many records are counted by what they are; the others are listed one by one.
_LISTED = ("rejected", "text", "dropped")
_TITLES = {
    "rejected": "records rejected",
    "text": "values kept as text",
    "dropped": "values left out",
    "unknown-field": "unknown fields",
    "unknown-value": "unknown values",
    "cleaned": "texts with characters replaced",
    "redacted": "texts with contact details removed",
}
_EXAMPLES = 3
_CLASSES = 20


class Seen(Struct):
    """A finding that repeats: how often, and where first."""

    kind: str
    field: str
    value: str
    count: int
    first: Finding


class BuildReport(Struct):
    """The counts and the findings of one build."""

    output: str = ""
    sources: dict[str, int] = field(default_factory=dict)  # records by source
    records: int = 0
    trials: int = 0
    statements: int = 0
    classes: dict[str, tuple[int, int]] = field(default_factory=dict)  # things and statements about them, by class
    disagreements: int = 0
    changes: dict[str, int] = field(default_factory=dict)  # of a store that was there: trials added, changed, unchanged
    listed: list[Finding] = field(default_factory=list)
    repeated: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, findings: Iterable[Finding]) -> None:
        """Take findings up."""
        for finding in findings:
            if finding.kind in _LISTED:
                self.listed.append(finding)
                continue
            name = _field(finding.pointer)
            key = (finding.kind, name, finding.value if finding.kind == "unknown-value" else "")
            if seen := self.repeated.get(key):
                seen.count += 1
            else:
                self.repeated[key] = Seen(finding.kind, name, key[2], 1, finding)

    def reject(self, rejected: Rejected) -> None:
        """Take up what stands where a record should."""
        self.add([Finding("rejected", rejected.message, "", rejected.place, rejected.file, rejected.nct_id)])

    def count_classes(self, things: Counter[str], statements: Counter[str]) -> None:
        """Add to the counts by class, which are given by the classes' IRIs."""
        for class_ in statements:
            name = class_.rpartition("#")[2].rstrip(">")
            known = self.classes.get(name, (0, 0))
            self.classes[name] = (known[0] + things[class_], known[1] + statements[class_])

    def count(self, kind: str) -> int:
        """How many findings of a kind there are."""
        listed = sum(finding.kind == kind for finding in self.listed)
        return listed + sum(seen.count for seen in self.repeated.values() if seen.kind == kind)

    def as_json(self) -> dict[str, Any]:
        """Everything, as plain values for a JSON file."""
        return {
            "output": self.output,
            "sources": self.sources,
            "records": self.records,
            "trials": self.trials,
            "statements": self.statements,
            "classes": {
                name: {"things": things, "statements": statements}
                for name, (things, statements) in sorted(self.classes.items())
            },
            "changes": self.changes,
            "disagreements": self.disagreements,
            "counts": {kind: self.count(kind) for kind in _TITLES},
            "findings": [to_builtins(finding) for finding in _sorted(self.listed)],
            "repeated": [to_builtins(self.repeated[key]) for key in sorted(self.repeated)],
            "seconds": round(self.seconds, 3),
        }

    def lines(self) -> Iterator[str]:
        """The report for a person, a line each."""
        rate = f", {self.records / self.seconds:,.0f} records a second" if self.seconds >= 1 else ""
        records, sources = plural(self.records, "record"), plural(len(self.sources), "source")
        yield self._title()
        yield f"  read {records} of {sources} in {self.seconds:,.1f} s{rate}"
        if self.changes:
            changes = ", ".join(f"{self.changes.get(kind, 0):,} {kind}" for kind in ("added", "changed", "unchanged"))
            yield f"  trials of the store: {changes}"
        if self.disagreements:
            yield f"  {plural(self.disagreements, 'disagreement')} between records of the same trial"
        width = max((len(name) for name in self.classes), default=0)
        yield f"  {'class':{width}} {'things':>10} {'statements':>11}"
        for name, things, statements in self._classes():
            yield f"  {name:{width}} {things:>10,} {statements:>11,}"
        for kind, title in _TITLES.items():
            yield from self._findings(kind, title)

    def __repr__(self) -> str:
        """What was built, and how much."""
        return f"<BuildReport of {self._title()}>"

    def _repr_html_(self) -> str:
        """Things and statements by class, and how many findings there are, for a notebook."""
        found = [f"{title}: {self.count(kind):,}" for kind, title in _TITLES.items() if self.count(kind)]
        return table(("class", "things", "statements"), self._classes(), "; ".join((self._title(), *found)))

    def _title(self) -> str:
        return f"{self.output}: {plural(self.trials, 'trial')}, {plural(self.statements, 'statement')}"

    def _classes(self) -> Iterator[tuple[str, int, int]]:
        """The classes with most statements, with their things and statements, and the rest as one."""
        classes = sorted(self.classes.items(), key=lambda each: (-each[1][1], each[0]))
        for name, (things, statements) in classes[:_CLASSES]:
            yield name, things, statements
        if more := [counts for _, counts in classes[_CLASSES:]]:
            yield f"{len(more)} more", sum(things for things, _ in more), sum(statements for _, statements in more)

    def _findings(self, kind: str, title: str) -> Iterator[str]:
        count = self.count(kind)
        if not count:
            return
        yield f"  {title}: {count:,}"
        listed = [finding for finding in _sorted(self.listed) if finding.kind == kind]
        for finding in listed[:_EXAMPLES]:
            yield f"    {where(finding)}: {_shown(finding.value)}{finding.message}"
        if len(listed) > _EXAMPLES:
            yield f"    ... and {len(listed) - _EXAMPLES:,} more; --report FILE has them all"
        for key in sorted(self.repeated):
            seen = self.repeated[key]
            if seen.kind == kind:
                times = f"{seen.count:,} times, first at " if seen.count > 1 else ""
                yield f"    {seen.field} {_shown(seen.value)}{seen.first.message}; {times}{where(seen.first)}"


def where(finding: Finding) -> str:
    """The file, the place in it and the trial of a finding."""
    return " ".join(filter(None, (finding.file, finding.pointer, finding.nct_id and f"({finding.nct_id})")))


def plural(count: int, noun: str) -> str:
    """A count with its noun: plural(2, "trial") is "2 trials"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _shown(value: str) -> str:
    return f"{value[:60]!r}: " if value else ""


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.file, finding.nct_id, finding.pointer, finding.message))


def _field(pointer: str) -> str:
    """A JSON pointer without the positions in lists: the field of the model, or "" of a place in a page."""
    return ".".join(step for step in pointer.split("/")[1:] if not step.isdigit())
