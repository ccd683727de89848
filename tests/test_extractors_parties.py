"""Identifiers, sponsors, the responsible party, officials and contacts."""

import pytest
from tests.conftest import Build, study

TRIAL = "trial/NCT00000001"


def test_identifiers_are_the_organisation_s_own_and_secondary_ones(built: Build) -> None:
    graph = built(
        study(
            identificationModule={
                "orgStudyIdInfo": {"id": "AB-12", "link": "https://example.org/AB-12"},
                "secondaryIdInfos": [
                    {"id": "R01HL000001", "type": "NIH", "domain": "NHLBI"},
                    {"id": "2020-001234-56", "type": "EUDRACT_NUMBER"},
                ],
            }
        )
    )
    assert len(graph.objects("tg:identifier", TRIAL)) == 3
    [own] = graph.objects("tg:orgStudyId", TRIAL)
    assert graph.objects("tg:value", own) == ['"AB-12"']
    assert graph.objects("tg:link", own) == ['"https://example.org/AB-12"']
    [grant] = graph.subjects("tg:value", '"R01HL000001"')
    assert grant in graph.objects("tg:secondaryId", TRIAL)
    assert graph.objects("tg:identifierType", grant) == ["tgv:identifierType-NIH"]
    assert graph.objects("tg:domain", grant) == ['"NHLBI"']


def test_an_identifier_of_which_only_the_domain_is_known_is_kept(built: Build) -> None:
    graph = built(study(identificationModule={"secondaryIdInfos": [{"domain": "CTRP"}]}))
    [identifier] = graph.objects("tg:identifier", TRIAL)
    assert graph.objects("tg:domain", identifier) == ['"CTRP"']


def test_an_empty_identifier_makes_no_statement(built: Build) -> None:
    graph = built(study(identificationModule={"orgStudyIdInfo": {}, "secondaryIdInfos": [{}]}))
    assert graph.things("tg:Identifier") == []


def test_sponsors_are_organisations_by_their_normalised_names(built: Build) -> None:
    graph = built(
        study(
            identificationModule={"organization": {"fullName": "ACME  Pharma, Inc.", "class": "INDUSTRY"}},
            sponsorCollaboratorsModule={
                "leadSponsor": {"name": "Acme Pharma Inc", "class": "INDUSTRY"},
                "collaborators": [{"name": "NHLBI", "class": "NIH"}, {"name": "Université de Liège"}],
            },
        )
    )
    assert graph.objects("tg:organization", TRIAL) == ["organization/acme-pharma-inc"]
    assert graph.objects("tg:leadSponsor", TRIAL) == ["organization/acme-pharma-inc"]
    assert graph.objects("tg:collaborator", TRIAL) == ["organization/nhlbi", "organization/université-de-liège"]
    assert graph.objects("rdfs:label", "organization/acme-pharma-inc") == ['"ACME  Pharma, Inc."', '"Acme Pharma Inc"']
    assert graph.objects("tg:organizationClass", "organization/nhlbi") == ["tgv:organizationClass-NIH"]
    assert graph.objects("tg:organizationClass", "organization/université-de-liège") == []


def test_names_that_differ_by_the_marks_of_their_letters_are_two_organisations(built: Build) -> None:
    graph = built(
        study("NCT00000001", sponsorCollaboratorsModule={"leadSponsor": {"name": "हिन्दी"}}),
        study("NCT00000002", sponsorCollaboratorsModule={"leadSponsor": {"name": "हान्दे"}}),
    )
    assert len(graph.things("tg:Organization")) == 2


