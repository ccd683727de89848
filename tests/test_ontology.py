"""The Turtle files of ontology/: they parse, agree with one another, and say what readers and extractors rely on."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS

from trialgraph.iris import PREFIXES
from trialgraph.model import leaves

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "ontology").glob("*.ttl"))
#: The fields and the enumerations of the registry's model, one a line, kept beside a checkout and not in it.
MODEL = ROOT.parent / "shared" / "research" / "ctg-v2-fields.tsv"

TG = Namespace("https://w3id.org/trialgraph/ontology#")
TGV = Namespace("https://w3id.org/trialgraph/vocabulary#")

needs_model = pytest.mark.skipif(
    not MODEL.is_file(), reason="the list of the registry's fields is not beside the checkout"
)
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


@cache
def graph(*names: str) -> Graph:
    """Files of ontology/ as one graph."""
    merged = Graph()
    for name in names:
        merged.parse(ROOT / "ontology" / f"{name}.ttl")
    return merged


@cache
def declared_prefixes() -> dict[str, str]:
    """The namespaces that prefixes.ttl declares, by prefix."""
    prefixes = graph("prefixes")
    return {
        str(prefixes.value(declaration, SH.prefix)): str(prefixes.value(declaration, SH.namespace))
        for declaration in prefixes.objects(None, SH.declare)
    }


def used_prefixes(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^@prefix (\w+): <(.+)> \.$", path.read_text(encoding="utf-8"), re.MULTILINE))


def in_namespace(terms: Graph, namespace: Namespace) -> set[URIRef]:
    """The subjects of a graph that belong to a namespace."""
    return {subject for subject in terms.subjects() if isinstance(subject, URIRef) and subject in namespace}


def words(values: Graph) -> dict[str, dict[str, set[str]]]:
    """By scheme, each word for a value, folded as readers fold it, with the tokens that it stands for."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for value, scheme in values.subject_objects(SKOS.inScheme):
        token = str(values.value(value, SKOS.notation))
        for predicate in (SKOS.notation, SKOS.prefLabel, SKOS.altLabel):
            for word in values.objects(value, predicate):
                found[str(scheme).removeprefix(TGV)][" ".join(str(word).casefold().split())].add(token)
    return found


def token(values: Graph, scheme: str, word: str) -> set[str]:
    return words(values)[scheme][word.casefold()]


def model() -> tuple[list[str], dict[str, list[str]]]:
    """The paths of the model's fields, and the tokens of its enumerations by name."""
    fields, _, enumerations = MODEL.read_text(encoding="utf-8").partition("# ENUMS\n")
    paths = [line.split("\t")[0] for line in fields.splitlines() if not line.startswith("#")]
    pairs = (line.split(" : ") for line in enumerations.splitlines())
    return paths, {name: [token.strip() for token in tokens.split(",")] for name, tokens in pairs}


@each_file
def test_a_file_says_the_same_to_pyoxigraph_and_rdflib(path: Path) -> None:
    assert len(set(pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.TURTLE))) == len(Graph().parse(path)) > 0


