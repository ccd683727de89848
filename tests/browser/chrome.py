"""A headless Chromium that notes what a page may not do: errors in its console, requests that fail or go elsewhere."""

import json
import os
import shutil
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

Scheme = Literal["light", "dark"]
#: The widths that pages are looked at: a desk and a small phone, in CSS pixels.
WIDTHS = {"wide": 1280, "narrow": 360}

_HEIGHT = 800
_TALLEST = 6_000  # pixels of a screenshot
_SECONDS = 10
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-dev-shm-usage", "--disable-component-update", "--lang=en"),
    # One process shows all pages; otherwise each gets one of its own, and another is kept ready.
    *("--renderer-process-limit=1", "--disable-features=SpareRendererForSitePerProcess,BackForwardCache"),
)
_OWN_SCHEMES = ("data:", "blob:", "about:")
_ROOT = Path(__file__).parents[2]
#: Where the checker of accessibility is: named by AXE, or as npm puts it beside the parts of the pages.
_AXE = (
    Path(os.environ.get("AXE", "axe.min.js")),
    *(_ROOT / folder / "node_modules/axe-core/axe.min.js" for folder in ("extract/trialgraph/serve/frontend", ".")),
)
_SERIOUS = """
return axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
  .filter(each => ["serious", "critical"].includes(each.impact))
  .map(each => each.id + ": " + each.help + ": " + each.nodes.slice(0, 3).map(node => node.html).join(" | ")))
"""
#: A point of the window at which an element is in front, whole pixels; nothing if there is none.
_PAINTED = """
arguments[0].scrollIntoView({block: "center"});
for (const box of [arguments[0], ...arguments[0].querySelectorAll("*")].map(node => node.getBoundingClientRect()))
  for (let down = 1; down < 20; down++)
    for (let across = 1; across < 20; across++) {
      const point = [box.left + box.width * across / 20, box.top + box.height * down / 20].map(Math.round);
      if (arguments[0].contains(document.elementFromPoint(...point))) return point;
    }
"""
#: What scrolls the page sideways: the elements that reach over its right edge and that no scrolling box holds.
_TOO_WIDE = """
const room = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= room) return [];
const clipped = node => node && node !== document.body &&
  (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(node).overflowX) || clipped(node.parentElement));
const wide = [...document.body.querySelectorAll("*")].filter(
  node => node.getBoundingClientRect().right > room + 1 && !clipped(node.parentElement));
return ["the page is " + document.documentElement.scrollWidth + " wide in " + room,
  ...wide.slice(0, 5).map(node => node.outerHTML.slice(0, 120))];
"""


def missing() -> str:
    """Why there can be no tests in a browser; "" if there can."""
    lacking = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"no {' and no '.join(lacking)} on the PATH: apt-get install chromium chromium-driver" if lacking else ""


def axe() -> Path | None:
    """The file of axe-core, if it is there."""
    return next((path for path in _AXE if path.is_file()), None)


