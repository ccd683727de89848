"""What describes the served graph: VoID for the data, the prefixes, the named questions, and the service itself.

VoID, prefixes and questions are in the default graph of what is served, in the form that public SPARQL editors look
for: https://github.com/sib-swiss/sparql-editor, https://github.com/sib-swiss/sparql-examples.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trialgraph import iris
from trialgraph.iris import DCTERMS, LABEL, PREFIXES, RDFS, SH, SKOS, TYPE, XSD
from trialgraph.questions import Question, questions
from trialgraph.serve import media
from trialgraph.serve.counts import Counts, Range
from trialgraph.serve.formats import TRIPLES
from trialgraph.serve.hosts import OPEN
from trialgraph.serve.site import site
from trialgraph.serve.thing import terms
from trialgraph.serve.triples import serialized

VOID = "http://rdfs.org/ns/void#"
_EXT = "http://ldf.fi/void-ext#"
_SD = "http://www.w3.org/ns/sparql-service-description#"
_SCHEMA = "https://schema.org/"
_FOAF = "http://xmlns.com/foaf/0.1/"
_FORMATS = "http://www.w3.org/ns/formats/"
#: Prefixes of the descriptions, beside those of the data.
_PREFIXES = {"foaf": _FOAF, "schema": _SCHEMA, "sd": _SD, "sh": SH, "void": VOID, "void-ext": _EXT}
#: The page comes last: a program that takes anything gets data.
_FORMS = {**TRIPLES, "html": media.FORMS["html"]}
_TYPE, _LABEL, _COMMENT = NamedNode(TYPE[1:-1]), NamedNode(LABEL[1:-1]), NamedNode(f"{RDFS}comment")
#: What SPARQL answers come in, by their names at the W3C.
_RESULTS = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "N-Triples", "JSON-LD", "RDF_XML"),
)
_DATA = ("Turtle", "N-Triples", "JSON-LD", "RDF_XML")
#: The property that holds the text of a query, by how it begins.
_QUERIES = {"SELECT": ("select", "Select"), "ASK": ("ask", "Ask"), "CONSTRUCT": ("construct", "Construct")}


def statements(counts: Counts, url: str, name: str) -> list[Triple]:
    """What is put beside the data: their description, the prefixes and the questions, for a server at `url`."""
    return [*dataset(counts, url, name), *_terms(counts), *prefixes(url), *examples(url)]


def dataset(counts: Counts, url: str, name: str) -> Iterator[Triple]:
    """The data set in VoID: https://www.w3.org/TR/void/."""
    this = NamedNode(f"{url}.well-known/void#dataset")
    about = f"{counts.trials:,} clinical trials as their registry records describe them, in one RDF graph."
    yield from _all(
        this,
        [
            (_TYPE, NamedNode(f"{VOID}Dataset")),
            (f"{DCTERMS}title", Literal(name, language="en")),
            (f"{DCTERMS}description", Literal(about, language="en")),
            (f"{_FOAF}homepage", NamedNode(url)),
            (f"{RDFS}seeAlso", NamedNode(f"{url}about")),
            (f"{VOID}sparqlEndpoint", NamedNode(f"{url}sparql")),
            (f"{VOID}uriSpace", Literal(counts.base)),
            (f"{VOID}triples", Literal(counts.triples)),
            (f"{VOID}distinctSubjects", Literal(counts.subjects)),
            (f"{VOID}entities", Literal(counts.subjects)),
            (f"{VOID}classes", Literal(len(counts.classes))),
            (f"{VOID}properties", Literal(len(counts.properties))),
            *((f"{VOID}vocabulary", NamedNode(iri)) for iri in _vocabularies(counts)),
            *((f"{VOID}feature", NamedNode(_FORMATS + each)) for each in _DATA),
        ],
    )
    if counts.example:
        yield Triple(this, NamedNode(f"{VOID}exampleResource"), NamedNode(counts.example))
    if counts.modified:
        day = Literal(counts.modified, datatype=NamedNode(f"{XSD}date"))
        yield Triple(this, NamedNode(f"{DCTERMS}modified"), day)
    for iri, number in counts.properties.items():
        part = _part(this, "property", iri)
        yield Triple(this, NamedNode(f"{VOID}propertyPartition"), part)
        yield from _all(part, [(f"{VOID}property", NamedNode(iri)), (f"{VOID}triples", Literal(number))])
    for iri, number in counts.classes.items():
        part = _part(this, "class", iri)
        yield Triple(this, NamedNode(f"{VOID}classPartition"), part)
        yield from _all(part, [(f"{VOID}class", NamedNode(iri)), (f"{VOID}entities", Literal(number))])
        for predicate, range_ in counts.inside[iri].items():
            yield from _inside(part, predicate, range_)


def _inside(class_: NamedNode, predicate: str, range_: Range) -> Iterator[Triple]:
    """A property that things of a class have, and what its values are."""
    part = _part(class_, "property", predicate)
    yield Triple(class_, NamedNode(f"{VOID}propertyPartition"), part)
    yield Triple(part, NamedNode(f"{VOID}property"), NamedNode(predicate))
    for iri in range_.classes:
        of = _part(part, "class", iri)
        yield from _all(part, [(f"{VOID}classPartition", of)])
        yield from _all(of, [(f"{VOID}class", NamedNode(iri))])
    for iri in range_.datatypes:
        of = _part(part, "datatype", iri)
        yield from _all(part, [(f"{_EXT}datatypePartition", of)])
        yield from _all(of, [(f"{_EXT}datatype", NamedNode(iri))])


