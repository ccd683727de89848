"""Networks on small graphs: what is joined to what and by which trials, how it is measured, written and drawn."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import networkx as nx
import pyoxigraph
import pytest
from tests.conftest import SHARED, run, study, written

from trialgraph.errors import UsageError
from trialgraph.network import NETWORKS, drawing, measured, measures, network, path, projection, table, write
from trialgraph.network.layout import Box, packed, parted, stress
from trialgraph.network.lettering import lines, width
from trialgraph.network.measures import pagerank
from trialgraph.network.names import is_person, is_placeholder, person
from trialgraph.store import opened

Graph: TypeAlias = "nx.Graph[str]"
Make: TypeAlias = Callable[..., pyoxigraph.Store]

ORGANIZATION = "https://w3id.org/trialgraph/organization/"
MESH = "http://id.nlm.nih.gov/mesh/"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def store(tmp_path: Path) -> Make:
    """Makes the store of some records, numbered from 1 where they are only the sections that differ."""

    def make(*records: dict[str, Any]) -> pyoxigraph.Store:
        graph = tmp_path / "trials.nt"
        result = run("build", *written(tmp_path, records), "-o", graph, "--workers", "1", "--quiet")
        assert result.exit_code == 0, result.stderr
        return opened(str(graph))

    return make


def sponsored(number: int, lead: str, *collaborators: str, **sections: Any) -> dict[str, Any]:
    parties = {"leadSponsor": {"name": lead}, "collaborators": [{"name": name} for name in collaborators]}
    return study(f"NCT{number:08}", sponsorCollaboratorsModule=parties, **sections)


def located(number: int, *places: tuple[str, str, str]) -> dict[str, Any]:
    locations = [{"facility": name, "city": city, "country": country} for name, city, country in places]
    return study(f"NCT{number:08}", contactsLocationsModule={"locations": locations})


def led(number: int, *officials: str) -> dict[str, Any]:
    people = [{"name": name, "role": "PRINCIPAL_INVESTIGATOR"} for name in officials]
    return study(f"NCT{number:08}", contactsLocationsModule={"overallOfficials": people})


def browsed(number: int, kind: str, words: list[str], **meshes: str) -> dict[str, Any]:
    """A trial with conditions or interventions in its own words, and MeSH descriptors by their ids."""
    own: dict[str, Any] = {"conditionsModule": {"conditions": words}}
    if kind == "intervention":
        own = {"armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": word} for word in words]}}
    browse = {f"{kind}BrowseModule": {"meshes": [{"id": id_, "term": term} for id_, term in meshes.items()]}}
    return study(f"NCT{number:08}", **own, derivedSection=browse)


def edges(graph: Graph) -> dict[tuple[str, str], list[str]]:
    """The trials of each edge, by the labels of its ends; those of an undirected one in alphabetical order."""
    label = {node: str(graph.nodes[node]["label"]) for node in graph}
    pairs = {(label[one], label[other]): edge["trials"] for one, other, edge in graph.edges(data=True)}
    return pairs if graph.is_directed() else {(min(pair), max(pair)): trials for pair, trials in pairs.items()}


def trials(graph: Graph) -> dict[str, int]:
    return {str(each["label"]): each["trials"] for _, each in graph.nodes(data=True)}


# What is joined to what


def test_sponsors_lead_to_their_collaborators(store: Make) -> None:
    graph = network(store(sponsored(1, "Acme", "Uni", "Fund"), sponsored(2, "Acme", "Uni"), sponsored(3, "Uni")))
    assert graph.is_directed()
    assert edges(graph) == {("Acme", "Uni"): ["NCT00000001", "NCT00000002"], ("Acme", "Fund"): ["NCT00000001"]}
    assert graph.edges[f"{ORGANIZATION}acme", f"{ORGANIZATION}uni"]["weight"] == 2
    assert graph.nodes[f"{ORGANIZATION}uni"] == {
        "label": "Uni",
        "kind": "organization",
        "trials": 3,
        "class": "",
        "led": 1,
    }


def test_a_sponsor_that_is_also_named_as_collaborator_is_not_joined_to_itself(store: Make) -> None:
    graph = network(store(sponsored(1, "Acme", "ACME", "Uni")))
    assert edges(graph) == {("Acme", "Uni"): ["NCT00000001"]}
    assert trials(graph) == {"Acme": 1, "Uni": 1}


def test_collaborators_are_joined_to_one_another_without_direction(store: Make) -> None:
    graph = network(store(sponsored(1, "Acme", "Uni", "Fund")), of="collaborators")
    assert not graph.is_directed()
    assert edges(graph).keys() == {("Acme", "Uni"), ("Acme", "Fund"), ("Fund", "Uni")}
    # A trial of three spreads one over the two others of each.
    assert {edge["share"] for _, _, edge in graph.edges(data=True)} == {0.5}


def test_facilities_share_a_trial_and_are_told_apart_by_their_city(store: Make) -> None:
    general = ("General Hospital", "Boston", "United States")
    graph = network(
        store(
            located(1, general, ("Clinic", "Lyon", "France"), ("General Hospital", "Leeds", "United Kingdom")),
            located(2, general, general, ("Clinic", "Lyon", "France")),
        ),
        of="facilities",
    )
    assert edges(graph) == {
        ("Clinic, Lyon", "General Hospital, Boston"): ["NCT00000001", "NCT00000002"],
        ("Clinic, Lyon", "General Hospital, Leeds"): ["NCT00000001"],
        ("General Hospital, Boston", "General Hospital, Leeds"): ["NCT00000001"],
    }


def test_the_number_that_a_trial_gives_a_site_is_no_part_of_the_name_of_the_facility(store: Make) -> None:
    records = [
        located(1, ("Cancer Hospital ( Site 5401)", "Beijing", "China"), ("Clinic", "Lyon", "France")),
        located(2, ("Cancer Hospital", "Beijing", "China")),
    ]
    graph = network(store(*records), of="facilities")
    assert trials(graph) == {"Cancer Hospital, Beijing": 2, "Clinic, Lyon": 1}


def test_facilities_that_share_their_name_with_all_the_world_are_left_out_and_counted(store: Make) -> None:
    places = [("Research Site", "Boston", "United States"), ("Local Institution - 0012", "Lyon", "France")]
    graph = network(store(located(1, *places, ("Clinic", "Lyon", "France"))), of="facilities")
    assert trials(graph) == {"Clinic, Lyon": 1}
    assert graph.graph["names_left_out"] == 2


def test_investigators_are_one_person_under_one_name_with_any_degrees(store: Make) -> None:
    graph = network(
        store(led(1, "Jane Doe, MD, PhD", "John Roe"), led(2, "Dr. Jane Doe"), led(3, "jane doe", "Study Director")),
        of="investigators",
    )
    assert edges(graph) == {("Jane Doe", "John Roe"): ["NCT00000001"]}
    assert trials(graph) == {"Jane Doe": 3, "John Roe": 1}
    assert graph.graph["names_left_out"] == 1
    assert list(graph) == ["investigator/jane-doe", "investigator/john-roe"]


def test_a_company_is_no_investigator_but_a_person_who_sponsors_is(store: Make) -> None:
    company = led(1, "Acme", "Jane Doe, MD")
    company["protocolSection"]["sponsorCollaboratorsModule"] = {"leadSponsor": {"name": "Acme", "class": "INDUSTRY"}}
    person = led(2, "John Roe, MD")
    person["protocolSection"]["sponsorCollaboratorsModule"] = {
        "leadSponsor": {"name": "John Roe, MD", "class": "INDIV"}
    }
    assert trials(network(store(company, person), of="investigators")) == {"Jane Doe": 1, "John Roe": 1}


def test_conditions_are_joined_by_their_mesh_concepts_and_by_words_where_there_are_none(store: Make) -> None:
    records = [
        browsed(1, "condition", ["Bronchial asthma", "Hay fever"], D001249="Asthma", D006255="Rhinitis"),
        browsed(2, "condition", ["Asthmatics"], D001249="Asthma"),
        browsed(3, "condition", ["Long walks", "Short walks"]),
    ]
    graph = network(store(*records), of="conditions")
    assert edges(graph) == {("Asthma", "Rhinitis"): ["NCT00000001"], ("Long walks", "Short walks"): ["NCT00000003"]}
    assert trials(graph) == {"Asthma": 2, "Rhinitis": 1, "Long walks": 1, "Short walks": 1}
    assert f"{MESH}D001249" in graph


def test_interventions_of_one_name_in_several_trials_are_one_node(store: Make) -> None:
    records = [
        browsed(1, "intervention", ["Placebo", "XY-12"]),
        browsed(2, "intervention", ["placebo", "XY-13"]),
        browsed(3, "intervention", ["Budesonide 200", " "], D019819="Budesonide"),
        browsed(4, "intervention", [" "]),
    ]
    graph = network(store(*records), of="interventions")
    assert edges(graph) == {("Placebo", "XY-12"): ["NCT00000001"], ("Placebo", "XY-13"): ["NCT00000002"]}
    assert trials(graph) == {"Placebo": 2, "XY-12": 1, "XY-13": 1, "Budesonide": 1}


def test_countries_are_found_through_facilities_and_cities_and_have_their_code(store: Make) -> None:
    records = [
        located(1, ("Clinic", "Lyon", "France"), ("Hospital", "Paris", "France"), ("Praxis", "Ulm", "Germany")),
        located(2, ("", "Lyon", "France"), ("", "", "Germany")),
    ]
    graph = network(store(*records), of="countries")
    assert edges(graph) == {("France", "Germany"): ["NCT00000001", "NCT00000002"]}
    assert {each["label"]: each["code"] for _, each in graph.nodes(data=True)} == {"France": "FR", "Germany": "DE"}


def test_a_condition_takes_its_trials_by_the_beginning_of_any_word_of_any_name(store: Make) -> None:
    records = [
        sponsored(1, "Acme", "Uni", conditionsModule={"conditions": ["Severe ASTHMA"]}),
        sponsored(
            2,
            "Beta",
            "Uni",
            derivedSection={"conditionBrowseModule": {"ancestors": [{"id": "D1", "term": "Asthma, X"}]}},
            conditionsModule={"conditions": ["Wheeze"]},
        ),
        sponsored(3, "Gamma", "Uni", conditionsModule={"conditions": ["Pseudoasthma"]}),
    ]
    graph = network(store(*records), condition="asthma")
    assert trials(graph) == {"Acme": 1, "Beta": 1, "Uni": 2}
    assert graph.graph["trials"] == 2


def test_a_condition_is_text_and_no_pattern(store: Make) -> None:
    with pytest.raises(UsageError, match="no trial has a condition of that name"):
        network(store(study()), condition=".*")


def test_light_edges_are_left_out_with_what_they_alone_joined(store: Make) -> None:
    graph = network(
        store(sponsored(1, "Acme", "Uni", "Fund"), sponsored(2, "Acme", "Uni"), sponsored(3, "Single")), min_weight=2
    )
    assert trials(graph) == {"Acme": 2, "Uni": 2}


def test_trials_with_most_members_join_none_where_there_would_be_too_many_pairs(
    store: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "PAIRS", 8)
    france = [(f"Clinic {letter}", "Lyon", "France") for letter in "ABCDE"]
    graph = network(store(located(1, *france), located(2, *france[:3]), located(3, *france[1:3])), of="facilities")
    # Three pairs and one are within eight; the ten of the first trial are not.
    assert {pair for pair, found in edges(graph).items() if "NCT00000001" in found} == set()
    assert len(edges(graph)) == 3
    assert (graph.graph["trials_not_joined"], graph.graph["largest_joined"]) == (1, 3)
    assert trials(graph)["Clinic D, Lyon"] == 1
    assert "Trials with more than 3 facilities, 1 in all, join none of them." in drawing(graph)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of": "sponsor"}, "--of sponsor: no such network; did you mean sponsors? There are sponsors, collaborators"),
        ({"min_weight": 0}, "--min-weight 0: the number of trials"),
        ({"condition": "Asthmaa"}, "--condition Asthmaa: no trial has a condition of that name; did you mean Asthma?"),
    ],
)
def test_a_wrong_argument_says_what_is_wanted(store: Make, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        network(store(study()), **options)


def test_every_network_of_an_empty_store_is_empty_and_can_be_drawn(tmp_path: Path) -> None:
    for of in NETWORKS:
        graph = network(pyoxigraph.Store(), of)
        assert len(graph) == 0
        ElementTree.fromstring(drawing(graph))
        assert table(graph) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jane Q. Doe, M.D., Ph.D.", "Jane Q. Doe"),
        ("Prof. Dr. Jane Doe", "Jane Doe"),
        ("Stefan Roe, Prof.", "Stefan Roe"),
        ("Mark Doe, MBBS FRACP PhD", "Mark Doe"),
        ("Kefang Doe, phD", "Kefang Doe"),
        ("Luc DE DOE, MD, PhD", "Luc DE DOE"),
        ("Jane Doe MD", "Jane Doe"),
        ("Jane Doe, Medical Director", "Jane Doe"),
        ("Jane Doe, Univ.-Prof. Dr.", "Jane Doe"),
        ("Jane Doe, MD PhD,", "Jane Doe"),
        ("Doe, Jane", "Doe, Jane"),
        ("Drake Doe", "Drake Doe"),
        ("MD", "MD"),
    ],
)
def test_titles_and_degrees_are_no_part_of_a_name(name: str, expected: str) -> None:
    assert person(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("Study Director", "Medical Director", "Clinical Trials", "Medical Monitor, MD", "GSK Clinical Trials"),
        *("Call Center", "Use Central Contact", "Novartis Pharmaceuticals", "1-877-CTLILLY (1-877-285-4559) Call"),
    ],
)
def test_a_post_is_no_person(name: str) -> None:
    assert not is_person(name)


@pytest.mark.parametrize("name", ["Jane Doe, MD", "Sylvie Call", "María José Torres Jaén", "Nuno Sousa", "李伟"])
def test_a_person_is_one(name: str) -> None:
    assert is_person(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, True) for name in ("Research Site", "Novartis Investigative Site", "GSK Investigational Site")),
        *((name, True) for name in ("Local Institution - 0001", "Site 12", "Zai Lab Site 1001", "Clinical Site #4")),
        ("Institut Curie - Site de Paris", False),
        ("Cape Town Oncology Trials ( Site 2864)", False),
        ("Western Sky Medical Research", False),
    ],
)
def test_a_placeholder_is_told_from_a_facility(name: str, expected: bool) -> None:
    assert is_placeholder(name) is expected


# Measures


def joined(*pairs: tuple[str, str, int], singles: tuple[str, ...] = (), directed: bool = False) -> Graph:
    """A network of its own, without trials behind it."""
    graph: Graph = nx.DiGraph() if directed else nx.Graph()
    graph.graph |= {"name": "sponsors", "title": "Sponsors", "kind": "organization", "trials": 9, "condition": ""}
    for name in sorted({end for pair in pairs for end in pair[:2]} | {*singles}):
        graph.add_node(name.lower(), label=name, kind="organization", trials=1)
    for one, other, weight in pairs:
        ids = [f"NCT{number:08}" for number in range(weight)]
        graph.add_edge(one.lower(), other.lower(), weight=weight, trials=ids, share=float(weight))
    return graph


#: Two triangles, joined by a bridge between C and D; and a single.
BRIDGE = [("A", "B", 1), ("A", "C", 1), ("B", "C", 1), ("C", "D", 1), ("D", "E", 2), ("D", "F", 1), ("E", "F", 1)]


def test_measures_of_two_triangles_and_a_bridge() -> None:
    graph = measured(joined(*BRIDGE, singles=("Z",)))
    nodes = graph.nodes
    assert [nodes[name]["degree"] for name in "abcdefz"] == [2, 2, 3, 3, 2, 2, 0]
    assert nodes["d"]["strength"] == 4
    # Of the 15 pairs of others, C lies between A or B and D, E or F.
    assert nodes["c"]["betweenness"] == pytest.approx(6 / 15)
    assert nodes["a"]["betweenness"] == 0
    assert [nodes[name]["community"] for name in "abcdefz"] == [1, 1, 1, 2, 2, 2, 3]
    assert graph.graph["communities"] == 2
    assert graph.graph["betweenness"] == "exact"
    assert sum(nodes[name]["pagerank"] for name in nodes) == pytest.approx(1, abs=1e-5)


def test_direction_does_not_count_in_measures() -> None:
    both = measured(joined(("A", "B", 1), ("B", "A", 2), ("B", "C", 1), directed=True))
    assert both.is_directed()
    assert (both.nodes["b"]["degree"], both.nodes["b"]["strength"]) == (2, 4)
    assert both.nodes["b"]["betweenness"] == 1


def test_pagerank_is_that_of_networkx() -> None:
    pytest.importorskip("scipy")
    graph = nx.gnm_random_graph(40, 60, seed=3)
    for number, pair in enumerate(graph.edges):
        graph.edges[pair]["weight"] = 1 + number % 5
    expected = nx.pagerank(graph, tol=1e-10)
    assert pagerank(graph) == pytest.approx(expected, abs=1e-7)


def test_betweenness_of_a_large_network_is_a_sample_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "_STEPS", 10)
    ring = joined(*((f"N{number:02}", f"N{(number + 1) % 60:02}", 1) for number in range(60)))
    graph = measured(ring)
    assert graph.graph["betweenness"] == "estimated from 50 of 60 nodes"
    assert nx.get_node_attributes(graph, "betweenness") == nx.get_node_attributes(measured(ring), "betweenness")


def test_the_network_itself_is_not_changed_by_measuring() -> None:
    graph = joined(*BRIDGE)
    measured(graph)
    assert "community" not in graph.nodes["a"]


def test_a_table_has_the_strongest_first_with_all_columns() -> None:
    rows = table(joined(*BRIDGE))
    assert [row["id"] for row in rows] == ["d", "c", "e", "a", "b", "f"]
    assert list(rows[0]) == [
        *("id", "label", "kind", "trials", "degree", "strength", "betweenness", "pagerank", "community")
    ]


# Paths


def test_a_path_names_the_trials_of_each_step(store: Make) -> None:
    trials = store(sponsored(1, "Acme", "Uni"), sponsored(2, "Beta", "Uni"), sponsored(3, "Beta", "Fund"))
    found = path(trials, "acme", f"{ORGANIZATION}fund")
    assert found.steps == (
        ("Acme", "Uni", ("NCT00000001",)),
        ("Uni", "Beta", ("NCT00000002",)),
        ("Beta", "Fund", ("NCT00000003",)),
    )
    assert str(found).splitlines()[0] == "Acme — Uni: NCT00000001"


def test_of_equally_short_paths_the_strongest_is_taken() -> None:
    graph = joined(("A", "B", 1), ("B", "D", 1), ("A", "C", 1), ("C", "D", 3))
    assert [step.other for step in path(graph, "A", "D").steps] == ["C", "D"]


def test_a_short_path_is_taken_before_a_strong_one() -> None:
    graph = joined(("A", "B", 1), ("A", "C", 99), ("C", "B", 99))
    assert [step.other for step in path(graph, "A", "B").steps] == ["B"]


def test_a_step_has_the_trials_of_both_directions() -> None:
    graph = joined(("A", "B", 1), ("B", "A", 2), directed=True)
    assert path(graph, "A", "B").steps[0].trials == ("NCT00000000", "NCT00000001")


def test_where_there_is_no_path_it_says_so() -> None:
    graph = joined(("A", "B", 1), ("C", "D", 1), ("D", "E", 1))
    found = path(graph, "A", "C")
    assert found.steps == ()
    assert str(found) == "No path: A reaches 1 others, C 2, none in common"
    assert str(path(graph, "a", "A")) == "a and A are the same organization"


def test_an_unknown_name_is_met_with_the_nearest() -> None:
    graph = joined(("Ruijin Hospital", "Acme", 1))
    with pytest.raises(UsageError, match="Ruijin: not in the network of sponsors; the nearest are Ruijin Hospital"):
        path(graph, "Ruijin", "Acme")
    with pytest.raises(UsageError, match="the nearest are Acme"):
        path(graph, "Akme", "Ruijin Hospital")


def test_a_name_of_several_things_asks_for_the_iri() -> None:
    graph = joined(("A", "B", 1))
    graph.add_node("other", label="a", kind="organization", trials=1)
    with pytest.raises(UsageError, match="A: 2 things have this name; give the IRI of one: a, other"):
        path(graph, "A", "B")
    assert path(graph, "other", "other").one == "a"


# Files


def test_graphml_is_read_back_by_networkx(tmp_path: Path) -> None:
    graph = measured(joined(*BRIDGE))
    write(graph, str(tmp_path / "network.graphml"))
    back = nx.read_graphml(tmp_path / "network.graphml")
    assert {node: back.nodes[node] for node in back} == {node: graph.nodes[node] for node in graph}
    assert back.edges["d", "e"] == {"weight": 2, "trials": "NCT00000000 NCT00000001", "share": 2.0}
    assert back.graph["communities"] == 2


def test_gexf_is_read_back_by_networkx_and_has_no_date(tmp_path: Path) -> None:
    file = tmp_path / "network.gexf"
    graph = joined(*BRIDGE, directed=True)
    write(graph, str(file))
    back = nx.read_gexf(file)
    assert back.is_directed()
    assert back.nodes["d"] == measured(graph).nodes["d"]
    assert back.edges["d", "e"]["trials"] == "NCT00000000 NCT00000001"
    assert b"lastmodifieddate" not in file.read_bytes()
    assert b"NetworkX" not in file.read_bytes()


def test_node_link_json_is_read_back_by_networkx_with_lists_of_trials(tmp_path: Path) -> None:
    graph = measured(joined(*BRIDGE))
    write(graph, str(tmp_path / "network.json"))
    back = nx.node_link_graph(json.loads((tmp_path / "network.json").read_text()), edges="edges")
    assert nx.utils.graphs_equal(back, graph)


def test_cytoscape_json_has_names_and_ends(tmp_path: Path) -> None:
    write(joined(*BRIDGE), str(tmp_path / "network.cyjs"))
    elements = json.loads((tmp_path / "network.cyjs").read_text())["elements"]
    assert {node["data"]["id"]: node["data"]["name"] for node in elements["nodes"]}["d"] == "D"
    assert {(edge["data"]["source"], edge["data"]["target"]) for edge in elements["edges"]} >= {("c", "d"), ("d", "e")}


def test_csv_has_the_table_and_no_formulas(tmp_path: Path) -> None:
    write(joined(("=cmd()", "B", 1)), str(tmp_path / "network.csv"))
    rows = csv.DictReader((tmp_path / "network.csv").read_text().splitlines())
    assert {row["label"]: row["degree"] for row in rows} == {"'=cmd()": "1", "B": "1"}


def test_png_is_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    write(joined(*BRIDGE), str(tmp_path / "network.png"))
    assert (tmp_path / "network.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_png_without_the_extra_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError, match=re.escape("pip install 'trialgraph[network]'; or write .svg")):
        write(joined(*BRIDGE), str(tmp_path / "network.png"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "top", "message"),
    [
        ("network.xlsx", 40, "must end in one of .graphml, .gexf, .json, .cyjs, .csv, .svg, .png"),
        ("network", 40, "must end in one of"),
        ("network.svg", 0, "--top 0: at least one node"),
    ],
)
def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path, name: str, top: int, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        write(joined(*BRIDGE), str(tmp_path / name), top)


FORMATS = ["graphml", "gexf", "json", "cyjs", "csv", "svg"]


def test_same_trials_same_bytes_whatever_the_hash_seed(store: Make, tmp_path: Path) -> None:
    store(*(sponsored(number, f"Lead {number % 7}", f"Uni {number % 5}", f"Fund {number % 3}") for number in range(30)))
    code = (
        "import sys; from trialgraph.network import network, write; from trialgraph.store import opened\n"
        "for of in ('sponsors', 'collaborators'):\n"
        "    graph = network(opened(sys.argv[1]), of)\n"
        f"    for name in {FORMATS}: write(graph, f'{{sys.argv[2]}}/{{of}}.{{name}}')\n"
    )
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / "trials.nt", tmp_path / seed], env=environment, check=True
        )
    files = [f"{of}.{name}" for of in ("sponsors", "collaborators") for name in FORMATS]
    assert sorted(file.name for file in (tmp_path / "1").iterdir()) == sorted(files)
    for file in files:
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes(), file


HOSTILE = [
    "<script>alert(\"x\")</script> & 'quoted'",
    "bell\x07 and null\x00 and \ufffe",
    "y" * 500,
    "many words " * 60,
    "مستشفى الملك فيصل التخصصي ومركز الأبحاث",
    "\u202eright to left\u202c",
    "北京协和医院" * 12,
    "\n\t ",
    "👩🏽‍⚕️ clinic",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_do_not_break_xml(label: str, tmp_path: Path) -> None:
    graph = joined(("Acme", "B", 1))
    graph.nodes["b"]["label"] = label
    for name in ("graphml", "gexf", "svg"):
        write(graph, str(tmp_path / f"network.{name}"))
        ElementTree.parse(tmp_path / f"network.{name}")
    assert nx.read_graphml(tmp_path / "network.graphml").nodes["b"]["degree"] == 1
    root = ElementTree.parse(tmp_path / "network.svg").getroot()
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "text", "g", "path", "circle", "polygon")
    }


# Drawings


#: How wide the letters of DejaVu Sans are, in thousandths of their size, from " " to "~".
DEJAVU = (
    *(318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337),
    *(636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531),
    *(1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787),
    *(603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500),
    *(500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612),
    *(635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838),
)


def shown(text: str, size: float) -> float:
    """The width of a text in DejaVu Sans; of what is not ASCII, that which the drawing reckons with."""
    return sum(DEJAVU[ord(char) - 32] * size / 1000 if char.isascii() else width(char, size) for char in text)


def label_boxes(svg: str) -> list[tuple[str, Box]]:
    """What each line of each label covers."""
    boxes = []
    for text in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        if text.get("class") == "label":
            x, y, size = (float(text.get(name, "")) for name in ("x", "y", "font-size"))
            half = shown(text.text or "", size) / 2
            boxes.append((text.text or "", Box(x - half, y - 0.75 * size, x + half, y + 0.2 * size)))
    return boxes


def circles(svg: str) -> list[tuple[str, Box]]:
    found = []
    for circle in ElementTree.fromstring(svg).iter(f"{SVG}circle"):
        if circle.get("class") == "node":
            x, y, r = (float(circle.get(name, "")) for name in ("cx", "cy", "r"))
            # The square within the circle: its corners are free for labels.
            found.append(("", Box(x - 0.7 * r, y - 0.7 * r, x + 0.7 * r, y + 0.7 * r)))
    return found


def overlapping(boxes: list[tuple[str, Box]]) -> list[tuple[str, str]]:
    return [
        (name, other)
        for (name, a), (other, b) in combinations(boxes, 2)
        if min(a.right, b.right) > max(a.left, b.left) and min(a.bottom, b.bottom) > max(a.top, b.top)
    ]


def star(count: int) -> Graph:
    return joined(*(("The Hub of the Whole Network", f"University Hospital Number {n}", 1) for n in range(count)))


def clique(count: int) -> Graph:
    return joined(
        *(
            (f"Very Long Name of a Clinic {a}", f"Very Long Name of a Clinic {b}", 2)
            for a, b in combinations(range(count), 2)
        )
    )


PICTURES = {
    "a bridge": joined(*BRIDGE),
    "a star": star(45),
    "a clique": clique(25),
    "singles": joined(singles=tuple(f"Institute of Medicine {number}" for number in range(40))),
    "pairs": joined(
        *((f"Sponsor {number}", f"Collaborator {number}", 1 + number) for number in range(25)), directed=True
    ),
    "one": joined(singles=("One",)),
    "hostile": joined(*(("Acme", label, 1) for label in HOSTILE)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_labels_overlap_neither_one_another_nor_nodes(name: str) -> None:
    svg = drawing(PICTURES[name])
    boxes = label_boxes(svg)
    assert len(boxes) >= min(len(PICTURES[name]), 40)
    assert overlapping([*boxes, *circles(svg)]) == []


def test_the_check_of_labels_finds_those_that_overlap() -> None:
    svg = drawing(joined(*BRIDGE))
    assert overlapping(label_boxes(re.sub(r'class="label" x="[^"]*" y="[^"]*"', 'class="label" x="9" y="9"', svg)))


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> pyoxigraph.Store:
    """The graph of the real studies, in memory."""
    source = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"
    if not source.exists():
        pytest.skip("no shared studies")
    graph = tmp_path_factory.mktemp("real") / "studies.nt"
    assert run("build", source, "-o", graph, "--workers", "1", "--quiet").exit_code == 0
    return opened(str(graph))


@pytest.mark.parametrize("of", list(NETWORKS))
def test_labels_of_real_networks_do_not_overlap(of: str, real: pyoxigraph.Store) -> None:
    svg = drawing(network(real, of))
    assert len(label_boxes(svg)) >= 40
    assert overlapping([*label_boxes(svg), *circles(svg)]) == []


def legend(svg: str) -> str:
    texts = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return " ".join(text.text or "" for text in texts if (text.get("class") or "").startswith("legend"))


def test_a_legend_says_what_colours_sizes_and_widths_mean_and_what_is_not_drawn() -> None:
    said = legend(drawing(joined(*BRIDGE, singles=("Z",)), top=6))
    assert "Communities C; A; B D; E; F" in said
    assert "Area of a node: its trials" in said
    assert "Width of an edge: the trials shared 1 2" in said
    assert "Grey edges run between communities." in said
    assert (
        "Drawn: 6 of 7 organisations, the ends of the strongest edges first. All edges between them are drawn." in said
    )
    assert "9 trials, 7 edges, 2 communities of two or more" in said


def test_a_legend_of_all_there_is_says_so() -> None:
    said = legend(drawing(joined(("A", "B", 1))))
    assert "Drawn: all 2 organisations. All edges between them are drawn." in said
    assert "9 trials, 1 edge, 1 community of two or more" in said


def test_a_community_names_its_strongest_members_and_counts_the_rest() -> None:
    assert "The Hub of the Whole Network; University Hospital Number 0; University Hospital Number 1 and 43 more" in (
        legend(drawing(star(45)))
    )


def test_only_the_ends_of_the_strongest_edges_are_drawn() -> None:
    svg = drawing(joined(("A", "B", 3), ("C", "D", 2), ("E", "F", 1), singles=("G",)), top=4)
    assert {name for name, _ in label_boxes(svg)} == {"A", "B", "C", "D"}


def test_of_many_edges_the_light_ones_are_not_drawn_and_counted() -> None:
    heavy = [(f"N{number:02}", f"N{number + 1:02}", 5) for number in range(29)]
    light = [(f"N{a:02}", f"N{b:02}", 1) for a, b in combinations(range(30), 2) if b - a > 1]
    svg = drawing(joined(*heavy, *light))
    paths = [each for each in ElementTree.fromstring(svg).iter(f"{SVG}path") if each.find(f"{SVG}title") is not None]
    assert len(paths) == 29
    assert "Edges of fewer than 5 trials are drawn only where they alone keep a part together; 406 edges" in legend(svg)


def test_edges_and_nodes_have_their_names_as_tooltips() -> None:
    svg = drawing(joined(("A", "B", 3)))
    assert "<title>A – B: 3 trials</title>" in svg
    assert "<title>A: 1 trial, community 1</title>" in svg
    assert "<title>B → A: 3 trials</title>" in drawing(joined(("B", "A", 3), directed=True))


def test_edges_of_more_trials_are_wider_and_nodes_of_more_trials_larger() -> None:
    graph = joined(("A", "B", 9), ("B", "C", 1))
    graph.nodes["a"]["trials"] = 16
    root = ElementTree.fromstring(drawing(graph))
    widths = {
        each.findtext(f"{SVG}title"): float(each.get("stroke-width", ""))
        for each in root.iter(f"{SVG}path")
        if each.find(f"{SVG}title") is not None
    }
    assert sorted(widths, key=lambda name: widths[name]) == ["B – C: 1 trial", "A – B: 9 trials"]
    radii = {each.findtext(f"{SVG}title"): float(each.get("r", "")) for each in root.iter(f"{SVG}circle")}
    assert radii["A: 16 trials, community 1"] == pytest.approx(4 * radii["C: 1 trial, community 1"], rel=0.1)


def test_only_networks_with_a_direction_have_arrows() -> None:
    assert "<polygon" in drawing(joined(("A", "B", 1), directed=True))
    assert "<polygon" not in drawing(joined(("A", "B", 1)))


def test_a_title_is_that_of_the_network_and_its_condition_or_the_given_one(store: Make) -> None:
    graph = network(store(study()), condition="asthma")
    assert "<title>Lead sponsors and their collaborators: asthma</title>" in drawing(graph)
    assert "<title>Mine</title>" in drawing(graph, title="Mine")


def test_networkx_is_loaded_only_when_a_network_is_made() -> None:
    code = "import sys, trialgraph.network; sys.exit('networkx' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0


# Layout and lettering


def test_points_are_as_far_apart_as_the_distances_say() -> None:
    points = stress([[0, 3, 4], [3, 0, 5], [4, 5, 0]])
    lengths = [((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for a, b in combinations(points, 2)]
    assert lengths == pytest.approx([3, 4, 5], abs=0.05)


def test_boxes_in_one_place_are_parted() -> None:
    boxes = [Box(20, 5, 20, 15)] * 12
    points = parted([(0.0, 0.0)] * 12, boxes, gap=4)
    placed = [
        ("", Box(x - b.left, y - b.top, x + b.right, y + b.bottom)) for (x, y), b in zip(points, boxes, strict=True)
    ]
    assert overlapping(placed) == []


def test_parts_are_packed_without_overlap_into_little_room() -> None:
    sizes = [(300.0, 200.0)] + [(60.0, 40.0)] * 20
    corners = packed(sizes, gap=10)
    placed = [("", Box(x, y, x + w, y + h)) for (x, y), (w, h) in zip(corners, sizes, strict=True)]
    assert overlapping(placed) == []
    sheet = max(box.right for _, box in placed) * max(box.bottom for _, box in placed)
    assert sheet < 2 * sum(w * h for w, h in sizes)


def test_no_letter_is_wider_than_the_drawing_reckons() -> None:
    assert [char for char in map(chr, range(32, 127)) if shown(char, 1) > width(char, 1)] == []
    assert width("Ünïcode", 10) == width("Unicode", 10)


@pytest.mark.parametrize("label", HOSTILE)
def test_lines_are_few_and_fit_their_room(label: str) -> None:
    broken = lines(label, 11, 120, 3)
    assert 1 <= len(broken) <= 3
    assert all(width(line, 11) <= 120 for line in broken)


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert lines("National Institute of Allergy and Infectious Diseases", 11, 120, 2) == [
        *("National Institute of", "Allergy and…")
    ]
