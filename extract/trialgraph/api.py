"""What Python users need beside the commands: records as values, graphs to ask, and what they answer."""

import datetime
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph

from trialgraph import readers, resources
from trialgraph.answers import Network, SimilarTrials
from trialgraph.build import statements
from trialgraph.errors import RecordError, UsageError
from trialgraph.find import counts, search
from trialgraph.iris import BASE, PREFIXES
from trialgraph.network import network as joined
from trialgraph.query import Rows, ask, text_of, to_rdflib
from trialgraph.readers import Rejected, Source, named
from trialgraph.record import Record
from trialgraph.statements import Contacts
from trialgraph.store import opened

if TYPE_CHECKING:
    import rdflib

#: A graph to ask: what `open_graph` gives, or the path that it takes.
Graph: TypeAlias = str | os.PathLike[str] | pyoxigraph.Store
#: A value of a parameter or a facet; a list or a tuple for several, or for the parts of a point.
Value: TypeAlias = str | int | float | bool | datetime.date | Sequence[str | int | float | datetime.date]


def read(sources: Source | Iterable[Source], reject: Callable[[Rejected], None] | None = None) -> Iterator[Record]:
    """The records of the sources, one by one, as they stand; `record.study` has the registry's own model.

    What is no record goes to `reject`; without it, the first one raises RecordError. A source that cannot be read
    raises InputError after the last of the sources.
    """
    return readers.records(named(sources), resources.vocabulary(), reject or _raise)


def graph(sources: Source | Iterable[Source], *, base: str = BASE, contacts: Contacts = "full") -> "rdflib.Graph":
    """The graph of all records of the sources in rdflib's memory, which suits some thousand trials.

    Raises InputError as `build` does.
    """
    import rdflib  # a slow import that only this function needs

    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in statements(sources, base=base, contacts=contacts))
    loaded = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        loaded.bind(prefix, namespace)
    return loaded.parse(data=lines, format="nt")


def open_graph(path: str | os.PathLike[str]) -> pyoxigraph.Store:
    """A graph to ask several times: a store on disk, opened for reading, or a graph file, loaded into memory.

    Raises InputError if the path is neither.
    """
    return opened(os.fspath(path))


def query(
    graph: Graph,
    question: str | os.PathLike[str],
    parameters: Mapping[str, Value] | None = None,
    *,
    allow_service: bool = False,
) -> "Rows | bool | rdflib.Graph":
    """What a graph answers: rows to SELECT, a truth to ASK, an rdflib graph to CONSTRUCT and DESCRIBE.

    `question` is the name of a question (`trialgraph queries` lists them), a file that ends in .rq, or SPARQL, in which
    our prefixes need no PREFIX line. Only a named question takes `parameters`: a day as a date, a point as
    (48.85, 2.35), a distance as text with its unit, several values as a list.
    Raises UsageError for a question, a parameter or a value that is none, InputError for a file that cannot be read,
    and GraphError, with the line and a caret, for what is no SPARQL.
    """
    if question == "-":
        raise UsageError("-: standard input is for the command; give the query itself")
    text, name = text_of(os.fspath(question), _words(parameters or {}))
    answer = ask(_store(graph), text, name, allow_service)
    if isinstance(answer, pyoxigraph.QueryTriples):
        return to_rdflib(answer)
    return bool(answer) if isinstance(answer, pyoxigraph.QueryBoolean) else Rows(answer)


def find(graph: Graph, *, limit: int = 100, **facets: Value | None) -> Rows:
    """The trials that have the values of all given facets, the latest updated first; at most `limit`.

    The facets are those of `trialgraph find`: find(graph, condition="asthma", status=["RECRUITING"], results=False,
    near=(48.85, 2.35, "50km")); None leaves one out. Raises UsageError for a facet or a value that there is not.
    """
    return _rows(graph, search(_words(facets), _limit(limit)))


def find_counts(graph: Graph, facet: str, *, limit: int = 100, **facets: Value | None) -> Rows:
    """The values of a facet with the number of trials of each, most first, among the trials that `find` finds.

    Raises UsageError for a facet that has no counts, and as `find` does.
    """
    return _rows(graph, counts(facet, _words(facets), _limit(limit)))


def similar(graph: Graph, nct_id: str, k: int = 10) -> SimilarTrials:
    """The k trials that are most like a trial, best first, each with its score and its reasons.

    For many trials of one graph, `trialgraph.similar.Corpus` prepares the comparison once.
    Raises UsageError for a trial that is not there, for a k below 1, and without the extra `similar`.
    """
    from trialgraph.similar import Corpus  # scikit-learn is slow to import, and in an extra

    corpus = Corpus(_store(graph))
    return SimilarTrials(corpus.id(nct_id), corpus.similar(nct_id, k))


def network(graph: Graph, of: str = "sponsors", *, condition: str = "", min_weight: int = 1) -> Network:
    """What shares trials: sponsors, collaborators, facilities, investigators, conditions, interventions or countries.

    `condition` takes only the trials of a condition, and `min_weight` only the edges of as many trials or more.
    Raises UsageError for a network, a condition or a weight that there is not.
    """
    return Network(joined(_store(graph), of, condition, min_weight))


def _store(graph: Graph) -> pyoxigraph.Store:
    if isinstance(graph, pyoxigraph.Store):
        return graph
    if isinstance(graph, str | os.PathLike):
        return open_graph(graph)
    raise UsageError(f"{type(graph).__name__}: not a graph to ask; give its path, or what open_graph gives")


def _rows(graph: Graph, text: str) -> Rows:
    answer = ask(_store(graph), text, "find")
    assert isinstance(answer, pyoxigraph.QuerySolutions), "facets make SELECT"
    return Rows(answer)


def _limit(limit: int) -> int:
    if limit < 1:
        raise UsageError(f"limit {limit}: ask for 1 row or more")
    return limit


def _words(values: Mapping[str, Value | None]) -> dict[str, str]:
    """Values as a user types them on the command line, without those that are None."""
    return {name: _typed(name, value) for name, value in values.items() if value is not None}


def _typed(name: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{Decimal(str(value)):f}"  # never 1e-05, which no parameter takes
    if isinstance(value, datetime.date):
        return value.isoformat()
    if not isinstance(value, list | tuple):
        raise UsageError(f"{name}: {type(value).__name__} is no value; give text, a number, a date, or a list of them")
    if not value:
        raise UsageError(f"{name}: an empty list; leave it out, or give a value")
    if comma := next((each for each in value if isinstance(each, str) and "," in each), None):
        raise UsageError(f"{name}: {comma}: a value among several has no comma")
    return ",".join(_typed(name, each) for each in value)


def _raise(rejected: Rejected) -> None:
    where = " ".join(filter(None, (rejected.file, rejected.place)))
    raise RecordError(f"{where}: {rejected.message}", rejected.place, rejected.nct_id)
