"""Results as posted: participant flow, baseline, outcome measures with their analyses, adverse events."""

from typing import Any

import pytest
from tests.conftest import Build, Graph, study

TRIAL = "trial/NCT00000001"
GROUPS = [{"id": "OG000", "title": "Placebo"}, {"id": "OG001", "title": "Aspirin"}]


def results(**modules: Any) -> dict[str, Any]:
    return study(resultsSection=modules)


def measure(title: str = "Survival", **fields: Any) -> dict[str, Any]:
    return {"type": "PRIMARY", "title": title, "groups": GROUPS, **fields}


def titled(graph: Graph, title: str, class_: str) -> str:
    [found] = {*graph.subjects("tg:title", f'"{title}"')} & {*graph.things(class_)}
    return found


def test_a_trial_without_results_has_no_statement_about_them(built: Build) -> None:
    graph = built(study(resultsSection={}, hasResults=False))
    assert not any("/result/" in subject for subject, _, _ in graph)


def test_the_groups_of_a_measure_are_its_own(built: Build) -> None:
    values = [{"groupId": "OG000", "value": "1"}, {"groupId": "OG001", "value": "2"}]
    classes = [{"categories": [{"measurements": values}]}]
    graph = built(
        results(
            outcomeMeasuresModule={"outcomeMeasures": [measure("A", classes=classes), measure("B", classes=classes)]}
        )
    )
    assert len(graph.things("tg:ResultGroup")) == 4
    for title in ("A", "B"):
        node = titled(graph, title, "tg:OutcomeMeasure")
        own = {*graph.objects("tg:group", node)}
        [class_] = graph.objects("tg:measureClass", node)
        [category] = graph.objects("tg:category", class_)
        told = {
            (*graph.objects("tg:group", each), *graph.objects("tg:value", each))
            for each in graph.objects("tg:measurement", category)
        }
        [placebo] = own & {*graph.subjects("tg:groupId", '"OG000"')}
        [aspirin] = own & {*graph.subjects("tg:groupId", '"OG001"')}
        assert told == {(placebo, '"1"^^xsd:integer'), (aspirin, '"2"^^xsd:integer')}


def test_a_group_that_the_module_does_not_list_stays_by_its_id(built: Build) -> None:
    classes = [{"categories": [{"measurements": [{"groupId": "BG000", "value": "1"}]}]}]
    graph = built(results(outcomeMeasuresModule={"outcomeMeasures": [measure(classes=classes)]}))
    [measurement] = graph.things("tg:Measurement")
    assert graph.objects("tg:unresolvedGroupId", measurement) == ['"BG000"']
    assert graph.objects("tg:group", measurement) == []


@pytest.mark.parametrize(
    ("stated", "term"),
    [
        ("12", '"12"^^xsd:integer'),
        (" 012 ", '"12"^^xsd:integer'),
        ("-3", '"-3"^^xsd:integer'),
        ("1.50", '"1.50"^^xsd:decimal'),
        (".5", '"0.5"^^xsd:decimal'),
        ("-.5", '"-0.5"^^xsd:decimal'),
        ("1E-5", '"1E-5"^^xsd:double'),
        ("NA", '"NA"'),
        ("<0.001", '"<0.001"'),
        ("≤ 0.05", '"≤ 0.05"'),
        (">0.99", '">0.99"'),
        ("=0.03", '"0.03"^^xsd:decimal'),
        ("= .03", '"0.03"^^xsd:decimal'),
        ("1,234", '"1,234"'),
        ("not estimable", '"not estimable"'),
        ("Infinity", '"Infinity"'),
        ("٣", '"٣"'),
        ("3.٥", '"3.٥"'),
        ("1" * 40, f'"{"1" * 40}"'),
    ],
)
def test_a_number_in_a_string_is_a_number_and_anything_else_stays_a_string(
    built: Build, stated: str, term: str
) -> None:
    classes = [{"categories": [{"measurements": [{"groupId": "OG000", "value": stated}]}]}]
    measures = [measure(classes=classes, analyses=[{"groupIds": ["OG000"], "pValue": stated}])]
    graph = built(results(outcomeMeasuresModule={"outcomeMeasures": measures}))
    [measurement], [analysis] = graph.things("tg:Measurement"), graph.things("tg:Analysis")
    assert graph.objects("tg:value", measurement) == [term]
    assert graph.objects("tg:pValue", analysis) == [term]


def test_a_measurement_has_its_spread_its_limits_and_a_comment(built: Build) -> None:
    value = {"value": "NA", "spread": "1.5", "lowerLimit": "0", "upperLimit": "NA", "comment": "Too few events"}
    measures = [measure(classes=[{"title": "Week 4", "categories": [{"title": "Men", "measurements": [value]}]}])]
    graph = built(results(outcomeMeasuresModule={"outcomeMeasures": measures}))
    [node] = graph.things("tg:Measurement")
    assert {(p, o) for s, p, o in graph if s == node} == {
        ("rdf:type", "tg:Measurement"),
        ("tg:value", '"NA"'),
        ("tg:spread", '"1.5"^^xsd:decimal'),
        ("tg:lowerLimit", '"0"^^xsd:integer'),
        ("tg:upperLimit", '"NA"'),
        ("tg:comment", '"Too few events"'),
    }
    assert graph.objects("tg:title", *graph.things("tg:MeasureClass")) == ['"Week 4"']
    assert graph.objects("tg:title", *graph.things("tg:MeasureCategory")) == ['"Men"']


