"""A page rendered from a Study reads back as what it shows, and a damaged one as a part of that.

The renderer and the table of what each layout shows are in pages/render.py.
"""

import gzip
import importlib.util
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialgraph.errors import RecordError
from trialgraph.readers import meddatax, veeva
from trialgraph.record import Record
from trialgraph.resources import vocabulary
from trialgraph.study import Contact, ContactsLocationsModule, DesignInfo, MaskingBlock, Study
from trialgraph.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tests.pages import render
else:
    _spec = importlib.util.spec_from_file_location("render", Path(__file__).parent / "pages" / "render.py")
    render = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(render)

STUDIES = Path(__file__).parents[2] / "shared" / "data" / "ctgov-v2" / "studies.ndjson.gz"


class Reader(NamedTuple):
    recognises: Callable[[str], bool]
    read: Callable[[str, str, Vocabulary], Record]


READERS = {module.NAME: Reader(module.recognises, module.read) for module in (meddatax, veeva)}


def interventional() -> Study:
    """A small trial with everything that the layouts show."""
    return msgspec.convert(
        {
            "protocolSection": {
                "identificationModule": {
                    "nctId": "NCT01234567",
                    "nctIdAliases": ["NCT00999999"],
                    "orgStudyIdInfo": {"id": "AB-12", "type": "NIH"},
                    "secondaryIdInfos": [{"id": "2020-001234-56", "type": "EUDRACT_NUMBER"}, {"id": "U1111-2"}],
                    "briefTitle": "Dupilumab in Eosinophils \\> 300",
                },
                "statusModule": {
                    "overallStatus": "RECRUITING",
                    "startDateStruct": {"date": "2024-03"},
                    "completionDateStruct": {"date": "2027-12-31"},
                    "resultsFirstPostDateStruct": {"date": "2026-01-02"},
                },
                "sponsorCollaboratorsModule": {
                    "responsibleParty": {
                        "type": "PRINCIPAL_INVESTIGATOR",
                        "investigatorFullName": "Ana Ruiz",
                        "investigatorTitle": "Professor",
                    },
                    "leadSponsor": {"name": "Southeast University, China", "class": "OTHER"},
                    "collaborators": [{"name": "Sanofi", "class": "INDUSTRY"}, {"name": "NIAID", "class": "NIH"}],
                },
                "descriptionModule": {
                    "briefSummary": "A first paragraph.\n\n* an item\n* another\n\nA last one.",
                    "detailedDescription": "Study Design\n\nTwo arms, with a washout of two weeks between them.",
                },
                "conditionsModule": {"conditions": ["Asthma", "Nasal Polyps, Recurrent"]},
                "designModule": {
                    "studyType": "INTERVENTIONAL",
                    "phases": ["PHASE1", "PHASE2"],
                    "designInfo": {
                        "allocation": "RANDOMIZED",
                        "interventionModel": "CROSSOVER",
                        "interventionModelDescription": "Each participant gets both.",
                        "primaryPurpose": "TREATMENT",
                        "maskingInfo": {
                            "masking": "DOUBLE",
                            "maskingDescription": "Syringes look alike.",
                            "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"],
                        },
                    },
                    "enrollmentInfo": {"count": 1060, "type": "ESTIMATED"},
                },
                "armsInterventionsModule": {
                    "armGroups": [
                        {
                            "label": "High",
                            "type": "EXPERIMENTAL",
                            "description": "Every week.\n\nAt the clinic.",
                            "interventionNames": ["Biological: Dupilumab", "Device: Pen: model 2"],
                        },
                        {"label": "Sham", "type": "SHAM_COMPARATOR", "interventionNames": ["Device: Pen: model 2"]},
                        {"label": "None", "type": "NO_INTERVENTION", "description": "Usual care."},
                    ],
                    "interventions": [
                        {
                            "type": "BIOLOGICAL",
                            "name": "Dupilumab",
                            "description": "300 mg.\n\nSubcutaneous.",
                            "armGroupLabels": ["High"],
                        },
                        {"type": "DEVICE", "name": "Pen: model 2", "armGroupLabels": ["High", "Sham"]},
                    ],
                },
                "eligibilityModule": {
                    "eligibilityCriteria": (
                        "Inclusion Criteria:\n\n* FEV1 \\< 80%\n\n  * twice\n\nExclusion Criteria:\n\n1. Smoker"
                    ),
                    "healthyVolunteers": False,
                    "sex": "FEMALE",
                    "minimumAge": "6 Months",
                    "maximumAge": "1 Year",
                },
                "contactsLocationsModule": {
                    "centralContacts": [
                        {"name": "Ana Ruiz", "role": "CONTACT", "phone": "+34 91 123 456", "email": "ana@example.org"},
                        {"name": "juan 750004 Chen", "role": "CONTACT", "phoneExt": "12"},
                    ],
                    "locations": [
                        {
                            "facility": "Research Site",
                            "status": "WITHDRAWN",
                            "city": "Seoul",
                            "country": "Korea, Republic of",
                            "contacts": [{"name": "Jo Kim", "role": "CONTACT", "phone": "02-123-4567"}],
                        },
                        {
                            "facility": "Mayo Clinic",
                            "city": "Rochester",
                            "state": "Minnesota",
                            "country": "United States",
                            "zip": "55905",
                        },
                        {"city": "Singapore", "country": "Singapore"},
                    ],
                },
            }
        },
        Study,
    )


