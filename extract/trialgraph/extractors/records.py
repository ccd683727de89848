"""Where the trial was read: its registry records, what they do not state, and where they disagree."""

from collections.abc import Mapping

from trialgraph.extractors.results import NUMBERS
from trialgraph.iris import DCTERMS, TYPE, tg
from trialgraph.model import leaves
from trialgraph.record import Difference, Record, Trial
from trialgraph.statements import Draft, Spell, count, date, flag, minute, number, text, verbatim

_ALL = "briefTitle officialTitle acronym briefSummary detailedDescription keyword overallStatus startDate"
_ALL += " primaryCompletionDate completionDate firstSubmitted firstPosted lastUpdatePosted statusVerified studyType"
_ALL += " enrollment enrollmentType leadSponsor collaborator responsibleParty overallOfficial centralContact"
_ALL += " arm intervention condition conditionMesh interventionMesh primaryOutcome secondaryOutcome otherOutcome"
_ALL += " eligibilityText eligibilityCriterion sex healthyVolunteers minimumAge maximumAge standardAge site"
_ALL += " identifier reference document ipdStatement hasResults oversightHasDmc isFdaRegulatedDrug isFdaRegulatedDevice"
_BY_TYPE = {
    "INTERVENTIONAL": "phase allocation interventionModel primaryPurpose masking whoMasked",
    "OBSERVATIONAL": "observationalModel timePerspective samplingMethod studyPopulation",
}
#: What a page says by showing something else: "18 years and older" has no upper limit, a list of sponsors with a
#: lead sponsor only has no collaborator, an open-label trial masks nobody.
_IMPLIED = {
    "maximumAge": ("minimumAge", None),
    "minimumAge": ("maximumAge", None),
    "collaborator": ("leadSponsor", "meddatax"),
}
_SPELLINGS: dict[str, Spell] = {"Date": date, "DateTime": minute, "Count": count, "Flag": flag}
_TRUTH = {"true": True, "false": False}


def extract(trial: Trial, draft: Draft) -> None:
    """Each registry record of the trial, and each disagreement between two of them."""
    nodes = names(trial, draft.base)
    for record in trial.records:
        _record(record, nodes[record.sha256], draft)
    for difference in trial.differences:
        _disagreement(difference, nodes, draft)


def names(trial: Trial, base: str) -> dict[str, str]:
    """The IRIs of the trial's records, by their hashes.

    The newest record of a source has the IRI of source and id; an older one has a part of its hash too.
    """
    found: dict[str, str] = {}
    for record in trial.records:
        plain = f"<{base}record/{record.reader}/{record.nct_id}>"
        found[record.sha256] = f"{plain[:-1]}/{record.sha256[:12]}>" if plain in found.values() else plain
    return found


def _record(record: Record, node: str, draft: Draft) -> None:
    draft.classes[node] = tg("RegistryRecord")
    rows = [
        (node, TYPE, tg("RegistryRecord")),
        (node, tg("about"), draft.trial),
        (node, f"<{DCTERMS}source>", verbatim(record.reader)),
        (node, tg("sha256"), verbatim(record.sha256)),
    ]
    version = record.study.derived_section.misc_info_module.version_holder
    for predicate, day in (
        ("recordUpdated", record.updated),
        ("versionHolder", version),
        ("retrieved", draft.retrieved),
    ):
        if day is not None:
            rows.append((node, tg(predicate), date(day) or verbatim(day)))
            if date(day) is None:
                draft.note("text", predicate, day, "not a date; kept as text")
    draft.rows += rows


def not_stated(record: Record, node: str, own: Draft) -> None:
    """Add to the draft of a page's own study which properties the page does not show."""
    stated = {predicate for subject, predicate, _ in own.rows if subject == own.trial}
    study_type = record.study.protocol_section.design_module.study_type or ""
    for name in f"{_ALL} {_BY_TYPE.get(study_type, '')}".split():
        other, reader = _IMPLIED.get(name, ("", None))
        implied = other and tg(other) in stated and reader in (None, record.reader)
        withheld = own.contacts == "none" and name == "centralContact"
        if tg(name) not in stated and not implied and not withheld:
            own.rows.append((node, tg("notStated"), tg(name)))


def _disagreement(difference: Difference, nodes: Mapping[str, str], draft: Draft) -> None:
    kept_from, other_from = nodes[difference.kept_from.sha256], nodes[difference.other_from.sha256]
    identity = (difference.path, difference.part, *difference.kept, "\x1e", *difference.other, kept_from, other_from)
    node = draft.node("disagreement", tg("Disagreement"), *identity)
    draft.rows += [
        (node, tg("about"), draft.trial),
        (node, tg("property"), f"<{draft.values.properties[difference.path]}>"),
        (node, tg("keptFrom"), kept_from),
        (node, tg("otherFrom"), other_from),
    ]
    if difference.part:
        draft.rows.append((node, tg("part"), text(difference.part)))
    for predicate, values in ((tg("kept"), difference.kept), (tg("other"), difference.other)):
        terms = {_term(difference.path, value, draft) for value in values}
        draft.rows += [(node, predicate, term) for term in sorted(terms)]


def _term(path: str, value: str, draft: Draft) -> str:
    """A value of a leaf as the graph would state it; of a struct, what it is called."""
    kind = leaves().get(path, "str")
    if scheme := draft.values.vocabulary.scheme(kind):
        return draft.value(scheme, value, path.rpartition(".")[2].removesuffix("[]"))
    is_number = path.startswith("resultsSection.") and f"<{draft.values.properties[path]}>" in NUMBERS
    spell = number if is_number else _SPELLINGS.get(kind)
    return (spell and spell(_TRUTH.get(value, value))) or text(value)
