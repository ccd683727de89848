"""Who may take part: criteria as items where the text marks items, ages in years, sex and health."""

import pytest
from tests.conftest import Build, study

from trialgraph.extractors.eligibility import items

TRIAL = "trial/NCT00000001"
IN, EX = "INCLUSION", "EXCLUSION"

#: A criteria text, what it shows, and the items that are cut from it.
SPLIT: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "bullets under two headings",
        "Inclusion Criteria:\n\n* Age over 18\n* Asthma\n\nExclusion Criteria:\n\n* Smoker",
        [(IN, "Age over 18"), (IN, "Asthma"), (EX, "Smoker")],
    ),
    (
        "other bullets",
        "Inclusion Criteria:\n- one\n• two\n– three\n‣ four",
        [(IN, "one"), (IN, "two"), (IN, "three"), (IN, "four")],
    ),
    (
        "numbers and letters",
        "Inclusion Criteria:\n1. one\n2) two\n(3) three\n[4] four\na. five\nb) six\niv. seven",
        [(IN, name) for name in ("one", "two", "three", "four", "five", "six", "seven")],
    ),
    ("a bullet and a number", "Exclusion Criteria\n* 1. one\n* 2. two", [(EX, "one"), (EX, "two")]),
    (
        "nested items, which belong to the item above",
        "Inclusion Criteria:\n\n* Diabetes:\n\n  * type 1, or\n  * type 2\n* Age over 18",
        [(IN, "Diabetes:\n* type 1, or\n* type 2"), (IN, "Age over 18")],
    ),
    (
        "an indented line without a mark, which continues the item above",
        "Inclusion Criteria:\n* Asthma,\n  as GINA defines it\n* Adult",
        [(IN, "Asthma,\nas GINA defines it"), (IN, "Adult")],
    ),
    (
        "an unmarked line at the margin, which ends the list",
        "Inclusion Criteria:\n* Asthma\nNote: see the protocol.\n* Adult",
        [(IN, "Asthma"), (IN, "Adult")],
    ),
    (
        "headings of two parts of a trial",
        "Key Inclusion Criteria for Part A:\n* a\nKey Exclusion Criteria for Part A:\n* b\n"
        "Inclusion Criteria, Part B\n* c\nExclusion Criteria, Part B\n* d",
        [(IN, "a"), (EX, "b"), (IN, "c"), (EX, "d")],
    ),
    (
        "a heading that lost its line break",
        "Inclusion Criteria:\n* Weight of 20 to 150 kg Exclusion Criteria\n* Smoker",
        [(IN, "Weight of 20 to 150 kg"), (EX, "Smoker")],
    ),
    (
        "a mention of the criteria at the end of an item, which is no heading",
        "Inclusion Criteria:\n* Willing to follow the Exclusion Criteria\n* Adult",
        [(IN, "Willing to follow the Exclusion Criteria"), (IN, "Adult")],
    ),
    (
        "headings that are marked like items",
        "* INCLUSION CRITERIA:\n* Adult\n\n* EXCLUSION CRITERIA:\n* Smoker",
        [(IN, "Adult"), (EX, "Smoker")],
    ),
    (
        "headings set in bold or as headings of markdown",
        "**Inclusion criteria:**\n* Adult\n## Exclusion criteria\n* Smoker",
        [(IN, "Adult"), (EX, "Smoker")],
    ),
    (
        "sentences that introduce a list",
        "Patients are eligible if they meet all of the following:\n* Adult\n"
        "Patients will be excluded for any of the following:\n* Smoker\nThey are not eligible in case of:\n* Asthma",
        [(IN, "Adult"), (EX, "Smoker"), (EX, "Asthma")],
    ),
    (
        "capitals",
        "ELIGIBLE ARE:\n* Adult\nEXCLUSION CRITERIA\n* Smoker",
        [(IN, "Adult"), (EX, "Smoker")],
    ),
    (
        "a note that is no heading",
        "Inclusion Criteria:\n* Adult\nOther protocol-defined inclusion/exclusion criteria may apply\n* Asthma",
        [(IN, "Adult"), (IN, "Asthma")],
    ),
    ("items under no heading", "* Adult\n* Asthma", [("", "Adult"), ("", "Asthma")]),
    ("prose", "Inclusion Criteria:\n\nAdults with asthma.\n\nExclusion Criteria:\n\nSmokers.", []),
    ("one line of prose", "Adults of any sex who live in the area, 3 or more years.", []),
    ("nothing", "", []),
    ("blank lines", "\n\n  \n", []),
    ("a heading alone", "Inclusion Criteria:", []),
    ("marks without items", "Inclusion Criteria:\n*\n-\n1.", []),
    ("a number that begins a sentence", "Inclusion Criteria:\n18 years or older\n3.5 mg or more", []),
    ("old line ends", "Inclusion Criteria:\r\n\r\n* Adult\r\n* Asthma\r\n", [(IN, "Adult"), (IN, "Asthma")]),
]


