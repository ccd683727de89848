"""What the graph says of the two captured pages, fact by fact, asked in SPARQL."""

from hashlib import sha256
from pathlib import Path

import pyoxigraph
import pytest
from tests.conftest import SHARED

from trialgraph.build import build
from trialgraph.iris import PREFIXES

PAGES = SHARED / "data" / "pages"
BASE = "https://w3id.org/trialgraph/"

pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason="the captured pages are not beside the checkout")


class Graph:
    """The graph of one page, to be asked about its trial."""

    def __init__(self, page: str, nct_id: str, folder: Path) -> None:
        self._store = pyoxigraph.Store()
        out = folder / "page.nt"
        build([str(PAGES / page)], str(out))
        self._store.load(path=str(out))
        self._names = f"BASE <{BASE}>\n" + "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
        self._trial = f"trial/{nct_id}"

    def rows(self, columns: str, pattern: str) -> list[tuple[str, ...]]:
        """Some columns of a pattern's solutions, sorted; ?trial is the page's trial."""
        query = f"{self._names} SELECT {columns} WHERE {{ BIND(<{self._trial}> AS ?trial) {pattern} }}"
        found = self._store.query(query)
        assert isinstance(found, pyoxigraph.QuerySolutions)
        return sorted(tuple(self._short(solution[each]) for each in found.variables) for solution in found)

    def values(self, pattern: str) -> list[str]:
        """The values of ?value in a pattern's solutions, sorted."""
        return [value for (value,) in self.rows("?value", pattern)]

    def ask(self, pattern: str) -> bool:
        """True if a pattern has a solution."""
        return bool(self._store.query(f"{self._names} ASK {{ {pattern} }}"))

    def not_stated(self) -> set[str]:
        """The properties of which the page's record says that it does not show them."""
        return {*self.values("[] tg:about ?trial ; tg:notStated ?value")}

    @staticmethod
    def _short(term: object) -> str:
        if isinstance(term, pyoxigraph.Literal):
            return term.value
        assert isinstance(term, pyoxigraph.NamedNode)
        for name, iri in PREFIXES.items():
            if term.value.startswith(iri):
                return f"{name}:{term.value.removeprefix(iri)}"
        return term.value.removeprefix(BASE)


