"""Eligibility: who may take part, and the criteria as items where the text itself marks items."""

import re
from collections.abc import Iterator

from trialgraph import iris
from trialgraph.iris import tg
from trialgraph.record import Trial
from trialgraph.statements import Draft, Field, flag, plain, text, typed, verbatim, years

_ELIGIBILITY: list[Field] = [
    ("eligibility_criteria", tg("eligibilityText"), text),
    ("healthy_volunteers", tg("healthyVolunteers"), flag),
    ("sex", tg("sex"), "sex"),
    ("gender_based", tg("genderBased"), flag),
    ("gender_description", tg("genderDescription"), text),
    ("minimum_age", tg("minimumAge"), text),
    ("maximum_age", tg("maximumAge"), text),
    ("study_population", tg("studyPopulation"), text),
    ("sampling_method", tg("samplingMethod"), "samplingMethod"),
]
_AGES = [
    ("minimum_age", tg("minimumAgeYears")),
    ("maximum_age", tg("maximumAgeYears")),
]
_HAS_CRITERION, _CRITERION = tg("eligibilityCriterion"), tg("EligibilityCriterion")
_CRITERION_KIND, _ORDER, _TEXT = tg("criterionKind"), tg("order"), tg("text")
_KINDS = {kind: iris.value("criterionKind", kind) for kind in ("INCLUSION", "EXCLUSION")}
#: What the registry's older formats write for "no limit".
_NO_LIMIT = {"N/A", "None", "No limit"}

_MARK = re.compile(
    r"(?P<indent>\s*)(?:(?:[*•·●○▪◦‣–-]|[(\[]?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{2,4})[.)\]])\s+)+(?P<item>\S.*)"
)
#: What a line must hold to announce a kind of criteria: a fast test that spares the others for most lines.
_TELLING = re.compile(r"clu[sd]|CLU[SD]|ligible|LIGIBLE")
_CRITERIA = r"(?:pre-)?(?P<kind>inclusion|exclusion)\s+criteri\w+"
#: "Key Inclusion Criteria for Phase A:", but not "Other inclusion criteria may apply."
_HEADING = re.compile(
    rf"(?:[\w/&-]+\s+){{0,5}}{_CRITERIA}(?!.*\b(?:may|apply|applied)\b).{{0,70}}(?<!\.)", re.IGNORECASE
)
#: A heading that is itself marked like an item: "* INCLUSION CRITERIA:".
_MARKED_HEADING = re.compile(rf"[*-]\s*{_CRITERIA}\s*:?", re.IGNORECASE)
#: An introduction: "Patients were eligible if they met all of the following:".
_INTRODUCTION = {
    "EXCLUSION": re.compile(r"\b(?:exclu\w+|ineligible|not (?:be )?eligible)\b.*:", re.IGNORECASE),
    "INCLUSION": re.compile(r"\b(?:included|inclusion|eligible)\b.*:", re.IGNORECASE),
}
#: A heading that lost its line break: "* Weight of 20 to 150 kg Exclusion Criteria".
_GLUED = re.compile(
    r"(?P<item>.*\S)(?<!\bsee)(?<!\bthe)(?<!\bin)(?<!\bof)\s+(?P<heading>(?:In|Ex)clusion [Cc]riteria(?::.{0,60})?)"
)


def extract(trial: Trial, draft: Draft) -> None:
    """Sex, age, health, and the criteria."""
    module, node = trial.study.protocol_section.eligibility_module, draft.trial
    draft.describe(node, module, _ELIGIBILITY)
    draft.each(node, tg("standardAge"), dict.fromkeys(module.std_ages), "standardAge", "std_ages")
    for attribute, predicate in _AGES:
        if (stated := getattr(module, attribute)) is None or stated in _NO_LIMIT:
            continue
        if age := years(stated):
            draft.rows.append((node, predicate, age))
        else:
            draft.note("text", attribute, stated, "not an age such as '18 Years'; kept as text")
    order = {"INCLUSION": 0, "EXCLUSION": 0, "": 0}
    for kind, item in items(plain(module.eligibility_criteria or "")):
        part = draft.part(node, _HAS_CRITERION, "criterion", _CRITERION, kind, item)
        order[kind] += 1
        if kind:
            draft.rows.append((part, _CRITERION_KIND, _KINDS[kind]))
        draft.rows.append((part, _ORDER, typed(str(order[kind]), "integer")))
        draft.rows.append((part, _TEXT, verbatim(item)))


def items(criteria: str) -> Iterator[tuple[str, str]]:
    """The marked items of a criteria text, each with "INCLUSION", "EXCLUSION", or "" where no heading says which.

    An item that is indented deeper than the first of its list, and an indented line without a mark, continue the item
    above. An unmarked line at the margin ends the list: it is a note or a sub-heading, and stays in the whole text.
    """
    kind, item, depth = "", "", 0
    for line in _lines(criteria):
        mark = _MARK.fullmatch(line)
        heading = _heading(line.strip(), mark is not None) if _TELLING.search(line) else ""
        continues = item and (len(mark["indent"]) > depth if mark else line[0].isspace())
        if continues and not heading:
            item += "\n" + line.strip()
            continue
        if item:
            yield kind, item
        kind, item = heading or kind, ""
        if mark and not heading:
            item, depth = mark["item"].strip(), len(mark["indent"])
    if item:
        yield kind, item


def _lines(criteria: str) -> Iterator[str]:
    for line in criteria.splitlines():
        glued = _GLUED.fullmatch(line) if "clusion " in line and _MARK.fullmatch(line) else None
        if glued:
            yield from (glued["item"], glued["heading"])
        elif line.strip():
            yield line


def _heading(line: str, marked_as_item: bool) -> str:
    """Which kind of criteria a line announces; "" if it is no heading."""
    line = line.removeprefix("**").strip("#_ ").removesuffix("**")
    if marked_as_item or line[:1] in "*-":
        marked = _MARKED_HEADING.fullmatch(line)
        return marked["kind"].upper() if marked else ""
    if match := _HEADING.fullmatch(line):
        return match["kind"].upper()
    return next((kind for kind, pattern in _INTRODUCTION.items() if line.endswith(":") and pattern.search(line)), "")
