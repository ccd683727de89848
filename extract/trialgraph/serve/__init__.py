"""A served graph: a SPARQL endpoint, linked data, and the pages that readers of trials know.

From a graph to an answer, module by module, each of which knows only those before it:

    settings                              what a server is told: where it listens, what it shows, what a query may take
    parts                                 what npm fetches for the pages, which work without it
    worker, process, lane, pool           processes with the store open, which do all that needs the store
    nodes                                 what several pages ask a store: names, the trials that share something
    replica, withhold, counts             the copy that is served, without the contacts that are not shown, in numbers
    background                            files that take minutes to make, while the server already answers
    labels, catalogue/                    the index of the graph for pages (SQLite): search, facets, counts, lists
    atlas, projections, worldmap          maps as SVG, drawn here
    results, triples, answer              rows and triples in their formats; a query in a worker
    formats, media, hosts, metrics        what clients take, what protects every answer, what is counted
    leaving                               what a reader who leaves no longer waits for
    site                                  all of these, as every handler gets them; and the templates

    faults                                the answers where something is wrong
    thing, linked                         any IRI of the graph as data or as a plain page
    description, health                   VoID, the service and the questions as data; /healthz and /metrics
    protocol, sparql                      the endpoint: a request and its answer

    finding                               the filters of an address, for Find and the map
    pairs                                 the trials of two things that a search names at once
    years, profile                        a sponsor, facility, condition, intervention or place: its timeline, its page
    record/                               a trial, section by section, for its page
    related/, neighbourhood               the trials that are like a trial; what is around it
    quality/                              the findings and scores of all trials, in a file
    fields, asking                        a question as a form, an answer as cells
    pages/                                the handlers, a module a page, with templates/ and static/

    graph, app, running                   the graph made ready; the application; the server

Functions that run in a worker take its store first: `await site.pool.run(function, ...)`. The catalogue and the files
that are made in the background are read in the server's own threads, and nothing of it holds up the event loop.
"""

from collections.abc import Callable

from trialgraph.errors import UsageError
from trialgraph.serve.settings import Limits, Settings

__all__ = ["Limits", "Settings", "serve"]


def serve(path: str, settings: Settings | None = None, say: Callable[[str], None] = print) -> None:
    """Serve the graph of a file, or a store, until SIGINT or SIGTERM; `say` is told where, and what is being prepared.

    Raises UsageError without the extra `serve` or if it cannot listen at the address, and InputError if the graph
    cannot be read.
    """
    try:
        from trialgraph.serve.running import serve as run  # web frameworks are slow to import, and in an extra
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == "trialgraph":
            raise
        raise UsageError(f"a server needs {error.name}; pip install 'trialgraph[serve]'") from error
    run(path, settings or Settings(), say)