@each_file
def test_a_file_opens_with_a_comment_that_says_what_it_holds(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


@each_file
def test_a_file_uses_the_prefixes_that_are_declared_once(path: Path) -> None:
    assert used_prefixes(path).items() <= declared_prefixes().items()


def test_shapes_agree_with_the_declared_prefixes() -> None:
    declared = declared_prefixes()
    for path in (ROOT / "shapes").glob("*.ttl"):
        assert [name for name, iri in used_prefixes(path).items() if declared.get(name, iri) != iri] == [], path.name


def test_outputs_use_the_declared_prefixes() -> None:
    assert PREFIXES.items() <= declared_prefixes().items()


@each_file
def test_blocks_are_in_alphabetical_order(path: Path) -> None:
    blocks = re.findall(r"^(tgv?:\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert blocks == sorted(set(blocks), key=lambda name: (name.casefold(), name))


@pytest.mark.parametrize("name", ["trialgraph", "results"])
def test_every_term_has_a_label_and_a_definition(name: str) -> None:
    terms = graph(name)
    for term in in_namespace(terms, TG):
        assert len(list(terms.objects(term, RDFS.label))) == 1, term
        assert is_sentence(terms, term), term


def test_every_value_has_a_label_and_a_definition() -> None:
    values = graph("vocabulary")
    for term in in_namespace(values, TGV):
        label = SKOS.prefLabel if (term, RDF.type, SKOS.Concept) in values else RDFS.label
        assert len(list(values.objects(term, label))) == 1, term
        assert is_sentence(values, term), term


def is_sentence(terms: Graph, term: URIRef) -> bool:
    [definition] = terms.objects(term, SKOS.definition)
    assert isinstance(definition, Literal)
    return definition.language == "en" and re.fullmatch(r"[A-Z].*\.", definition) is not None


def test_no_term_has_two_kinds() -> None:
    terms = graph("trialgraph", "results", "alignment")
    kinds = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty}
    counts = Counter(subject for subject, kind in terms.subject_objects(RDF.type) if kind in kinds)
    assert [term for term, count in counts.items() if count > 1] == []
    assert in_namespace(terms, TG) <= counts.keys()


def test_a_term_that_another_mentions_is_defined() -> None:
    terms = graph("trialgraph", "results", "vocabulary", "alignment")
    mentioned = {term for term in terms.objects() if isinstance(term, URIRef) and (term in TG or term in TGV)}
    assert mentioned - set(terms.subjects(RDF.type)) == set()


def test_only_datatype_properties_range_over_datatypes() -> None:
    terms = graph("trialgraph", "results")
    for term, range_ in terms.subject_objects(RDFS.range):
        datatype = str(range_).startswith("http://www.w3.org/2001/XMLSchema#")
        assert (term, RDF.type, OWL.DatatypeProperty if datatype else OWL.ObjectProperty) in terms, term


def test_a_property_of_values_names_their_scheme() -> None:
    terms, values = graph("trialgraph", "results"), graph("vocabulary")
    for term in terms.subjects(RDFS.range, SKOS.Concept):
        schemes = list(terms.objects(term, RDFS.seeAlso))
        assert schemes, term
        assert all((scheme, RDF.type, SKOS.ConceptScheme) in values for scheme in schemes), term


def lists(paths: Iterable[str]) -> set[str]:
    """The paths of the lists that hold the fields: "a.b[]" for "a.b[].c"."""
    return {path[: mark.end()] for path in paths for mark in re.finditer(r"\[\]", path)}


def test_each_of_345_fields_of_the_model_and_each_of_its_lists_is_carried_by_one_property() -> None:
    counts = Counter(str(path) for path in graph("trialgraph", "results").objects(None, DCTERMS.source))
    assert len(leaves()) == 345
    assert counts.keys() == leaves().keys() | lists(leaves())
    assert set(counts.values()) == {1}


def test_a_list_of_structs_is_carried_by_a_property_that_links() -> None:
    terms = graph("trialgraph", "results")
    for path in lists(leaves()) - leaves().keys():
        assert (terms.value(None, DCTERMS.source, Literal(path)), RDF.type, OWL.ObjectProperty) in terms, path


@needs_model
def test_the_fields_carried_are_those_of_the_model() -> None:
    assert leaves().keys() == set(model()[0])


def test_the_vocabulary_has_41_enumerations_in_42_schemes_with_203_values() -> None:
    values = graph("vocabulary")
    schemes = set(values.subjects(RDF.type, SKOS.ConceptScheme))
    assert len(schemes) == 42
    assert len({name for scheme in schemes for name in values.objects(scheme, SKOS.notation)}) == 41
    assert len(set(values.subjects(RDF.type, SKOS.Concept))) == 203


@needs_model
def test_the_vocabulary_has_every_value_of_the_model() -> None:
    values, enumerations = graph("vocabulary"), model()[1]
    assert sum(map(len, enumerations.values())) == 210
    expected: dict[str, set[str]] = defaultdict(set)
    for name, tokens in enumerations.items():
        scheme = values.value(None, SKOS.notation, Literal(name))
        expected[str(scheme)] |= {f"{scheme}-{token}" for token in tokens}
    assert {
        scheme: {str(value) for value in values.subjects(SKOS.inScheme, URIRef(scheme))} for scheme in expected
    } == expected


@pytest.mark.parametrize("name", ["vocabulary", "countries"])
def test_the_iri_of_a_value_is_made_of_its_scheme_and_token(name: str) -> None:
    values = graph(name)
    for value, scheme in values.subject_objects(SKOS.inScheme):
        [notation] = values.objects(value, SKOS.notation)
        assert str(value) == f"{scheme}-{notation}"


@pytest.mark.parametrize("name", ["vocabulary", "countries"])
def test_a_word_stands_for_one_token_of_a_scheme(name: str) -> None:
    found = words(graph(name))
    assert [(scheme, word) for scheme in found for word, tokens in found[scheme].items() if len(tokens) > 1] == []


@pytest.mark.parametrize(
    ("scheme", "word", "expected"),
    [
        ("overallStatus", "Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("overallStatus", "Active, not enrolling", "ACTIVE_NOT_RECRUITING"),
        ("overallStatus", "Not yet enrolling", "NOT_YET_RECRUITING"),
        ("overallStatus", "Enrolling", "RECRUITING"),
        ("overallStatus", "Invitation-only", "ENROLLING_BY_INVITATION"),
        ("overallStatus", "Unknown status", "UNKNOWN"),
        ("phase", "Phase 0", "EARLY_PHASE1"),
        ("phase", "N/A", "NA"),
        ("studyType", "Observational [Patient Registry]", "OBSERVATIONAL"),
        ("allocation", "Non-Randomized", "NON_RANDOMIZED"),
        ("interventionModel", "Parallel Assignment", "PARALLEL"),
        ("masking", "None (Open Label)", "NONE"),
        ("masking", "Open label", "NONE"),
        ("masking", "Double-Blind", "DOUBLE"),
        ("whoMasked", "Caregivers", "CARE_PROVIDER"),
        ("whoMasked", "Outcome Assessors", "OUTCOMES_ASSESSOR"),
        ("dateType", "Anticipated", "ESTIMATED"),
        ("armType", "No Intervention group", "NO_INTERVENTION"),
        ("interventionType", "Diagnostic Test", "DIAGNOSTIC_TEST"),
        ("organizationClass", "Other U.S. Federal agency", "FED"),
        ("organizationClass", "U.S. Fed", "FED"),
        ("sex", "Both", "ALL"),
        ("contactRole", "backup", "CONTACT"),
        ("identifierType", "U.S. NIH Grant/Contract", "NIH"),
        ("measureDispersionType", "95% Confidence Interval", "CONFIDENCE_95"),
        ("measureDispersionType", "Geometric Coefficient of Variation", "GEOMETRIC_COEFFICIENT"),
        ("confidenceIntervalNumSides", "2-Sided", "TWO_SIDED"),
        ("ipdSharingInfoType", "Clinical Study Report (CSR)", "CSR"),
    ],
)
def test_the_words_of_pages_and_old_formats_are_known(scheme: str, word: str, expected: str) -> None:
    assert token(graph("vocabulary"), scheme, word) == {expected}


def test_two_phases_in_one_word_are_no_phase() -> None:
    assert token(graph("vocabulary"), "phase", "Phase 1/Phase 2") == set()


def test_countries_are_those_of_iso_3166_and_kosovo() -> None:
    countries = graph("countries")
    codes = {str(code) for code in countries.objects(None, SKOS.notation)}
    former = {str(countries.value(country, SKOS.notation)) for country in countries.subjects(SKOS.historyNote)}
    assert all(re.fullmatch("[A-Z]{2}", code) for code in codes)
    assert {"AN", "CS", "SU", "XK", "YU"} <= former
    assert len(codes - former) == 249


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("AN", ["Netherlands Antilles"]),
        ("BN", ["Brunei", "Brunei Darussalam"]),
        ("CD", ["Congo, The Democratic Republic of the", "The Democratic Republic of the Congo"]),
        ("CG", ["Congo", "Republic of the Congo"]),
        ("CI", ["Côte D'Ivoire", "Côte d’Ivoire", "Ivory Coast"]),
        ("CN", ["China"]),
        ("CS", ["Former Serbia and Montenegro", "Serbia and Montenegro"]),
        ("CV", ["Cape Verde", "Cabo Verde"]),
        ("CW", ["Curaçao"]),
        ("CZ", ["Czechia", "Czech Republic"]),
        ("FM", ["Micronesia", "Federated States of Micronesia", "Micronesia, Federated States of"]),
        ("GB", ["United Kingdom", "UK"]),
        ("GM", ["Gambia", "The Gambia"]),
        ("HK", ["Hong Kong"]),
        ("IR", ["Iran, Islamic Republic of", "Iran"]),
        ("KP", ["Korea, Democratic People's Republic of", "North Korea"]),
        ("KR", ["Korea, Republic of", "South Korea"]),
        ("LA", ["Lao People's Democratic Republic", "Laos"]),
        ("LY", ["Libyan Arab Jamahiriya", "Libya"]),
        ("MD", ["Moldova, Republic of", "Moldova"]),
        ("MK", ["Macedonia, The Former Yugoslav Republic of", "North Macedonia"]),
        ("MM", ["Burma", "Myanmar"]),
        ("MO", ["Macau", "Macao"]),
        ("PS", ["Palestinian Territories, Occupied", "Palestinian Territory, occupied"]),
        ("RE", ["Réunion", "Reunion"]),
        ("RU", ["Russian Federation", "Russia"]),
        ("SU", ["USSR"]),
        ("SY", ["Syrian Arab Republic", "Syria"]),
        ("SZ", ["Swaziland", "Eswatini"]),
        ("TR", ["Turkey (Türkiye)", "Turkey", "Türkiye"]),
        ("TW", ["Taiwan"]),
        ("TZ", ["Tanzania"]),
        ("US", ["United States", "United States of America", "USA"]),
        ("VA", ["Holy See (Vatican City State)"]),
        ("VI", ["Virgin Islands (U.S.)"]),
        ("VN", ["Vietnam", "Viet Nam"]),
        ("XK", ["Kosovo"]),
        ("YU", ["Former Yugoslavia"]),
    ],
)
def test_every_spelling_of_a_country_leads_to_its_code(code: str, spellings: list[str]) -> None:
    known = words(graph("countries"))["country"]
    assert {spelling: known[spelling.casefold()] for spelling in spellings} == {
        spelling: {code} for spelling in spellings
    }


def test_alignments_are_of_terms_that_exist() -> None:
    alignment, terms = graph("alignment"), graph("trialgraph", "results", "vocabulary")
    aligned = in_namespace(alignment, TG) | in_namespace(alignment, TGV)
    assert aligned - set(terms.subjects(RDF.type)) == set()
    assert set(alignment.subjects()) - aligned == set(alignment.subjects(RDF.type))


def test_no_two_terms_match_another_vocabulary_exactly() -> None:
    counts = Counter(graph("alignment").objects(None, SKOS.exactMatch))
    assert [term for term, count in counts.items() if count > 1] == []
