"""What real records do, each by the id of one that does it, and the faults of earlier trial graphs.

A record that is not at hand is given here by its irregular part.
"""

import gzip
import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
from tests.conftest import SHARED, Build, Graph, study

from trialgraph.extractors.eligibility import items

STUDIES = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"
HISTORY = SHARED / "data" / "ctgov-v2" / "history"
needs_data = pytest.mark.skipif(not STUDIES.exists(), reason=f"the real records are not at hand: {STUDIES}")

TRUE = '"true"^^xsd:boolean'


@cache
def records() -> dict[str, dict[str, Any]]:
    with gzip.open(STUDIES) as lines:
        studies = [json.loads(line) for line in lines]
    return {each["protocolSection"]["identificationModule"]["nctId"]: each for each in studies}


@pytest.fixture
def real(built: Build) -> Build:
    """Like `built`, of real records by their ids."""
    return lambda *ids, **options: built(*(records()[str(nct_id)] for nct_id in ids), **options)


def module(nct_id: str, name: str) -> dict[str, Any]:
    """A module of a real record as it stands."""
    found: dict[str, Any] = records()[nct_id]["protocolSection"].get(name, {})
    return found


# Dates.


@needs_data
def test_nct00001245_has_a_month_of_verification_a_date_without_a_type_and_no_completion(real: Build) -> None:
    made = real("NCT00001245")
    [verified] = made.objects("tg:statusVerified")
    assert verified.endswith("^^xsd:gYearMonth")
    assert len(made.objects("tg:startDate")) == 1
    assert made.objects("tg:startDateType") == []
    assert made.objects("tg:completionDate") == made.objects("tg:completionDateLatest") == []


@needs_data
def test_nct00755066_has_no_start_date(real: Build) -> None:
    assert real("NCT00755066").objects("tg:startDate") == []


@needs_data
def test_nct00555971_has_documents_uploaded_at_a_time_and_a_person_as_sponsor(real: Build) -> None:
    made = real("NCT00555971")
    assert made.objects("tg:uploadDate")
    assert all(term.endswith(':00"^^xsd:dateTime') for term in made.objects("tg:uploadDate"))
    [sponsor] = made.objects("tg:leadSponsor")
    name = module("NCT00555971", "sponsorCollaboratorsModule")["leadSponsor"]["name"]
    assert made.objects("rdfs:label", sponsor) == [f'"{name}"']


# Modules that are not there make no statement.


@needs_data
@pytest.mark.parametrize(
    ("nct_id", "absent"),
    [
        ("NCT00001245", ["tg:arm", "tg:intervention", "tg:primaryOutcome", "tg:responsibleParty"]),
        ("NCT00001908", ["tg:allocation", "tg:interventionModel", "tg:masking", "tg:primaryPurpose", "tg:arm"]),
        ("NCT01923779", ["tg:site", "tg:centralContact", "tg:overallOfficial"]),
        ("NCT00133042", ["tg:officialTitle"]),
        ("NCT06631677", ["tg:eligibilityText", "tg:sex", "tg:eligibilityCriterion"]),
    ],
)
def test_a_module_that_a_record_lacks_makes_no_statement(real: Build, nct_id: str, absent: list[str]) -> None:
    made = real(nct_id)
    assert {predicate: made.objects(predicate) for predicate in absent} == {predicate: [] for predicate in absent}
    assert made.objects("tg:nctId") == [f'"{nct_id}"']


@needs_data
def test_nct03342105_has_contacts_and_no_site(real: Build) -> None:
    made = real("NCT03342105")
    contacts = module("NCT03342105", "contactsLocationsModule")["centralContacts"]
    assert len(made.objects("tg:centralContact")) == len(contacts) > 0
    assert made.things("tg:Site") == []


def test_an_empty_browse_module_makes_no_statement(built: Build) -> None:
    """NCT05803083"""
    made, without = built(study(derivedSection={"conditionBrowseModule": {}})), built(study())
    assert {predicate for _, predicate, _ in made ^ without} == {"tg:sha256"}


