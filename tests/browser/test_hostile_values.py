"""A record that tries to be more than text, in every field that holds text, on every page that shows it."""

import json
from collections.abc import Iterator

import pytest
from tests.browser.chrome import Chrome
from tests.browser.serving import serving
from tests.conftest import run
from tests.sentinels import NCT, record, sentinel

from trialgraph.model import leaves

#: Ends whatever it may stand in: a text, an attribute, a script, a style, a comment, a template of ours.
_HOSTILE = "</script></style>--><img src=x onerror=owned=1><svg onload=owned=1>'\"><b id=owned>{{7*7}}</b>"
_LINK = "javascript:owned=1//"
_PAGES = (
    *("/", "/search?q=owned", "/find", f"/trial/{NCT}", f"/trial/{NCT}/related", "/map", "/ask"),
    *("/quality", "/quality/trials", "/quality/R36"),
)
#: What a page of text has none of: elements that a record made, and what its scripts would have done.
_OWNED = """
return [...document.querySelectorAll("#owned, img[src=x], svg[onload], [onerror], a[href^='javascript' i]")]
  .map(each => each.outerHTML).concat(typeof owned === "number" ? ["a script of the record has run"] : []);
"""


def hostile() -> dict[str, object]:
    """A record with every leaf of the registry's model; those of free text are hostile, and links lead to scripts."""
    values = {path: sentinel(path)[0] for path in leaves()}
    for path, value in values.items():
        if value == "a recognisable value":
            values[path] = _LINK if path.lower().endswith(("url", "link")) else f"{_HOSTILE} {path.rpartition('.')[2]}"
    return record(values)


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    one, other = hostile(), hostile()
    other["protocolSection"]["identificationModule"]["nctId"] = "NCT00000002"  # type: ignore[index]
    (folder / "records.ndjson").write_text(f"{json.dumps(one)}\n{json.dumps(other)}\n")
    assert run("build", folder / "records.ndjson", "-o", f"{folder / 'h.store'}/", "-q").exit_code == 0
    with serving(folder / "h.store", folder / "server.log") as origin:
        yield origin


@pytest.fixture
def hostile_browser(chromium: Chrome, hostile_server: str) -> Iterator[Chrome]:
    chromium.start(hostile_server)
    yield chromium
    chromium.check()


@pytest.mark.parametrize("page", _PAGES)
def test_a_value_is_text_whatever_it_says(hostile_browser: Chrome, page: str) -> None:
    hostile_browser.open(page)
    assert hostile_browser.script(_OWNED) == []


def test_the_text_of_a_hostile_value_is_seen_as_it_is(hostile_browser: Chrome) -> None:
    hostile_browser.open(f"/trial/{NCT}")
    assert "<img src=x onerror=owned=1>" in hostile_browser.text("h1")
    assert "{{7*7}}" in hostile_browser.text("h1")


def test_pages_of_the_things_of_a_hostile_trial_are_text_too(hostile_browser: Chrome) -> None:
    hostile_browser.open(f"/trial/{NCT}")
    kinds = ("organization", "facility", "condition", "intervention", "place", "resource")
    links = {kind: hostile_browser.all(f'main a[href^="/{kind}"]') for kind in kinds}
    # As written: of a link in a drawing, the property is no text.
    addresses = [found[0].get_dom_attribute("href") for found in links.values() if found]
    assert len(addresses) >= 3
    for address in addresses:
        hostile_browser.driver.get(f"{hostile_browser.origin}{address}")
        assert hostile_browser.script(_OWNED) == []


def test_no_long_value_makes_a_page_scroll_sideways(hostile_browser: Chrome) -> None:
    hostile_browser.look("light", "narrow")
    for page in _PAGES:
        hostile_browser.open(page)
        assert hostile_browser.too_wide() == [], page
