"""References, links, documents, the plan to share data, and what the registry adds about the posting of results."""

from typing import Any

from tests.conftest import Build, study

TRIAL = "trial/NCT00000001"


def test_a_reference_has_its_type_and_its_retractions(built: Build) -> None:
    reference = {
        "pmid": "30087149",
        "type": "RESULT",
        "citation": "Ruiz A. A Trial. 2018.",
        "retractions": [{"pmid": "30087150", "source": "J Trials. 2019"}],
    }
    graph = built(study(referencesModule={"references": [reference, {"citation": "Kim J. 2001."}]}))
    assert len(graph.objects("tg:reference", TRIAL)) == 2
    [ruiz] = graph.subjects("tg:pmid", '"30087149"')
    assert graph.objects("tg:referenceType", ruiz) == ["tgv:referenceType-RESULT"]
    [retraction] = graph.objects("tg:retraction", ruiz)
    assert graph.objects("tg:pmid", retraction) == ['"30087150"']
    assert graph.objects("tg:source", retraction) == ['"J Trials. 2019"']


def test_links_and_available_data_keep_their_addresses_letter_for_letter(built: Build) -> None:
    graph = built(
        study(
            referencesModule={
                "seeAlsoLinks": [{"label": "Home", "url": "https://example.org/a\\_b c"}],
                "availIpds": [
                    {"id": "SDY660", "type": "Data Set", "url": "https://example.org/660", "comment": "On request"}
                ],
            }
        )
    )
    [link], [ipd] = graph.objects("tg:seeAlsoLink", TRIAL), graph.objects("tg:availIpd", TRIAL)
    assert graph.objects("tg:url", link) == ['"https://example.org/a\\_b c"']
    assert graph.objects("rdfs:label", link) == ['"Home"']
    assert {(p, o) for s, p, o in graph if s == ipd} == {
        ("rdf:type", "tg:AvailIpd"),
        ("tg:value", '"SDY660"'),
        ("tg:availIpdType", '"Data Set"'),
        ("tg:url", '"https://example.org/660"'),
        ("tg:comment", '"On request"'),
    }


def test_the_plan_to_share_data_is_one_statement_of_the_trial(built: Build) -> None:
    plan = {
        "ipdSharing": "YES",
        "description": "All data",
        "infoTypes": ["CSR", "SAP", "CSR"],
        "timeFrame": "1 year",
        "accessCriteria": "On request",
        "url": "https://example.org",
    }
    graph = built(study(ipdSharingStatementModule=plan))
    [node] = graph.objects("tg:ipdStatement", TRIAL)
    assert {(p, o) for s, p, o in graph if s == node} == {
        ("rdf:type", "tg:IpdStatement"),
        ("tg:ipdSharing", "tgv:ipdSharing-YES"),
        ("tg:description", '"All data"'),
        ("tg:infoType", "tgv:ipdSharingInfoType-CSR"),
        ("tg:infoType", "tgv:ipdSharingInfoType-SAP"),
        ("tg:timeFrame", '"1 year"'),
        ("tg:accessCriteria", '"On request"'),
        ("tg:url", '"https://example.org"'),
    }


def test_without_a_plan_there_is_no_statement_about_one(built: Build) -> None:
    assert built(study(ipdSharingStatementModule={})).things("tg:IpdStatement") == []


def document(**fields: Any) -> dict[str, Any]:
    return study(documentSection={"largeDocumentModule": {"largeDocs": [fields], "noSap": False}})