def prefixes(url: str) -> Iterator[Triple]:
    """The prefixes of the project, declared."""
    whole = _prefixes(url)
    yield Triple(whole, _TYPE, NamedNode("http://www.w3.org/2002/07/owl#Ontology"))
    for prefix, namespace in PREFIXES.items():
        one = NamedNode(f"{whole.value}-{prefix}")
        yield Triple(whole, NamedNode(f"{SH}declare"), one)
        yield Triple(one, NamedNode(f"{SH}prefix"), Literal(prefix))
        yield Triple(one, NamedNode(f"{SH}namespace"), Literal(namespace, datatype=NamedNode(f"{XSD}anyURI")))


def examples(url: str) -> Iterator[Triple]:
    """The named questions as executable queries."""
    for question in questions().values():
        yield from _example(question, url)


def _example(question: Question, url: str) -> Iterator[Triple]:
    form, name = _QUERIES[_form(question)]
    yield from _all(
        NamedNode(f"{url}.well-known/sparql-examples/{question.name}"),
        [
            (_TYPE, NamedNode(f"{SH}SPARQLExecutable")),
            (_TYPE, NamedNode(f"{SH}SPARQL{name}Executable")),
            (_LABEL, Literal(question.name)),
            (_COMMENT, Literal(question.asks, language="en")),
            (f"{SH}prefixes", _prefixes(url)),
            (f"{SH}{form}", Literal(question.text)),
            (f"{_SCHEMA}keywords", Literal(question.topic)),
            (f"{_SCHEMA}target", NamedNode(f"{url}sparql")),
        ],
    )


def _service(counts: Counts, url: str, name: str) -> Iterator[Triple]:
    """The endpoint: https://www.w3.org/TR/sparql11-service-description/."""
    this, data = NamedNode(f"{url}sparql"), NamedNode(f"{url}.well-known/void#dataset")
    graph = NamedNode(f"{url}.well-known/void#graph")
    yield from _all(
        this,
        [
            (_TYPE, NamedNode(f"{_SD}Service")),
            (f"{_SD}endpoint", this),
            (f"{_SD}supportedLanguage", NamedNode(f"{_SD}SPARQL11Query")),
            *((f"{_SD}resultFormat", NamedNode(_FORMATS + each)) for each in _RESULTS),
            (f"{_SD}defaultDataset", data),
        ],
    )
    yield from _all(data, [(_TYPE, NamedNode(f"{_SD}Dataset")), (f"{_SD}defaultGraph", graph)])
    yield from _all(graph, [(_TYPE, NamedNode(f"{_SD}Graph")), (f"{VOID}triples", Literal(counts.triples))])
    yield from dataset(counts, url, name)


async def service(request: Request) -> Response:
    """The description of the endpoint, for a request without a query; to who asks for a page, the editor."""
    return await _described(request, _service, "/ask")


async def void(request: Request) -> Response:
    """The description of the data; to who asks for a page, that about them."""
    return await _described(request, dataset, "/about")


async def examples_alone(request: Request) -> Response:
    """The named questions and their prefixes; to who asks for a page, the editor."""
    return await _described(request, _questions, "/ask")


async def example(request: Request) -> Response:
    """One of the named questions; to who asks for a page, the editor with it."""
    name = request.path_params["name"]
    if name not in questions():
        raise HTTPException(404, f"There is no question {name}.")
    asked = questions()[name]
    return await _described(request, lambda counts, url, graph: _example(asked, url), f"/ask/{name}")


async def _described(request: Request, what: Callable[[Counts, str, str], Iterable[Triple]], page: str) -> Response:
    at, form = site(request), media.form(request, _FORMS)
    if form == "html":
        return RedirectResponse(page, 303, {"Vary": "Accept"})
    arguments = await at.numbers(), address(request), at.name
    body = await run_in_threadpool(lambda: serialized(what(*arguments), form, PREFIXES | _PREFIXES))
    return media.data(body, form)


def _questions(counts: Counts, url: str, name: str) -> Iterator[Triple]:
    yield from prefixes(url)
    yield from examples(url)


def address(request: Request) -> str:
    """Where the server is found, as it was told or else as the client called it."""
    url: str = site(request).settings.url or str(request.base_url)
    return url


def _terms(counts: Counts) -> Iterator[Triple]:
    """The names and definitions of the classes and properties that the graph uses."""
    for iri in (*counts.classes, *counts.properties):
        node = NamedNode(iri)
        for predicate, said in ((_LABEL, _LABEL), (NamedNode(f"{SKOS}definition"), _COMMENT)):
            for quad in terms().quads_for_pattern(node, predicate, None):
                yield Triple(node, said, quad.object)


def _vocabularies(counts: Counts) -> list[str]:
    """The namespaces of the classes and properties."""
    return sorted({iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] for iri in (*counts.classes, *counts.properties)})


def _part(whole: NamedNode, kind: str, iri: str) -> NamedNode:
    """A part of a description, by what it is of."""
    name = re.split("[/#]", iri)[-1]
    return NamedNode(f"{whole.value}-{kind}-{quote(name)}-{iris.key(iri)[:6]}")


def _prefixes(url: str) -> NamedNode:
    return NamedNode(f"{url}.well-known/sparql-examples#prefixes")


def _form(question: Question) -> str:
    return next(form for form in _QUERIES if re.search(rf"^{form}\b", question.text, re.MULTILINE))


def _all(subject: NamedNode, pairs: Iterable[tuple[NamedNode | str, NamedNode | Literal]]) -> Iterator[Triple]:
    for predicate, term in pairs:
        yield Triple(subject, NamedNode(predicate) if isinstance(predicate, str) else predicate, term)


ROUTES = [
    Route("/.well-known/void", void, middleware=[OPEN]),
    Route("/.well-known/sparql-examples", examples_alone, middleware=[OPEN]),
    Route("/.well-known/sparql-examples/{name}", example, middleware=[OPEN]),
]
