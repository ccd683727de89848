"""Every format says the same graph, whatever the texts and the names hold; Turtle is laid out for people."""

import gzip
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
import rdflib
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.conftest import SHARED, Build, parsed, run, study, written
from tests.sentinels import record, sentinel

from trialgraph.build import build
from trialgraph.errors import UsageError
from trialgraph.iris import BASE, LABEL, PREFIXES, TYPE, XSD, tg
from trialgraph.model import leaves
from trialgraph.statements import Statement, verbatim
from trialgraph.writers import FORMATS, extension

STUDIES = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"

OXIGRAPH = {
    ".jsonld": pyoxigraph.RdfFormat.JSON_LD,
    ".nq": pyoxigraph.RdfFormat.N_QUADS,
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".trig": pyoxigraph.RdfFormat.TRIG,
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
}
RDFLIB = {".jsonld": "json-ld", ".nq": "nquads", ".nt": "nt", ".trig": "trig", ".ttl": "turtle"}
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|Conj):DeprecationWarning")  # from inside rdflib's own parsers
each_format = pytest.mark.parametrize("format_", FORMATS)

#: Texts that have broken writers before.
HOSTILE = [
    '"',
    '""',
    '"""',
    '""""""" seven',
    'ends with a quote\n"',
    'ends with three\n"""',
    "ends with a backslash\\",
    "ends with a backslash\n\\",
    'a quote after a backslash\n\\"',
    "a\\nb is no line end",
    "a\nb is one",
    "a\r\nb\rc\td\x0be\x0cf\x08g\x7fh",
    "\n",
    " leading and trailing ",
    "\u2028\u2029\u0085\ufeff\ufffe\u00a0",
    "𝒳😀\U0010ffff",
    '@en ^^<http://example.org/> " . <a> <b> <c>',
    "{ } [ ] # comment",
    "\x00\x01\x1f",
    "",
]
TEXT = st.text(
    st.one_of(st.sampled_from("\"\\\n\r\t'@^<>{}#%é"), st.characters(exclude_categories=["Cs"])), max_size=30
)


def document(name: str, statements: Iterable[Statement], base: str = BASE, graph: str = "") -> bytes:
    """A whole file of some statements."""
    format_ = FORMATS[name]
    return format_.header(base).encode() + format_.block(statements, base, graph) + format_.footer.encode()


def quads(name: str, data: bytes) -> set[tuple[str, str, str, str]]:
    """What pyoxigraph reads in a file: the terms in their N-Triples spelling, "DEFAULT" for the default graph."""
    return {
        (str(quad.subject), str(quad.predicate), str(quad.object), str(quad.graph_name))
        for quad in pyoxigraph.parse(data, format=OXIGRAPH[name])
    }


def in_rdflib(name: str, data: bytes) -> set[tuple[Any, ...]]:
    """What rdflib reads in a file, literals by their values."""
    dataset = rdflib.Dataset(default_union=False)
    dataset.parse(data=data, format=RDFLIB[name])
    return {(s, p, _value(o)) for s, p, o, _ in dataset.quads((None, None, None, None))}


def _value(term: Any) -> Any:
    if not isinstance(term, rdflib.Literal):
        return str(term)
    is_number = str(term.datatype).endswith(("#integer", "#decimal"))
    return (term.datatype, Decimal(str(term.value)) if is_number else str(term))


def texts(values: Iterable[str]) -> list[Statement]:
    trial = f"<{BASE}trial/NCT00000001>"
    return [(trial, TYPE, tg("Trial")), *((trial, LABEL, verbatim(value)) for value in values)]


@each_format
@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(TEXT, max_size=4, unique=True))
@example(HOSTILE)
def test_any_text_comes_back_as_it_went_in(format_: str, values: list[str]) -> None:
    stated = texts(values)
    back = {quad.object for quad in pyoxigraph.parse(document(format_, stated), format=OXIGRAPH[format_])}
    assert {term.value for term in back if isinstance(term, pyoxigraph.Literal)} == {*values}
    assert quads(format_, document(format_, stated)) == quads(".nt", document(".nt", stated))


@each_format
def test_rdflib_reads_hostile_texts_as_well(format_: str) -> None:
    # rdflib reads N-Triples by lines and splits them at form feeds, and its JSON-LD folds nothing.
    stated = texts(
        value for value in HOSTILE if not re.search(r"[\x00-\x08\x0b\x0c\x1f\x7f\ufffe\u0085\u2028\u2029]", value)
    )
    expected = {str(quad.object.value) for quad in pyoxigraph.parse(document(".nt", stated), format=OXIGRAPH[".nt"])}
    found = in_rdflib(format_, document(format_, stated))
    assert {term[1] if isinstance(term, tuple) else term for _, _, term in found} == expected