# Parties.


@needs_data
def test_nct00084097_has_a_responsible_party_of_the_old_form(real: Build) -> None:
    party = module("NCT00084097", "sponsorCollaboratorsModule")["responsibleParty"]
    assert real("NCT00084097").objects("tg:oldNameTitle") == [f'"{party["oldNameTitle"]}"']


# Arms and interventions.


@needs_data
def test_nct00006150_has_arms_without_a_type(real: Build) -> None:
    made = real("NCT00006150")
    groups = module("NCT00006150", "armsInterventionsModule")["armGroups"]
    assert len(made.things("tg:Arm")) == len(groups)
    assert len(made.objects("tg:armType")) == sum("type" in group for group in groups) < len(groups)


@needs_data
def test_nct00113659_has_arms_called_by_one_character(real: Build) -> None:
    made = real("NCT00113659")
    labels = {group["label"] for group in module("NCT00113659", "armsInterventionsModule")["armGroups"]}
    assert {made.objects("rdfs:label", arm)[0] for arm in made.things("tg:Arm")} == {f'"{label}"' for label in labels}


@needs_data
def test_nct00267202_has_an_intervention_twice(real: Build) -> None:
    made = real("NCT00267202")
    interventions = module("NCT00267202", "armsInterventionsModule")["interventions"]
    assert len(made.things("tg:Intervention")) == len(interventions)


@needs_data
def test_nct07040332_has_an_intervention_without_a_name(real: Build) -> None:
    made = real("NCT07040332")
    interventions = module("NCT07040332", "armsInterventionsModule")["interventions"]
    nodes = made.things("tg:Intervention")
    assert len(nodes) == len(interventions)
    assert sum(not made.objects("tg:name", node) for node in nodes) == 1


@needs_data
def test_nct02345928_has_colons_in_the_names_of_interventions_and_arms_find_them(real: Build) -> None:
    made = real("NCT02345928")
    assert any(": " in name for node in made.things("tg:Intervention") for name in made.objects("tg:name", node))
    assert made.objects("tg:unresolvedInterventionName") == []
    assert made.objects("tg:usesIntervention")


@needs_data
def test_nct00002297_has_interventions_that_no_arm_uses(real: Build) -> None:
    made = real("NCT00002297")
    assert made.things("tg:Intervention")
    assert made.objects("tg:usesIntervention") == []


# Places and contacts.


@needs_data
@pytest.mark.parametrize(("nct_id", "count"), [("NCT06989112", 249), ("NCT06996782", 105)])
def test_sites_that_a_record_repeats_are_sites_each(real: Build, nct_id: str, count: int) -> None:
    made = real(nct_id)
    assert len(set(made.objects("tg:site", f"trial/{nct_id}"))) == len(made.things("tg:Site")) == count
    assert any(site.endswith("-2") for site in made.things("tg:Site"))


def test_research_site_madrid_twice_is_two_sites_of_one_facility(built: Build) -> None:
    """NCT00831909"""
    location = {"facility": "Research Site", "city": "Madrid", "country": "Spain"}
    made = built(study(contactsLocationsModule={"locations": [location, location]}))
    assert len(made.things("tg:Site")) == 2
    assert made.things("tg:Facility") == ["facility/ES/-/madrid/research-site"]


@needs_data
def test_nct02292875_has_sites_without_a_facility(real: Build) -> None:
    made = real("NCT02292875")
    unnamed = [site for site in made.things("tg:Site") if not made.objects("tg:facility", site)]
    locations = module("NCT02292875", "contactsLocationsModule")["locations"]
    assert len(unnamed) == sum(not location.get("facility") for location in locations) > 0
    assert all(made.objects("tg:locatedIn", site) for site in unnamed)


@needs_data
def test_nct01912872_has_sites_without_a_point(real: Build) -> None:
    made = real("NCT01912872")
    locations = module("NCT01912872", "contactsLocationsModule")["locations"]
    assert len(made.subjects("geo:lat")) == sum("geoPoint" in location for location in locations) < len(locations)


