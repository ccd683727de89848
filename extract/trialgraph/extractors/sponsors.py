"""Organisations, the responsible party, the overall officials and the contacts of the whole trial."""

from collections.abc import Iterable

from trialgraph import iris
from trialgraph.iris import tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, label, text, verbatim
from trialgraph.study import Contact

_RESPONSIBLE_PARTY: list[Field] = [
    ("type", tg("responsiblePartyType"), "responsiblePartyType"),
    ("investigator_full_name", tg("name"), text),
    ("investigator_title", tg("title"), text),
    ("investigator_affiliation", tg("affiliation"), text),
    ("old_name_title", tg("oldNameTitle"), text),
    ("old_organization", tg("oldOrganization"), text),
]
_OFFICIAL: list[Field] = [
    ("name", tg("name"), text),
    ("affiliation", tg("affiliation"), text),
    ("role", tg("role"), "officialRole"),
]
_PERSON: list[Field] = [
    ("name", tg("name"), text),
    ("role", tg("role"), "contactRole"),
]
#: How to reach a person: the attribute, its predicate, and what `--contacts names` says instead.
REACH = [
    ("phone", tg("phone"), tg("hasPhone")),
    ("phone_ext", tg("phoneExtension"), None),
    ("email", tg("email"), tg("hasEmail")),
]
_CONTACT = tg("Contact")
_TRUE = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'


def extract(trial: Trial, draft: Draft) -> None:
    """The parties of the trial, and the people to ask."""
    protocol, node = trial.study.protocol_section, draft.trial
    parties, people = protocol.sponsor_collaborators_module, protocol.contacts_locations_module
    own = protocol.identification_module.organization
    organization(draft, tg("organization"), own.full_name, own.class_)
    organization(draft, tg("leadSponsor"), parties.lead_sponsor.name, parties.lead_sponsor.class_)
    for collaborator in parties.collaborators:
        organization(draft, tg("collaborator"), collaborator.name, collaborator.class_)
    party = parties.responsible_party
    if party != type(party)():
        name = party.investigator_full_name or party.old_name_title or ""
        part = draft.part(
            node, tg("responsibleParty"), "responsible-party", tg("ResponsibleParty"), party.type or "", name
        )
        draft.describe(part, party, _RESPONSIBLE_PARTY)
    for official in people.overall_officials:
        identity = (official.role or "", official.name or "")
        part = draft.part(node, tg("overallOfficial"), "official", tg("Official"), *identity)
        draft.describe(part, official, _OFFICIAL)
    contacts(draft, node, tg("centralContact"), people.central_contacts, "central")
    contacts(draft, node, tg("facilityContact"), trial.facility_contacts, "facility")


def organization(draft: Draft, link: str, name: str | None, class_: str | None) -> None:
    """An organisation of the trial by its normalised name; nothing of one without a name."""
    if not (name and name.strip()):
        if name is not None:
            draft.note("dropped", "name", name, "an organisation with a blank name")
        if class_:
            draft.note("dropped", "class_", class_, "the class of an organisation without a name")
        return
    node = f"<{draft.base}organization/{iris.slug(name)}>"
    draft.link(link, node)
    label(draft, node, tg("Organization"), name)
    if class_ is not None:
        draft.share(node, tg("organizationClass"), draft.value("organizationClass", class_, "class_"))


def contacts(draft: Draft, parent: str, link: str, people: Iterable[Contact], scope: str) -> None:
    """The contacts of a trial or of one of its sites, as private as `draft.contacts` asks."""
    for person in people:
        node = draft.part(parent, link, "contact", _CONTACT, scope, person.role or "", person.name or "")
        draft.describe(node, person, _PERSON)
        reach(draft, node, person)


def reach(draft: Draft, node: str, person: object) -> None:
    """Phone and e-mail of a person, or only whether there is one."""
    for attribute, predicate, exists in REACH:
        value = getattr(person, attribute)
        if value is None:
            continue
        if draft.contacts == "full":
            draft.rows.append((node, predicate, verbatim(value)))
        elif exists:
            draft.rows.append((node, exists, _TRUE))
