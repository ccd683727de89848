"""The ontology and the vocabulary: the documents that the IRIs of their terms name."""

from collections.abc import Callable, Coroutine
from typing import Any

from msgspec import Struct
from pyoxigraph import Literal, NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialgraph.iris import SKOS, TG, TGV
from trialgraph.serve import media
from trialgraph.serve.site import ADDRESS, site
from trialgraph.serve.thing import called, terms
from trialgraph.serve.triples import serialized

_DEFINITION = NamedNode(f"{SKOS}definition")


class Term(Struct, frozen=True):
    """A class, a property or a value."""

    iri: str
    name: str  # what follows the # in its IRI
    label: str
    definition: str


def document(title: str, namespace: str) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """A handler for the document that has the terms of a namespace: a page, or the terms' own statements."""

    async def answer(request: Request) -> Response:
        form = media.form(request)
        if form != "html":
            return media.data(await run_in_threadpool(_data, namespace, form), form)
        ADDRESS.set(request.url.path)
        listed = await run_in_threadpool(_terms, namespace)
        return await site(request).page("terms.html", title=title, namespace=namespace, terms=listed)

    return answer


def _data(namespace: str, form: str) -> bytes:
    quads = (quad for quad in terms() if str(quad.subject).startswith(f"<{namespace[:-1]}"))
    return serialized(sorted(quads, key=str), form)


def _terms(namespace: str) -> list[Term]:
    subjects = {quad.subject for quad in terms()}
    ours = sorted(each.value for each in subjects if isinstance(each, NamedNode) and each.value.startswith(namespace))
    return [
        Term(iri, iri.removeprefix(namespace), called(terms(), NamedNode(iri)), _definition(NamedNode(iri)))
        for iri in ours
    ]


def _definition(node: NamedNode) -> str:
    found = (quad.object for quad in terms().quads_for_pattern(node, _DEFINITION, None))
    return next((each.value for each in found if isinstance(each, Literal)), "")


ROUTES = [
    Route("/ontology", document("Ontology", TG)),
    Route("/vocabulary", document("Vocabulary", TGV)),
]