@pytest.mark.parametrize(
    ("stated", "term"),
    [
        ("Standard Deviation", "tgv:measureDispersionType-STANDARD_DEVIATION"),
        ("95% Confidence Interval", "tgv:measureDispersionType-CONFIDENCE_95"),
        ("Something else", '"Something else"'),
    ],
)
def test_the_dispersion_of_a_measure_is_a_value_where_its_words_are_known(built: Build, stated: str, term: str) -> None:
    graph = built(results(outcomeMeasuresModule={"outcomeMeasures": [measure(dispersionType=stated)]}))
    assert graph.objects("tg:dispersionType") == [term]


def test_denominators_count_units_by_group(built: Build) -> None:
    denoms = [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "40"}]}, {"units": "Eyes"}]
    graph = built(results(outcomeMeasuresModule={"outcomeMeasures": [measure(denoms=denoms)]}))
    [node] = graph.things("tg:OutcomeMeasure")
    assert len(graph.objects("tg:denom", node)) == 2
    [participants] = graph.subjects("tg:units", '"Participants"')
    [count] = graph.objects("tg:count", participants)
    assert graph.objects("tg:value", count) == ['"40"^^xsd:integer']
    [group] = graph.objects("tg:group", count)
    assert graph.objects("tg:title", group) == ['"Placebo"']


def test_an_analysis_compares_groups(built: Build) -> None:
    analysis = {
        "groupIds": ["OG000", "OG001", "OG000"],
        "paramType": "Odds Ratio (OR)",
        "paramValue": "1.2",
        "ciNumSides": "TWO_SIDED",
        "ciPctValue": "95",
        "testedNonInferiority": True,
        "nonInferiorityType": "SUPERIORITY",
    }
    graph = built(results(outcomeMeasuresModule={"outcomeMeasures": [measure(analyses=[analysis])]}))
    [node] = graph.things("tg:Analysis")
    assert graph.objects("tg:group", node) == graph.objects("tg:group", *graph.things("tg:OutcomeMeasure"))
    assert graph.objects("tg:effectMeasure", node) == ['"Odds Ratio (OR)"']
    assert graph.objects("tg:paramValue", node) == ['"1.2"^^xsd:decimal']
    assert graph.objects("tg:ciNumSides", node) == ["tgv:confidenceIntervalNumSides-TWO_SIDED"]
    assert graph.objects("tg:ciPctValue", node) == ['"95"^^xsd:integer']
    assert graph.objects("tg:testedNonInferiority", node) == ['"true"^^xsd:boolean']
    assert graph.objects("tg:nonInferiorityType", node) == ["tgv:nonInferiorityType-SUPERIORITY"]


def flow(*periods: dict[str, Any]) -> dict[str, Any]:
    groups = [{"id": "FG000", "title": "Placebo"}, {"id": "FG001", "title": "Aspirin"}]
    return results(participantFlowModule={"groups": groups, "periods": [*periods]})


STARTED = {"type": "STARTED", "achievements": [{"groupId": "FG000", "numSubjects": "40", "numUnits": "80"}]}


def test_periods_have_milestones_and_reasons_to_leave(built: Build) -> None:
    left = {"type": "Death", "reasons": [{"groupId": "FG001", "numSubjects": "2"}]}
    graph = built(flow({"title": "Overall Study", "milestones": [STARTED], "dropWithdraws": [left]}))
    [period] = graph.things("tg:Period")
    [milestone], [withdrawal] = graph.objects("tg:milestone", period), graph.objects("tg:dropWithdraw", period)
    assert graph.objects("tg:milestoneType", milestone) == ['"STARTED"']
    assert graph.objects("tg:dropWithdrawType", withdrawal) == ['"Death"']
    [started], [dead] = graph.objects("tg:flowCount", milestone), graph.objects("tg:flowCount", withdrawal)
    assert graph.objects("tg:numSubjects", started) == ['"40"^^xsd:integer']
    assert graph.objects("tg:numUnits", started) == ['"80"^^xsd:integer']
    assert graph.objects("tg:numSubjects", dead) == ['"2"^^xsd:integer']
    assert graph.objects("tg:title", *graph.objects("tg:group", dead)) == ['"Aspirin"']