@each_format
@pytest.mark.parametrize(
    ("lexical", "datatype"),
    [
        ("66", "integer"),
        ("-3", "integer"),
        ("0.5", "decimal"),
        ("1E-5", "double"),
        ("true", "boolean"),
        ("2025-08-31", "date"),
        ("2025-08", "gYearMonth"),
        ("2025", "gYear"),
        ("2021-06-18T23:59:00", "dateTime"),
    ],
)
def test_a_typed_literal_comes_back_letter_for_letter(format_: str, lexical: str, datatype: str) -> None:
    term = f'"{lexical}"^^<{XSD}{datatype}>'
    data = document(format_, [(f"<{BASE}a>", tg("value"), term)])
    assert quads(format_, data) == quads(".nt", document(".nt", [(f"<{BASE}a>", tg("value"), term)]))
    [literal] = [quad.object for quad in pyoxigraph.parse(data, format=OXIGRAPH[format_])]
    assert str(literal) == term


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with every leaf of the model, one that disagrees with it, and one with hostile names."""
    folder = tmp_path_factory.mktemp("everything")
    whole = record({path: sentinel(path)[0] for path in leaves()})
    older = study(statusModule={"lastUpdatePostDateStruct": {"date": "2020-01-01"}}, hasResults=False)
    names = [name for name in HOSTILE if name.strip()]
    hostile = study(
        "NCT00000002",
        sponsorCollaboratorsModule={
            "leadSponsor": {"name": 'a/../b?c#d <x> "y" %41'},
            "collaborators": [{"name": n} for n in names],
        },
        conditionsModule={"conditions": names, "keywords": names},
        contactsLocationsModule={
            "locations": [
                {"facility": n, "city": n, "state": n, "country": n, "countryCode": n, "zip": n} for n in names
            ]
        },
        descriptionModule={"briefSummary": "\n".join(HOSTILE)},
        designModule={"phases": ['<>"{}|\\^`']},
        derivedSection={"conditionBrowseModule": {"meshes": [{"id": "D 1/#<>", "term": "x"}]}},
    )
    file = folder / "everything.ndjson"
    file.write_text("\n".join(json.dumps(each) for each in (whole, older, hostile)), encoding="utf-8")
    return file


def written_to(out: Path, *sources: Path, **options: Any) -> bytes:
    build([str(source) for source in sources], str(out), **options)
    data = out.read_bytes()
    return gzip.decompress(data) if out.suffix == ".gz" else data


@each_format
@pytest.mark.parametrize("gzipped", ["", ".gz"])
def test_all_formats_say_the_same_graph(everything: Path, tmp_path: Path, format_: str, gzipped: str) -> None:
    lines = written_to(tmp_path / "graph.nt", everything)
    data = written_to(tmp_path / f"graph{format_}{gzipped}", everything)
    graph = quads(format_, data)
    assert len(graph) == len(lines.splitlines()) > 1000
    assert graph == quads(".nt", lines)


@each_format
def test_rdflib_reads_the_same_graph(everything: Path, tmp_path: Path, format_: str) -> None:
    expected = in_rdflib(".nt", written_to(tmp_path / "graph.nt", everything))
    assert len(expected) > 1000
    assert in_rdflib(format_, written_to(tmp_path / f"graph{format_}", everything)) == expected


@each_format
def test_the_base_changes_the_iris_of_instances_only(everything: Path, tmp_path: Path, format_: str) -> None:
    base = "http://example.org/my~trials/v1/"
    graph = quads(format_, written_to(tmp_path / f"graph{format_}", everything, base=base))
    lines = written_to(tmp_path / "graph.nt", everything)
    assert graph == quads(
        ".nt", re.sub(rb"<https://w3id\.org/trialgraph/(?!ontology#|vocabulary#)", b"<" + base.encode(), lines)
    )
    assert f"<{base}trial/NCT00000001>" in {subject for subject, _, _, _ in graph}


@each_format
def test_there_are_no_blank_nodes_and_every_iri_is_whole(everything: Path, tmp_path: Path, format_: str) -> None:
    for quad in pyoxigraph.parse(written_to(tmp_path / f"graph{format_}", everything), format=OXIGRAPH[format_]):
        assert isinstance(quad.subject, pyoxigraph.NamedNode)
        assert isinstance(quad.object, pyoxigraph.NamedNode | pyoxigraph.Literal)
        for term in (quad.subject, quad.predicate, quad.object):
            if isinstance(term, pyoxigraph.NamedNode):
                assert re.match(r"https?://[^/]+/\S+$", term.value)


def test_no_line_of_n_triples_is_said_twice(everything: Path, tmp_path: Path) -> None:
    lines = written_to(tmp_path / "graph.nt", everything).splitlines()
    assert len({*lines}) == len(lines)


@pytest.mark.parametrize("format_", [name for name, format_ in FORMATS.items() if format_.graphs])
def test_a_graph_a_record_leaves_the_default_graph_as_it_is(everything: Path, tmp_path: Path, format_: str) -> None:
    plain = quads(format_, written_to(tmp_path / f"plain{format_}", everything))
    named = quads(format_, written_to(tmp_path / f"named{format_}", everything, graphs=True))
    assert {quad for quad in named if quad[3] == "DEFAULT"} == plain
    records = {
        subject for subject, predicate, term, _ in plain if f"<{predicate[1:-1]}>" == TYPE and "RegistryRecord" in term
    }
    assert len(records) == 3
    assert {quad[3] for quad in named} - {"DEFAULT"} == records
    # The graph of a record has what that record alone says, its disagreements with others not.
    older = {quad for quad in named if quad[3].count("/") == 7}
    assert any(quad[2] == f'"false"^^<{XSD}boolean>' for quad in older)
    assert not any("isagreement" in term for quad in named - plain for term in quad)


@pytest.mark.parametrize("format_", [".nt", ".ttl"])
def test_a_format_without_named_graphs_refuses_them(everything: Path, tmp_path: Path, format_: str) -> None:
    with pytest.raises(UsageError, match=r"holds no named graphs; write \.nq, \.trig or \.jsonld"):
        written_to(tmp_path / f"graph{format_}", everything, graphs=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.ttl", (".ttl", False)),
        ("a.b.ttl.gz", (".ttl", True)),
        ("/x/a.nq", (".nq", False)),
        ("a.jsonld.gz", (".jsonld", True)),
    ],
)
def test_the_format_is_told_by_the_name(path: str, expected: tuple[str, bool]) -> None:
    assert extension(path) == expected


@pytest.mark.parametrize("path", ["a", "a.rdf", "a.gz", "a.ttl.zip", "a.TTL", ".ttl"])
def test_another_name_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match=r"must end in one of \.jsonld, \.nq, \.nt, \.trig, \.ttl"):
        extension(path)


TURTLE = """\
@base <https://w3id.org/trialgraph/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix geo: <http://www.w3.org/2003/01/geo/wgs84_pos#> .
@prefix mesh: <http://id.nlm.nih.gov/mesh/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix tg: <https://w3id.org/trialgraph/ontology#> .
@prefix tgv: <https://w3id.org/trialgraph/vocabulary#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<trial/NCT00000001> a tg:InterventionalTrial, tg:Trial ;
    rdfs:label "A \\"Trial\\"" ;
    tg:briefSummary \"\"\"One line,
