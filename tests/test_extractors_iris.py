"""IRIs come from what identifies a thing, never from its place in a list; repeats are numbered."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import SHARED, Build, study
from tests.sentinels import record, sentinel

from trialgraph.build import statements
from trialgraph.iris import key, slug, value
from trialgraph.model import leaves

STUDIES = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"

RICH: dict[str, Any] = study(
    sponsorCollaboratorsModule={"leadSponsor": {"name": "Acme"}, "collaborators": [{"name": "B"}, {"name": "C"}]},
    identificationModule={"secondaryIdInfos": [{"id": "1"}, {"id": "2", "type": "NIH"}]},
    conditionsModule={"conditions": ["Asthma", "COPD"], "keywords": ["a", "b"]},
    designModule={"phases": ["PHASE1", "PHASE2"]},
    armsInterventionsModule={
        "armGroups": [
            {"label": "High", "interventionNames": ["Drug: A", "Drug: B"]},
            {"label": "Low", "interventionNames": ["Drug: A"]},
        ],
        "interventions": [{"type": "DRUG", "name": "A"}, {"type": "DRUG", "name": "B", "otherNames": ["b1", "b2"]}],
    },
    outcomesModule={"primaryOutcomes": [{"measure": "FVC"}, {"measure": "FVC", "timeFrame": "1 year"}]},
    contactsLocationsModule={
        "centralContacts": [{"name": "Ana"}, {"name": "Jo"}],
        "locations": [{"facility": "X", "country": "France", "contacts": [{"name": "Ana"}]}, {"facility": "Y"}],
    },
    referencesModule={"references": [{"pmid": "1"}, {"pmid": "2"}]},
    resultsSection={
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                {
                    "title": title,
                    "groups": [{"id": "OG000", "title": "P"}, {"id": "OG001", "title": "Q"}],
                    "classes": [
                        {"title": week, "categories": [{"measurements": [{"groupId": "OG001"}, {"groupId": "OG000"}]}]}
                        for week in ("Week 4", "Week 8")
                    ],
                }
                for title in ("Survival", "Response")
            ]
        }
    },
)


def backwards(value: Any) -> Any:
    """A record with all its lists the other way round."""
    if isinstance(value, dict):
        return {name: backwards(child) for name, child in value.items()}
    return [backwards(child) for child in reversed(value)] if isinstance(value, list) else value


def without_hash(graph: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    return {row for row in graph if row[1] != "tg:sha256"}


def test_the_order_of_lists_makes_no_difference(built: Build) -> None:
    graph = built(RICH)
    assert len(graph) > 100
    assert without_hash(built(backwards(copy.deepcopy(RICH)))) == without_hash(graph)


def test_a_new_first_item_leaves_the_iris_of_the_others(built: Build) -> None:
    more = copy.deepcopy(RICH)
    more["protocolSection"]["armsInterventionsModule"]["armGroups"].insert(0, {"label": "New"})
    more["protocolSection"]["contactsLocationsModule"]["locations"].insert(0, {"facility": "Z"})
    before, after = built(RICH), built(more)
    assert {*before.things("tg:Arm")} < {*after.things("tg:Arm")}
    assert {*before.things("tg:Site")} < {*after.things("tg:Site")}


@pytest.mark.parametrize(
    ("module", "items", "class_"),
    [
        ("outcomesModule", {"primaryOutcomes": [{"measure": "FVC"}] * 3}, "tg:Outcome"),
        ("armsInterventionsModule", {"armGroups": [{"label": "A"}] * 3}, "tg:Arm"),
        ("armsInterventionsModule", {"interventions": [{"type": "DRUG", "name": "A"}] * 3}, "tg:Intervention"),
        ("contactsLocationsModule", {"centralContacts": [{"name": "Ana"}] * 3}, "tg:Contact"),
        ("contactsLocationsModule", {"overallOfficials": [{"name": "Ana"}] * 3}, "tg:Official"),
        ("identificationModule", {"secondaryIdInfos": [{"id": "1"}] * 3}, "tg:Identifier"),
        ("referencesModule", {"references": [{"citation": "A"}] * 3}, "tg:Reference"),
        ("eligibilityModule", {"eligibilityCriteria": "* Adult\n* Adult\n* Adult"}, "tg:EligibilityCriterion"),
    ],
)
def test_repeats_are_numbered(built: Build, module: str, items: dict[str, Any], class_: str) -> None:
    modules: dict[str, Any] = {module: items}
    first, *others = built(study(**modules)).things(class_)
    assert others == [f"{first}-2", f"{first}-3"]
    assert re.fullmatch(r"trial/NCT00000001/[a-z]+/[0-9a-f]{12}", first)


def doubled(value: Any) -> Any:
    """A record with each item of its lists twice."""
    if isinstance(value, dict):
        return {name: doubled(child) for name, child in value.items()}
    return [doubled(child) for child in value for _ in range(2)] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "said",
    [
        record({path: sentinel(path)[0] for path in leaves()}),
        study(
            conditionsModule={"conditions": ["Asthma", "ASTHMA"], "keywords": ["5 > 4", "5 \\> 4"]},
            armsInterventionsModule={
                "armGroups": [{"label": "A", "interventionNames": ["Drug: x*", "Drug: x\\*"]}],
                "interventions": [{"type": "DRUG", "name": "B", "armGroupLabels": ["y*", "y\\*"]}],
            },
        ),
    ],
    ids=["each list doubled", "two spellings"],
)
def test_nothing_is_stated_twice(tmp_path: Path, said: dict[str, Any]) -> None:
    path = tmp_path / "study.json"
    path.write_text(json.dumps(doubled(said)))
    rows = list(statements([str(path)]))
    assert [row for row in rows if rows.count(row) > 1] == []


def test_a_thing_of_a_trial_is_below_the_trial(built: Build) -> None:
    graph = built(record({path: sentinel(path)[0] for path in leaves()}))
    shared = ("organization/", "facility/", "condition/", "place/", "mesh:", "browse-branch/", "record/", "tgv:")
    own = {subject for subject, _, _ in graph if not subject.startswith(shared)}
    assert {
        subject for subject in own if not re.fullmatch(r"trial/NCT00000001(/[a-z-]+/[0-9a-f]{12}.*)?", subject)
    } == set()


def test_keys_tell_parts_apart() -> None:
    assert key("a", "b") != key("ab", "") != key("", "ab")
    assert key("a") == "433911c6eb0d"


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("Ruijin Hospital", "ruijin-hospital"),
        ("  RUIJIN\u00a0hospital. ", "ruijin-hospital"),
        ("St. Mary's (West)", "st-mary-s-west"),
        ("ＡＢＣ ﬁ", "abc-fi"),
        ("Straße", "strasse"),
        ("中山大学", "中山大学"),
        ("a_b/c?d#e%f", "a-b-c-d-e-f"),
        ("../..", key("../..")),
        ("", key("")),
    ],
)
def test_a_name_as_a_segment_of_an_iri(name: str, segment: str) -> None:
    assert slug(name) == segment


def test_a_long_name_becomes_a_short_segment_that_is_still_its_own() -> None:
    one, other = slug("very " * 100 + "one"), slug("very " * 100 + "other")
    assert one != other
    assert max(len(one), len(other)) <= 80


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_or_token_makes_a_proper_iri(name: str) -> None:
    segment = slug(name)
    assert segment
    assert not re.search(r"[\s/?#%<>\"{}|\\^`]", segment)
    pyoxigraph.NamedNode(f"https://w3id.org/trialgraph/organization/{segment}")
    pyoxigraph.NamedNode(value("phase", name)[1:-1])


@pytest.mark.skipif(not STUDIES.is_file(), reason="the registry's studies are not beside the checkout")
def test_no_two_parts_of_real_trials_have_one_iri() -> None:
    """A thing has one class; a key that two kinds of parts share would give it two."""
    classes: dict[str, set[str]] = {}
    for subject, predicate, term in statements([str(STUDIES)]):
        if predicate.endswith("#type>") and "/trial/" in subject:
            classes.setdefault(subject, set()).add(term.rpartition("#")[2])
    more = {subject: found for subject, found in classes.items() if len(found) > 1 and "Trial>" not in found}
    assert more == {}