def observational() -> Study:
    """A cohort without phases, arm types, sites or contacts."""
    return msgspec.convert(
        {
            "protocolSection": {
                "identificationModule": {"nctId": "NCT02345678", "briefTitle": "A Cohort"},
                "statusModule": {"overallStatus": "UNKNOWN"},
                "sponsorCollaboratorsModule": {
                    "responsibleParty": {"type": "SPONSOR"},
                    "leadSponsor": {"name": "NIAID", "class": "NIH"},
                },
                "designModule": {
                    "studyType": "OBSERVATIONAL",
                    "designInfo": {"observationalModel": "CASE_CONTROL", "timePerspective": "PROSPECTIVE"},
                    "enrollmentInfo": {"count": 17, "type": "ACTUAL"},
                },
                "armsInterventionsModule": {
                    "armGroups": [
                        {"label": "Cases", "description": "With asthma."},
                        {"label": "Controls", "description": "Without."},
                    ]
                },
                "eligibilityModule": {"sex": "ALL", "minimumAge": "65 Years", "healthyVolunteers": True},
            }
        },
        Study,
    )


def expanded_access() -> Study:
    """A program that gives a drug to patients: no design, no enrolment."""
    return msgspec.convert(
        {
            "protocolSection": {
                "identificationModule": {
                    "nctId": "NCT03456789",
                    "orgStudyIdInfo": {"id": "EAP"},
                    "briefTitle": "A Program",
                },
                "statusModule": {"overallStatus": "NO_LONGER_AVAILABLE"},
                "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Sanofi", "class": "INDUSTRY"}},
                "designModule": {"studyType": "EXPANDED_ACCESS"},
                "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "Dupilumab"}]},
                "eligibilityModule": {"sex": "ALL", "maximumAge": "17 Years"},
            }
        },
        Study,
    )


@cache
def _registry() -> list[Study]:
    if not STUDIES.exists():
        return []
    found = []
    for line in gzip.decompress(STUDIES.read_bytes()).splitlines():
        try:
            found.append(msgspec.json.decode(line, type=Study))
        except msgspec.ValidationError:
            continue  # a record with a field that the model does not know
    return found


def _nct_id(study: Study) -> str:
    return study.protocol_section.identification_module.nct_id or ""


EXAMPLES = [pytest.param(make, id=make.__name__) for make in (interventional, observational, expanded_access)]
RELATED = [("Another Trial of Asthma", "NCT00004563", "COMPLETED PHASE3"), ("A Third", "NCT00004564", "UNKNOWN NA")]


def _read(layout: str, page: str) -> Record:
    assert READERS[layout].recognises(page[: 1 << 16])
    return READERS[layout].read(page, "page.txt", vocabulary())


def _same(layout: render.Layout, read: Study, study: Study) -> None:
    """Fail if a read study is not the part of the true one that the layout shows."""
    stated, expected = (set(_leaves(msgspec.to_builtins(render.shown(each, layout)))) for each in (read, study))
    assert expected - stated == set(), "not read"
    assert stated - expected == set(), "not on the page"
    paths = {path for path, _ in _leaves(msgspec.to_builtins(read.protocol_section))}
    assert paths <= {path for path, shows in render.FIELDS.items() if shows[layout == "veeva"] is not render.NOT}


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from ((name, (n, leaf)) for name, leaf in _leaves(inner, path))
    else:
        yield path, value


