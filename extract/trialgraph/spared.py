"""A trial without what no shape of the package asks for, so that most of its statements need not be made."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from trialgraph.record import Trial
from trialgraph.study import (
    BrowseModule,
    Denom,
    DescriptionModule,
    FlowGroup,
    FlowPeriod,
    MeasureClass,
    MeasureGroup,
    OutcomeMeasure,
    ReferencesModule,
    ResultsSection,
)


def spared(trial: Trial) -> Trial:
    """The trial without its descriptions, references, figures of results, and MeSH terms but for its conditions' own.

    Of figures, shapes ask only for the group: if one is of a group that nothing describes, all of them are kept.
    """
    study = trial.study
    posted, protocol, derived = study.results_section, study.protocol_section, study.derived_section
    if not lost(posted):
        posted = ResultsSection(
            adverse_events_module=posted.adverse_events_module, more_info_module=posted.more_info_module
        )
    return replace(
        trial,
        study=replace(
            study,
            protocol_section=replace(
                protocol, description_module=DescriptionModule(), references_module=ReferencesModule()
            ),
            results_section=posted,
            derived_section=replace(
                derived,
                condition_browse_module=BrowseModule(meshes=derived.condition_browse_module.meshes),
                intervention_browse_module=BrowseModule(),
            ),
        ),
    )


def lost(results: ResultsSection) -> bool:
    """Whether a figure of the flow, the baseline or an outcome measure is of a group that nothing describes there.

    Group ids are local to their module and, for outcome measures, to the measure.
    """
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
