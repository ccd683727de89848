"""A copy of some of what an endpoint has, as a store: to compare or to judge trials takes every statement of them.

Statements come in pages, of a large property alone or of several small ones. As SPARQL promises no order, pages need
not fit together, and a server may leave out what is too much for it: what came is counted at the end.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, cast

import pyoxigraph
from msgspec import Struct
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, QueryTriples

from trialgraph.endpoint import Endpoint
from trialgraph.errors import InputError
from trialgraph.iris import TYPE, tg
from trialgraph.stream import Progress

_PAGE = 100_000
#: How many properties or classes a query names at most.
_NAMED = 100
_TYPE = NamedNode(TYPE[1:-1])
_TRIAL = NamedNode(tg("Trial")[1:-1])
_DEFAULT = pyoxigraph.DefaultGraph()


class _Part(Struct):
    """Some properties, or some classes, with the numbers of their statements."""

    are_classes: bool
    counts: dict[NamedNode, int]

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def pattern(self) -> str:
        return f"?s {TYPE} ?term" if self.are_classes else "?s ?term ?o"

    def where(self, *only: NamedNode) -> str:
        return f"{{ VALUES ?term {{ {' '.join(map(str, only or self.counts))} }} {self.pattern} }}"

    def held(self, store: pyoxigraph.Store, term: NamedNode) -> int:
        """How many statements of one of its terms a store has."""
        property_, object_ = (_TYPE, term) if self.are_classes else (term, None)
        return sum(1 for _ in store.quads_for_pattern(None, property_, object_, _DEFAULT))


@contextmanager
def mirrored(
    endpoint: Endpoint, terms: Collection[str] = (), progress: Progress = lambda stage, done, total: None
) -> Iterator[str]:
    """A store, while it is of use, with the statements of an endpoint that have some properties and classes.

    `terms` are spelled IRIs; without any, all is copied. Raises InputError as `Endpoint.ask` does, if the endpoint has
    no trial, and if the statements are not as many as it counts.
    """
    parts = [part for are_classes in (False, True) for part in _parts(endpoint, are_classes, terms)]
    if not any(_TRIAL in part.counts for part in parts):
        raise InputError(
            f"{endpoint.address}: has no trial, at least not in its default graph; a URL can name another one,"
            " .../sparql?default-graph-uri=IRI"
        )
    with TemporaryDirectory(prefix="trialgraph-", ignore_cleanup_errors=True) as folder:
        _write(folder, endpoint, parts, progress)
        yield folder


def _write(folder: str, endpoint: Endpoint, parts: list[_Part], progress: Progress) -> None:
    store = pyoxigraph.Store(folder)
    store.bulk_extend(_statements(endpoint, parts, progress))
    for part in parts:
        for term, count in part.counts.items():
            held = part.held(store, term)
            if held != count and held != _distinct(endpoint, part, term):
                raise InputError(
                    f"{endpoint.address}: gave {held:,} of {count:,} statements with {term}: its pages do not fit"
                    " together, or it changed meanwhile; try again, or let it give more rows at a time"
                )
    store.flush()


def _parts(endpoint: Endpoint, are_classes: bool, terms: Collection[str]) -> Iterator[_Part]:
    """What to ask for at once: as many properties, or classes, as make a page."""
    part = _Part(are_classes, {})
    query = f"SELECT ?term (COUNT(*) AS ?count) WHERE {{ {part.pattern} }} GROUP BY ?term"
    for term, count in _counts(endpoint, query):
        if not isinstance(term, NamedNode) or term == _TYPE or (terms and str(term) not in terms):
            continue
        if part.counts and (part.count + count > _PAGE or len(part.counts) == _NAMED):
            yield part
            part = _Part(are_classes, {})
        part.counts[term] = count
    if part.counts:
        yield part


def _statements(endpoint: Endpoint, parts: list[_Part], progress: Progress) -> Iterator[Quad]:
    done, total = 0, sum(part.count for part in parts)
    for part in parts:
        came = 0
        while came < part.count:
            query = f"CONSTRUCT {{ {part.pattern} }} WHERE {part.where()} LIMIT {_PAGE} OFFSET {came}"
            before = came
            for triple in cast("QueryTriples", endpoint.ask(query, "the copy")):
                yield Quad(triple.subject, triple.predicate, triple.object, _DEFAULT)
                came += 1
            if came == before:
                break
            progress("copying", done + came, total)
        done += part.count


def _distinct(endpoint: Endpoint, part: _Part, term: NamedNode) -> int:
    """How many statements there are of one term, where several graphs have the same."""
    query = f"SELECT (COUNT(*) AS ?count) WHERE {{ {{ SELECT DISTINCT * WHERE {part.where(term)} }} }}"
    return next(_counts(endpoint, query), (None, 0))[1]


def _counts(endpoint: Endpoint, query: str) -> Iterator[tuple[Any, int]]:
    """The ?term of each row, where there is one, and its ?count."""
    answer = cast("QuerySolutions", endpoint.ask(query, "the copy"))
    names = {variable.value for variable in answer.variables}
    try:
        for solution in answer:
            count = solution["count"] if "count" in names else None
            if not isinstance(count, Literal):
                raise ValueError("no number where one was asked for")
            yield solution["term"] if "term" in names else None, int(count.value)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{endpoint.address}: an answer that cannot be read: {error}") from error