class Chrome:
    """A browser on one server. Every page that it opens is held to what a page may not do, until `check`."""

    def __init__(self, profile: Path) -> None:
        options = Options()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # With the path of the driver, Selenium looks for none and downloads none.
        self.driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
        self.driver.set_page_load_timeout(_SECONDS)
        self.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": False})
        self._events: list[dict[str, Any]] = []
        self.origin = ""

    def start(self, origin: str) -> None:
        """Begin a test on a server: nothing on the page, wide and light, with scripts; nothing kept, nothing noted."""
        self.origin = origin
        self.without_scripts(False)
        kept = {"origin": origin, "storageTypes": "all"}
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", kept)
        self.driver.get("about:blank")
        self.look("light", "wide")
        self._drain()
        self._events.clear()

    def open(self, path: str) -> None:
        """Open a page of the server."""
        self.driver.get(f"{self.origin}{quote(path, safe='/?&=%:,+;#')}")

    def without_scripts(self, value: bool = True) -> None:
        """Run no scripts on pages that are opened from now on, until the next start."""
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": value})

    def look(self, scheme: Scheme, width: str) -> None:
        """Show pages light or dark, "wide" or "narrow"."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self._size(WIDTHS[width], _HEIGHT)

    def _size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    # What is on the page

    def all(self, css: str) -> list[WebElement]:
        """The elements of a CSS selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str) -> WebElement:
        """The first element of a CSS selector, when it is there."""
        found: WebElement = self.wait(lambda: self.all(css), f"{css} is not on the page")[0]
        return found

    def link(self, css: str, href: str) -> WebElement:
        """The first link within a CSS selector that leads to where a path begins."""
        return self.one(f'{css} a[href^="{href}"]')

    def follow(self, css: str, href: str) -> None:
        """Click the first link within a CSS selector that leads to where a path begins, and wait for its page."""
        self.leave(self.link(css, href).click)

    def leave(self, action: Callable[[], object]) -> None:
        """Do what leads to another page, and wait until that is there."""
        before = self.one("html")
        action()
        self.wait(lambda: self.all("html") != [before] and self.script("return document.readyState") == "complete")

    def text(self, css: str = "main") -> str:
        """The text that one sees in an element."""
        return self.one(css).text

    def wait(self, condition: Callable[[], Any], message: str = "") -> Any:
        """What a condition gives as soon as that is true; fails after some seconds."""
        waiting = WebDriverWait(self.driver, _SECONDS, poll_frequency=0.02)
        return waiting.until(lambda _: condition(), message or f"waited in vain at {self.driver.current_url}")

    def script(self, text: str, *arguments: object) -> Any:
        """What a script gives that runs in the page."""
        return self.driver.execute_script(text, *arguments)

    def click_at(self, element: WebElement) -> None:
        """Click where an element is painted: the middle of a shape's box may lie outside of the shape."""
        found = self.script(_PAINTED, element)
        assert found, "nothing of the element can be clicked"
        webdriver.ActionChains(self.driver, duration=0).move_by_offset(*found).click().perform()
        webdriver.ActionChains(self.driver, duration=0).move_by_offset(-found[0], -found[1]).perform()

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        webdriver.ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def focused(self) -> WebElement:
        """What has the focus."""
        return self.driver.switch_to.active_element

    def tab(self, backwards: bool = False) -> WebElement:
        """Go on to what the next Tab reaches."""
        keys = webdriver.ActionChains(self.driver, duration=0)
        if backwards:
            keys.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        else:
            keys.send_keys(Keys.TAB).perform()
        return self.focused()

    # What may not be

    def check(self, *expected: int) -> None:
        """Fail on what went wrong since the start. The statuses that are `expected` are no failures of a request."""
        self._drain()
        problems = [problem for event in self._events if (problem := self._problem(event, expected))]
        self._events.clear()
        assert not problems, "\n".join(dict.fromkeys(problems))

    def serious(self) -> list[str]:
        """The serious and critical problems that axe finds on the page. Skips the test where there is no axe."""
        file = axe()
        if file is None:
            pytest.skip("no axe-core: run `npm ci` where package.json is, or name the file axe.min.js in AXE")
        if not self.script("return typeof axe === 'object'"):
            self.script(f"{file.read_text(encoding='utf-8')}\nwindow.axe = axe;")
        found: list[str] = self.script(_SERIOUS)
        return found

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways."""
        found: list[str] = self.script(_TOO_WIDE)
        return found

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page in the folder that SCREENSHOTS names, if it names one."""
        folder = os.environ.get("SCREENSHOTS")
        if not folder:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        size = self.script("return [innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], _TALLEST), "scale": 1}
        shot = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", shot)
        (Path(folder) / f"{name}.png").write_bytes(b64decode(picture["data"]))

    def _drain(self) -> None:
        console, network = (self.driver.get_log(kind) for kind in ("browser", "performance"))  # type: ignore[no-untyped-call]
        self._events += [{"console": entry} for entry in console]
        self._events += [json.loads(entry["message"])["message"] for entry in network]

    def _problem(self, event: dict[str, Any], expected: tuple[int, ...]) -> str:
        if entry := event.get("console"):
            known = any(f"status of {status}" in entry["message"] for status in expected)
            return "" if known or entry["level"] != "SEVERE" else f"console: {entry['message']}"
        method, told = event["method"], event["params"]
        if method == "Network.requestWillBeSent":
            url = told["request"]["url"]
            own = url.startswith((f"{self.origin}/", *_OWN_SCHEMES))
            return "" if own else f"a request to elsewhere: {url}"
        if method == "Network.responseReceived" and told["response"]["status"] >= 400:
            status, url = told["response"]["status"], told["response"]["url"]
            return "" if status in expected else f"status {status} of {url}"
        if method == "Network.loadingFailed" and not told.get("canceled") and told["errorText"] != "net::ERR_ABORTED":
            return f"a request failed: {told['errorText']} {told.get('blockedReason', '')}"
        return ""