def test_a_document_is_described_by_its_file(built: Build) -> None:
    graph = built(
        document(
            typeAbbrev="Prot_SAP",
            hasProtocol=True,
            hasSap=True,
            hasIcf=False,
            label="Study Protocol",
            date="2020-05-17",
            uploadDate="2021-06-18T23:59",
            filename="Prot_SAP_000.pdf",
            size=1234567,
        )
    )
    [node] = graph.objects("tg:document", TRIAL)
    assert {(p, o) for s, p, o in graph if s == node} == {
        ("rdf:type", "tg:Document"),
        ("rdfs:label", '"Study Protocol"'),
        ("tg:typeAbbrev", '"Prot_SAP"'),
        ("tg:hasProtocol", '"true"^^xsd:boolean'),
        ("tg:hasSap", '"true"^^xsd:boolean'),
        ("tg:hasIcf", '"false"^^xsd:boolean'),
        ("tg:date", '"2020-05-17"^^xsd:date'),
        ("tg:uploadDate", '"2021-06-18T23:59:00"^^xsd:dateTime'),
        ("tg:filename", '"Prot_SAP_000.pdf"'),
        ("tg:size", '"1234567"^^xsd:integer'),
    }
    assert graph.objects("tg:noSap", TRIAL) == ['"false"^^xsd:boolean']


def test_a_time_that_is_none_stays_as_text(built: Build) -> None:
    for stated in ("2021-06-18T24:00", "2021-06-31T10:00", "yesterday"):
        assert built(document(filename="a.pdf", uploadDate=stated)).objects("tg:uploadDate") == [f'"{stated}"']


def test_submissions_and_unposted_results_are_events_of_the_trial(built: Build) -> None:
    submission = {"releaseDate": "2022-01-02", "resetDate": "2022-02-03", "mcpReleaseN": 1}
    unposted = {
        "unpostedResponsibleParty": "Acme",
        "unpostedEvents": [
            {"type": "RELEASE", "date": "2022-01-02"},
            {"type": "RESET", "date": "2022-02-03"},
            {"type": "RELEASE", "date": "2022-03-04"},
            {"type": "UNRELEASE", "dateUnknown": True},
        ],
    }
    tracking = {"firstMcpInfo": {"postDateStruct": {"date": "2022-05-06", "type": "ACTUAL"}}}
    graph = built(
        study(
            annotationSection={"annotationModule": {"unpostedAnnotation": unposted}},
            derivedSection={"miscInfoModule": {"submissionTracking": {**tracking, "submissionInfos": [submission]}}},
        )
    )
    [node] = graph.objects("tg:submission", TRIAL)
    assert graph.objects("tg:resetDate", node) == ['"2022-02-03"^^xsd:date']
    assert graph.objects("tg:mcpReleaseN", node) == ['"1"^^xsd:integer']
    assert graph.objects("tg:firstMcpPosted", TRIAL) == ['"2022-05-06"^^xsd:date']
    assert graph.objects("tg:firstMcpPostedType", TRIAL) == ["tgv:dateType-ACTUAL"]
    assert graph.objects("tg:unpostedResponsibleParty", TRIAL) == ['"Acme"']
    assert len(graph.objects("tg:unpostedEvent", TRIAL)) == 4
    assert graph.objects("tg:unpostedEventType").count("tgv:unpostedEventType-RELEASE") == 2
    [unknown] = graph.subjects("tg:dateUnknown")
    assert graph.objects("tg:unpostedEventType", unknown) == ["tgv:unpostedEventType-UNRELEASE"]


def test_a_violation_is_an_event_of_the_trial(built: Build) -> None:
    event = {
        "type": "VIOLATION_IDENTIFIED",
        "description": "Failure to submit",
        "creationDate": "2021-04-27",
        "issuedDate": "2021-04-27",
        "releaseDate": "2021-04-28",
        "postedDate": "2021-04-28",
    }
    graph = built(study(annotationSection={"annotationModule": {"violationAnnotation": {"violationEvents": [event]}}}))
    [node] = graph.objects("tg:violationEvent", TRIAL)
    assert graph.objects("tg:violationEventType", node) == ["tgv:violationEventType-VIOLATION_IDENTIFIED"]
    assert graph.objects("tg:description", node) == ['"Failure to submit"']
    assert graph.objects("tg:postedDate", node) == ['"2021-04-28"^^xsd:date']