def _meddatax(study: Study) -> None:
    record = _read("meddatax", render.meddatax(study, related=RELATED))
    _same("meddatax", record.study, study)
    assert record.updated == "2026-01-31"
    assert record.study.has_results is bool(study.has_results)
    assert [*record.facility_contacts] == [
        Contact(each.name, "CONTACT", render.number(each.phone or "", None), each.phone_ext, each.email)
        for each in render.facility_contacts(study)
    ]
    assert record.similar == ("NCT00004563", "NCT00004564")


def _veeva(study: Study) -> None:
    _same("veeva", _read("veeva", render.veeva(study, sites=True)).study, study)
    unloaded = _read("veeva", render.veeva(study)).study.protocol_section.contacts_locations_module
    assert unloaded == ContactsLocationsModule()


@pytest.mark.parametrize("check", [_meddatax, _veeva])
@pytest.mark.parametrize("make", EXAMPLES)
def test_a_rendered_example_reads_back(make: Callable[[], Study], check: Callable[[Study], None]) -> None:
    check(make())


@pytest.mark.parametrize("check", [_meddatax, _veeva])
def test_every_registry_record_reads_back_from_its_page(check: Callable[[Study], None]) -> None:
    if not _registry():
        pytest.skip(f"{STUDIES} is not there")
    failed = {}
    for study in _registry():
        try:
            check(study)
        except (AssertionError, RecordError) as error:
            failed[_nct_id(study)] = str(error)[:2000]
    assert not failed


def _everything() -> list[Study]:
    return [interventional(), observational(), expanded_access(), *_registry()]


def _part(layout: render.Layout, read: Study, study: Study) -> bool:
    """True if a read study states nothing that the true one does not."""
    paths = {path for path, _ in _leaves(msgspec.to_builtins(read.protocol_section))}
    known = {path for path, shows in render.FIELDS.items() if shows[layout == "veeva"] is not render.NOT}
    return paths <= known and render.agrees(render.shown(read, layout), render.shown(study, layout))


def test_a_meddatax_page_without_its_sentences_reads_the_same() -> None:
    for study in _everything():
        page = render.meddatax(study)
        for sentence in render.SENTENCES.values():
            page = page.replace(f"\n{sentence}\n", "\n")
        _same("meddatax", _read("meddatax", page).study, study)


def test_a_meddatax_page_without_labels_states_a_part_of_the_truth() -> None:
    for study in _everything():
        record = _read("meddatax", render.without_labels(render.meddatax(study)))
        assert record.nct_id == _nct_id(study)
        assert _part("meddatax", record.study, study), record.nct_id
        assert not record.study.protocol_section.description_module.brief_summary


def test_six_bare_values_and_four_bare_design_values_are_told_by_their_order_and_kind() -> None:
    study = interventional()
    read = _read("meddatax", render.without_labels(render.meddatax(study))).study.protocol_section
    truth = study.protocol_section
    assert read.status_module.overall_status == "RECRUITING"
    assert read.status_module.start_date_struct == truth.status_module.start_date_struct
    assert read.design_module.phases == ("PHASE1", "PHASE2")
    assert read.design_module.enrollment_info.count == 1060
    # The page also shows descriptions, so the four values of the design cannot be told by number.
    roles = truth.design_module.design_info.masking_info.who_masked
    assert read.design_module.design_info == DesignInfo(masking_info=MaskingBlock(who_masked=roles))


@pytest.mark.long
def test_other_trials_inside_the_summary_stay_out_of_it() -> None:
    for study in _everything():
        for damage in (str, render.without_labels):
            record = _read("meddatax", render.with_related(damage(render.meddatax(study)), RELATED))
            assert record.nct_id == _nct_id(study)
            assert record.similar == ("NCT00004563", "NCT00004564")
            assert _part("meddatax", record.study, study), record.nct_id


def test_a_heading_glued_to_the_link_above_it_is_found() -> None:
    for study in _everything():
        with_results = msgspec.structs.replace(study, has_results=True)
        record = _read("meddatax", render.glued(render.meddatax(with_results)))
        _same("meddatax", record.study, study)
        assert record.study.has_results is True


def test_a_page_of_results_states_its_head_and_reports_its_tables() -> None:
    record = _read("meddatax", render.results_page(interventional()))
    section = record.study.protocol_section
    assert section.identification_module.nct_id == "NCT01234567"
    assert section.identification_module.brief_title == "Dupilumab in Eosinophils \\> 300"
    assert section.status_module.overall_status == "RECRUITING"
    assert section.status_module.results_first_post_date_struct.date == "2026-01-02"
    assert section.design_module.phases == ("PHASE1", "PHASE2")
    assert section.design_module.enrollment_info.count == 1060
    assert record.study.has_results is True
    assert [(each.kind, each.value) for each in record.findings] == [("dropped", "24 weeks"), ("dropped", "")]