@needs_data
def test_nct00079937_has_a_street_address_as_the_name_of_a_facility(real: Build) -> None:
    made = real("NCT00079937")
    locations = module("NCT00079937", "contactsLocationsModule")["locations"]
    assert {made.objects("rdfs:label", facility)[0] for facility in made.things("tg:Facility")} == {
        f'"{location["facility"]}"' for location in locations if "facility" in location
    }


@needs_data
def test_nct06250036_has_contacts_without_a_name_and_a_name_as_phone(real: Build) -> None:
    made = real("NCT06250036")
    locations = module("NCT06250036", "contactsLocationsModule")["locations"]
    contacts = [contact for location in locations for contact in location.get("contacts", ())]
    central = module("NCT06250036", "contactsLocationsModule").get("centralContacts", [])
    nodes = made.things("tg:Contact")
    assert len(nodes) == len(contacts) + len(central)
    assert sum(not made.objects("tg:name", node) for node in nodes) == sum("name" not in each for each in contacts) > 0


@pytest.mark.parametrize(
    ("contact", "predicate", "term"),
    [
        ({"phone": "E-mail only"}, "tg:phone", '"E-mail only"'),  # NCT05831670
        ({"phoneExt": "TTY dial 711"}, "tg:phoneExtension", '"TTY dial 711"'),  # NCT00006150
        ({"email": "a@x.org; b@x.org"}, "tg:email", '"a@x.org; b@x.org"'),  # NCT07205718
        ({"email": "a@@x.org"}, "tg:email", '"a@@x.org"'),  # NCT06620835
        ({"name": "Site 0107"}, "tg:name", '"Site 0107"'),  # NCT04789655
    ],
)
def test_a_strange_contact_stays_as_stated(built: Build, contact: dict[str, str], predicate: str, term: str) -> None:
    made = built(study(contactsLocationsModule={"centralContacts": [contact]}))
    [node] = made.things("tg:Contact")
    assert made.objects(predicate, node) == [term]


# Eligibility and texts.


@needs_data
@pytest.mark.parametrize(
    ("nct_id", "predicate", "stated", "years"),
    [
        ("NCT00159523", "tg:minimumAge", '"30 Weeks"', '"0.574949"^^xsd:decimal'),
        ("NCT00113659", "tg:maximumAge", '"4 Days"', '"0.010951"^^xsd:decimal'),
        ("NCT00006150", "tg:minimumAge", '"1 Month"', '"0.083333"^^xsd:decimal'),
    ],
)
def test_an_age_in_another_unit_keeps_its_unit(
    real: Build, nct_id: str, predicate: str, stated: str, years: str
) -> None:
    made = real(nct_id)
    assert stated in made.objects("tg:minimumAge") + made.objects("tg:maximumAge")
    assert years in made.objects("tg:minimumAgeYears") + made.objects("tg:maximumAgeYears")
    assert stated in made.objects(predicate)


@needs_data
@pytest.mark.parametrize("nct_id", ["NCT04743661", "NCT00275795"])
def test_the_longest_criteria_and_those_with_several_headings_stay_whole_beside_their_items(
    real: Build, nct_id: str
) -> None:
    made = real(nct_id)
    text = module(nct_id, "eligibilityModule")["eligibilityCriteria"]
    [whole] = made.objects("tg:eligibilityText")
    assert len(whole) - 2 == len(text) - sum(text.count(f"\\{mark}") for mark in "<>*_[]~#+-.^()")
    assert len(made.things("tg:EligibilityCriterion")) > 2


@needs_data
def test_nct06912152_has_escaped_tags_that_stay_text(real: Build) -> None:
    texts = " ".join(object_ for _, _, object_ in real("NCT06912152"))
    assert "(AUC<sub>0-28d</sub>)" in texts
    assert "\\<" not in texts


