"""The parts of a trial's page, each from what the graph says to what a reader sees."""

from typing import Any

import pytest
from markupsafe import escape
from tests.conftest import study
from tests.trial_pages import Seen, html, shown, statements, store

from trialgraph.serve.labels import day_in_words
from trialgraph.serve.record.facts import natural, number_in_words
from trialgraph.serve.record.page import Unknown, page
from trialgraph.serve.record.plot import Point, plot
from trialgraph.serve.record.prose import Line, Prose, mail, web

BASE = "https://w3id.org/trialgraph/"


def trial(**sections: Any) -> Any:
    """The page of a minimal record with some sections."""
    return shown(store(statements(study(**sections))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One line.", '<p dir="auto">One line.</p>'),
        ("One.\n\nTwo.", '<p dir="auto">One.</p><p dir="auto">Two.</p>'),
        ("* a\n* b", '<ul><li dir="auto">a</li><li dir="auto">b</li></ul>'),
        ("1. a\n2. b", '<ol><li dir="auto" value="1">a</li><li dir="auto" value="2">b</li></ol>'),
        ("* a\n  * b\n* c", '<ul><li dir="auto">a<ul><li dir="auto">b</li></ul></li><li dir="auto">c</li></ul>'),
        ("* a\n  more", '<ul><li dir="auto">a<br>more</li></ul>'),
        ("* a\nAfter.", '<ul><li dir="auto">a</li></ul><p dir="auto">After.</p>'),
        ("A **strong** word", '<p dir="auto">A <strong>strong</strong> word</p>'),
        ("2 ** 3 ** 4 and a*b*c", '<p dir="auto">2 ** 3 ** 4 and a*b*c</p>'),
        ("<b> & \"q\" 'r'", '<p dir="auto">&lt;b&gt; &amp; &#34;q&#34; &#39;r&#39;</p>'),
        ("", ""),
    ],
)
def test_a_text_becomes_paragraphs_and_lists(text: str, expected: str) -> None:
    assert escape(Prose(text)) == expected


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://example.org/a?b=1&c=2.", ["https://example.org/a?b=1&c=2"]),
        ("(https://example.org/)", ["https://example.org/"]),
        ('https://example.org/"onclick="x', ["https://example.org/"]),
        ("javascript:alert(1) data:text/html,x ftp://example.org", []),
        ("http://<script>", []),
    ],
)
def test_only_addresses_of_the_web_become_links(text: str, links: list[str]) -> None:
    assert Seen(escape(Line(text))).attributes("href") == links
    assert Seen(escape(Line(text))).text == text


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.org/x", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("//example.org", False),
        ("https://example.org/\u202egpj", False),
        ("https://example.org/a b", False),
        ("", False),
    ],
)
def test_an_address_is_linked_only_if_it_is_safe(url: str, linked: bool) -> None:
    assert bool(web(url)) == linked


def test_a_mail_address_is_linked_only_if_it_looks_like_one() -> None:
    assert mail("jane.roe@example.org") == "mailto:jane.roe@example.org"
    assert [mail(each) for each in ("jane", "a@b?cc=x@y.org", "a@b.org\nbcc:x")] == ["", "", ""]


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("2025-08-31", "31 Aug 2025"),
        ("2025-08", "Aug 2025"),
        ("2025", "2025"),
        ("2025-08-31T08:09:00", "31 Aug 2025 08:09"),
        ("2025-13", "2025-13"),
        ("next May", "next May"),
    ],
)
def test_a_date_is_as_precise_as_it_is_stated(stated: str, words: str) -> None:
    assert day_in_words(stated) == words


def test_numbers_sort_as_numbers_and_large_ones_have_commas() -> None:
    assert sorted(["Week 12", "Week 4", "Week ²"], key=natural) == ["Week 4", "Week 12", "Week ²"]
    assert sorted(["Group2", "Group 1"], key=natural) == ["Group 1", "Group2"]
    assert [number_in_words(each) for each in ("999", "43996", "0.5", "NA")] == ["999", "43,996", "0.5", "NA"]


def test_the_timeline_draws_what_it_lists_and_where_today_is() -> None:
    found = trial(
        statusModule={
            "overallStatus": "RECRUITING",
            "startDateStruct": {"date": "2025-02", "type": "ACTUAL"},
            "completionDateStruct": {"date": "2027-06-30", "type": "ESTIMATED"},
        }
    ).timeline
    listed = [(moment.label, moment.words, moment.kind) for moment in found.moments if moment.stated]
    assert listed == [("Start", "Feb 2025", "actual"), ("Completion", "30 Jun 2027", "estimated")]
    assert [text in found.drawing for text in ("Feb 2025", "30 Jun 2027", "today", "moment estimated")] == [True] * 4


def test_dates_that_cannot_be_drawn_are_listed_all_the_same() -> None:
    found = trial(statusModule={"startDateStruct": {"date": "soon"}, "completionDateStruct": {"date": "0001"}})
    assert [moment.words for moment in found.timeline.moments if moment.stated] == ["soon", "0001"]
    assert found.timeline.drawing == ""


