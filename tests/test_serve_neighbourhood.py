"""What is around a trial: lists, data for the drawing, and never more than 80 things."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import study
from tests.serving import built, served

from trialgraph.iris import BASE
from trialgraph.serve import parts
from trialgraph.serve.neighbourhood import KINDS, Neighbourhood, gather
from trialgraph.store import opened

COUNTRIES = ["France", "Germany", "Spain", "Italy", "Poland", "Japan", "China", "Canada", "Mexico", "Brazil", "Chile"]


def sites(count: int, name: str = "Hospital") -> dict[str, Any]:
    found = [
        {"facility": f"{name} {n}", "city": f"Town {n}", "country": COUNTRIES[n % len(COUNTRIES)]} for n in range(count)
    ]
    return {"locations": found}


def drugs(*names: str) -> dict[str, Any]:
    return {"interventions": [{"type": "DRUG", "name": name} for name in names]}


TRIALS = [
    study(
        "NCT00000001",
        identificationModule={"briefTitle": "The <b>first</b> trial"},
        conditionsModule={"conditions": ["Asthma", "Rare disease"]},
        armsInterventionsModule=drugs("Omalizumab", "Placebo"),
        sponsorCollaboratorsModule={"collaborators": [{"name": "Helpers", "class": "OTHER"}]},
        contactsLocationsModule=sites(3),
    ),
    study(
        "NCT00000002",
        identificationModule={"briefTitle": "Shares a drug and a rare disease"},
        conditionsModule={"conditions": ["Rare disease"]},
        armsInterventionsModule=drugs("omalizumab", "Omalizumab"),
        sponsorCollaboratorsModule={"leadSponsor": {"name": "Else", "class": "OTHER"}},
    ),
    study(
        "NCT00000003",
        identificationModule={"briefTitle": "Shares a hospital"},
        conditionsModule={"conditions": ["Gout"]},
        sponsorCollaboratorsModule={"leadSponsor": {"name": "Other", "class": "OTHER"}},
        contactsLocationsModule=sites(1),
    ),
    study(
        "NCT00000004",
        identificationModule={"briefTitle": "Shares nothing"},
        conditionsModule={"conditions": ["Gout"]},
        sponsorCollaboratorsModule={"leadSponsor": {"name": "Nobody", "class": "OTHER"}},
    ),
    study(
        "NCT00000005",
        identificationModule={"briefTitle": "A large trial"},
        conditionsModule={"conditions": [f"Condition {n}" for n in range(30)]},
        armsInterventionsModule=drugs(*(f"Drug {n}" for n in range(30))),
        sponsorCollaboratorsModule={"collaborators": [{"name": f"Helper {n}", "class": "OTHER"} for n in range(30)]},
        contactsLocationsModule=sites(40, "Clinic"),
    ),
    *(
        study(
            f"NCT000001{n:02}", conditionsModule={"conditions": [f"Condition {29 - n % 2}"]}, armsInterventionsModule={}
        )
        for n in range(20)
    ),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(tmp_path_factory.mktemp("neighbourhood"), *TRIALS)


@pytest.fixture(scope="module")
def client(store: str) -> Iterator[httpx.Client]:
    with served(store) as found:
        yield found


def around(store: str, nct_id: str) -> Neighbourhood:
    found = gather(opened(store), f"{BASE}trial/{nct_id}", BASE)
    assert found
    return found


def labels(found: Neighbourhood) -> dict[str, list[str]]:
    return {group.kind: [thing.label for thing in group.things] for group in found.groups}


def test_what_is_around_a_trial_comes_by_kind(store: str) -> None:
    found = labels(around(store, "NCT00000001"))
    assert found == {
        "condition": ["Asthma", "Rare disease"],
        "intervention": ["Omalizumab", "Placebo"],
        "organization": ["Acme", "Helpers"],
        "country": ["Germany", "Spain", "France"],
        "facility": ["Hospital 0", "Hospital 1", "Hospital 2"],
        "trial": found["trial"],
    }
    assert list(found) == list(KINDS)


def test_a_person_with_the_name_of_a_drug_makes_no_trial(tmp_path: Path) -> None:
    contact = {"name": "Angelica", "role": "CONTACT", "phone": "+1 555 010 9999"}
    records = [
        study("NCT00000001", armsInterventionsModule=drugs("Angelica"), conditionsModule={"conditions": ["Gout"]}),
        study("NCT00000002", contactsLocationsModule={"centralContacts": [contact]}),
        study("NCT00000003", armsInterventionsModule=drugs("Angelica")),
    ]
    path = built(tmp_path, *records)
    found = around(path, "NCT00000001")
    shared = {trial.rpartition("/trial/")[2] for trial, thing in found.shared if thing.endswith("/angelica")}
    assert shared == {"NCT00000003"}


def test_other_trials_come_with_what_they_share_and_the_rarest_first(store: str) -> None:
    found = around(store, "NCT00000001")
    related = labels(found)["trial"]
    assert related[:2] == ["Shares a drug and a rare disease", "Shares a hospital"]
    assert "Shares nothing" not in related
    shared = {(trial.rpartition("/")[2], thing.removeprefix(BASE)) for trial, thing in found.shared}
    assert {pair for pair in shared if pair[0] == "NCT00000002"} == {
        ("NCT00000002", "condition/rare-disease"),
        ("NCT00000002", "intervention/omalizumab"),
    }
    assert {thing for trial, thing in shared if trial == "NCT00000003"} == {
        next(thing for _, thing in shared if thing.startswith("facility/FR/"))
    }


def test_a_large_neighbourhood_is_cut_and_says_by_how_much(store: str) -> None:
    found = around(store, "NCT00000005")
    counts = {group.kind: (len(group.things), group.more) for group in found.groups}
    assert counts == {
        "condition": (12, 18),
        "intervention": (12, 18),
        "organization": (12, 19),
        "country": (11, 0),  # and no facility, as there are 40
        "trial": (14, counts["trial"][1]),
    }
    assert sum(count for count, _ in counts.values()) + 1 <= 80
    # What other trials have too is not cut off.
    assert {"Condition 28", "Condition 29"} <= {*labels(found)["condition"]}


@pytest.mark.parametrize("id_", ["NCT99999999", "a b", "<x>", "NCT00000001/site", "%00"])
def test_what_is_no_trial_has_none(id_: str, client: httpx.Client, store: str) -> None:
    assert gather(opened(store), f"{BASE}trial/{id_}", BASE) is None
    assert client.get(f"/trial/{id_}/neighbourhood").status_code == 404
    assert client.get(f"/trial/{id_}/neighbourhood.json").status_code == 404


def test_the_page_has_every_thing_as_a_link_without_scripts(client: httpx.Client) -> None:
    page = client.get("/trial/NCT00000001/neighbourhood").text
    links = dict(re.findall(r'<li><a href="([^"]+)">([^<]+)</a>', page))
    assert links["/condition/asthma"] == "Asthma"
    assert links["/intervention/omalizumab"] == "Omalizumab"
    assert links["/organization/acme"] == "Acme"
    assert links["/place/FR"] == "France"
    assert links["/trial/NCT00000002"] == "Shares a drug and a rare disease"
    assert "The &lt;b&gt;first&lt;/b&gt; trial" in page
    assert "shares Rare disease, Omalizumab" in html.unescape(page)


def test_the_drawing_has_the_same_things_and_only_edges_between_them(client: httpx.Client) -> None:
    drawn = client.get("/trial/NCT00000001/neighbourhood.json").json()
    ids = [node["id"] for node in drawn["nodes"]]
    assert ids == list(range(len(ids)))
    assert drawn["nodes"][0] == {
        "id": 0,
        "kind": "this",
        "label": "The <b>first</b> trial",
        "note": "",
        "path": "/trial/NCT00000001",
    }
    assert {edge["source"] for edge in drawn["edges"]} | {edge["target"] for edge in drawn["edges"]} == {*ids}
    assert {node["kind"] for node in drawn["nodes"]} == {"this", *KINDS}


@pytest.mark.parametrize("there", [True, False])
def test_the_data_say_whether_there_is_a_part_that_draws(
    there: bool, tmp_path: Path, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = parts.Part("cytoscape", "3", "MIT", "", ("cytoscape/cytoscape.min.js",), "cytoscape/LICENCES.txt", ())
    monkeypatch.setattr(parts, "parts", lambda: [part] if there else [])
    drawn = client.get("/trial/NCT00000001/neighbourhood.json").json()
    assert drawn["part"] == ("/static/vendor/cytoscape/cytoscape.min.js" if there else None)
