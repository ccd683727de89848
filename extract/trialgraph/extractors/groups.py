"""The groups that the figures of posted results are of, as the record names them.

Group ids are local to their module and, for outcome measures, to the measure.
"""

from collections.abc import Iterable, Iterator

from trialgraph.study import Denom, FlowGroup, FlowPeriod, MeasureClass, MeasureGroup, OutcomeMeasure, ResultsSection


def lost(results: ResultsSection) -> bool:
    """Whether a figure of the flow, the baseline or an outcome measure is of a group that nothing describes there."""
    flow, baseline = results.participant_flow_module, results.baseline_characteristics_module
    return (
        _unknown(flow.groups, _of_periods(flow.periods))
        or _unknown(baseline.groups, _of_counts(baseline.denoms, ()))
        or any(_unknown(baseline.groups, _of_counts(each.denoms, each.classes)) for each in baseline.measures)
        or any(_unknown(each.groups, _of_measure(each)) for each in results.outcome_measures_module.outcome_measures)
    )


def _unknown(groups: Iterable[FlowGroup | MeasureGroup], ids: Iterable[str | None]) -> bool:
    """Whether an id, if a figure gives one, is that of no group."""
    return not {None, *(group.id or "" for group in groups)}.issuperset(ids)


def _of_periods(periods: Iterable[FlowPeriod]) -> Iterator[str | None]:
    for period in periods:
        for milestone in period.milestones:
            yield from (each.group_id for each in milestone.achievements)
        for withdrawal in period.drop_withdraws:
            yield from (each.group_id for each in withdrawal.reasons)


def _of_measure(measure: OutcomeMeasure) -> Iterator[str | None]:
    yield from _of_counts(measure.denoms, measure.classes)
    for analysis in measure.analyses:
        yield from analysis.group_ids


def _of_counts(denoms: Iterable[Denom], classes: Iterable[MeasureClass]) -> Iterator[str | None]:
    for denom in denoms:
        yield from (each.group_id for each in denom.counts)
    for class_ in classes:
        yield from _of_counts(class_.denoms, ())
        for category in class_.categories:
            yield from (each.group_id for each in category.measurements)
