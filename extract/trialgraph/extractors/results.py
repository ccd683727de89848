"""Results as posted: participant flow, baseline, outcome measures with their analyses, adverse events.

Group ids are local to their module and, for outcome measures, to the measure: BG000 and OG000 are different groups.
"""

from collections.abc import Iterable, Sequence

from trialgraph import iris
from trialgraph.extractors.sponsors import reach
from trialgraph.iris import tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, count, date, flag, number, text, verbatim
from trialgraph.study import (
    AdverseEvent,
    AdverseEventsModule,
    BaselineCharacteristicsModule,
    Denom,
    DenomCount,
    EventGroup,
    EventStats,
    FlowGroup,
    FlowStats,
    MeasureClass,
    MeasureGroup,
    Measurement,
    MoreInfoModule,
    OutcomeMeasure,
    ParticipantFlowModule,
)

_GROUP: list[Field] = [
    ("id", tg("groupId"), verbatim),
    ("title", tg("title"), text),
    ("description", tg("description"), text),
]
_EVENT_GROUP: list[Field] = [
    *_GROUP,
    ("deaths_num_affected", tg("deathsNumAffected"), count),
    ("deaths_num_at_risk", tg("deathsNumAtRisk"), count),
    ("serious_num_affected", tg("seriousNumAffected"), count),
    ("serious_num_at_risk", tg("seriousNumAtRisk"), count),
    ("other_num_affected", tg("otherNumAffected"), count),
    ("other_num_at_risk", tg("otherNumAtRisk"), count),
]
_TITLE: list[Field] = [("title", tg("title"), text)]
_UNITS: list[Field] = [("units", tg("units"), text)]
_VALUE: list[Field] = [("value", tg("value"), number)]
_FLOW: list[Field] = [
    ("pre_assignment_details", tg("preAssignmentDetails"), text),
    ("recruitment_details", tg("recruitmentDetails"), text),
    ("type_units_analyzed", tg("typeUnitsAnalyzed"), text),
]
_MILESTONE: list[Field] = [("type", tg("milestoneType"), text), ("comment", tg("comment"), text)]
_DROP_WITHDRAW: list[Field] = [("type", tg("dropWithdrawType"), text), ("comment", tg("comment"), text)]
_FLOW_COUNT: list[Field] = [
    ("comment", tg("comment"), text),
    ("num_subjects", tg("numSubjects"), number),
    ("num_units", tg("numUnits"), number),
]
_BASELINE: list[Field] = [
    ("population_description", tg("populationDescription"), text),
    ("type_units_analyzed", tg("typeUnitsAnalyzed"), text),
]
_MEASURE: list[Field] = [
    ("title", tg("title"), text),
    ("description", tg("description"), text),
    ("population_description", tg("populationDescription"), text),
    ("param_type", tg("paramType"), "measureParam"),
    ("unit_of_measure", tg("unitOfMeasure"), text),
    ("calculate_pct", tg("calculatePct"), flag),
    ("denom_units_selected", tg("denomUnitsSelected"), text),
]
_BASELINE_MEASURE: list[Field] = [*_MEASURE, ("dispersion_type", tg("dispersionType"), "measureDispersionType")]
_OUTCOME_MEASURE: list[Field] = [
    *_MEASURE,
    ("type", tg("outcomeMeasureType"), "outcomeMeasureType"),
    ("reporting_status", tg("reportingStatus"), "reportingStatus"),
    ("anticipated_posting_date", tg("anticipatedPostingDate"), date),
    ("time_frame", tg("timeFrame"), text),
    ("type_units_analyzed", tg("typeUnitsAnalyzed"), text),
]
_MEASUREMENT: list[Field] = [
    ("value", tg("value"), number),
    ("spread", tg("spread"), number),
    ("lower_limit", tg("lowerLimit"), number),
    ("upper_limit", tg("upperLimit"), number),
    ("comment", tg("comment"), text),
]
_ANALYSIS: list[Field] = [
    ("param_type", tg("effectMeasure"), text),
    ("param_value", tg("paramValue"), number),
    ("dispersion_type", tg("analysisDispersionType"), "analysisDispersionType"),
    ("dispersion_value", tg("dispersionValue"), number),
    ("statistical_method", tg("statisticalMethod"), text),
    ("statistical_comment", tg("statisticalComment"), text),
    ("p_value", tg("pValue"), number),
    ("p_value_comment", tg("pValueComment"), text),
    ("ci_num_sides", tg("ciNumSides"), "confidenceIntervalNumSides"),
    ("ci_pct_value", tg("ciPctValue"), number),
    ("ci_lower_limit", tg("ciLowerLimit"), number),
    ("ci_upper_limit", tg("ciUpperLimit"), number),
    ("ci_lower_limit_comment", tg("ciLowerLimitComment"), text),
    ("ci_upper_limit_comment", tg("ciUpperLimitComment"), text),
    ("estimate_comment", tg("estimateComment"), text),
    ("tested_non_inferiority", tg("testedNonInferiority"), flag),
    ("non_inferiority_type", tg("nonInferiorityType"), "nonInferiorityType"),
    ("non_inferiority_comment", tg("nonInferiorityComment"), text),
    ("other_analysis_description", tg("otherAnalysisDescription"), text),
    ("group_description", tg("groupDescription"), text),
]
_ADVERSE_EVENTS: list[Field] = [
    ("frequency_threshold", tg("frequencyThreshold"), number),
    ("time_frame", tg("timeFrame"), text),
    ("description", tg("description"), text),
    ("all_cause_mortality_comment", tg("allCauseMortalityComment"), text),
]
_EVENT: list[Field] = [
    ("term", tg("term"), text),
    ("organ_system", tg("organSystem"), text),
    ("source_vocabulary", tg("sourceVocabulary"), text),
    ("assessment_type", tg("assessmentType"), "eventAssessment"),
    ("notes", tg("notes"), text),
]
_EVENT_COUNT: list[Field] = [
    ("num_events", tg("numEvents"), count),
    ("num_affected", tg("numAffected"), count),
    ("num_at_risk", tg("numAtRisk"), count),
]
_AGREEMENT: list[Field] = [
    ("pi_sponsor_employee", tg("piSponsorEmployee"), flag),
    ("restriction_type", tg("restrictionType"), "agreementRestrictionType"),
    ("restrictive_agreement", tg("restrictiveAgreement"), flag),
    ("other_details", tg("otherDetails"), text),
]
_POINT_OF_CONTACT: list[Field] = [("title", tg("name"), text), ("organization", tg("affiliation"), text)]

