"""What a validation finds: rules, findings, and all findings of one run, as plain values."""

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Literal

from msgspec import Struct
from msgspec.json import encode

from trialgraph.notebook import table

Severity = Literal["violation", "warning", "info"]

#: What findings are sorted by: rule, trial, place in the trial, and then all the rest.
_COLUMNS = ("rule", "trial", "focus", "path", "value", "message", "file", "pointer", "severity", "shape", "component")
_KEY = attrgetter(*_COLUMNS)
_ORDER = ", ".join(_COLUMNS)

#: The severities, worst first.
SEVERITIES: tuple[Severity, ...] = ("violation", "warning", "info")


class Rule(Struct, frozen=True, omit_defaults=True):
    """What a shape demands, in the domain's words, and who demands it. Several shapes can be parts of one rule."""

    id: str  # "R01"
    shape: str  # IRI
    name: str
    severity: Severity
    message: str
    source: str
    path: str = ""  # IRI of the property, or a path of them as SPARQL writes it

    @property
    def local(self) -> str:
        """The last part of the shape's IRI: "Trial-site"."""
        return local(self.shape)


class Finding(Struct, frozen=True):
    """One place where a trial breaks a rule."""

    rule: str  # "R01"
    shape: str  # IRI
    severity: Severity
    trial: str  # NCT id, or "" of what several trials share
    focus: str  # IRI of the trial, of a part of it or of the shared thing
    path: str  # IRI of the property, a path of them as SPARQL writes it, or ""
    value: str  # plain text of the value, or ""
    message: str
    file: str = ""  # "" unless the input was a source
    pointer: str = ""  # JSON pointer in the record, "line 12" of a page, or ""
    component: str = ""  # IRI of the SHACL constraint component, where the engine tells it

    @property
    def subject(self) -> str:
        """The trial, or the thing that several trials share."""
        return self.trial or self.focus

    @property
    def fingerprint(self) -> str:
        """The same on every run and in every file: a hash of rule, trial, path and value, never of a position.

        >>> Finding("R20", "", "violation", "NCT00000001", "", "", "", "A trial has a condition.").fingerprint
        'e416005fa855bd19accc'
        """
        identity = [clean(part) for part in (self.rule, self.subject, self.path, self.value)]
        return blake2b(encode(identity), digest_size=10).hexdigest()


class Findings(Collection[Finding]):
    """Findings, each once, sorted by `order`; in a temporary database, so that millions take no memory."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        columns = ", ".join(f"{name} TEXT" for name in _COLUMNS)
        self._database.execute(f"CREATE TABLE found ({columns}, PRIMARY KEY ({', '.join(_COLUMNS)})) WITHOUT ROWID")
        self.add(findings)

    def add(self, findings: Iterable[Finding]) -> None:
        """Take findings up."""
        rows = (tuple(clean(part) for part in order(finding)) for finding in findings)
        self._database.execute("BEGIN")
        self._database.executemany(f"INSERT OR IGNORE INTO found VALUES ({', '.join('?' * len(_COLUMNS))})", rows)
        self._database.execute("COMMIT")

    def __iter__(self) -> Iterator[Finding]:
        """Each finding, in order."""
        rows = self._database.execute(f"SELECT {', '.join(Finding.__struct_fields__)} FROM found ORDER BY {_ORDER}")
        return (Finding(*row) for row in rows)

    def __len__(self) -> int:
        """How many there are."""
        return int(self._database.execute("SELECT count(*) FROM found").fetchone()[0])

    def __contains__(self, finding: object) -> bool:
        """Whether a finding is one of them."""
        return any(each == finding for each in self)


class Validation(Struct, frozen=True):
    """All that one run found. `conforms` is sh:conforms: there is no finding at all, of any severity."""

    findings: Collection[Finding]  # sorted by `order`
    rules: tuple[Rule, ...]  # all that were applied, by id and shape
    trials: int  # how many were judged
    conforms: bool
    as_of: str  # the day that time-dependent rules took for today: "2026-11-22"
    profiles: tuple[str, ...]
    #: The ids of the trials that were judged, with "" unless only some of the input's were; empty where nobody knows.
    judged: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        """How many trials were judged, and how many findings of each severity there are."""
        return f"<Validation of {self._title()}>"

    def _repr_html_(self) -> str:
        """The rules that are broken, worst first, with the numbers of findings and trials, for a notebook."""
        named = {(rule.id, rule.shape): rule.message for rule in self.rules}
        found: dict[tuple[str, str, str, str], list[str]] = {}
        for each in self.findings:
            message = named.get((each.rule, each.shape), each.message)
            found.setdefault((each.severity, each.rule, each.shape, message), []).append(each.subject)
        rows = [
            (severity, rule, len(subjects), len(set(subjects)), message)
            for (severity, rule, _, message), subjects in found.items()
        ]
        rows.sort(key=lambda row: (SEVERITIES.index(row[0]), -row[2], row[1], row[4]))
        return table(("severity", "rule", "findings", "trials", "demand"), rows, self._title())

    def _title(self) -> str:
        counts = Counter(finding.severity for finding in self.findings)
        numbers = ", ".join(
            f"{counts[severity]:,} {severity}{'s' * (counts[severity] != 1)}"
            for severity in SEVERITIES
            if counts[severity]
        )
        judged = f"{self.trials:,} trials by {', '.join(self.profiles)} as of {self.as_of}"
        return f"{judged}: {numbers or 'nothing found'}"


def validation(
    findings: Iterable[Finding], rules: Iterable[Rule], trials: int, as_of: str, profiles: Iterable[str]
) -> Validation:
    """A Validation of findings and rules in any order."""
    found = tuple(sorted(findings, key=order))
    return Validation(
        found, tuple(sorted(rules, key=lambda rule: (rule.id, rule.shape))), trials, not found, as_of, tuple(profiles)
    )


def order(finding: Finding) -> tuple[str, ...]:
    """The key that findings are sorted by."""
    return _KEY(finding)


@lru_cache(1000)
def local(iri: str) -> str:
    """The last part of an IRI."""
    return re.split("[#/]", iri)[-1]


def at_least(severity: Severity, threshold: Severity) -> bool:
    """Whether a severity is as bad as another, or worse."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(threshold)


def clean(text: str) -> str:
    """A text that UTF-8 can carry: a lone surrogate becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not _encodable(text) else text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
