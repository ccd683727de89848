"""The page of a trial shows everything that the graph says of it, and shows it as text."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from tests.conftest import study
from tests.sentinels import record, sentinel
from tests.trial_pages import Seen, html, shown, statements, store

from trialgraph.iris import TG, TGV
from trialgraph.model import leaves
from trialgraph.serve.labels import day_in_words, words

#: Properties whose values a reader does not find on the page as they stand, each with the reason.
NOT_SHOWN = {
    "type": "a class is what a section or a heading says",
    "startDateLatest": "the last day that the date can mean, for comparing; the date is shown",
    "primaryCompletionDateLatest": "as above",
    "completionDateLatest": "as above",
    "minimumAgeYears": "the age in years, for comparing; the age is shown",
    "maximumAgeYears": "as above",
    "order": "criteria are numbered by it",
    "criterionKind": "there is a list for each kind",
    "outcomeKind": "as above",
    "placeKind": "a place stands where its kind stands",
    "lat": "the map of the sites has the point",
    "long": "as above",
}


def everything() -> dict[str, Any]:
    """A record with a value at every leaf of the model, each text and each number another one."""
    values: dict[str, Any] = {}
    for number, path in enumerate(sorted(leaves())):
        value, _ = sentinel(path)
        if value == "a recognisable value":
            value = f"value {number} of {path.rpartition('.')[2]}"
        elif value == 4711:
            value = 5000 + number
        elif value == "47.11":
            value = f"{number}.25"
        elif value == "2031-05-17":
            value = str(date(2020, 1, 1) + timedelta(number))
        values[path] = value
    return record(values)


def is_shown(term: str, seen: Seen, days: set[str]) -> bool:
    """Whether a reader finds a term on the page: a text, a number with or without commas, a date, or a label."""
    if term.startswith("<"):
        label = words()[term[1:-1]]
        return label.casefold() in seen.text.casefold()
    match = re.fullmatch(r'"(.*)"(?:\^\^<.*#(\w+)>)?', term, re.DOTALL)
    assert match
    lexical, datatype = match.groups()
    if datatype == "boolean":
        return lexical == "true" and "Yes" in seen.text  # that each has its own is what `rest` shows
    if datatype in ("date", "gYearMonth", "gYear", "dateTime"):
        return lexical in days and day_in_words(lexical) in seen.text
    return lexical in seen.text or (lexical.isdigit() and f"{int(lexical):,}" in seen.text)


def test_every_value_of_a_complete_record_is_on_the_page() -> None:
    rows = statements(everything())
    found = shown(store(rows))
    seen = Seen(html(found))
    days = set(seen.attributes("datetime"))
    missing = []
    for subject, predicate, term in rows:
        name = re.split(r"[#/]", predicate[1:-1])[-1]
        known = term[1:-1] in words() if term.startswith("<") else True
        if name not in NOT_SHOWN and known and not is_shown(term, seen, days):
            missing.append((subject.rpartition("/")[2], name, term))
    assert missing == []


def test_every_property_of_a_complete_record_has_a_place_of_its_own() -> None:
    found = shown(store(statements(everything())))
    assert [(thing.name, [fact.property for fact in thing.facts]) for thing in found.rest] == []


def test_what_has_no_place_is_shown_at_the_end() -> None:
    trial = "<https://w3id.org/trialgraph/trial/NCT00000001>"
    rows = [*statements(study()), (trial, "<https://example.org/verdict>", '"unheard of"')]
    seen = Seen(html(shown(store(rows))))
    assert "unheard of" in seen.text
    assert "rest" in seen.attributes("id")


HOSTILE = (
    '</title></textarea><script>alert(1)</script><img src=x onerror=alert(2)>"\'` onmouseover=alert(3) x="'
    "{{ 7*7 }} **bold** [a](javascript:alert(4)) javascript:alert(5) \u202egnorw\u202c \u0000\u001b[31m "
    'http://evil.example/"onclick=alert(6) <svg/onload=alert(7)> &lt;b&gt; ' + "W" * 3000
)


def hostile(path: str) -> Any:
    """A hostile value for a leaf; an NCT id of the trial itself is always one."""
    if path.endswith("identificationModule.nctId"):
        return "NCT00000001"
    kind, name = leaves()[path], path.rpartition(".")[2]
    if name in ("lat", "lon"):
        return 1.5
    if name == "url" or (kind == "str" and name.lower().endswith("link")):
        return f"javascript:alert(8)//{path}"
    return f"{HOSTILE}{path}"


def test_hostile_values_in_every_field_are_text() -> None:
    values = record({path: hostile(path) for path in leaves()})
    found = shown(store(statements(values)))
    text = html(found)
    seen = Seen(text)
    assert seen.faults == []
    scripts = [attributes.get("src", "") for tag, attributes in seen.elements if tag == "script"]
    assert "/static/trial.js" in scripts
    assert [script for script in scripts if not script.startswith("/static/")] == []
    assert not [tag for tag, _ in seen.elements if tag in ("img", "iframe", "object", "base", "style", "textarea")]
    names = {name for _, attributes in seen.elements for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("style", "srcdoc", "formaction")]
    assert not [link for link in seen.attributes("href") if not re.match(r"(/|#|https?://|mailto:)", link)]
    assert "\x00" not in text
    assert "\x1b" not in text
    assert "<script>alert(1)</script>" in seen.text
    assert "{{ 7*7 }}" in seen.text
    assert "javascript:alert(8)" in seen.text


def test_every_id_of_the_page_is_used_once_and_every_link_on_it_leads_somewhere() -> None:
    seen = Seen(html(shown(store(statements(everything())))))
    ids = seen.attributes("id")
    assert sorted(ids) == sorted(set(ids))
    assert [link for link in seen.attributes("href") if link.startswith("#") and link[1:] not in ids] == []


def test_a_bare_record_says_what_it_does_not_state() -> None:
    seen = Seen(html(shown(store(statements(study())))))
    assert seen.faults == []
    assert "not stated" in seen.text
    assert "not shown on the captured page" not in seen.text


def test_a_captured_page_is_not_blamed_for_what_it_does_not_show() -> None:
    seen = Seen(html(shown(store(statements(veeva=study())))))
    assert "not shown on the captured page" in seen.text
    assert "Known from captured pages only" in seen.text


def test_a_disagreement_stands_beside_the_value_and_in_a_table() -> None:
    ours = study(designModule={"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 132}})
    theirs = study(designModule={"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 120}})
    found = shown(store(statements(ours, veeva=theirs)))
    assert [(d.label, d.kept[0].text, d.other[0].text) for d in found.provenance.disputes] == [
        ("Enrollment", "132", "120")
    ]
    text = html(found)
    assert text.count("Sources disagree") == 1
    assert "Where sources disagree" in text


def test_a_rule_that_is_broken_is_named_with_its_source() -> None:
    found = shown(store(statements(study())))
    assert found.completeness.broken
    seen = Seen(html(found))
    for broken in found.completeness.broken:
        assert broken.message in seen.text
    assert f"{found.completeness.stated} of {found.completeness.counted}" in seen.text


@pytest.mark.parametrize(
    ("contacts", "there", "gone"),
    [
        ("full", ["Jane Roe", "+1 555 0100", "jane@example.org"], []),
        ("names", ["Jane Roe", "has a phone number and an e-mail address"], ["+1 555 0100", "jane@example.org"]),
    ],
)
def test_a_contact_whose_details_are_withheld_is_said_to_have_them(
    contacts: Any, there: list[str], gone: list[str]
) -> None:
    person = {"name": "Jane Roe", "role": "CONTACT", "phone": "+1 555 0100", "email": "jane@example.org"}
    rows = statements(study(contactsLocationsModule={"centralContacts": [person]}), contacts=contacts)
    seen = Seen(html(shown(store(rows))))
    assert [text for text in there if text not in seen.text] == []
    assert [text for text in gone if text in seen.text] == []


def test_a_trial_of_very_many_figures_leaves_some_to_a_page_of_their_own() -> None:
    rows = statements(everything())
    few = shown(store(rows), most=0)
    assert [measure.folded for measure in few.results.measures] == [True]
    assert few.rest == ()
    assert "/trial/NCT00000001/results#measure-" in html(few)
    seen = Seen(html(shown(store(rows)), "trial/all-results.html"))
    assert seen.faults == []


def test_the_words_of_the_ontology_name_every_property_of_the_model() -> None:
    named = {iri for iri in words() if iri.startswith(TG)}
    used = {p[1:-1] for _, p, _ in statements(everything()) if p.startswith(f"<{TG}")}
    assert used - named == set()
    assert words()[f"{TGV}phase-PHASE2"]