def test_two_periods_of_one_title_stay_two(built: Build) -> None:
    graph = built(
        flow({"title": "Period 1", "milestones": [STARTED]}, {"title": "Period 1", "milestones": [STARTED]}, {})
    )
    [whole] = graph.things("tg:ParticipantFlow")
    untitled, *titled_ones = sorted(graph.objects("tg:period", whole), key=lambda each: graph.objects("tg:title", each))
    assert graph.objects("tg:title", untitled) == []
    first, second = sorted(titled_ones)
    assert second == f"{first}-2"
    assert [len(graph.objects("tg:milestone", each)) for each in (first, second)] == [1, 1]
    assert len(graph.things("tg:FlowCount")) == 2


def test_group_ids_that_look_like_repeats_do_not_mix_things_up(built: Build) -> None:
    stats = [{"groupId": "2", "numSubjects": "5"}, {"groupId": "2", "numSubjects": "6"}]
    periods = [{"title": "P", "milestones": [{"type": "M", "achievements": stats}, {"type": "M"}]}]
    graph = built(flow(*periods))
    assert len(graph.things("tg:Milestone")) == 2
    assert len(graph.things("tg:FlowCount")) == 2
    assert not {*graph.things("tg:Milestone")} & {*graph.things("tg:FlowCount")}


def test_a_baseline_has_measures_by_class_and_category(built: Build) -> None:
    value = {"groupId": "BG000", "value": "54.3", "spread": "9.1"}
    age = {
        "title": "Age, Continuous",
        "paramType": "MEAN",
        "dispersionType": "STANDARD_DEVIATION",
        "unitOfMeasure": "years",
        "calculatePct": False,
        "classes": [{"denoms": [{"units": "Participants"}], "categories": [{"measurements": [value]}]}],
    }
    graph = built(
        results(baselineCharacteristicsModule={"groups": [{"id": "BG000", "title": "Total"}], "measures": [age]})
    )
    [node] = graph.objects("tg:baselineMeasure", *graph.objects("tg:baseline", TRIAL))
    assert {(p, o) for s, p, o in graph if s == node and p != "tg:measureClass"} == {
        ("rdf:type", "tg:BaselineMeasure"),
        ("tg:title", '"Age, Continuous"'),
        ("tg:paramType", "tgv:measureParam-MEAN"),
        ("tg:dispersionType", "tgv:measureDispersionType-STANDARD_DEVIATION"),
        ("tg:unitOfMeasure", '"years"'),
        ("tg:calculatePct", '"false"^^xsd:boolean'),
    }
    assert graph.objects("tg:value") == ['"54.3"^^xsd:decimal']


def test_adverse_events_are_serious_or_other_and_counted_by_group(built: Build) -> None:
    group = {"id": "EG000", "title": "Aspirin", "deathsNumAffected": 0, "deathsNumAtRisk": 40}
    event = {
        "term": "Headache",
        "organSystem": "Nervous system disorders",
        "sourceVocabulary": "MedDRA 11.1",
        "assessmentType": "SYSTEMATIC_ASSESSMENT",
        "stats": [{"groupId": "EG000", "numEvents": 3, "numAffected": 2, "numAtRisk": 40}],
    }
    module = {
        "frequencyThreshold": "5",
        "timeFrame": "1 year",
        "eventGroups": [group],
        "seriousEvents": [event],
        "otherEvents": [event, event],
    }
    graph = built(results(adverseEventsModule=module))
    [whole] = graph.objects("tg:adverseEvents", TRIAL)
    assert graph.objects("tg:frequencyThreshold", whole) == ['"5"^^xsd:integer']
    [serious] = graph.objects("tg:seriousEvent", whole)
    first, second = graph.objects("tg:otherEvent", whole)
    assert second == f"{first}-2"
    assert serious not in (first, second)
    assert graph.objects("tg:assessmentType", serious) == ["tgv:eventAssessment-SYSTEMATIC_ASSESSMENT"]
    [count] = graph.objects("tg:eventCount", serious)
    assert graph.objects("tg:numEvents", count) == ['"3"^^xsd:integer']
    [node] = graph.objects("tg:group", count)
    assert graph.objects("tg:deathsNumAffected", node) == ['"0"^^xsd:integer']
    assert graph.things("tg:EventGroup") == [node]


def test_what_the_sponsor_adds_is_kept(built: Build) -> None:
    module = {
        "limitationsAndCaveats": {"description": "Stopped early"},
        "certainAgreement": {"piSponsorEmployee": False, "restrictionType": "LTE60", "restrictiveAgreement": True},
        "pointOfContact": {"title": "Ana Ruiz", "organization": "Acme", "phone": "555-0100", "email": "a@example.org"},
    }
    graph = built(results(moreInfoModule=module))
    assert graph.objects("tg:limitationsAndCaveats", TRIAL) == ['"Stopped early"']
    [agreement] = graph.objects("tg:certainAgreement", TRIAL)
    assert graph.objects("tg:restrictionType", agreement) == ["tgv:agreementRestrictionType-LTE60"]
    assert graph.objects("tg:restrictiveAgreement", agreement) == ['"true"^^xsd:boolean']
    [person] = graph.objects("tg:pointOfContact", TRIAL)
    assert graph.objects("tg:affiliation", person) == ['"Acme"']
    assert graph.objects("tg:phone", person) == ['"555-0100"']
