"""What the server shows, and what it is made of."""

from collections.abc import Mapping

from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph.serve import media, parts
from trialgraph.serve.description import address
from trialgraph.serve.site import site
from trialgraph.serve.thing import called, terms

_CONTACTS = {
    "full": "as their registry records publish them",
    "names": "names only, no phone numbers and no e-mail addresses",
    "none": "left out",
}


async def about(request: Request) -> Response:
    """What the server shows."""
    at = site(request)
    counts = await at.numbers()
    return await at.page(
        "about.html",
        counts=counts,
        classes=await run_in_threadpool(_labelled, counts.classes),
        properties=await run_in_threadpool(_labelled, counts.properties),
        contacts=_CONTACTS[at.settings.contacts],
        limits=at.settings.limits,
        address=address(request),
        forms=media.alternates("/.well-known/void"),
        parts=await run_in_threadpool(parts.parts),
        missing=await run_in_threadpool(parts.missing),
        version=at.settings.version,
    )


def _labelled(numbers: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Classes or properties with what they are called, those that are many first."""
    named = [(iri, called(terms(), NamedNode(iri)), number) for iri, number in numbers.items()]
    return sorted(named, key=lambda each: (-each[2], each[1]))


ROUTES = [Route("/about", about)]
