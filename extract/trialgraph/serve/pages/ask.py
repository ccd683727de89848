"""Ask: an editor for SPARQL, and the named questions with a form each."""

from functools import cache
from itertools import groupby
from typing import Any

import pyoxigraph
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from trialgraph import resources
from trialgraph.errors import TrialgraphError, UsageError
from trialgraph.iris import PREFIXES, RDF, TG
from trialgraph.questions import Question, question, questions
from trialgraph.serve import faults, parts
from trialgraph.serve.asking import Answer, answered, cell, download
from trialgraph.serve.fields import Field, countries, fields, words
from trialgraph.serve.hosts import HEADERS
from trialgraph.serve.site import Site, site

#: What the editor starts with.
EXAMPLE = """PREFIX tg: <https://w3id.org/trialgraph/ontology#>

SELECT ?nctId ?title
WHERE {
  ?trial a tg:Trial ;
         tg:nctId ?nctId ;
         tg:briefTitle ?title .
}
ORDER BY ?nctId
LIMIT 20
"""
#: The editor writes elements with styles of their own.
EDITOR_POLICY = f"{HEADERS['Content-Security-Policy']}; style-src 'self' 'unsafe-inline'"


async def ask(request: Request) -> Response:
    """The editor, with the answer of the query in the address if there is one, and the list of questions."""
    at, text = site(request), request.query_params.get("query", "")
    answer, problem, status = await _answer(request, text, "the query") if text.strip() else (None, "", 200)
    wanted = request.query_params.get("about", "")
    editor = not any(sentence.startswith("@zazuko/yasgui") for sentence in parts.missing())
    page = await at.page(
        "ask.html",
        status,
        query=text or EXAMPLE,
        asked=bool(text.strip()),
        problem=problem,
        editor=editor,
        topics=_topics(wanted),
        about=wanted,
        total=len(questions()),
        **_shown(at, answer),
    )
    if editor:
        page.headers["Content-Security-Policy"] = EDITOR_POLICY
    return page


async def named(request: Request) -> Response:
    """A named question as a form, with its answer once it has all that it needs."""
    at = site(request)
    try:
        asked = question(request.path_params["name"])
    except UsageError as error:
        return await at.page("question-unknown.html", 404, said=str(error))
    given = {name: request.query_params.getlist(name) for name in request.query_params}
    form = fields(asked, given)
    unknown = given.keys() - {field.name for field in form}
    wrong = [field for field in form if field.error]
    ready = not wrong and not unknown and all(field.value or not field.required for field in form)
    answer, problem, text, status = None, "", "", 400 if wrong or unknown else 200
    if unknown:
        problem = f"There is no field {', '.join(sorted(unknown))} in this question."
    if ready:
        text = _bound(asked, form)
        answer, problem, status = await _answer(request, text, asked.name)
    return await at.page(
        "question.html",
        status,
        question=asked,
        fields=form,
        wrong=wrong,
        problem=problem,
        query=text,
        countries=countries() if any(field.attributes.get("list") for field in form) else [],
        columns=[words(column) for column in answer.columns] if answer else [],
        **_shown(at, answer),
    )


async def terms(_: Request) -> Response:
    """The prefixes, classes and properties that the editor completes, as JSON."""
    return JSONResponse(_terms(), headers={"Cache-Control": "max-age=3600"})


async def _answer(request: Request, text: str, name: str) -> tuple[Answer | None, str, int]:
    """The answer of a query, or why there is none and the status that says so."""
    try:
        return await answered(request, text, name), "", 200
    except TrialgraphError as error:
        status, said = faults.of_query(error, name, site(request).settings.limits)
        return None, said, status


def _bound(asked: Question, form: list[Field]) -> str:
    """The query of a form without errors. A field that is empty does not narrow."""
    return asked.bound({field.name: field.value for field in form if field.value})


def _shown(at: Site, answer: Answer | None) -> dict[str, Any]:
    rows = [[cell(at, term) for term in row] for row in answer.rows] if answer else []
    return {"answer": answer, "rows": rows, "most": at.settings.limits.rows, "download": download}


def _topics(wanted: str) -> list[tuple[str, list[Question]]]:
    """The questions by topic; of those only which have all the words that are wanted."""
    sought = wanted.casefold().split()
    found = [
        each
        for each in questions().values()
        if all(word in f"{each.topic} {each.name} {each.asks} {each.row}".casefold() for word in sought)
    ]
    return [(topic, list(group)) for topic, group in groupby(found, key=lambda each: each.topic)]


@cache
def _terms() -> dict[str, Any]:
    type_ = pyoxigraph.NamedNode(f"{RDF}type")
    found: dict[str, set[str]] = {"classes": set(), "properties": {f"{RDF}type", f"{PREFIXES['rdfs']}label"}}
    for name in ("trialgraph.ttl", "results.ttl"):
        for quad in resources.graph(name).quads_for_pattern(None, type_, None):
            if isinstance(quad.subject, pyoxigraph.NamedNode) and quad.subject.value.startswith(TG):
                kind = quad.object.value if isinstance(quad.object, pyoxigraph.NamedNode) else ""
                found["classes" if kind.endswith("#Class") else "properties"].add(quad.subject.value)
    return {"prefixes": PREFIXES, **{name: sorted(iris) for name, iris in found.items()}}


ROUTES = [Route("/ask", ask), Route("/ask/terms.json", terms), Route("/ask/{name}", named)]
