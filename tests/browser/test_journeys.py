"""What readers do: each test is a way through the pages."""

from tests.browser.chrome import Chrome


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
