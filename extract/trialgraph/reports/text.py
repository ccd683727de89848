"""For a person at a terminal: rule by rule, worst first, with counts and examples."""

from collections.abc import Iterator

from trialgraph.findings import Validation
from trialgraph.gate import Gate
from trialgraph.report import plural
from trialgraph.reports.common import Group, Options, about, groups, more, place, short, shown, title, verdict


def report(found: Validation, gate: Gate, options: Options) -> Iterator[str]:
    """A block a rule, and the verdict last, where the eye is when the command ends."""
    for group in groups(found, gate, options.limit):
        yield from _block(group, gate, options)
        yield "\n"
    for line in verdict(found, gate):
        yield f"{line}\n"


def _block(group: Group, gate: Gate, options: Options) -> Iterator[str]:
    source = f" ({shown(group.rule.source)})" if group.rule.source else ""
    yield f"{group.severity} {shown(title(group.rule))}: {shown(group.rule.message)}{source}\n"
    new = f", {group.new:,} new" if gate.baseline else ""
    yield f"  {plural(group.count, 'finding')} in {plural(group.trials, 'trial')}{new}\n"
    for finding, _ in group.examples:
        where = f"  [{shown(place(finding))}]" if place(finding) else ""
        yield f"    {f'{shown(short(finding.subject))} {about(finding, group.rule)}'.rstrip()}{where}\n"
    if group.hidden:
        yield f"    {more(group.hidden)}\n"