@pytest.fixture(scope="module")
def meddatax(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return Graph("meddatax-NCT07131150.txt", "NCT07131150", tmp_path_factory.mktemp("meddatax"))


@pytest.fixture(scope="module")
def veeva(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return Graph("veeva-NCT06505941.txt", "NCT06505941", tmp_path_factory.mktemp("veeva"))


#: What the trial itself states: a property, and all its values.
MEDDATAX = {
    "rdf:type": ["tg:InterventionalTrial", "tg:Trial"],
    "tg:nctId": ["NCT07131150"],
    "tg:briefTitle": [
        "Menstrual Blood-Derived Mesenchymal Stem Cell Injection (SC01009)"
        " in the Treatment of Idiopathic Pulmonary Fibrosis"
    ],
    "tg:studyType": ["tgv:studyType-INTERVENTIONAL"],
    "tg:overallStatus": ["tgv:overallStatus-NOT_YET_RECRUITING"],
    "tg:phase": ["tgv:phase-PHASE2"],
    "tg:enrollment": ["66"],
    "tg:enrollmentType": [],
    "tg:startDate": ["2025-08-31"],
    "tg:startDateLatest": ["2025-08-31"],
    "tg:startDateType": [],
    "tg:primaryCompletionDate": [],
    "tg:completionDate": ["2028-07-31"],
    "tg:allocation": ["tgv:allocation-RANDOMIZED"],
    "tg:interventionModel": ["tgv:interventionModel-PARALLEL"],
    "tg:primaryPurpose": ["tgv:primaryPurpose-TREATMENT"],
    "tg:masking": ["tgv:masking-QUADRUPLE"],
    "tg:whoMasked": [
        "tgv:whoMasked-CARE_PROVIDER",
        "tgv:whoMasked-INVESTIGATOR",
        "tgv:whoMasked-OUTCOMES_ASSESSOR",
        "tgv:whoMasked-PARTICIPANT",
    ],
    "tg:minimumAge": ["18 Years"],
    "tg:minimumAgeYears": ["18"],
    "tg:maximumAge": ["80 Years"],
    "tg:maximumAgeYears": ["80"],
    "tg:sex": ["tgv:sex-ALL"],
    "tg:healthyVolunteers": ["false"],
    "tg:leadSponsor": ["organization/ruijin-hospital"],
    "tg:collaborator": [],
    "tg:condition": ["condition/idiopathic-pulmonary-fibrosis-ipf"],
    "tg:detailedDescription": [],
    "tg:similarTo": ["trial/NCT00004563"],
    "tg:hasResults": ["false"],
}
VEEVA = {
    "rdf:type": ["tg:InterventionalTrial", "tg:Trial"],
    "tg:nctId": ["NCT06505941"],
    "tg:studyType": ["tgv:studyType-INTERVENTIONAL"],
    "tg:overallStatus": ["tgv:overallStatus-NOT_YET_RECRUITING"],
    "tg:phase": ["tgv:phase-PHASE1", "tgv:phase-PHASE2"],
    "tg:enrollment": ["60"],
    "tg:enrollmentType": ["tgv:enrollmentType-ESTIMATED"],
    "tg:allocation": ["tgv:allocation-RANDOMIZED"],
    "tg:interventionModel": ["tgv:interventionModel-PARALLEL"],
    "tg:primaryPurpose": ["tgv:primaryPurpose-TREATMENT"],
    "tg:masking": ["tgv:masking-DOUBLE"],
    "tg:whoMasked": [],
    "tg:minimumAge": ["18 Years"],
    "tg:minimumAgeYears": ["18"],
    "tg:maximumAge": [],
    "tg:sex": ["tgv:sex-ALL"],
    "tg:healthyVolunteers": ["false"],
    "tg:leadSponsor": ["organization/southeast-university-china"],
    "tg:condition": ["condition/acute-respiratory-distress-syndrome"],
    "tg:startDate": [],
    "tg:primaryCompletionDate": [],
    "tg:completionDate": [],
    "tg:site": [],
    "tg:centralContact": [],
    "tg:facilityContact": [],
    "tg:similarTo": [],
}


@pytest.mark.parametrize("name", MEDDATAX)
def test_the_meddatax_page_states(meddatax: Graph, name: str) -> None:
    assert meddatax.values(f"?trial {name} ?value") == MEDDATAX[name]


@pytest.mark.parametrize("name", VEEVA)
def test_the_veeva_page_states(veeva: Graph, name: str) -> None:
    assert veeva.values(f"?trial {name} ?value") == VEEVA[name]


def test_dates_and_counts_are_typed(meddatax: Graph) -> None:
    assert meddatax.ask(
        """<trial/NCT07131150> tg:startDate "2025-08-31"^^xsd:date ; tg:enrollment 66 ; tg:healthyVolunteers false ;
           tg:minimumAgeYears 18.0"""
    )


@pytest.mark.parametrize(
    ("page", "reader", "updated"), [("meddatax", "meddatax", ["2025-08-20"]), ("veeva", "veeva", [])]
)
def test_a_page_is_the_registry_record_of_its_trial(
    page: str, reader: str, updated: list[str], request: pytest.FixtureRequest
) -> None:
    graph: Graph = request.getfixturevalue(page)
    about = "[] a tg:RegistryRecord ; tg:about ?trial ;"
    assert graph.values(f"{about} dcterms:source ?value") == [reader]
    assert graph.values(f"{about} tg:recordUpdated ?value") == updated
    [page_file] = PAGES.glob(f"{page}-*.txt")
    assert graph.values(f"{about} tg:sha256 ?value") == [sha256(page_file.read_bytes()).hexdigest()]


ARMS = "?trial tg:arm [ rdfs:label ?label ; tg:armType ?type ]"
INTERVENTIONS = "?trial tg:intervention [ tg:name ?name ; tg:interventionType ?type ]"
USES = "?trial tg:arm [ rdfs:label ?arm ; tg:usesIntervention [ tg:name ?intervention ] ]"


def test_arms_and_interventions_of_the_meddatax_page(meddatax: Graph) -> None:
    assert meddatax.rows("?label ?type", ARMS) == [
        ("Placebo Group", "tgv:armType-PLACEBO_COMPARATOR"),
        ("Trial Group 1", "tgv:armType-EXPERIMENTAL"),
        ("Trial Group2", "tgv:armType-EXPERIMENTAL"),
    ]
    assert meddatax.rows("?name ?type", INTERVENTIONS) == [
        ("Placebo Group(Vehicle)", "tgv:interventionType-BIOLOGICAL"),
        ("SC01009 injection", "tgv:interventionType-BIOLOGICAL"),
    ]
    assert meddatax.rows("?arm ?intervention", USES) == [
        ("Placebo Group", "Placebo Group(Vehicle)"),
        ("Trial Group 1", "SC01009 injection"),
        ("Trial Group2", "SC01009 injection"),
    ]


def test_arms_and_interventions_of_the_veeva_page(veeva: Graph) -> None:
    assert veeva.rows("?label ?type", ARMS) == [
        ("MSC", "tgv:armType-EXPERIMENTAL"),
        ("placebo", "tgv:armType-PLACEBO_COMPARATOR"),
    ]
    assert veeva.rows("?name ?type", INTERVENTIONS) == [
        ("Placebo", "tgv:interventionType-DRUG"),
        ("umbilical cord mesenchymal stem cell", "tgv:interventionType-DRUG"),
    ]
    assert veeva.rows("?arm ?intervention", USES) == [
        ("MSC", "umbilical cord mesenchymal stem cell"),
        ("placebo", "Placebo"),
    ]


@pytest.mark.parametrize(("page", "inclusion", "exclusion"), [("meddatax", 7, 19), ("veeva", 5, 16)])
def test_criteria_are_items(page: str, inclusion: int, exclusion: int, request: pytest.FixtureRequest) -> None:
    graph: Graph = request.getfixturevalue(page)
    for kind, number in (("INCLUSION", inclusion), ("EXCLUSION", exclusion)):
        criterion = f"?trial tg:eligibilityCriterion [ tg:criterionKind tgv:criterionKind-{kind} ; tg:order ?value ]"
        assert sorted(map(int, graph.values(criterion))) == [*range(1, number + 1)]
    assert len(graph.values("?trial tg:eligibilityCriterion ?value")) == inclusion + exclusion
    assert len(graph.values("?trial tg:eligibilityText ?value")) == 1


def test_criteria_lose_their_marks_and_escapes(meddatax: Graph, veeva: Graph) -> None:
    item = "?trial tg:eligibilityCriterion [ tg:criterionKind tgv:criterionKind-%s ; tg:order %s ; tg:text ?value ]"
    assert meddatax.values(item % ("EXCLUSION", 19)) == [
        "Other situations that the researcher considers unsuitable for participation in this trial."
    ]
    [walk] = meddatax.values(item % ("INCLUSION", 6))
    assert walk.endswith("( 6MWT ) and walk distance > 150 m;")
    assert veeva.values(item % ("INCLUSION", 4)) == ["P/F < 150mmHg;"]


@pytest.mark.parametrize(("page", "name"), [("meddatax", "Ruijin Hospital"), ("veeva", "Southeast University, China")])
def test_the_lead_sponsor_is_of_the_class_other(page: str, name: str, request: pytest.FixtureRequest) -> None:
    graph: Graph = request.getfixturevalue(page)
    sponsor = "?trial tg:leadSponsor [ a tg:Organization ; rdfs:label ?name ; tg:organizationClass ?class ]"
    assert graph.rows("?name ?class", sponsor) == [(name, "tgv:organizationClass-OTHER")]


def test_the_responsible_party_of_the_meddatax_page(meddatax: Graph) -> None:
    party = "?trial tg:responsibleParty [ tg:name ?name ; tg:title ?title ; tg:responsiblePartyType ?type ]"
    assert meddatax.rows("?name ?title ?type", party) == [
        ("Jieming QU", "Professor", "tgv:responsiblePartyType-PRINCIPAL_INVESTIGATOR")
    ]


def test_the_sites_of_the_meddatax_page_are_22_in_china_without_a_status(meddatax: Graph) -> None:
    assert len(meddatax.values("?trial tg:site ?value")) == 22
    assert meddatax.values("?site tg:siteStatus ?value") == []
    assert len(meddatax.values("?value a tg:Facility")) == 22
    assert meddatax.values("?trial tg:site/tg:facility/tg:locatedIn/tg:within+/tg:isoCode ?value") == ["CN"] * 22
    country = "?place tg:placeKind tgv:placeKind-COUNTRY ; rdfs:label ?name"
    assert meddatax.rows("?place ?name", country) == [("place/CN", "China")]
    assert meddatax.ask(
        """[] tg:facility [ rdfs:label "Shenzhen People's Hospital" ;
             tg:locatedIn [ rdfs:label "Shenzhen" ; tg:within [ rdfs:label "Guangdong" ] ] ]"""
    )


def test_contacts_of_the_meddatax_page_are_never_tied_to_a_site(meddatax: Graph) -> None:
    central = "?trial tg:centralContact [ tg:name ?name ; tg:role ?role ; tg:phone ?phone ]"
    assert meddatax.rows("?name ?role ?phone", central) == [("Jieming Qu", "tgv:contactRole-CONTACT", "86-18901661180")]
    assert len(meddatax.values("?trial tg:facilityContact ?value")) == 21
    assert len(meddatax.values("?trial tg:facilityContact/tg:phone ?value")) == 20
    without = "?trial tg:facilityContact ?contact . ?contact tg:name ?value"
    assert meddatax.values(f"{without} FILTER NOT EXISTS {{ ?contact tg:phone ?phone }}") == ["wu jiu bai, Professor"]
    assert meddatax.values("?site tg:siteContact ?value") == []


@pytest.mark.parametrize(("page", "value"), [("meddatax", "IPM01-XY1010-2"), ("veeva", "2019ZDSYLL077-P06")])
def test_the_identifier_of_the_organisation(page: str, value: str, request: pytest.FixtureRequest) -> None:
    graph: Graph = request.getfixturevalue(page)
    assert graph.values("?trial tg:identifier [ a tg:Identifier ; tg:value ?value ]") == [value]


def test_a_related_trial_is_mentioned_and_not_described(meddatax: Graph) -> None:
    assert not meddatax.ask("<trial/NCT00004563> ?property ?value")
    assert meddatax.values("?value a tg:Trial") == ["trial/NCT07131150"]


def test_what_the_meddatax_page_does_not_show_is_not_stated(meddatax: Graph) -> None:
    missing = meddatax.not_stated()
    assert missing >= {
        *("tg:primaryOutcome", "tg:secondaryOutcome", "tg:otherOutcome", "tg:primaryCompletionDate"),
        *("tg:enrollmentType", "tg:officialTitle", "tg:overallOfficial", "tg:firstPosted", "tg:conditionMesh"),
    }
    assert not missing & {"tg:site", "tg:centralContact", "tg:startDate", "tg:identifier", "tg:leadSponsor", "tg:phase"}


def test_what_the_veeva_page_does_not_show_is_not_stated(veeva: Graph) -> None:
    missing = veeva.not_stated()
    assert missing >= {
        *("tg:site", "tg:centralContact", "tg:startDate", "tg:completionDate", "tg:primaryCompletionDate"),
        *("tg:primaryOutcome", "tg:secondaryOutcome", "tg:responsibleParty", "tg:whoMasked"),
    }
    assert not missing & {"tg:phase", "tg:arm", "tg:identifier", "tg:leadSponsor", "tg:minimumAge"}


@pytest.mark.parametrize("page", ["meddatax", "veeva"])
def test_nothing_is_stated_that_is_said_not_to_be(page: str, request: pytest.FixtureRequest) -> None:
    graph: Graph = request.getfixturevalue(page)
    assert graph.not_stated().isdisjoint(graph.values("?trial ?value []"))