#: The properties that carry a number of the registry's strings.
NUMBERS = frozenset(
    predicate
    for fields in (_FLOW_COUNT, _MEASUREMENT, _VALUE, _ANALYSIS, _ADVERSE_EVENTS)
    for _, predicate, spell in fields
    if spell is number
)
_HAS_GROUP, _UNRESOLVED = tg("group"), tg("unresolvedGroupId")

#: The groups of one module by their ids.
Groups = dict[str, str]


def extract(trial: Trial, draft: Draft) -> None:
    """The results section, module by module; nothing of a trial without one."""
    results = trial.study.results_section
    if results == type(results)():
        return
    _flow(results.participant_flow_module, draft)
    _baseline(results.baseline_characteristics_module, draft)
    for measure in results.outcome_measures_module.outcome_measures:
        _outcome_measure(measure, draft)
    _adverse_events(results.adverse_events_module, draft)
    _more_info(results.more_info_module, draft)


def _flow(module: ParticipantFlowModule, draft: Draft) -> None:
    if module == type(module)():
        return
    node = _part(draft, draft.trial, "participantFlow", "ParticipantFlow", "flow")
    draft.describe(node, module, _FLOW)
    groups = _groups(draft, node, module.groups)
    for period in module.periods:
        part = _part(draft, node, "period", "Period", node, period.title or "")
        draft.describe(part, period, _TITLE)
        for milestone in period.milestones:
            step = _part(draft, part, "milestone", "Milestone", part, milestone.type or "")
            draft.describe(step, milestone, _MILESTONE)
            _numbers(draft, step, "flowCount", "FlowCount", milestone.achievements, _FLOW_COUNT, groups)
        for withdrawal in period.drop_withdraws:
            step = _part(draft, part, "dropWithdraw", "DropWithdraw", part, "withdrawal", withdrawal.type or "")
            draft.describe(step, withdrawal, _DROP_WITHDRAW)
            _numbers(draft, step, "flowCount", "FlowCount", withdrawal.reasons, _FLOW_COUNT, groups)


def _baseline(module: BaselineCharacteristicsModule, draft: Draft) -> None:
    if module == type(module)():
        return
    node = _part(draft, draft.trial, "baseline", "Baseline", "baseline")
    draft.describe(node, module, _BASELINE)
    groups = _groups(draft, node, module.groups)
    _denoms(draft, node, module.denoms, groups)
    for measure in module.measures:
        part = _part(draft, node, "baselineMeasure", "BaselineMeasure", node, measure.title or "")
        draft.describe(part, measure, _BASELINE_MEASURE)
        _denoms(draft, part, measure.denoms, groups)
        _classes(draft, part, measure.classes, groups)


