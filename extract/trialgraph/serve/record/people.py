"""Who is behind a trial and who can be asked: organisations, the responsible party, officials and contacts."""

from msgspec import Struct

from trialgraph.serve.record.facts import Fact, Gaps, Value, facts, natural, text, value_of
from trialgraph.serve.record.gather import Node
from trialgraph.serve.record.prose import mail

_PARTY = ("responsiblePartyType: Kind", "name", "title", "affiliation", "oldNameTitle", "oldOrganization")


class Person(Struct, frozen=True):
    """Somebody who can be asked."""

    name: str
    role: str
    affiliation: str
    phone: str
    email: str
    mailto: str
    reach: str  # what a record that hides contact details says of them


class People(Struct, frozen=True):
    """The parties of a trial and the people to ask."""

    organizations: tuple[Fact, ...]
    party: tuple[tuple[Fact, ...], ...]
    officials: tuple[Person, ...]
    central: tuple[Person, ...]
    facility: tuple[Person, ...]  # of captured pages, which do not tie them to sites


def people(trial: Node, gaps: Gaps) -> People:
    """The parties of a trial."""
    named = (("leadSponsor", "Lead sponsor"), ("collaborator", "Collaborators"), ("organization", "Organization"))
    parties = [Fact(label, _organizations(trial, name), name) for name, label in named]
    if not parties[0].values:
        parties[0] = Fact("Lead sponsor", (), "leadSponsor", gaps.why("leadSponsor"))
    return People(
        tuple(each for each in parties if each.values or each.gap),
        tuple(facts(node, _PARTY) for node in trial.nodes("responsibleParty")),
        persons(trial, "overallOfficial"),
        persons(trial, "centralContact"),
        persons(trial, "facilityContact"),
    )


def _organizations(trial: Node, name: str) -> tuple[Value, ...]:
    found = []
    for term in trial.all(name):
        node = trial.others.get(term)
        found.append(value_of(term, trial, text(node, "organizationClass") if node else ""))
    return tuple(sorted(found, key=lambda value: natural(value.text)))


def persons(node: Node, name: str) -> tuple[Person, ...]:
    """The people that a property leads to, by name."""
    return tuple(sorted(map(_person, node.nodes(name)), key=lambda person: (natural(person.name), person.role)))


def _person(node: Node) -> Person:
    number, extension, email = (text(node, name) for name in ("phone", "phoneExtension", "email"))
    withheld = [
        word for name, word in (("hasPhone", "a phone number"), ("hasEmail", "an e-mail address")) if node.all(name)
    ]
    return Person(
        text(node, "name"),
        text(node, "role"),
        text(node, "affiliation"),
        " ext. ".join(filter(None, (number, extension))),
        email,
        mail(email),
        f"has {' and '.join(withheld)}" if withheld else "",
    )
