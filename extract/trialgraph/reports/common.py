"""What the formats share: the options, the findings by rule, words for counts, and texts that are safe to show."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct, field

from trialgraph.findings import SEVERITIES, Finding, Rule, Severity, Validation
from trialgraph.gate import Gate
from trialgraph.iris import PREFIXES
from trialgraph.report import plural

_IRI = re.compile(r"<([^<>]*)>")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: Joiners belong to the spelling of some scripts; all other format characters could hide or reorder text.
_JOINERS = "\u200c\u200d"


class Options(Struct, frozen=True):
    """How much a report shows."""

    examples: int = 3  # of each rule
    every: bool = False  # all findings instead of examples
    version: str = ""  # of trialgraph, for reports that name the program
    source: str = ""  # the file judged, for findings that name none themselves

    @property
    def limit(self) -> int | None:
        """How many findings of a rule to show; None for all of them."""
        return None if self.every else self.examples


class Group(Struct):
    """The findings of one shape and severity: how many, in how many trials, and some of them, the new ones first."""

    rule: Rule
    severity: Severity
    count: int = 0
    new: int = 0  # how many the baseline does not have
    trials: int = 0
    examples: list[tuple[Finding, bool]] = field(default_factory=list)  # each with whether the baseline has it

    @property
    def hidden(self) -> int:
        """How many are not among the examples."""
        return self.count - len(self.examples)


def groups(found: Validation, gate: Gate, limit: int | None) -> list[Group]:
    """The findings by shape and severity: the worst severity first, and in it what has the most findings.

    `limit` is how many examples to keep of each, None for all.
    """
    named = {identity(rule): rule for rule in rules(found)}
    made: dict[tuple[Severity, tuple[str, str]], Group] = {}
    new: dict[int, list[tuple[Finding, bool]]] = {}
    last: dict[int, str] = {}
    for finding, known in zip(found.findings, gate.known, strict=True):
        key = identity(finding)
        group = made.setdefault((finding.severity, key), Group(named[key], finding.severity))
        group.count += 1
        group.new += not known
        group.trials += bool(finding.trial) and last.get(id(group)) != finding.trial
        last[id(group)] = finding.trial
        examples = group.examples if known else new.setdefault(id(group), [])
        if limit is None or len(examples) < limit:
            examples.append((finding, known))
    for group in made.values():
        group.examples = [*new.get(id(group), []), *group.examples][:limit]
    return sorted(made.values(), key=lambda each: (SEVERITIES.index(each.severity), -each.count, identity(each.rule)))


def rules(found: Validation) -> list[Rule]:
    """The rules that were applied, and those that only findings name, such as a user's own; by id and shape."""
    listed = {identity(rule): rule for rule in found.rules}
    for each in found.findings:
        listed.setdefault(identity(each), Rule(each.rule, each.shape, "", each.severity, each.message, ""))
    return [listed[key] for key in sorted(listed)]


def identity(given: Rule | Finding) -> tuple[str, str]:
    """What tells one rule from another: its id, and the shape, because a rule can have several."""
    return (given.id if isinstance(given, Rule) else given.rule), given.shape


def counts(found: Validation) -> dict[Severity, int]:
    """The number of findings of each severity."""
    seen = Counter(finding.severity for finding in found.findings)
    return {severity: seen[severity] for severity in SEVERITIES}


def verdict(found: Validation, gate: Gate) -> list[str]:
    """The run in a few lines: what was judged, what changed since the baseline, whether it conforms and passes."""
    numbers = ", ".join(plural(count, severity) for severity, count in counts(found).items() if count)
    judged = f"{plural(found.trials, 'trial')} judged by {', '.join(found.profiles)} as of {found.as_of}"
    lines = [f"{judged}: {numbers or 'no finding'}"]
    if gate.baseline:
        changes = f"{gate.new:,} new, {sum(gate.known):,} known, {gate.fixed:,} fixed"
        lines.append(f"since the baseline {shown(gate.baseline)}: {changes}")
    lines.append(f"conforms: {'yes' if found.conforms else 'no'}; gate: {outcome(gate)}")
    return lines


def outcome(gate: Gate) -> str:
    """The gate in words: "failed, 3 new findings at or above warning"."""
    if gate.passed:
        return f"passed (fail on {gate.fail_on})"
    noun = plural(gate.failing, "new finding" if gate.baseline else "finding")
    return f"failed, {noun} at or above {gate.fail_on}"


def place(finding: Finding) -> str:
    """The file and the place in it, or "" where the input was a graph."""
    return " ".join(filter(None, (finding.file, finding.pointer)))


def line(finding: Finding) -> int | None:
    """The number of the line that the pointer names, if it names one."""
    word, _, number = finding.pointer.partition(" ")
    return max(1, int(number)) if word == "line" and number.isascii() and number.isdigit() else None


@lru_cache(1000)
def short(iri: str) -> str:
    """An IRI, or each in a path, by its prefix, where it has one of ours: "tg:startDate", "tg:site/tg:facility"."""
    if "<" in iri:
        spelled = _IRI.sub(lambda match: short(match[1]), iri)
        return spelled[1:-1] if re.fullmatch(r"\([^()]*\)", spelled) else spelled
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


def shown(text: str, width: int | None = None) -> str:
    """A text on one line, without any character that could hide, reorder or command; cropped to a width."""
    seen = text if text.isprintable() else "".join([char if char.isprintable() else _visible(char) for char in text])
    return seen if width is None or len(seen) <= width else f"{seen[: width - 1]}…"


def legible(text: str) -> str:
    """A text with its own lines and tabs, but without any other character that could hide, reorder or command."""
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() or char in "\n\r\t" else _visible(char) for char in text])


def _visible(char: str) -> str:
    if char in _JOINERS:
        return char
    return _ESCAPES.get(char) or (" " if unicodedata.category(char) == "Zs" else "\ufffd")


def about(finding: Finding, rule: Rule, width: int | None = 80) -> str:
    """Path and value, and the message where it says more than the rule's: 'tg:phase "X": ...'."""
    value = f'"{shown(named(finding.value), width)}"' if finding.value else ""
    what = " ".join(filter(None, (shown(path(finding)), value)))
    message = shown(finding.message) if finding.message != rule.message else ""
    return ": ".join(filter(None, (what, message)))


def path(finding: Finding) -> str:
    """The path, after the part of the trial that it is of, where no pointer tells: "outcome/0461e8 tg:timeFrame"."""
    part = "" if finding.pointer else finding.focus.partition(f"/trial/{finding.trial}/")[2]
    return " ".join(filter(None, (part, short(finding.path))))


def named(value: str) -> str:
    """A value, an IRI by its prefix."""
    return short(value) if value.startswith("http") else value


def more(hidden: int) -> str:
    """What stands for the findings that are not shown."""
    return f"... and {hidden:,} more; --all shows them"


def title(rule: Rule) -> str:
    """Id and name of a rule."""
    return " ".join(filter(None, (rule.id, rule.name)))


def joined(lines: Iterable[str]) -> str:
    """Lines as one text."""
    return "".join(f"{each}\n" for each in lines)