def test_the_responsible_party_is_a_person_or_the_sponsor(built: Build) -> None:
    party = {
        "type": "PRINCIPAL_INVESTIGATOR",
        "investigatorFullName": "Ana Ruiz",
        "investigatorTitle": "Professor",
        "investigatorAffiliation": "Acme",
    }
    graph = built(
        study("NCT00000001", sponsorCollaboratorsModule={"responsibleParty": party}),
        study("NCT00000002", sponsorCollaboratorsModule={"responsibleParty": {"type": "SPONSOR"}}),
        study("NCT00000003", sponsorCollaboratorsModule={"responsibleParty": {"oldNameTitle": "A. Ruiz, Head"}}),
        study("NCT00000004"),
    )
    [person] = graph.objects("tg:responsibleParty", "trial/NCT00000001")
    assert graph.objects("tg:responsiblePartyType", person) == ["tgv:responsiblePartyType-PRINCIPAL_INVESTIGATOR"]
    assert [graph.objects(f"tg:{name}", person) for name in ("name", "title", "affiliation")] == [
        ['"Ana Ruiz"'],
        ['"Professor"'],
        ['"Acme"'],
    ]
    [sponsor] = graph.objects("tg:responsibleParty", "trial/NCT00000002")
    assert graph.objects("tg:responsiblePartyType", sponsor) == ["tgv:responsiblePartyType-SPONSOR"]
    [old] = graph.objects("tg:responsibleParty", "trial/NCT00000003")
    assert graph.objects("tg:oldNameTitle", old) == ['"A. Ruiz, Head"']
    assert graph.objects("tg:responsibleParty", "trial/NCT00000004") == []


def test_officials_have_a_role_and_an_affiliation(built: Build) -> None:
    official = {"name": "Ana Ruiz, MD", "affiliation": "Acme", "role": "STUDY_CHAIR"}
    graph = built(study(contactsLocationsModule={"overallOfficials": [official]}))
    [node] = graph.objects("tg:overallOfficial", TRIAL)
    assert {(p, o) for s, p, o in graph if s == node} == {
        ("rdf:type", "tg:Official"),
        ("tg:name", '"Ana Ruiz, MD"'),
        ("tg:affiliation", '"Acme"'),
        ("tg:role", "tgv:officialRole-STUDY_CHAIR"),
    }


CONTACTS = study(
    contactsLocationsModule={
        "centralContacts": [
            {"name": "Ana Ruiz", "role": "CONTACT", "phone": "555-0100", "phoneExt": "12", "email": "ana@example.org"},
            {"name": "Jo Kim", "role": "CONTACT"},
        ],
        "locations": [{"facility": "Acme Clinic", "contacts": [{"name": "Ana Ruiz", "phone": "555-0101"}]}],
    }
)


def test_a_contact_belongs_to_the_trial_or_to_one_site(built: Build) -> None:
    graph = built(CONTACTS)
    [site] = graph.objects("tg:site", TRIAL)
    [at_site] = graph.objects("tg:siteContact", site)
    assert graph.objects("tg:phone", at_site) == ['"555-0101"']
    [ana] = set(graph.subjects("tg:name", '"Ana Ruiz"')) - {at_site}
    assert ana in graph.objects("tg:centralContact", TRIAL)
    assert graph.objects("tg:phone", ana) == ['"555-0100"']
    assert graph.objects("tg:phoneExtension", ana) == ['"12"']
    assert graph.objects("tg:email", ana) == ['"ana@example.org"']


def test_names_say_only_whether_there_is_a_phone_or_an_e_mail(built: Build) -> None:
    graph = built(CONTACTS, contacts="names")
    assert graph.objects("tg:phone") + graph.objects("tg:phoneExtension") + graph.objects("tg:email") == []
    assert graph.objects("tg:hasPhone") == ['"true"^^xsd:boolean'] * 2
    assert graph.objects("tg:hasEmail") == ['"true"^^xsd:boolean']
    assert graph.objects("tg:name") == ['"Ana Ruiz"', '"Ana Ruiz"', '"Jo Kim"']


def test_no_contacts_leave_the_trial_and_its_sites(built: Build) -> None:
    graph = built(CONTACTS, contacts="none")
    assert graph.things("tg:Contact") == []
    assert len(graph.things("tg:Site")) == 1


@pytest.mark.parametrize("contacts", ["full", "names"])
def test_the_iri_of_a_contact_does_not_tell_a_phone_or_an_e_mail(built: Build, contacts: str) -> None:
    with_them = built(CONTACTS, contacts=contacts).things("tg:Contact")
    people = CONTACTS["protocolSection"]["contactsLocationsModule"]
    others = [{**person, "phone": "1", "email": "b@example.org"} for person in people["centralContacts"]]
    assert built(study(contactsLocationsModule={**people, "centralContacts": others})).things("tg:Contact") == with_them