def _outcome_measure(measure: OutcomeMeasure, draft: Draft) -> None:
    identity = ("outcome", measure.type or "", measure.title or "", measure.time_frame or "")
    node = _part(draft, draft.trial, "outcomeMeasure", "OutcomeMeasure", *identity)
    draft.describe(node, measure, _OUTCOME_MEASURE)
    if measure.dispersion_type is not None:
        # Here the registry spells the dispersion in words, which it does not promise to be those of its enumeration.
        token = draft.values.vocabulary.token("measureDispersionType", measure.dispersion_type)
        spelled = iris.value("measureDispersionType", token) if token else text(measure.dispersion_type)
        draft.rows.append((node, tg("dispersionType"), spelled))
    groups = _groups(draft, node, measure.groups)
    _denoms(draft, node, measure.denoms, groups)
    _classes(draft, node, measure.classes, groups)
    for analysis in measure.analyses:
        compared = (*analysis.group_ids, analysis.statistical_method or "", analysis.param_type or "")
        part = _part(draft, node, "analysis", "Analysis", node, *compared, analysis.group_description or "")
        for group_id in dict.fromkeys(analysis.group_ids):
            _group(draft, part, group_id, groups)
        draft.describe(part, analysis, _ANALYSIS)


def _classes(draft: Draft, parent: str, classes: Iterable[MeasureClass], groups: Groups) -> None:
    for class_ in classes:
        node = _part(draft, parent, "measureClass", "MeasureClass", parent, class_.title or "")
        draft.describe(node, class_, _TITLE)
        _denoms(draft, node, class_.denoms, groups)
        for category in class_.categories:
            part = _part(draft, node, "category", "MeasureCategory", node, category.title or "")
            draft.describe(part, category, _TITLE)
            _numbers(draft, part, "measurement", "Measurement", category.measurements, _MEASUREMENT, groups)


def _denoms(draft: Draft, parent: str, denoms: Iterable[Denom], groups: Groups) -> None:
    for denom in denoms:
        node = _part(draft, parent, "denom", "Denom", parent, "denominator", denom.units or "")
        draft.describe(node, denom, _UNITS)
        _numbers(draft, node, "count", "DenomCount", denom.counts, _VALUE, groups)


def _adverse_events(module: AdverseEventsModule, draft: Draft) -> None:
    if module == type(module)():
        return
    node = _part(draft, draft.trial, "adverseEvents", "AdverseEvents", "adverse events")
    draft.describe(node, module, _ADVERSE_EVENTS)
    groups = _groups(draft, node, module.event_groups, "EventGroup", _EVENT_GROUP)
    for link, events in (("seriousEvent", module.serious_events), ("otherEvent", module.other_events)):
        for event in events:
            _event(draft, node, link, event, groups)


def _event(draft: Draft, parent: str, link: str, event: AdverseEvent, groups: Groups) -> None:
    identity = (link, event.term or "", event.organ_system or "", event.source_vocabulary or "")
    node = _part(draft, parent, link, "AdverseEvent", *identity)
    draft.describe(node, event, _EVENT)
    _numbers(draft, node, "eventCount", "EventCount", event.stats, _EVENT_COUNT, groups)


def _more_info(module: MoreInfoModule, draft: Draft) -> None:
    caveats = [("description", tg("limitationsAndCaveats"), text)]
    draft.describe(draft.trial, module.limitations_and_caveats, caveats)
    agreement, person = module.certain_agreement, module.point_of_contact
    if agreement != type(agreement)():
        node = _part(draft, draft.trial, "certainAgreement", "CertainAgreement", "agreement")
        draft.describe(node, agreement, _AGREEMENT)
    if person != type(person)():
        node = draft.part(
            draft.trial, tg("pointOfContact"), "contact", tg("Contact"), "results", "", person.title or ""
        )
        draft.describe(node, person, _POINT_OF_CONTACT)
        reach(draft, node, person)


def _groups(
    draft: Draft,
    parent: str,
    groups: Iterable[FlowGroup | MeasureGroup | EventGroup],
    class_: str = "ResultGroup",
    fields: Sequence[Field] = _GROUP,
) -> Groups:
    found: Groups = {}
    for group in groups:
        node = _part(draft, parent, "group", class_, parent, "group", group.id or "")
        draft.describe(node, group, fields)
        found.setdefault(group.id or "", node)
    return found


def _part(draft: Draft, parent: str, link: str, class_: str, *identity: str) -> str:
    return draft.part(parent, tg(link), "result", tg(class_), *identity)


def _numbers(
    draft: Draft,
    parent: str,
    link: str,
    class_: str,
    items: Iterable[FlowStats | DenomCount | Measurement | EventStats],
    fields: Sequence[Field],
    groups: Groups,
) -> None:
    """The numbers of each group: an IRI is the parent's with the group's id, which spares a hash for most nodes."""
    link, class_, stem = tg(link), tg(class_), parent[:-1]
    for item in items:
        node = draft.named(f"{stem}-{iris.slug(item.group_id or '')}", class_)
        draft.rows.append((parent, link, node))
        if item.group_id is not None:
            _group(draft, node, item.group_id, groups)
        draft.describe(node, item, fields)


def _group(draft: Draft, node: str, group_id: str, groups: Groups) -> None:
    group = groups.get(group_id)
    draft.rows.append((node, _HAS_GROUP, group) if group else (node, _UNRESOLVED, verbatim(group_id)))