and "another\\""\"\" ;
    tg:briefTitle "A \\"Trial\\"" ;
    tg:condition <condition/asthma> ;
    tg:enrollment 66 ;
    tg:leadSponsor <organization/acme> ;
    tg:nctId "NCT00000001" ;
    tg:overallStatus tgv:overallStatus-RECRUITING ;
    tg:primaryOutcome <trial/NCT00000001/outcome/{key}> ;
    tg:startDate "2025-08"^^xsd:gYearMonth ;
    tg:startDateLatest "2025-08-31"^^xsd:date ;
    tg:studyType tgv:studyType-INTERVENTIONAL .

<trial/NCT00000001/outcome/{key}> a tg:Outcome ;
    tg:measure "FVC" ;
    tg:outcomeKind tgv:outcomeKind-PRIMARY .

<record/ctgov/NCT00000001> a tg:RegistryRecord ;
    dcterms:source "ctgov" ;
    tg:about <trial/NCT00000001> ;
    tg:sha256 "{hash}" .

<condition/asthma> a tg:Condition ;
    rdfs:label "Asthma" .

<organization/acme> a tg:Organization ;
    rdfs:label "Acme" ;
    tg:organizationClass tgv:organizationClass-INDUSTRY .
"""


def test_turtle_has_a_trial_then_its_parts_then_its_records_then_what_trials_share(tmp_path: Path) -> None:
    small = study(
        identificationModule={"briefTitle": 'A "Trial"'},
        descriptionModule={"briefSummary": 'One line,\nand "another"'},
        designModule={"enrollmentInfo": {"count": 66}},
        statusModule={"startDateStruct": {"date": "2025-08"}},
        outcomesModule={"primaryOutcomes": [{"measure": "FVC"}]},
    )
    [source] = written(tmp_path, [small])
    text = written_to(tmp_path / "small.ttl", Path(source)).decode()
    [key] = set(re.findall(r"outcome/([0-9a-f]{12})", text))
    [hash_] = re.findall(r'"([0-9a-f]{64})"', text)
    assert text == TURTLE.format(key=key, hash=hash_)


def test_turtle_has_one_block_a_subject_in_order(everything: Path, tmp_path: Path) -> None:
    text = written_to(tmp_path / "graph.ttl", everything).decode()
    subjects = re.findall(r"^(<[^>]+>|\w+:\S+) a ", text, re.MULTILINE)
    assert len({*subjects}) == len(subjects)
    trials = [each for each in subjects if re.fullmatch(r"<trial/[^/]+>", each)]
    assert trials == sorted(trials)
    parts = [each[1:-1] for each in subjects if each.startswith("<trial/")]
    assert parts == sorted(parts)
    shared = [each for each in subjects if not each.startswith(("<trial/", "<record/"))]
    assert subjects[-len(shared) :] == shared


def test_turtle_lists_many_objects_a_line_each(built: Build, tmp_path: Path) -> None:
    [source] = written(tmp_path, [study(conditionsModule={"keywords": [f"keyword number {n}" for n in range(9)]})])
    text = written_to(tmp_path / "graph.ttl", Path(source)).decode()
    assert '    tg:keyword\n        "keyword number 0",\n        "keyword number 1",\n' in text


def test_an_iri_that_no_prefix_fits_stays_whole() -> None:
    stated = [("<http://example.org/a>", "<http://example.org/b.>", "<http://id.nlm.nih.gov/mesh/D%2F1.>")]
    data = document(".ttl", stated)
    assert data.decode().endswith(
        "<http://example.org/a> <http://example.org/b.> <http://id.nlm.nih.gov/mesh/D%2F1.> .\n"
    )
    assert quads(".ttl", data) == quads(".nt", document(".nt", stated))


def test_json_ld_needs_nothing_from_the_network(everything: Path, tmp_path: Path) -> None:
    told = json.loads(written_to(tmp_path / "graph.jsonld", everything))
    assert told["@context"] == {"@version": 1.1, "@base": BASE, **PREFIXES}
    assert told["@graph"][0]["@id"] == "trial/NCT00000001"


@settings(derandomize=True, max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT, TEXT, TEXT)
def test_any_name_gives_a_graph_that_reads_back(tmp_path: Path, one: str, two: str, three: str) -> None:
    source = tmp_path / "hostile.json"
    source.write_text(
        json.dumps(
            study(
                sponsorCollaboratorsModule={"leadSponsor": {"name": one, "class": three}},
                conditionsModule={"conditions": [two]},
                contactsLocationsModule={"locations": [{"facility": one, "city": two, "country": three}]},
                armsInterventionsModule={"armGroups": [{"label": two, "type": one}]},
            )
        ),
        encoding="utf-8",
    )
    lines = written_to(tmp_path / "graph.nt", source)
    assert parsed(lines)
    for format_ in (".ttl", ".trig", ".jsonld"):
        assert quads(format_, written_to(tmp_path / f"graph{format_}", source)) == quads(".nt", lines)


@pytest.mark.skipif(not STUDIES.is_file(), reason="the registry's studies are not beside the checkout")
@pytest.mark.long
def test_real_studies_read_back(tmp_path: Path) -> None:
    lines = quads(".nt", written_to(tmp_path / "graph.nt", STUDIES))
    for format_ in (".ttl", ".jsonld"):
        assert quads(format_, written_to(tmp_path / f"graph{format_}", STUDIES)) == lines


def test_standard_output_is_turtle(tmp_path: Path) -> None:
    [source] = written(tmp_path, [study()])
    result = run("build", source, "-o", "-", "--quiet")
    assert result.exit_code == 0
    assert result.stdout == written_to(tmp_path / "graph.ttl", Path(source)).decode()
