"""What every page and the endpoint work with: the workers, the catalogue, the templates."""

import re
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote

import jinja2
import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from trialgraph import resources
from trialgraph.iris import BASE, MESH
from trialgraph.serve import worldmap
from trialgraph.serve.background import Background
from trialgraph.serve.catalogue import Catalogue
from trialgraph.serve.counts import Counts, counted
from trialgraph.serve.labels import day_in_words, label
from trialgraph.serve.media import alternates, spoken
from trialgraph.serve.metrics import Metrics
from trialgraph.serve.pool import Pool
from trialgraph.serve.settings import Settings

#: The address of the page that is being made, where what it shows can be had as data too; "" elsewhere.
ADDRESS: ContextVar[str] = ContextVar("ADDRESS", default="")
_DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)
#: What stands in a path as it is, beside letters and digits.
_PLAIN = "/:@!$&'()*+,=~"


class Site(Struct):
    """A served graph."""

    name: str  # what the user calls the graph: the path that was given
    pool: Pool
    templates: jinja2.Environment
    settings: Settings
    base: str = BASE  # of the instances in the graph
    counts: Counts | None = None  # what the graph holds, once somebody counted
    version: str = ""  # changes with the graph and with what is shown of it; "" if nobody said
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    opened: Catalogue | None = None  # while the server runs
    made: Background | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The index of the graph for pages, from start-up on."""
        assert self.opened, "the server has not started"
        return self.opened

    @property
    def background(self) -> Background:
        """The files that are made of the graph while the server runs."""
        assert self.made, "the application has not been put together"
        return self.made

    def warm(self) -> None:
        """Read what the first page would wait for: the templates and the words of the vocabulary."""
        for name in self.templates.list_templates():
            self.templates.get_template(name)
        resources.vocabulary()
        worldmap.outlines()
        label("overallStatus", "RECRUITING")

    def path(self, iri: str) -> str:
        """Where the server shows a thing: what its IRI has below the base, or /resource for what is not ours."""
        if iri.startswith(MESH):
            return f"/mesh/{quote(iri[len(MESH) :], safe='')}"
        local = iri[len(self.base) :] if iri.startswith(self.base) else ""
        # A browser would take a segment of dots for a way up, and two slashes at the beginning for another server.
        if local and not local.startswith("/") and not any(_DOTS.fullmatch(part) for part in local.split("/")):
            return f"/{quote(local, safe=_PLAIN)}"
        return f"/resource?iri={quote(iri, safe='')}"

    def iri(self, path: str) -> str:
        """The IRI of what the server shows at a path (percent-encoding undone), which `path` gives for it."""
        if path.startswith("/mesh/"):
            return MESH + path.removeprefix("/mesh/")
        return self.base + path.removeprefix("/")

    async def numbers(self) -> Counts:
        """What the graph holds, in numbers."""
        if self.counts is None:
            self.counts = await self.pool.run(counted)
        return self.counts

    async def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page from a template, rendered outside the event loop."""
        values |= {"site": self, "alternates": alternates(ADDRESS.get())}
        text = await run_in_threadpool(self.templates.get_template(template).render, **values)
        return HTMLResponse(text, status)


def site(request: Request) -> Site:
    """The site that a request came to."""
    found: Site = request.app.state.site
    return found


def templates() -> jinja2.Environment:
    """The templates of the package; every value is escaped, and an unknown one is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("trialgraph.serve"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = day_in_words
    environment.filters["form"] = spoken
    environment.filters["label"] = lambda token, scheme: label(scheme, token)
    return environment
