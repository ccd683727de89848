"""What readers do: each test is a way through the pages."""

import pytest
from selenium.webdriver.common.keys import Keys
from tests.browser.chrome import Chrome


def test_from_a_search_to_a_trial_to_a_site_to_a_related_trial(browser: Chrome) -> None:
    browser.open("/")
    browser.one("main input[name=q]").send_keys("veltacanib")
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert "q=veltacanib" in browser.driver.current_url
    browser.follow("main", "/trial/NCT99000002")
    assert browser.text("h1") == "Dose-Finding Trial of Veltacanib in Idiopathic Pulmonary Fibrosis"

    for country in browser.all("#sites details:not([open]) summary"):
        country.click()
    facility = browser.link("#sites table", "/facility/")
    name = facility.text
    browser.leave(facility.click)
    assert browser.text("h1") == name
    browser.leave(browser.one('main a[href="/trial/NCT99000002"]').click)

    like = browser.one('#related .related > li > a[href^="/trial/NCT"]')
    title = like.text
    assert browser.text("#related .related > li ul")  # what the two share
    browser.leave(like.click)
    assert browser.text("h1") == title


def skip_without(browser: Chrome, part: str) -> None:
    """Skip a test of a part that npm fetches where it was not."""
    if not browser.all(part):
        pytest.skip("the parts of the pages are not there: python -m trialgraph.serve.parts")


def test_the_editor_runs_a_query(browser: Chrome) -> None:
    browser.open("/ask")
    skip_without(browser, "[src*=yasgui]")
    browser.one("#editor .yasqe_queryButton").click()
    link = browser.one('.yasr tbody a[href^="/trial/NCT"]')
    wanted = link.text
    browser.leave(link.click)
    assert browser.driver.current_url.endswith(f"/trial/{wanted}")


def test_without_the_editor_the_plain_box_runs_a_query(browser: Chrome) -> None:
    browser.without_scripts()
    browser.open("/ask")
    box = browser.one("#query")
    box.clear()
    box.send_keys("SELECT ?id WHERE { ?trial <https://w3id.org/trialgraph/ontology#nctId> ?id } ORDER BY ?id LIMIT 3")
    browser.leave(browser.one("#plain button").click)
    assert len(browser.all("#answer tbody tr")) == 3


def test_a_named_question_is_asked_by_its_form(browser: Chrome) -> None:
    browser.open("/ask")
    browser.follow("#questions ~ .topics", "/ask/sponsor-portfolio")
    browser.one("main form input[name=sponsor]").send_keys("Lumora")
    browser.leave(browser.one("main form button").click)
    assert "Lumora Therapeutics" in browser.text("main table")


def test_the_list_of_questions_narrows_while_one_types(browser: Chrome) -> None:
    browser.open("/ask")
    before = len([each for each in browser.all(".topic li") if each.is_displayed()])
    browser.one("#about").send_keys("overdue")
    browser.wait(lambda: 0 < len([each for each in browser.all(".topic li") if each.is_displayed()]) < before)


def test_from_a_number_of_the_quality_page_to_its_trials(browser: Chrome) -> None:
    browser.open("/quality")
    row = browser.all("main [aria-label=Rules] tbody tr")[0]
    rule, trials = row.find_element("css selector", "th").text, row.find_elements("css selector", "td")[2].text
    browser.leave(row.find_element("css selector", "td a").click)
    assert rule in browser.text("h1")
    assert browser.text("caption").startswith(f"{trials} trial")
    assert len(browser.all("main tbody tr")) == min(int(trials), 50)
    browser.follow("main tbody", "/trial/NCT")
    assert "/trial/NCT" in browser.driver.current_url


def test_a_bar_of_the_histogram_leads_to_its_trials(browser: Chrome) -> None:
    browser.open("/quality")
    bar = browser.all(".histogram a")[-1]
    number = bar.text.strip()
    browser.script("arguments[0].focus()", bar)
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert browser.text("caption").startswith(f"{number} trial")


def test_the_map_answers_clicks_down_to_a_facility(browser: Chrome) -> None:
    browser.open("/map")
    skip_without(browser, "main svg")
    country = browser.one('main svg a[href^="/place/"]')
    browser.leave(lambda: browser.click_at(country))
    assert "/place/" in browser.driver.current_url
    name = browser.text("h1")
    assert name in browser.driver.title
    facility = browser.one('main svg a[href^="/facility/"]')
    browser.leave(lambda: browser.click_at(facility))
    assert "/facility/" in browser.driver.current_url
    assert name in browser.text()  # where it is
    browser.follow("main", "/trial/NCT")
    assert browser.text("h1") in browser.driver.title


def test_the_map_s_table_leads_where_the_map_does(browser: Chrome) -> None:
    browser.open("/map")
    skip_without(browser, "main svg")
    shown = {link.get_dom_attribute("href") for link in browser.all("main svg a")}
    listed = {link.get_dom_attribute("href") for link in browser.all("main table tbody th a")}
    assert shown
    assert shown <= listed


def test_a_search_suggests_and_a_key_chooses(browser: Chrome) -> None:
    browser.open("/")
    browser.one("main input[name=q]").send_keys("lumora")
    browser.one("main [role=option]")
    browser.press(Keys.ARROW_DOWN)
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert "Lumora" in browser.text("h1")
