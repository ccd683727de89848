"""The commands that ask a graph: parse, call the API, print."""

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, cast

import click
import msgspec
from pyoxigraph import QuerySolutions, QueryTriples

from trialgraph import __version__
from trialgraph.endpoint import SECONDS, Endpoint
from trialgraph.errors import InputError, UsageError
from trialgraph.find import FACETS, counts, search
from trialgraph.iris import TG
from trialgraph.mirror import mirrored
from trialgraph.network import network as joined
from trialgraph.network import path, write
from trialgraph.network import table as measures
from trialgraph.query import FORMATS, Answer, ask, markdown, table, text_of
from trialgraph.query import write as write_answer
from trialgraph.questions import Question, page, question, questions
from trialgraph.report import plural
from trialgraph.reports.common import shown
from trialgraph.reports.csv import row
from trialgraph.serve import Limits, Settings
from trialgraph.serve import serve as served
from trialgraph.similar import Reason, Similar
from trialgraph.store import opened
from trialgraph.writers import graphs
from trialgraph.writers.output import output

if TYPE_CHECKING:
    from trialgraph.statements import Contacts

_SERVICE = click.option("--allow-service", is_flag=True, help="Let SERVICE send parts of the query to other servers.")
ENDPOINT = click.option("--endpoint", metavar="URL", help="Ask a SPARQL endpoint instead of a graph.")
TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(0.1, 1_000_000),  # sockets take no more than some billions, nor "inf"
    default=SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the endpoint.",
)
_OUT = click.option(
    "--out", "-o", default="-", metavar="FILE", help="Where the answer goes  [default: standard output]"
)
_FORMAT = click.option("--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True)


@click.command()
@click.argument("name", required=False)
@click.option("--format", "format_", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
def queries(name: str | None, format_: str) -> None:
    """List the named questions by topic, or show one with its parameters and its SPARQL."""
    if format_ == "markdown":
        click.echo(page([question(name)] if name else questions().values()), nl=False)
        return
    if name:
        click.echo(question(name).text, nl=False)
        return
    topic, width = "", max(map(len, questions()))
    for each in questions().values():
        if each.topic != topic:
            click.echo(("\n" if topic else "") + each.topic)
            topic = each.topic
        click.echo(f"  {each.name:{width}}  {each.asks}")


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="[GRAPH] QUESTION")
@click.option("--param", "-p", "parameters", multiple=True, metavar="KEY=VALUE", help="A parameter; again for more.")
@_FORMAT
@_OUT
@ENDPOINT
@TIMEOUT
@_SERVICE
def query(
    arguments: tuple[str, ...],
    parameters: tuple[str, ...],
    format_: str,
    out: str,
    endpoint: str | None,
    timeout: float,
    allow_service: bool,
) -> None:
    """Ask a graph, or a store, a question.

    QUESTION is the name of one (`trialgraph queries` lists them), a file that ends in .rq, SPARQL itself, or - for
    standard input. In SPARQL of your own, the prefixes of the project need no PREFIX line.

    \b
    trialgraph query trials.ttl recruiting-near --param condition=asthma --param point=48.85,2.35 --param within=50km
    trialgraph query trials.store/ my.rq --format csv
    trialgraph query --endpoint https://example.org/sparql sponsor-portfolio --param sponsor="Ruijin Hospital"
    """
    graph, name = _graph_and(arguments, endpoint, "QUESTION")
    pairs = [_pair(each) for each in parameters]
    if twice := [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]:
        raise UsageError(f"--param {twice[0]}: given twice; commas stand between several values")
    text, called = text_of(name, dict(pairs), sys.stdin)
    asker = _asker(graph, endpoint, timeout, allow_service)
    if _print(asker(text, called), format_, out, called, endpoint) == 0 and name in questions():
        for trial in _unknown(question(name), dict(pairs), asker):
            click.echo(f"{trial}: there is no such trial in the graph", err=True)


def _unknown(asked: Question, values: Mapping[str, str], asker: Callable[[str, str], Answer]) -> Iterator[str]:
    """The trials that a question was asked about and the graph does not have."""
    named = (values.get(parameter.name, "").upper() for parameter in asked.parameters if parameter.type == "nctId")
    for trial in filter(None, named):
        if not asker(f'ASK {{ ?trial <{TG}nctId> "{trial}" }}', asked.name):
            yield trial


def _facets(command: Callable[..., None]) -> Callable[..., None]:
    for facet in reversed(FACETS.values()):
        examples = ",".join(parameter.example for parameter in facet.parameters)
        abouts = "; ".join(parameter.about for parameter in facet.parameters)
        many = "; several with commas" if facet.parameters[0].many else ""
        text = f"{abouts[0].upper()}{abouts[1:]}{many}."
        command = click.option(f"--{facet.name}", metavar=examples.replace(" ", "_"), default="", help=text)(command)
    return command


@click.command()
@click.argument("graph", required=False)
@_facets
@click.option("--counts", "counted", metavar="FACET", help="The values of a facet with numbers of trials, not trials.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many rows at most.")
@click.option("--sparql", is_flag=True, help="Show the query instead of asking it.")
@_FORMAT
@_OUT
@ENDPOINT
@TIMEOUT
def find(
    graph: str | None,
    counted: str | None,
    limit: int,
    sparql: bool,
    format_: str,
    out: str,
    endpoint: str | None,
    timeout: float,
    **values: str,
) -> None:
    """Find trials by facets; the latest updated first.

    \b
    trialgraph find trials.store/ --condition "lung cancer" --country FR --status RECRUITING --near 48.85,2.35,50km
    trialgraph find trials.store/ --condition asthma --counts phase
    """
    text = counts(counted, values, limit) if counted else search(values, limit)
    if sparql:
        click.echo(text, nl=False)
        return
    if bool(graph) == bool(endpoint):
        raise UsageError("name a graph or a store to ask, or an --endpoint")
    asked = _asker(graph or "", endpoint, timeout)
    count = _print(asked(text, "find"), format_, out, "find", endpoint)
    if count is not None and count < limit:
        return
    rest = asked(f"{text}OFFSET {limit}\n", "find")
    if isinstance(rest, QuerySolutions) and next(iter(rest), None):
        click.echo(f"there are more than {limit:,}; --limit gives them", err=True)


@click.command()
@click.argument("arguments", nargs=-1, metavar="[GRAPH] [NCT]")
@click.option("-k", "count", type=click.IntRange(1), default=10, show_default=True, help="How many similar trials.")
@click.option("--all", "every", is_flag=True, help="Of every trial, as a graph.")
@click.option("--format", "format_", type=click.Choice(["table", "csv", "markdown", "turtle"]), default="table")
@_OUT
@ENDPOINT
@TIMEOUT
def similar(
    arguments: tuple[str, ...],
    count: int,
    every: bool,
    format_: str,
    out: str,
    endpoint: str | None,
    timeout: float,
) -> None:
    """Find the trials that are most like a trial, with the reasons.

    OUT with the name of a graph (.ttl, .nt, ...) gets tg:Similarity statements. Needs the extra `similar`.

    \b
    trialgraph similar trials.store/ NCT07131150
    trialgraph similar trials.store/ --all -o similar.ttl
    trialgraph similar --endpoint https://example.org/sparql NCT07131150
    """
    graph, trial = _graph_and_trial(arguments, endpoint, every)
    from trialgraph.similar import TERMS, Corpus, statements  # scikit-learn is slow to import, and in an extra

    with mirrored(Endpoint(endpoint, timeout), TERMS) if endpoint else nullcontext(graph) as path:
        corpus = Corpus(opened(path))
        if every or format_ == "turtle" or (out != "-" and format_ == "table"):
            given = corpus.all(count) if every else [(corpus.id(trial), corpus.similar(trial, count))]
            graphs.save(out, (statements(nct_id, found) for nct_id, found in given if found))
            return
        found = corpus.similar(trial, count)
    if format_ == "table":
        _write(out, _as_list(found))
        return
    columns = ["trial", "title", "score", "reasons"]
    rows = [
        [each.nct_id, shown(each.title), f"{each.score:.2f}", "; ".join(map(_reason, each.telling))] for each in found
    ]
    _write(out, markdown(columns, rows) if format_ == "markdown" else "".join(map(row, [columns, *rows])))


def _graph_and_trial(arguments: tuple[str, ...], endpoint: str | None, every: bool) -> tuple[str, str]:
    """The graph, none with an endpoint, and the trial, none of all."""
    graph = "" if endpoint else arguments[0] if arguments else ""
    trial = arguments[bool(graph) :]
    if not (graph or endpoint) or len(trial) != (not every):
        raise UsageError("name a graph or an --endpoint, and name one trial, or ask for --all")
    return graph, "".join(trial)


def _reason(reason: Reason) -> str:
    return f"{reason.kind} {shown(reason.label)} {reason.weight:.2f}"


def _as_list(found: Iterable[Similar]) -> str:
    """A trial a paragraph: reasons are too long for a column."""
    lines = []
    for number, each in enumerate(found, 1):
        lines.append(f"{number:>2}. {each.nct_id}  {each.score:.2f}  {shown(each.title)}\n")
        lines += [f"      {_reason(reason)}\n" for reason in each.telling]
    return "".join(lines)


@click.command()
@click.argument("graph")
@click.option("--of", default="sponsors", show_default=True, metavar="NETWORK", help="What is joined: sponsors, ...")
@click.option("--out", "-o", metavar="FILE", help=".graphml, .gexf, .json, .cyjs, .csv, .svg or .png.")
@click.option("--condition", default="", metavar="TEXT", help="Only trials of this condition.")
@click.option("--min-weight", type=click.IntRange(1), default=1, show_default=True, help="Trials that an edge needs.")
@click.option("--top", type=click.IntRange(1), default=40, show_default=True, help="How many to draw, or to list.")
@click.option("--between", nargs=2, metavar="A B", help="The shortest path between two, with the trials on the way.")
def network(
    graph: str, of: str, out: str | None, condition: str, min_weight: int, top: int, between: tuple[str, str] | None
) -> None:
    """Join what shares trials: sponsors, facilities, investigators, conditions, interventions or countries.

    Without OUT, the most central are listed with their measures.

    \b
    trialgraph network trials.store/ --of sponsors -o sponsors.graphml
    trialgraph network trials.store/ --of conditions --min-weight 3 -o conditions.svg
    trialgraph network trials.store/ --between "Novartis" "Mayo Clinic"
    """
    made = joined(opened(graph), of, condition, min_weight)
    if between:
        click.echo(shown_lines(str(path(made, *between))))
        return
    if out:
        write(made, out, top)
    else:
        rows = measures(made)
        columns = ["label", "trials", "degree", "strength", "betweenness", "pagerank", "community"]
        click.echo(table(columns, [[shown(str(each[name])) for name in columns] for each in rows[:top]]), nl=False)
    edges = made.number_of_edges()
    click.echo(
        f"{plural(len(made), 'node')}, {plural(edges, 'edge')}, of {plural(made.graph['trials'], 'trial')}", err=True
    )


@click.command()
@click.argument("graph", metavar="GRAPH|STORE")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--contacts",
    type=click.Choice(["full", "names", "none"]),
    default="full",
    show_default=True,
    help="Contacts of people: as in the graph, without phone and e-mail, or left out.",
)
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=30, show_default=True, metavar="SECONDS", help="For a query."
)
@click.option("--workers", type=click.IntRange(1), default=4, show_default=True, help="Queries that run at once.")
@click.option("--memory", type=click.IntRange(64), default=1024, show_default=True, metavar="MIB", help="For a query.")
@click.option("--max-rows", type=click.IntRange(1), default=100_000, show_default=True, help="Of an answer.")
@click.option("--url", default="", metavar="URL", help="Where others find the server, if not where it listens.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A name that it answers to behind a proxy.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="With json, a line a query on standard error.",
)
def serve(
    graph: str,
    host: str,
    port: int,
    contacts: str,
    timeout: float,
    workers: int,
    memory: int,
    max_rows: int,
    url: str,
    hosts: tuple[str, ...],
    log_format: str,
) -> None:
    """Serve a graph or a store: a SPARQL endpoint, linked data, and pages, on this machine.

    What is served is a copy, so that the store can be built anew meanwhile. Needs the extra `serve`.

    \b
    trialgraph serve trials.store/
    trialgraph serve trials.store/ --host 0.0.0.0 --contacts none --url https://trials.example.org/
    """
    limits = Limits(seconds=timeout, rows=max_rows, memory=memory << 20, workers=workers)
    settings = Settings(
        host=host,
        port=port,
        version=__version__,
        contacts=cast("Contacts", contacts),
        url=f"{url.rstrip('/')}/" if url else "",
        limits=limits,
        hosts=hosts,
        log_format="json" if log_format == "json" else "none",
    )

    def say(text: str) -> None:
        line = msgspec.json.encode({"message": text}) if log_format == "json" else shown_lines(text)
        click.echo(line, err=True)

    signal.signal(signal.SIGTERM, _end_quietly)  # nobody waits for an output
    served(graph, settings, say)