@pytest.mark.parametrize(("criteria", "expected"), [each[1:] for each in SPLIT], ids=[each[0] for each in SPLIT])
def test_criteria_are_cut_where_the_text_marks_items(criteria: str, expected: list[tuple[str, str]]) -> None:
    assert list(items(criteria)) == expected


def test_a_criterion_has_its_kind_its_order_among_that_kind_and_its_text(built: Build) -> None:
    text = "Inclusion Criteria:\n\n* Age \\> 18\n* Asthma\n\nExclusion Criteria:\n\n* Smoker"
    graph = built(study(eligibilityModule={"eligibilityCriteria": text}))
    assert graph.objects("tg:eligibilityText", TRIAL) == [f'"{text.replace(chr(92), "")}"']
    told = {
        (*graph.objects("tg:criterionKind", each), *graph.objects("tg:order", each), *graph.objects("tg:text", each))
        for each in graph.objects("tg:eligibilityCriterion", TRIAL)
    }
    assert told == {
        ("tgv:criterionKind-INCLUSION", '"1"^^xsd:integer', '"Age > 18"'),
        ("tgv:criterionKind-INCLUSION", '"2"^^xsd:integer', '"Asthma"'),
        ("tgv:criterionKind-EXCLUSION", '"1"^^xsd:integer', '"Smoker"'),
    }


def test_prose_stays_whole(built: Build) -> None:
    graph = built(study(eligibilityModule={"eligibilityCriteria": "Adults with asthma."}))
    assert graph.objects("tg:eligibilityText", TRIAL) == ['"Adults with asthma."']
    assert graph.things("tg:EligibilityCriterion") == []


def test_an_item_under_no_heading_has_no_kind(built: Build) -> None:
    graph = built(study(eligibilityModule={"eligibilityCriteria": "* Adult"}))
    assert graph.objects("tg:text") == ['"Adult"']
    assert graph.objects("tg:criterionKind") == []


@pytest.mark.parametrize(
    ("stated", "years"),
    [
        ("18 Years", "18.0"),
        ("1 Year", "1.0"),
        ("6 Months", "0.5"),
        ("18 Months", "1.5"),
        ("2 Weeks", "0.03833"),
        ("28 Days", "0.07666"),
        ("48 Hours", "0.005476"),
        ("30 Minutes", "0.000057"),
    ],
)
def test_an_age_is_told_in_years_too(built: Build, stated: str, years: str) -> None:
    graph = built(study(eligibilityModule={"minimumAge": stated, "maximumAge": stated}))
    for bound in ("minimum", "maximum"):
        assert graph.objects(f"tg:{bound}Age", TRIAL) == [f'"{stated}"']
        assert graph.objects(f"tg:{bound}AgeYears", TRIAL) == [f'"{years}"^^xsd:decimal']


@pytest.mark.parametrize("stated", ["N/A", "adult", "18", "18 years old", "-1 Years"])
def test_an_age_that_is_none_is_not_told_in_years(built: Build, stated: str) -> None:
    graph = built(study(eligibilityModule={"minimumAge": stated}))
    assert graph.objects("tg:minimumAge", TRIAL) == [f'"{stated}"']
    assert graph.objects("tg:minimumAgeYears", TRIAL) == []


def test_sex_and_health_are_values_and_flags(built: Build) -> None:
    graph = built(
        study(
            eligibilityModule={
                "sex": "FEMALE",
                "healthyVolunteers": False,
                "genderBased": True,
                "genderDescription": "Women",
                "stdAges": ["ADULT", "OLDER_ADULT"],
                "samplingMethod": "PROBABILITY_SAMPLE",
                "studyPopulation": "Nurses",
            }
        )
    )
    assert graph.objects("tg:sex", TRIAL) == ["tgv:sex-FEMALE"]
    assert graph.objects("tg:healthyVolunteers", TRIAL) == ['"false"^^xsd:boolean']
    assert graph.objects("tg:genderBased", TRIAL) == ['"true"^^xsd:boolean']
    assert graph.objects("tg:standardAge", TRIAL) == ["tgv:standardAge-ADULT", "tgv:standardAge-OLDER_ADULT"]
    assert graph.objects("tg:samplingMethod", TRIAL) == ["tgv:samplingMethod-PROBABILITY_SAMPLE"]
    assert graph.objects("tg:studyPopulation", TRIAL) == ['"Nurses"']


def test_a_flag_that_is_a_word_stays_as_text(built: Build) -> None:
    graph = built(study(eligibilityModule={"healthyVolunteers": "Accepts Healthy Volunteers"}))
    assert graph.objects("tg:healthyVolunteers", TRIAL) == ['"Accepts Healthy Volunteers"']