@pytest.mark.parametrize("text", ["&gt; 18 &amp; &lt;5", "急性呼吸窘迫综合征", "СOVID", "a\ufffdb"])
def test_entities_and_all_scripts_come_through(built: Build, text: str) -> None:
    """NCT03387722, NCT05563090, NCT02787863, NCT00831909"""
    assert built(study(descriptionModule={"briefSummary": text})).objects("tg:briefSummary") == [f'"{text}"']


@needs_data
def test_nct00554515_has_an_alias(real: Build) -> None:
    aliases = module("NCT00554515", "identificationModule")["nctIdAliases"]
    assert real("NCT00554515").objects("tg:nctIdAlias") == sorted(f'"{alias}"' for alias in aliases)


@needs_data
def test_nct01002976_has_an_enrolment_of_none_which_is_a_statement(real: Build) -> None:
    assert real("NCT01002976").objects("tg:enrollment") == ['"0"^^xsd:integer']


def test_fields_of_the_records_of_2023_are_told_as_unknown(built: Build) -> None:
    made = built(study(locations_nested=[{"x": 1}], armsInterventionsModule={"interventionMappedName": "X"}))
    assert made.objects("tg:overallStatus") == ["tgv:overallStatus-RECRUITING"]


@needs_data
def test_the_versions_of_the_largest_trial_are_one_trial_with_the_sites_of_the_newest(built: Build) -> None:
    path = HISTORY / "NCT04267848.ndjson.gz"
    if not path.exists():
        pytest.skip(f"the versions are not at hand: {path}")
    with gzip.open(path) as lines:
        versions = [json.loads(line) for line in lines][-3:]
    newest = max(versions, key=lambda v: v["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"])
    made = built(*versions)
    assert made.things("tg:Trial") == ["trial/NCT04267848"]
    locations = newest["protocolSection"]["contactsLocationsModule"]["locations"]
    assert len(made.things("tg:Site")) == len(locations)


@needs_data
def test_in_all_records_every_listed_thing_is_one_node(built: Build) -> None:
    made = built(STUDIES)
    told: Counter[str] = Counter()
    for record in records().values():
        protocol = record["protocolSection"]
        contacts = protocol.get("contactsLocationsModule", {})
        arms = protocol.get("armsInterventionsModule", {})
        outcomes = protocol.get("outcomesModule", {})
        told["tg:Trial"] += 1
        told["tg:Site"] += len(contacts.get("locations", ()))
        told["tg:Official"] += len(contacts.get("overallOfficials", ()))
        told["tg:Contact"] += len(contacts.get("centralContacts", ()))
        told["tg:Contact"] += sum(len(location.get("contacts", ())) for location in contacts.get("locations", ()))
        told["tg:Contact"] += "pointOfContact" in record.get("resultsSection", {}).get("moreInfoModule", {})
        told["tg:Arm"] += len(arms.get("armGroups", ()))
        told["tg:Intervention"] += len(arms.get("interventions", ()))
        told["tg:Outcome"] += sum(map(len, outcomes.values()))
        told["tg:Reference"] += len(protocol.get("referencesModule", {}).get("references", ()))
    assert {class_: len(made.things(class_)) for class_ in told} == told


# Faults of earlier trial graphs.


def sites(*locations: dict[str, Any]) -> dict[str, Any]:
    return study(contactsLocationsModule={"locations": list(locations)})


def test_each_site_has_its_own_status(built: Build) -> None:
    made = built(
        sites(
            {"facility": "A", "status": "RECRUITING"},
            {"facility": "B", "status": "WITHDRAWN"},
            {"facility": "C"},
        )
    )
    facility = {made.objects("tg:facility", site)[0]: site for site in made.things("tg:Site")}
    assert {name: made.objects("tg:siteStatus", site) for name, site in facility.items()} == {
        "facility/-/a": ["tgv:overallStatus-RECRUITING"],
        "facility/-/b": ["tgv:overallStatus-WITHDRAWN"],
        "facility/-/c": [],
    }


