"""What holds for every page: light and dark, on a desk and on a phone, with a keyboard, and without scripts."""

from typing import TYPE_CHECKING, get_args

import pytest
from tests.browser.chrome import WIDTHS, Chrome, Scheme

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

#: The pages, with things of the samples, by the names of their pictures.
PAGES = {
    "home": "/",
    "search": "/search?q=asthma",
    "find": "/find",
    "find-facets": "/find?status=RECRUITING",
    "trial": "/trial/NCT99000002",
    "trial-results": "/trial/NCT99000012",
    "trial-of-pages": "/trial/NCT99000003",
    "related": "/trial/NCT99000002/related",
    "neighbourhood": "/trial/NCT99000002/neighbourhood",
    "question": "/ask/sponsor-portfolio?sponsor=Lumora",
    "sponsor": "/organization/lumora-therapeutics",
    "condition": "/condition/asthma",
    "intervention": "/intervention/veltacanib",
    "country": "/place/US",
    "map": "/map",
    "ask": "/ask",
    "quality": "/quality",
    "quality-rule": "/quality/R03",
    "quality-sponsor": "/quality/organization/lumora-therapeutics",
    "resource": "/record/ctgov/NCT99000002",
    "about": "/about",
}
#: Where axe looks: each width and each scheme once.
CHECKED = {("wide", "light"), ("narrow", "dark")}
_SEEN_FOCUS = """
const style = getComputedStyle(arguments[0]);
return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
"""
#: Headings that leave out a level.
_JUMPS = """
const all = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
return all.filter((each, at) => at && each.tagName[1] - all[at - 1].tagName[1] > 1).map(each => each.outerHTML);
"""
#: What a keyboard must reach: all that works when it is clicked, and is there to be seen.
_WORKING = """
const all = document.querySelectorAll(
  "a[href], button, input, select, textarea, summary, [role=button], [tabindex='0']");
const seen = node => node.checkVisibility({visibilityProperty: true}) &&
  !node.disabled && node.ariaDisabled !== "true" && node.type !== "hidden";
// Of radio buttons, Tab reaches the one that is chosen.
const group = node => node.type !== "radio" || node.checked ||
  !document.querySelector(`input[type=radio][name="${node.name}"]:checked`);
const working = [...all].filter(node => seen(node) && group(node));
"""
_REACHABLE = f"{_WORKING} return working.filter(node => node.tabIndex >= 0);"
_UNREACHED = f"{_WORKING} return working.filter(node => node.tabIndex < 0).map(node => node.outerHTML.slice(0, 120));"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_fault_in_either_scheme_on_a_desk_or_a_phone(browser: Chrome, name: str) -> None:
    browser.open(PAGES[name])
    faults = []
    for width in WIDTHS:
        for scheme in get_args(Scheme):
            browser.look(scheme, width)
            browser.shoot(f"{name}-{width}-{scheme}")
            found = browser.too_wide()
            if (width, scheme) in CHECKED:
                found += browser.serious()
            faults += [f"{width}, {scheme}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_it_is_and_a_keyboard_reaches_all_that_can_be_clicked(browser: Chrome, name: str) -> None:
    browser.open(PAGES[name])
    assert len(browser.all("h1")) == 1
    assert len(browser.all("main")) == 1
    jumps = browser.script(_JUMPS)
    assert jumps == []
    assert browser.driver.title.endswith(" · trialgraph")
    assert browser.script(_UNREACHED) == []


@pytest.mark.parametrize("name", ["home", "find", "trial", "map", "ask", "quality"])
def test_what_tab_reaches_shows_that_it_has_the_focus(browser: Chrome, name: str) -> None:
    browser.open(PAGES[name])
    reached: list[WebElement] = []
    while len(reached) < 12 and (element := browser.tab()).tag_name != "body":
        assert browser.script(_SEEN_FOCUS, element), element.get_attribute("outerHTML")
        assert element not in reached
        reached.append(element)
    assert len(reached) >= 7  # the skip link, the brand, the parts of the site


@pytest.mark.parametrize("name", ["home", "related", "quality-rule"])
def test_tab_reaches_all_of_a_page_and_leaves_it(browser: Chrome, name: str) -> None:
    browser.open(PAGES[name])
    expected: list[WebElement] = browser.script(_REACHABLE)
    reached = [browser.tab() for _ in expected]
    assert [each.get_attribute("outerHTML") for each in expected if each not in reached] == []


def test_the_first_tab_offers_to_skip_to_the_content(browser: Chrome) -> None:
    browser.open("/")
    skip = browser.tab()
    assert skip.text == "Skip to the content"
    assert skip.is_displayed()
    assert skip.location["x"] >= 0
    skip.click()
    assert browser.focused().get_attribute("id") == "main"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_the_same_without_scripts(browser: Chrome, name: str) -> None:
    browser.without_scripts()
    browser.open(PAGES[name])
    assert [heading.text for heading in browser.all("h1")] != [""]
    assert browser.text()


def test_a_page_that_is_not_there_says_so_and_leads_on(browser: Chrome) -> None:
    browser.open("/trial/NCT00000000")
    assert "NCT00000000" in browser.text()
    assert browser.link("nav", "/find")
    browser.check(404)