def test_a_veeva_page_without_values_states_a_part_of_the_truth() -> None:
    for study in _everything():
        record = _read("veeva", render.without_values(render.veeva(study), identified=True))
        assert record.nct_id == _nct_id(study)
        assert _part("veeva", record.study, study), record.nct_id
        assert record.study.protocol_section.conditions_module.conditions == ()


def test_a_veeva_page_that_has_lost_its_ids_is_an_error_that_says_so() -> None:
    page = render.without_values(render.veeva(interventional()), identified=False)
    assert veeva.recognises(page)
    with pytest.raises(RecordError, match='no NCT id under "Identifiers"'):
        veeva.read(page, "page.txt", vocabulary())


PAGES = [
    pytest.param("meddatax", render.meddatax(interventional(), related=RELATED), id="meddatax"),
    pytest.param("meddatax", render.without_labels(render.meddatax(interventional())), id="meddatax-without-labels"),
    pytest.param("meddatax", render.results_page(interventional()), id="meddatax-results"),
    pytest.param("veeva", render.veeva(interventional(), sites=True), id="veeva"),
    pytest.param("veeva", render.veeva(observational()), id="veeva-observational"),
]


@pytest.mark.parametrize(("layout", "page"), PAGES)
def test_line_ends_and_a_byte_order_mark_change_nothing(layout: str, page: str) -> None:
    study = _read(layout, page).study
    assert _read(layout, "\ufeff" + page.replace("\n", "\r\n")).study == study
    assert _read(layout, page.replace("\n", "  \n")).study == study


@pytest.mark.parametrize(("layout", "page"), PAGES[:1] + PAGES[3:])
@pytest.mark.parametrize("other", [render.meddatax(expanded_access()), render.veeva(expanded_access())])
def test_two_pages_in_one_file_are_an_error_that_names_the_trials(layout: str, page: str, other: str) -> None:
    with pytest.raises(RecordError, match=r"two trials in one page \(.*NCT03456789.*\)"):
        READERS[layout].read(page + "\n\n" + other, "page.txt", vocabulary())


@pytest.mark.parametrize(("layout", "page"), PAGES)
@settings(derandomize=True, max_examples=60, deadline=None)
@given(data=st.data())
def test_a_page_with_lines_missing_is_read_or_refused(layout: str, page: str, data: st.DataObject) -> None:
    lines = page.split("\n")
    gone = data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=len(lines)))
    _read_or_refuse(layout, "\n".join(line for n, line in enumerate(lines) if n not in gone))


@pytest.mark.parametrize(("layout", "page"), PAGES)
@settings(derandomize=True, max_examples=60, deadline=None)
@given(data=st.data())
def test_a_page_in_disorder_is_read_or_refused(layout: str, page: str, data: st.DataObject) -> None:
    lines = page.split("\n")
    _read_or_refuse(layout, "\n".join(data.draw(st.lists(st.sampled_from(lines), max_size=2 * len(lines)))))


@pytest.mark.parametrize("layout", READERS)
@settings(derandomize=True, max_examples=100, deadline=None)
@given(text=st.text())
def test_any_text_is_read_or_refused(layout: str, text: str) -> None:
    assert not READERS[layout].recognises(text)
    _read_or_refuse(layout, text)


def _read_or_refuse(layout: str, page: str) -> None:
    READERS[layout].recognises(page)
    try:
        record = READERS[layout].read(page, "page.txt", vocabulary())
    except RecordError:
        pass
    else:
        assert record.nct_id
        assert all(each.message and each.nct_id == record.nct_id for each in record.findings)
        assert msgspec.json.decode(msgspec.json.encode(record.study), type=Study) == record.study


@pytest.mark.parametrize("layout", READERS)
def test_absurd_numbers_and_addresses_are_text(layout: str) -> None:
    digits = "9" * 5000
    page = render.meddatax(interventional()) if layout == "meddatax" else render.veeva(interventional(), sites=True)
    for kind in ("participants", "estimated patients", "participants in 3 patient groups, including"):
        page = page.replace(f"1060 {kind}", f"{digits} {kind}")
    page = page.replace("Seoul, ", "Seoul, " * 20_000).replace("\n\n0\n\n", f"\n\n{digits}\n\n")
    record = _read(layout, page)
    assert not isinstance(record.study.protocol_section.design_module.enrollment_info.count, int)