def test_exclusion_criteria_come_from_the_exclusion_text() -> None:
    text = "Inclusion Criteria:\n\n* Adult\n\nExclusion Criteria:\n\n* Pregnant"
    assert list(items(text)) == [("INCLUSION", "Adult"), ("EXCLUSION", "Pregnant")]


def test_all_collaborators_are_stated(built: Build) -> None:
    parties = {"collaborators": [{"name": name} for name in ("Alpha", "Beta", "Gamma")]}
    made = built(study(sponsorCollaboratorsModule=parties))
    assert made.objects("tg:collaborator") == ["organization/alpha", "organization/beta", "organization/gamma"]


def test_a_facility_is_never_called_by_the_trial_and_two_trials_share_it(built: Build) -> None:
    location = {"facility": "General Hospital", "city": "Vienna", "country": "Austria"}
    other = study("NCT00000002", contactsLocationsModule={"locations": [location]})
    made = built(sites(location, {"facility": "B"}), other)
    assert made.things("tg:Facility") == ["facility/-/b", "facility/AT/-/vienna/general-hospital"]
    assert len(made.things("tg:Site")) == 3


def test_facilities_of_one_name_in_two_cities_are_two(built: Build) -> None:
    made = built(sites({"facility": "St Mary", "city": "London"}, {"facility": "St Mary", "city": "Paris"}))
    assert len(made.things("tg:Facility")) == 2
    assert all(len(made.objects("tg:locatedIn", facility)) == 1 for facility in made.things("tg:Facility"))


def test_two_phases_are_two_statements(built: Build) -> None:
    made = built(study(designModule={"phases": ["PHASE2", "PHASE3"]}))
    assert made.objects("tg:phase") == ["tgv:phase-PHASE2", "tgv:phase-PHASE3"]


def test_no_text_is_cut(built: Build) -> None:
    text = "word " * 100_000 + "end"
    assert built(study(descriptionModule={"detailedDescription": text})).objects("tg:detailedDescription") == [
        f'"{text}"'
    ]


def test_no_iri_holds_a_tab(built: Build) -> None:
    made = built(
        study(
            sponsorCollaboratorsModule={"leadSponsor": {"name": "A\tB", "class": "IN\tDUSTRY"}},
            conditionsModule={"conditions": ["Lung\tCancer"]},
            derivedSection={"conditionBrowseModule": {"meshes": [{"id": "D\t1", "term": "T"}]}},
            contactsLocationsModule={"locations": [{"facility": "A\tB", "city": "C\tD", "country": "E\tF"}]},
        )
    )
    assert not [term for triple in made for term in triple if "\t" in term and not term.startswith('"')]


def test_the_type_of_an_arm_stays_with_its_trial(built: Build) -> None:
    def trial(nct_id: str, type_: str) -> dict[str, Any]:
        drug = {"type": "DRUG", "name": "Aspirin", "armGroupLabels": ["A"]}
        arm = {"label": "A", "type": type_}
        return study(nct_id, armsInterventionsModule={"armGroups": [arm], "interventions": [drug]})

    made = built(trial("NCT00000001", "EXPERIMENTAL"), trial("NCT00000002", "ACTIVE_COMPARATOR"))
    for nct_id, type_ in (("NCT00000001", "EXPERIMENTAL"), ("NCT00000002", "ACTIVE_COMPARATOR")):
        [arm] = made.objects("tg:arm", f"trial/{nct_id}")
        assert made.objects("tg:armType", arm) == [f"tgv:armType-{type_}"]
        assert made.objects("tg:usesIntervention", arm) == made.objects("tg:intervention", f"trial/{nct_id}")


def test_a_status_that_nobody_knows_is_stated_and_told(built: Build) -> None:
    made: Graph = built(study(statusModule={"overallStatus": "PAUSED"}))
    assert made.objects("tg:overallStatus") == ["tgv:overallStatus-PAUSED"]
    assert made.objects("skos:notation", "tgv:overallStatus-PAUSED") == ['"PAUSED"']
