"""Every leaf of the registry's model is in the graph, carried by the property that the ontology names for it."""

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.conftest import SHARED, Build, Graph, run, study
from tests.sentinels import extracted, holding, needed, read, record, sentinel

from trialgraph import resources
from trialgraph.coverage import UNMAPPED, coverage
from trialgraph.iris import TG
from trialgraph.merge import merge
from trialgraph.model import leaves

FIELDS = SHARED / "research" / "ctg-v2-fields.tsv"
STUDIES = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"
HISTORY = SHARED / "data" / "ctgov-v2" / "history"

LABEL = "rdfs:label"
#: The modules of the results that list their groups, by the property with which counts refer to them.
LISTS_GROUPS = ("tg:ParticipantFlow", "tg:Baseline", "tg:OutcomeMeasure", "tg:AdverseEvents")
#: What the thing at the end of a link says, where the link cannot hold the value itself; others say rdfs:label.
SAID_BY = {"tg:site": ("geo:lat", "geo:long"), "tg:group": ("tg:groupId",), "tg:usesIntervention": ("tg:name",)}

each_leaf = pytest.mark.parametrize("path", leaves())


def carries(graph: Graph, path: str) -> bool:
    """True if the leaf's property has the leaf's sentinel as its object, or a thing that says it."""
    name, term = resources.mapping()[path].replace(TG, "tg:"), sentinel(path)[1]
    lists = {module for class_ in LISTS_GROUPS for module in graph.things(class_)} if "groupId" in path else ()
    ends = {end for thing, predicate, end in graph if predicate == name and thing not in lists}
    return term in ends or any((end, said, term) in graph for end in ends for said in SAID_BY.get(name, (LABEL,)))


@each_leaf
def test_a_leaf_alone_is_carried_by_its_property(path: str) -> None:
    graph, oddities = extracted(merge([read(holding(path))]))
    assert carries(graph, path)
    assert oddities == []


@pytest.mark.parametrize("path", [path for path in leaves() if not path.endswith("identificationModule.nctId")])
def test_a_leaf_that_is_not_there_is_not_carried(path: str) -> None:
    graph, _ = extracted(merge([read(record(needed(path)))]))
    assert not carries(graph, path)


def test_all_leaves_together_are_carried(built: Build) -> None:
    graph = built(record({path: sentinel(path)[0] for path in leaves()}))
    assert [path for path in leaves() if not carries(graph, path)] == []


def test_no_leaf_is_exempt() -> None:
    assert UNMAPPED == {}
    assert leaves().keys() <= resources.mapping().keys()


@pytest.mark.skipif(not FIELDS.is_file(), reason="the list of the registry's fields is not beside the checkout")
def test_the_leaves_are_the_345_fields_of_the_registry_s_own_description() -> None:
    fields, _, _ = FIELDS.read_text(encoding="utf-8").partition("# ENUMS\n")
    paths = Counter(line.split("\t")[0] for line in fields.splitlines() if not line.startswith("#"))
    assert paths == Counter(leaves().keys())
    assert len(paths) == 345


@pytest.mark.skipif(not STUDIES.is_file(), reason="the registry's studies are not beside the checkout")
def test_every_field_of_real_studies_is_mapped_or_is_unknown_to_the_model() -> None:
    found = coverage([str(STUDIES)])
    assert (found.records, found.report.count("rejected")) == (267, 0)
    assert [path for path, state, _, _ in found.rows() if state == "unmapped"] == []
    assert {field.split(".modelPredictions")[0] for field, _, _ in found.unknown()} == {"derivedSection.miscInfoModule"}


@pytest.mark.skipif(not HISTORY.is_dir(), reason="the registry's older versions of studies are not beside the checkout")
def test_every_field_of_older_versions_is_mapped_or_is_unknown_to_the_model() -> None:
    found = coverage([str(HISTORY)])
    assert [path for path, state, _, _ in found.rows() if state == "unmapped"] == []
    assert [field for field, _, _ in found.unknown()] == [
        "derivedSection.interventionBrowseModule.ancestors.id_str",
        "derivedSection.miscInfoModule.modelPredictions",
    ]


SMALL = study(statusModule={"overallStatus": "WITHDRAWN", "whyStopped": "Funding", "mood": "sad"})
TABLE = """\
mapped         1  protocolSection.identificationModule.nctId  tg:nctId
mapped         1  protocolSection.identificationModule.briefTitle  tg:briefTitle
mapped         1  protocolSection.statusModule.overallStatus  tg:overallStatus
mapped         1  protocolSection.statusModule.whyStopped  tg:whyStopped
mapped         1  protocolSection.sponsorCollaboratorsModule.leadSponsor.name  tg:leadSponsor
mapped         1  protocolSection.sponsorCollaboratorsModule.leadSponsor.class  tg:organizationClass
mapped         1  protocolSection.conditionsModule.conditions[]  tg:condition
mapped         1  protocolSection.designModule.studyType  tg:studyType
unknown        1  protocolSection.statusModule.mood  first in NCT00000001
"""


def test_the_command_lists_the_fields_of_its_sources(tmp_path: Path) -> None:
    file = tmp_path / "small.json"
    file.write_text(json.dumps(SMALL), encoding="utf-8")
    result = run("coverage", file)
    assert (result.exit_code, result.stdout) == (0, TABLE)
    assert result.stderr == "1 records: 8 fields of the model mapped, 0 unmapped, 337 absent, 1 unknown fields\n"


def test_the_command_lists_all_fields_on_request(tmp_path: Path) -> None:
    file = tmp_path / "small.json"
    file.write_text(json.dumps(SMALL), encoding="utf-8")
    lines = run("coverage", file, "--all").stdout.splitlines()
    assert len(lines) == 345 + 1
    assert "absent         0  protocolSection.identificationModule.acronym  tg:acronym" in lines


def test_the_command_writes_json(tmp_path: Path) -> None:
    file = tmp_path / "small.json"
    file.write_text(json.dumps(SMALL), encoding="utf-8")
    told = json.loads(run("coverage", file, "--format", "json").stdout)
    assert (told["records"], told["rejected"], len(told["fields"])) == (1, 0, 345)
    assert told["unknown"] == [{"field": "protocolSection.statusModule.mood", "count": 1, "first": "NCT00000001"}]
    assert told["fields"][0] == {
        "path": "protocolSection.identificationModule.nctId",
        "state": "mapped",
        "records": 1,
        "property": "tg:nctId",
    }