def _end_quietly(number: int, frame: object) -> None:
    sys.exit(128 + number)


def shown_lines(text: str) -> str:
    """A text of several lines without what could command a terminal."""
    return "\n".join(map(shown, text.split("\n")))


def _graph_and(arguments: tuple[str, ...], endpoint: str | None, what: str) -> tuple[str, str]:
    """The graph and what to ask it; no graph with an endpoint."""
    if len(arguments) != (1 if endpoint else 2):
        raise UsageError(f"give {what} alone with --endpoint" if endpoint else f"give a GRAPH and a {what}")
    return ("", arguments[0]) if endpoint else (arguments[0], arguments[1])


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--param {text}: not KEY=VALUE")
    return key, value


def _asker(
    graph: str, endpoint: str | None, timeout: float, allow_service: bool = False
) -> Callable[[str, str], Answer]:
    if endpoint:
        far = Endpoint(endpoint, timeout)
        return lambda text, name: far.ask(text, name, allow_service)
    store = opened(graph)
    return lambda text, name: ask(store, text, name, allow_service)


def _print(answer: Answer, format_: str, out: str, name: str, endpoint: str | None) -> int | None:
    """Print an answer, and give the number of its rows or triples, where somebody counted them."""
    with output(out) as stream:
        if endpoint:  # rows are read as they are written
            unread = f"{Endpoint(endpoint).address}: an answer that cannot be read"
            count = write_answer(answer, format_, stream, unread, InputError)
        else:
            count = write_answer(answer, format_, stream, name)
    if count is not None:
        click.echo(plural(count, "triple" if isinstance(answer, QueryTriples) else "row"), err=True)
    return count


def _write(out: str, text: str) -> None:
    with output(out) as stream:
        stream.write(text.encode())


__all__ = ["find", "network", "queries", "query", "serve", "similar"]
