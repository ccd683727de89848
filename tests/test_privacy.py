"""Contacts are people: what `--contacts full`, `names` and `none` keep, and what no redaction may touch."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SHARED, Build, run, study, written

from trialgraph.model import walk
from trialgraph.privacy import private, redacted
from trialgraph.readers import Item, ctgov
from trialgraph.record import Record
from trialgraph.resources import folder

STUDIES = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"
HISTORY = SHARED / "data" / "ctgov-v2" / "history"
PHONE, EMAIL = "+1 (555) 010-9999", "jane.doe@example.org"
CONTACT = {"name": "Jane Doe", "role": "CONTACT", "phone": PHONE, "phoneExt": "4711", "email": EMAIL}
TRUE = '"true"^^xsd:boolean'


def reachable(**sections: Any) -> dict[str, Any]:
    """A record whose contacts are central, of a site, and of the results."""
    location = {"facility": "General Hospital", "city": "Vienna", "contacts": [CONTACT]}
    people = {"centralContacts": [CONTACT], "locations": [location]}
    point = {"title": "Jane Doe", "phone": PHONE, "phoneExt": "4711", "email": EMAIL}
    results = {"moreInfoModule": {"pointOfContact": point}}
    return study(contactsLocationsModule=people, resultsSection=results, **sections)


def test_full_keeps_contacts_as_published(built: Build) -> None:
    made = built(reachable(), contacts="full")
    assert len(made.things("tg:Contact")) == 3
    assert made.objects("tg:phone") == [f'"{PHONE}"'] * 3
    assert made.objects("tg:phoneExtension") == ['"4711"'] * 3
    assert made.objects("tg:email") == [f'"{EMAIL}"'] * 3
    assert made.objects("tg:hasPhone") == made.objects("tg:hasEmail") == []


def test_names_keeps_names_and_says_whether_there_is_a_phone_and_an_email(built: Build) -> None:
    made = built(reachable(), contacts="names")
    assert len(made.things("tg:Contact")) == 3
    assert made.objects("tg:name").count('"Jane Doe"') >= 2
    assert made.objects("tg:hasPhone") == made.objects("tg:hasEmail") == [TRUE] * 3
    assert made.objects("tg:phone") == made.objects("tg:email") == made.objects("tg:phoneExtension") == []


def test_names_says_nothing_of_a_phone_that_a_contact_does_not_have(built: Build) -> None:
    made = built(study(contactsLocationsModule={"centralContacts": [{"name": "X", "email": EMAIL}]}), contacts="names")
    assert (made.objects("tg:hasPhone"), made.objects("tg:hasEmail")) == ([], [TRUE])


def test_none_has_no_contact(built: Build) -> None:
    made = built(reachable(), contacts="none")
    assert made.things("tg:Contact") == []
    assert not [p for _, p, _ in made if re.search("[cC]ontact$|Phone|Email", p)]
    assert not [o for _, _, o in made if "Jane" in o]
    assert len(made.things("tg:Site")) == 1


# Everywhere that a detail can stand.

HIDDEN = f"Write to {EMAIL} or call {PHONE}"
EVERYWHERE = reachable(
    identificationModule={
        "briefTitle": HIDDEN,
        "officialTitle": HIDDEN,
        "acronym": EMAIL,
        "orgStudyIdInfo": {"id": EMAIL},
        "organization": {"fullName": f"Acme {EMAIL}"},
    },
    sponsorCollaboratorsModule={
        "leadSponsor": {"name": f"Acme {EMAIL}", "class": HIDDEN},
        "collaborators": [{"name": PHONE}],
        "responsibleParty": {"investigatorFullName": HIDDEN},
    },
    descriptionModule={"briefSummary": HIDDEN, "detailedDescription": "jane\\.doe\\@example.org, \\(555\\) 010\\-9999"},
    conditionsModule={"conditions": [HIDDEN], "keywords": [HIDDEN]},
    statusModule={"overallStatus": EMAIL, "whyStopped": HIDDEN, "startDateStruct": {"date": EMAIL}},
    designModule={"phases": [EMAIL], "enrollmentInfo": {"count": HIDDEN}},
    eligibilityModule={"eligibilityCriteria": f"Inclusion Criteria:\n\n* {HIDDEN}", "minimumAge": EMAIL},
    armsInterventionsModule={"armGroups": [{"label": HIDDEN}], "interventions": [{"name": HIDDEN}]},
    outcomesModule={"primaryOutcomes": [{"measure": HIDDEN}]},
    referencesModule={"seeAlsoLinks": [{"url": f"mailto:{EMAIL}"}], "references": [{"citation": EMAIL}]},
    unknownSection={"contact": HIDDEN, "other": HIDDEN},
)
PLACES = {"facility": f"Site {EMAIL}", "city": HIDDEN, "state": EMAIL, "country": HIDDEN, "zip": PHONE}
EVERYWHERE["protocolSection"]["contactsLocationsModule"]["locations"].append(PLACES)
LEAK = re.compile(r"jane|doe[@-]|example|555|010.?9999|4711", re.IGNORECASE)


@pytest.mark.parametrize("mode", ["names", "none"])
@pytest.mark.parametrize(
    ("format_", "graphs"),
    [*((name, "none") for name in ("nt", "ttl", "jsonld")), *((name, "record") for name in ("jsonld", "nq", "trig"))],
)
def test_no_phone_and_no_email_is_anywhere_in_the_output(tmp_path: Path, mode: str, format_: str, graphs: str) -> None:
    other = json.loads(json.dumps(EVERYWHERE).replace("555", "556").replace("jane.doe", "john.roe"))
    out = tmp_path / f"out.{format_}"
    report = tmp_path / "report.json"
    flags = [f"--contacts={mode}", f"--graphs={graphs}", f"--report={report}"]
    result = run("build", *written(tmp_path, [EVERYWHERE, other]), "-o", out, *flags)
    assert result.exit_code == 0, result.stderr
    for text in (out.read_text(), report.read_text(), result.stderr):
        text = re.sub(r"[0-9a-f]{12,}|Jane Doe|input-\d", "", text.replace(str(tmp_path), ""))
        assert LEAK.findall(text) == []
        assert "@example" not in text
        assert "roe" not in text
        assert "556" not in text


def test_the_name_in_an_iri_is_made_after_the_redaction(built: Build) -> None:
    made = built(EVERYWHERE, contacts="names")
    [sponsor] = made.objects("tg:leadSponsor")
    assert sponsor == "organization/acme-e-mail-removed"


def test_two_records_that_differ_in_a_phone_do_not_disclose_it_as_a_disagreement(built: Build) -> None:
    old = reachable(statusModule={"lastUpdatePostDateStruct": {"date": "2024-01-01"}})
    new = json.loads(json.dumps(old).replace("2024", "2025").replace("010-9999", "010-8888").replace("jane", "june"))
    new["protocolSection"]["identificationModule"]["briefTitle"] = "New"
    for mode in ("names", "none"):
        made = built(old, new, contacts=mode)
        paths = {object_ for node in made.things("tg:Disagreement") for object_ in made.objects("tg:property", node)}
        assert paths == {"tg:briefTitle"}


def test_a_number_of_a_contact_is_found_in_a_text_however_it_is_spelled(built: Build) -> None:
    """A bare number in a text could be anything, but not if it is that of a contact."""
    contact = {"name": "X", "phone": "8604268975"}
    record = study(
        contactsLocationsModule={"centralContacts": [contact]},
        descriptionModule={
            "briefSummary": "Ask 86-04.26 8975 or 8604268975.",
            "detailedDescription": "Grant 8604268976",
        },
    )
    made = built(record, contacts="names")
    assert made.objects("tg:briefSummary") == ['"Ask [phone removed] or [phone removed]."']
    assert made.objects("tg:detailedDescription") == ['"Grant 8604268976"']


def test_what_was_removed_is_counted_with_its_place_and_never_shown(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    sources = written(tmp_path, [reachable(statusModule={"whyStopped": HIDDEN})])
    run("build", *sources, "-o", tmp_path / "o.nt", "--contacts", "names", "--report", report)
    told = json.loads(report.read_bytes())
    assert told["counts"]["redacted"] == 1
    [seen] = told["repeated"]
    assert seen["field"] == "protocolSection.statusModule.whyStopped"
    assert "value" not in seen["first"]


# What is a contact detail, and what is none.


@pytest.mark.parametrize(
    "detail",
    [
        "jane.doe@example.org",
        "JANE_DOE+trial@sub.example.co.uk",
        "jane\\_doe@example.org",
        "o'neil@example.org",
        "jane@@example.org",
        "jane＠example.org",
        "jane [at] example.org",
        "jane(at)example.org",
        "jane &#64; example.org",
        "mailto:jane",
        "müller@beispiel.de",
    ],
)
def test_an_email_is_removed_however_it_is_spelled(detail: str) -> None:
    assert redacted(f"Ask {detail} now") == "Ask [e-mail removed] now"
    assert redacted(f"Ask ({detail}), now", phones=False) == "Ask ([e-mail removed]), now"


@pytest.mark.parametrize(
    "detail",
    [
        "+1 555 010 9999",
        "+86-21-5555 0109",
        "+43(0)1 55501099",
        "0043 1 555 0109",
        "(555) 010-9999",
        "\\(555\\) 010-9999",
        "555-010-9999",
        "555.010.9999",
        "1-555-010-9999",
        "030 5550 1099",
        "021-55501099",
        "13800138000",
        "Tel: 5550109",
        "phone 555 0109",
        "Fax. +49 30 555",
    ],
)
def test_a_phone_number_is_removed(detail: str) -> None:
    assert redacted(f"Ask {detail} now") == "Ask [phone removed] now"


@pytest.mark.parametrize(
    "text",
    [
        "NCT00000001, NCT 0000 0001",
        "EudraCT 2011-001234-12",
        "2023-505432-21-00",
        "ISRCTN12345678",
        "EUCTR2011-001234-12-DE, U1111-1234-5678, jRCT2031200123, ChiCTR2000029539, CTRI/2020/05/025247",
        "2011-12-31, 31/12/2011, 31.12.2011, 2011-12, 12:30:00, 2011-12-31T10:00",
        "18-75 years, 18 - 75 years, 6-12-18 months, 100-200 mg",
        "5 mg/kg, 0.05 mg, 1,000,000 IU, 1 000 000 cells, 10^9/L, 2 x 10^6",
        "ANC ≥ 1500/mm3, platelets 100 000-150 000, eGFR 30-60 mL/min/1.73 m2, CD34+ 2-5 x 10 6",
        "p < 0.001, p=0.05, 95% CI 1.02-3.45, (0.98 - 1.02), -0.5 (-1.25, 0.75)",
        "doi:10.1056/NEJMoa2034577, 10.1016/S0140-6736(20)32661-1",
        "Lancet. 2020;396(10267):1979-1993, N Engl J Med 2019; 381: 1995-2008. PMID: 31535829",
        "visits @ 12 weeks, INTR@PID, 50% @ baseline, data@@@@@@@@@@@@De-identified",
        "days 1, 8, 15, 22, 29 and 36; weeks 0-4-8-12-16-24",
        "12345-6789, 01246-000, 060-8648, 01-192, 100 00, SW1A 1AA",
        "R01 HL123456-01A1, U01AI068632, 5R01CA123456-05, 2019-0123",
        "https://example.org/a/2020/12345678/9",
        "1-866-SYMBOLS",
        "call for 2 to 4 weeks; phone visit 12",
    ],
)
def test_ids_dates_ranges_doses_and_citations_survive(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "a@" * 50_000, "0-" * 50_000, "5" * 100_000, "@" * 100_000, "+1" * 50_000]
)
def test_a_long_text_takes_no_longer_than_its_length(text: str) -> None:
    """A pattern that looks back over the text at each character would take minutes here."""
    redacted(text)
    redacted(f"x {text}@ (555) x")


# Real records, whose contact details are masked: c[0-9a-f]+@example.org, and phone numbers with other digits.


def real() -> Iterator[Record]:
    for path in [STUDIES, *sorted(HISTORY.glob("*.gz"))]:
        with gzip.open(path) as lines:
            for line in lines:
                nct_id = json.loads(line)["protocolSection"]["identificationModule"]["nctId"]
                yield ctgov.parse(Item(ctgov.NAME, nct_id, path.name, "", line))


@pytest.mark.skipif(not STUDIES.exists(), reason=f"the real records are not at hand: {STUDIES}")
def test_of_all_real_texts_only_the_one_that_holds_an_email_is_changed() -> None:
    changed = [
        (record.nct_id, finding.pointer)
        for record in real()
        for finding in private(record, keep_names=True).findings
        if finding.kind == "redacted"
    ]
    assert changed == [("NCT07358260", "/protocolSection/ipdSharingStatementModule/accessCriteria")]


@pytest.mark.skipif(not STUDIES.exists(), reason=f"the real records are not at hand: {STUDIES}")
@pytest.mark.long
def test_no_masked_phone_or_email_of_the_real_records_is_in_the_graph(tmp_path: Path) -> None:
    details: set[str] = set()
    for record in real():
        details |= {v for path, _, v in walk(record.study) if path.rpartition(".")[2] in ("phone", "email")}
    numbers = {detail for detail in details if len(re.sub(r"\D", "", detail)) > 7}
    hashes = re.compile(r"[0-9a-f]{64}|/[0-9a-f]{12}\b")
    out = tmp_path / "out.nt"
    for mode in ("names", "none"):
        assert run("build", STUDIES, "-o", out, "-q", "--contacts", mode, "--workers", "1").exit_code == 0
        graph = out.read_text()
        assert "@example.org" not in graph
        assert numbers.isdisjoint(re.split(r'[\s"]+', hashes.sub("", graph)))
        assert ("ontology#Contact>" in graph) == (mode == "names")


# Captured pages.

PAGE = (folder("samples") / "meddatax-NCT99000003.txt").read_text()


def test_the_contacts_of_a_page_are_as_private_as_those_of_a_record(built: Build) -> None:
    full, names, none = (built(PAGE, contacts=mode) for mode in ("full", "names", "none"))
    details = {detail.strip('"') for name in ("tg:phone", "tg:email") for detail in full.objects(name)}
    assert len(details) > 2
    assert len(full.things("tg:Contact")) == len(names.things("tg:Contact")) > 0
    assert len(names.objects("tg:hasPhone")) == len(full.objects("tg:phone")) > 0
    assert none.things("tg:Contact") == []
    for made in (names, none):
        assert not [object_ for _, _, object_ in made for detail in details if detail in object_]
