"""What every page and the endpoint work with: the workers, the catalogue, the templates."""

from typing import Any

import jinja2
import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from trialgraph.iris import BASE
from trialgraph.serve.metrics import Metrics
from trialgraph.serve.pool import Pool
from trialgraph.serve.settings import Settings


class Site(Struct):
    """A served graph."""

    name: str  # what the user calls the graph: the path that was given
    pool: Pool
    templates: jinja2.Environment
    settings: Settings
    base: str = BASE  # of the instances in the graph
    metrics: Metrics = msgspec.field(default_factory=Metrics)

    def path(self, iri: str) -> str:
        """Where the server shows a thing: its IRI below the base, or /resource for what is not ours."""
        if iri.startswith(self.base):
            return f"/{iri[len(self.base) :]}"
        return f"/resource?iri={iri}"  # percent-encoding: see linked.py

    async def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page from a template, rendered outside the event loop."""
        text = await run_in_threadpool(self.templates.get_template(template).render, site=self, **values)
        return HTMLResponse(text, status)


def site(request: Request) -> Site:
    """The site that a request came to."""
    found: Site = request.app.state.site
    return found


def templates() -> jinja2.Environment:
    """The templates of the package; every value is escaped, and an unknown one is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("trialgraph.serve"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