def test_criteria_stand_in_two_lists_and_the_rest_stays_in_sight() -> None:
    text = "Inclusion Criteria:\n\n* Adults\n* Asthma\n\nExclusion Criteria:\n\n* Smokers"
    found = trial(eligibilityModule={"eligibilityCriteria": text}).eligibility
    assert (found.inclusion, found.exclusion, found.told) == (("Adults", "Asthma"), ("Smokers",), True)
    note = "\n\nWho takes part in another trial of the same sponsor has to ask the investigator before."
    assert not trial(eligibilityModule={"eligibilityCriteria": text + note}).eligibility.told
    whole = trial(eligibilityModule={"eligibilityCriteria": "Adults with asthma."})
    assert not whole.eligibility.inclusion
    assert "Adults with asthma." in html(whole)


def test_the_matrix_says_in_words_which_arm_uses_what() -> None:
    found = trial(
        armsInterventionsModule={
            "armGroups": [
                {"label": "Control", "type": "PLACEBO_COMPARATOR"},
                {"label": "Active", "type": "EXPERIMENTAL", "interventionNames": ["Drug: aspirin"]},
            ],
            "interventions": [{"type": "DRUG", "name": "aspirin"}],
        }
    )
    assert [(arm.label, arm.uses) for arm in found.arms.arms] == [("Active", {0}), ("Control", frozenset())]
    text = Seen(html(found)).text
    assert (text.count("uses it"), text.count("does not use it")) == (1, 1)


def test_sites_stand_by_country_the_one_with_most_first() -> None:
    places = [("A", "Lyon", "France"), ("B", "Paris", "France"), ("C", "Bonn", "Germany")]
    locations = [{"facility": name, "city": city, "country": country} for name, city, country in places]
    found = trial(contactsLocationsModule={"locations": [*locations, {"facility": "D"}]}).sites
    assert [(each.name, [site.facility for site in each.sites]) for each in found.countries] == [
        ("France", ["A", "B"]),
        ("", ["D"]),
        ("Germany", ["C"]),
    ]


def points(*values: str, spread: str = "") -> list[Point]:
    return [Point("Week 4", group, value, spread, "", "") for group, value in enumerate(values)]


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        (points("1", "2"), True),
        (points("-5.5", "1e3", "NA"), True),
        (points("1", "NA"), False),
        (points("2", "2"), False),
        (points("1e-320", "2e-320"), False),
        (points("1e999", "nan"), False),
        (points("100000000000000", "100000000000000.01"), False),
        (points(*map(str, range(100))), False),
    ],
)
def test_values_are_drawn_where_there_is_something_to_compare(given: list[Point], drawn: bool) -> None:
    assert bool(plot(given, ["A", "B"], "mmHg", "")) == drawn


def test_a_spread_is_drawn_around_a_value_only_if_it_reaches_both_ways() -> None:
    given = points("5", "9", spread="1")
    assert "reach" in plot(given, ["A", "B"], "", "STANDARD_DEVIATION")
    assert "reach" not in plot(given, ["A", "B"], "", "INTER_QUARTILE_RANGE")


def test_a_number_of_a_group_that_is_not_listed_is_not_lost() -> None:
    flow = {
        "groups": [{"id": "FG000", "title": "All"}],
        "periods": [
            {
                "title": "Overall",
                "milestones": [
                    {
                        "type": "STARTED",
                        "achievements": [
                            {"groupId": "FG000", "numSubjects": "7"},
                            {"groupId": "FG000", "numSubjects": "8"},
                            {"groupId": "FG009", "numSubjects": "9"},
                        ],
                    }
                ],
            }
        ],
    }
    found = trial(resultsSection={"participantFlowModule": flow})
    [cell] = found.results.flow.periods[0].rows[0].cells
    assert {cell.text, *cell.notes} == {"7", "8", "FG009: 9"}


def test_the_share_of_those_at_risk_is_told_where_it_can_be() -> None:
    events = {
        "eventGroups": [{"id": "EG000", "title": "All", "seriousNumAffected": 1, "seriousNumAtRisk": 4}],
        "seriousEvents": [
            {
                "term": "Fall",
                "organSystem": "Injury",
                "stats": [{"groupId": "EG000", "numAffected": 2, "numAtRisk": 0}],
            }
        ],
    }
    found = trial(resultsSection={"adverseEventsModule": events}).results.events
    assert [total.counts[0].share for total in found.totals] == [-1, 0.25, -1]
    assert found.kinds[0].systems[0].events[0].counts[0].share == -1


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        ("NCT00000002", Unknown("NCT00000001")),
        ("NCT00000011", Unknown("", ("NCT00000001",))),
        ("<not an id>", Unknown("", ("NCT00000001",))),
    ],
)
def test_an_unknown_id_leads_to_the_trial_that_had_it_or_to_ids_like_it(id_: str, expected: Unknown) -> None:
    held = store(statements(study(identificationModule={"nctIdAliases": ["NCT00000002"]})))
    assert page(held, BASE, id_) == expected
