"""One browser and one server a session, on a store built of the samples that ship."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.chrome import Chrome, missing
from tests.browser.serving import serving
from tests.conftest import run

import trialgraph

SAMPLES = Path(trialgraph.__file__).parent / "samples"


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped, and say why. All that run share one browser, and so one worker."""
    reason = missing()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason) if reason else pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the samples."""
    folder = tmp_path_factory.mktemp("served")
    records = [path for path in sorted(SAMPLES.iterdir()) if path.suffix in (".json", ".ndjson", ".txt")]
    assert run("build", *records, "-o", f"{folder / 'samples.store'}/", "-q").exit_code == 0
    with serving(folder / "samples.store", folder / "server.log") as origin:
        yield origin


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """The one Chromium of a session."""
    browser = Chrome(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(chromium: Chrome, server: str) -> Iterator[Chrome]:
    """The browser on the samples' server. The test fails for anything that a page may not do."""
    chromium.start(server)
    yield chromium
    chromium.check()
