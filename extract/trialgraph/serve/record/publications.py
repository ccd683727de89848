"""What is published and shared: references, links, documents, data of participants, and other identifiers."""

import re

from msgspec import Struct

from trialgraph.serve.record.facts import Fact, Value, fact, facts, natural, text
from trialgraph.serve.record.gather import Node
from trialgraph.serve.record.prose import web

_IPD = (
    "ipdSharing: Plan to share",
    "description",
    "infoType: What is shared",
    "timeFrame",
    "accessCriteria",
    "url: Address",
)
_AVAILABLE = ("value: Identifier", "availIpdType: Kind", "url: Address", "comment")


class Reference(Struct, frozen=True):
    """A publication."""

    citation: str
    kind: str
    pmid: str
    pubmed: str  # its address, or ""
    retractions: tuple[tuple[Fact, ...], ...]


class Document(Struct, frozen=True):
    """A document on the registry."""

    label: str
    holds: str
    facts: tuple[Fact, ...]
    address: str


class Identifier(Struct, frozen=True):
    """An identifier that an organisation or another registry gave."""

    value: str
    kind: str
    domain: str
    link: str
    address: str
    own: str  # "Organization's own" or "Secondary"


class Publications(Struct, frozen=True):
    """What is published and shared."""

    identifiers: tuple[Identifier, ...]
    references: tuple[Reference, ...]
    links: tuple[Value, ...]
    ipd: tuple[tuple[Fact, ...], ...]
    available: tuple[tuple[Fact, ...], ...]
    documents: tuple[Document, ...]
    no_sap: tuple[Fact, ...]


def publications(trial: Node, nct_id: str) -> Publications:
    """What a trial's record says is published and shared."""
    return Publications(
        _identifiers(trial),
        tuple(sorted(map(_reference, trial.nodes("reference")), key=_rank)),
        tuple(sorted(map(_link, trial.nodes("seeAlsoLink")), key=lambda link: natural(link.text))),
        tuple(facts(node, _IPD) for node in trial.nodes("ipdStatement")),
        tuple(facts(node, _AVAILABLE) for node in trial.nodes("availIpd")),
        tuple(
            sorted((_document(node, nct_id) for node in trial.nodes("document")), key=lambda each: natural(each.label))
        ),
        tuple(each for each in [fact(trial, "noSap", "No statistical analysis plan exists")] if each.values),
    )


def _identifiers(trial: Node) -> tuple[Identifier, ...]:
    own, secondary = set(trial.all("orgStudyId")), set(trial.all("secondaryId"))
    found = []
    for node in trial.nodes("identifier"):
        kinds = ["of the organization"] if node.iri in own else []
        kinds += ["secondary"] if node.iri in secondary else []
        link = text(node, "link")
        kind, domain = text(node, "identifierType"), text(node, "domain")
        found.append(Identifier(text(node, "value"), kind, domain, link, web(link), ", ".join(kinds)))
    return tuple(sorted(found, key=lambda each: (each.own, natural(each.value))))


def _reference(node: Node) -> Reference:
    pmid = text(node, "pmid")
    return Reference(
        text(node, "citation"),
        text(node, "referenceType"),
        pmid,
        pubmed(pmid),
        tuple(_retraction(each) for each in node.nodes("retraction")),
    )


def pubmed(pmid: str) -> str:
    """The address of a publication at PubMed; "" if the id is none."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if re.fullmatch(r"[0-9]{1,9}", pmid) else ""


def _retraction(node: Node) -> tuple[Fact, ...]:
    pmid = tuple(Value(each, href=pubmed(each)) for each in node.all("pmid"))
    return tuple(each for each in (fact(node, "source"), Fact("PubMed", pmid)) if each.values)


def _rank(reference: Reference) -> tuple[int, str]:
    ranks = {"results": 0, "result": 0, "derived": 1, "background": 2}
    return ranks.get(reference.kind.lower(), 3), reference.citation.casefold()


def _link(node: Node) -> Value:
    url, label = text(node, "url"), text(node, "label")
    return Value(label or url, href=web(url), note=url if label else "")


def _document(node: Node, nct_id: str) -> Document:
    holds = [
        word
        for name, word in (
            ("hasProtocol", "study protocol"),
            ("hasSap", "statistical analysis plan"),
            ("hasIcf", "informed consent form"),
        )
        if node.one(name) == "true"
    ]
    said = [
        f"no {word}"
        for name, word in (("hasProtocol", "protocol"), ("hasSap", "analysis plan"), ("hasIcf", "consent form"))
        if node.one(name) == "false"
    ]
    filename = text(node, "filename")
    safe = re.fullmatch(r"[\w.-]+", filename, re.ASCII) and re.fullmatch(r"NCT[0-9]{8}", nct_id)
    # https://clinicaltrials.gov/about-site/faq has the form of these addresses: two digits of the id, the id, the file
    address = f"https://cdn.clinicaltrials.gov/large-docs/{nct_id[-2:]}/{nct_id}/{filename}" if safe else ""
    names = ("date: Dated", "uploadDate: Uploaded", "typeAbbrev: Kind", "filename: File", "size: Bytes")
    return Document(text(node, "label"), ", ".join([*holds, *said]), facts(node, names), address)
