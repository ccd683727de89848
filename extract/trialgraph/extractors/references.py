"""What is published and shared: references, links, documents, and the plan to share participants' data."""

from trialgraph.iris import LABEL, tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, count, date, flag, minute, text, verbatim

_REFERENCE: list[Field] = [
    ("pmid", tg("pmid"), verbatim),
    ("type", tg("referenceType"), "referenceType"),
    ("citation", tg("citation"), text),
]
_RETRACTION: list[Field] = [
    ("pmid", tg("pmid"), verbatim),
    ("source", tg("source"), text),
]
_LINK: list[Field] = [
    ("label", LABEL, text),
    ("url", tg("url"), verbatim),
]
_AVAIL_IPD: list[Field] = [
    ("id", tg("value"), verbatim),
    ("type", tg("availIpdType"), text),
    ("url", tg("url"), verbatim),
    ("comment", tg("comment"), text),
]
_IPD_STATEMENT: list[Field] = [
    ("ipd_sharing", tg("ipdSharing"), "ipdSharing"),
    ("description", tg("description"), text),
    ("time_frame", tg("timeFrame"), text),
    ("access_criteria", tg("accessCriteria"), text),
    ("url", tg("url"), verbatim),
]
_DOCUMENT: list[Field] = [
    ("type_abbrev", tg("typeAbbrev"), verbatim),
    ("has_protocol", tg("hasProtocol"), flag),
    ("has_sap", tg("hasSap"), flag),
    ("has_icf", tg("hasIcf"), flag),
    ("label", LABEL, text),
    ("date", tg("date"), date),
    ("upload_date", tg("uploadDate"), minute),
    ("filename", tg("filename"), verbatim),
    ("size", tg("size"), count),
]


def extract(trial: Trial, draft: Draft) -> None:
    """References with their retractions, links, available data, the IPD statement and the documents."""
    protocol, node = trial.study.protocol_section, draft.trial
    module = protocol.references_module
    for reference in module.references:
        identity = (reference.pmid or "", reference.citation or "")
        part = draft.part(node, tg("reference"), "reference", tg("Reference"), *identity)
        draft.describe(part, reference, _REFERENCE)
        for retraction in reference.retractions:
            notice = draft.part(
                part,
                tg("retraction"),
                "retraction",
                tg("Retraction"),
                part,
                retraction.pmid or "",
                retraction.source or "",
            )
            draft.describe(notice, retraction, _RETRACTION)
    for link in module.see_also_links:
        part = draft.part(node, tg("seeAlsoLink"), "link", tg("Link"), link.url or "", link.label or "")
        draft.describe(part, link, _LINK)
    for ipd in module.avail_ipds:
        part = draft.part(
            node, tg("availIpd"), "avail-ipd", tg("AvailIpd"), ipd.id or "", ipd.type or "", ipd.url or ""
        )
        draft.describe(part, ipd, _AVAIL_IPD)
    statement = protocol.ipd_sharing_statement_module
    if statement != type(statement)():
        part = draft.part(node, tg("ipdStatement"), "ipd-statement", tg("IpdStatement"))
        draft.describe(part, statement, _IPD_STATEMENT)
        draft.each(part, tg("infoType"), dict.fromkeys(statement.info_types), "ipdSharingInfoType", "info_types")
    documents = trial.study.document_section.large_document_module
    draft.describe(node, documents, [("no_sap", tg("noSap"), flag)])
    for document in documents.large_docs:
        part = draft.part(
            node,
            tg("document"),
            "document",
            tg("Document"),
            document.filename or "",
            document.label or "",
            document.date or "",
        )
        draft.describe(part, document, _DOCUMENT)
