"""What the server shows, and what it is made of."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct
from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph import __version__
from trialgraph.serve import media
from trialgraph.serve.description import address
from trialgraph.serve.site import site
from trialgraph.serve.thing import called, terms

#: What the build wrote of the parts by others that it fetched.
PARTS = Path(__file__).parents[1] / "static" / "vendor" / "parts.json"
_CONTACTS = {
    "full": "as their registry records publish them",
    "names": "names only, no phone numbers and no e-mail addresses",
    "none": "left out",
}


class Part(Struct, frozen=True):
    """A part by others that pages use."""

    name: str
    version: str
    licence: str
    homepage: str


class _Parts(Struct):
    parts: list[Part]


def parts(file: Path = PARTS) -> list[Part]:
    """The parts by others that are there; none where the package was built without them."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Parts).parts
    except FileNotFoundError:
        return []


def missing(file: Path = PARTS) -> str:
    """What to say to who starts a server without the parts by others; "" if they are there."""
    if parts(file):
        return ""
    return (
        "the SPARQL editor, the graphs and the maps are not installed, and their pages do with plain forms and tables; "
        "npm fetches them while the package is built: install npm, then reinstall trialgraph"
    )


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
        parts=await run_in_threadpool(parts),
        version=__version__,
    )


def _labelled(numbers: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Classes or properties with what they are called, those that are many first."""
    named = [(iri, called(terms(), NamedNode(iri)), number) for iri, number in numbers.items()]
    return sorted(named, key=lambda each: (-each[2], each[1]))


ROUTES = [Route("/about", about)]
