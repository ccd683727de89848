"""Queries of a store, checked before they are parsed, and answers in every format."""

import datetime
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import pyoxigraph
from msgspec import Struct
from pyoxigraph import QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat
from rich.cells import cell_len, set_cell_size

from trialgraph.errors import GraphError, InputError, RefusedError, TrialgraphError, UsageError
from trialgraph.iris import PREFIXES
from trialgraph.notebook import table as html
from trialgraph.questions import question, questions
from trialgraph.reports.common import short, shown
from trialgraph.reports.markdown import escaped

if TYPE_CHECKING:
    import pandas
    import polars
    import rdflib

#: What the engine answers: rows, a truth, or triples.
Answer: TypeAlias = pyoxigraph.QuerySolutions | pyoxigraph.QueryBoolean | pyoxigraph.QueryTriples
#: The graphs that make the default graph of a query, and those that GRAPH finds.
Dataset: TypeAlias = tuple[
    list[pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.DefaultGraph],
    list[pyoxigraph.NamedNode | pyoxigraph.BlankNode],
]
#: A value of a row in Python; an IRI is its text.
Value: TypeAlias = str | int | float | bool | datetime.date | None

#: Formats of answers. Triples are Turtle in "table" and "turtle", and have no other format.
FORMATS = ("table", "csv", "tsv", "json", "xml", "markdown", "turtle")

# Some thousand nested brackets, or operators in a chain, overflow the stack of the engine's parser and end the process.
_NESTING = 128
_CHAIN = 500
_LENGTH = 1 << 16
# What the engine's parser tells apart. It wants no blank before or after a keyword: 1SERVICE<...> is a 1 and a SERVICE,
# and it ends a name before a dot sooner or later: so do we, at the first, and have one token more rather than too few.
_TOKENS = re.compile(
    r"""(?P<quoted>\#[^\r\n]*|\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"""
    r"""|"(?!"")(?:[^"\\\r\n]|\\.)*"|'(?!'')(?:[^'\\\r\n]|\\.)*')"""
    r"""|(?P<open>["'])"""
    r"""|(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8})*>)"""
    r"""|(?P<variable>[?$]\w+|@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)"""
    r"""|(?P<node>_:[\w-]+)|(?P<name>[\w.-]*:(?:(?:[\w:]|%[0-9a-fA-F]{2}|\\.)(?:[\w:-]|%[0-9a-fA-F]{2}|\\.)*)?)"""
    r"""|(?P<word>(?:[\w.-]|\\.)+)|(?P<mark>[{}()\[\]!|&+*/^=<>])""",
    re.DOTALL,
)
# Without a scheme and "//", <...> may as well be two comparisons around what begins a string or a comment.
_UNCLEAR = re.compile(r"<(?![a-zA-Z][a-zA-Z0-9+.-]*://).*['#]", re.DOTALL)
_CHAINED = {"UNION", "MINUS", "BIND", "OPTIONAL", "FILTER", "VALUES", "GRAPH", "AS"}
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"}
# What tells our engine how to go about a query, and is a comment to others. The engine plans by the sizes that patterns
# may have: a limit that is never reached tells it what is small, and where to begin.
_HINT = re.compile(r"^( *)# hint: ", re.MULTILINE)
_POSITION = re.compile(r"^error at (\d+):(\d+): ")
_PREFIXED = re.compile(r"[\w.-]*:(?=[^\s:]*$)")
_XSD = PREFIXES["xsd"]
_CELL = 60
_SERIALIZED = {
    "csv": QueryResultsFormat.CSV,
    "json": QueryResultsFormat.JSON,
    "tsv": QueryResultsFormat.TSV,
    "xml": QueryResultsFormat.XML,
}


class Rows(Sequence[tuple[Value, ...]]):
    """The rows of an answer as Python values, with the names of their columns."""

    def __init__(self, solutions: QuerySolutions) -> None:
        self.columns = tuple(variable.value for variable in solutions.variables)
        self._rows = [tuple(_value(term) for term in solution) for solution in solutions]

    @classmethod
    def of(cls, columns: Iterable[str], rows: Iterable[tuple[Value, ...]]) -> "Rows":
        """Rows that are Python values already."""
        made = cls.__new__(cls)
        made.columns, made._rows = tuple(columns), list(rows)
        return made

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        """A row, or several."""
        return self._rows[index]

    def to_pandas(self) -> "pandas.DataFrame":
        """A data frame of pandas. Raises UsageError without the extra `frames`."""
        try:
            import pandas  # slow, and only of use here
        except ModuleNotFoundError as error:
            raise UsageError("data frames need pandas; pip install 'trialgraph[frames]'") from error

        # Whole numbers stay whole where a cell is empty.
        return pandas.DataFrame(
            {
                name: pandas.Series(values, dtype="Int64" if kinds == {int} and None in values else None)
                for name, values, kinds in self._by_column()
            }
        )

    def to_polars(self) -> "polars.DataFrame":
        """A data frame of polars. Raises UsageError without the extra `frames`."""
        try:
            import polars  # slow, and only of use here
        except ModuleNotFoundError as error:
            raise UsageError("data frames need polars; pip install 'trialgraph[frames]'") from error

        # A column has one type: days beside a year are text.
        return polars.DataFrame(
            {
                name: values
                if len(kinds) < 2 or kinds == {int, float}
                else [value if value is None else _text(value) for value in values]
                for name, values, kinds in self._by_column()
            },
            strict=False,
        )

    def _by_column(self) -> Iterator[tuple[str, list[Value], set[type]]]:
        """Each column with its values and their types."""
        for index, name in enumerate(self.columns):
            values = [row[index] for row in self._rows]
            yield name, values, {type(value) for value in values if value is not None}

    def __repr__(self) -> str:
        """The first rows as a table, for a prompt."""
        cells = [[shown(_text(value)) for value in row] for row in self._rows[:20]]
        rest = f"... and {len(self) - 20:,} more\n" if len(self) > 20 else ""
        return (table(list(self.columns), cells) + rest).rstrip("\n")

    def _repr_html_(self) -> str:
        """The rows as a table, for a notebook."""
        rest = f"<p>{len(self) - 100:,} more rows</p>" if len(self) > 100 else ""
        return html(self.columns, self._rows[:100]) + rest


class Written(Struct):
    """An answer in a format, and how many rows or triples it has, where somebody counted them."""

    text: bytes
    count: int | None


def text_of(name: str, parameters: Mapping[str, str], stdin: Any = None) -> tuple[str, str]:
    """The query that a user means, and what to call it in errors.

    `name` is a named question, a file that ends in .rq, "-" for what `stdin` has, or SPARQL itself. Only a named
    question takes parameters. Raises UsageError if there is no such question, InputError for a file that cannot be
    read.
    """
    if name in questions():
        return question(name).bound(parameters), name
    is_file = name.endswith((".rq", ".sparql")) and "{" not in name
    written = name == "-" or is_file or re.search(r"[{\s]", name)
    if not written:
        question(name)
    if parameters:
        raise UsageError(f"{shown(name, 60)}: only a named question takes parameters; write values into the query")
    if not is_file and name != "-":
        return name, "the query"
    try:
        if name == "-":
            return stdin.read(), "standard input"
        return Path(name).read_text(encoding="utf-8-sig"), name
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: cannot be read: {error}") from error


def ask(store: pyoxigraph.Store, query: str, name: str = "the query", allow_service: bool = False) -> Answer:
    """The answer of a store. Our prefixes need no PREFIX line.

    Raises UsageError for what is refused, and GraphError, with the line and a caret, for what is no SPARQL.
    """
    check(query, name, allow_service)
    return ask_checked(store, query, name)


def ask_checked(
    store: pyoxigraph.Store,
    query: str,
    name: str = "the query",
    dataset: Dataset | None = None,
    base: str | None = None,
) -> Answer:
    """The answer of a store to a query that has passed `check`, from a dataset in the place of the query's own.

    Comments that begin with "# hint: " are a part of the query here. Relative IRIs of the query are below the base.
    Raises GraphError, with the line and a caret, for what is no SPARQL.
    """
    default, named = dataset or (None, None)
    try:
        return store.query(_hinted(query), base_iri=base, prefixes=PREFIXES, default_graph=default, named_graphs=named)
    except SyntaxError as error:
        raise GraphError(_pointed(_hinted(query), name, str(error))) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise GraphError(f"{name}: {error}") from error


def check(query: str, name: str = "the query", allow_service: bool = False, allow_from: bool = False) -> set[str]:
    """The keywords of a query.

    Raises UsageError for a query that is too large or too deep, and RefusedError for one that changes something, that
    reads a graph which is not in the store (FROM), or that sends data elsewhere (SERVICE).
    """
    if len(query) > _LENGTH:
        raise UsageError(f"{name}: a query has at most {_LENGTH:,} characters")
    # What engines undo before they parse must not hide a word, whether the hints are a part of the query or come of it.
    plain, hinted = _unescaped(query), _hinted(query)
    for text in dict.fromkeys([query, plain, hinted, _unescaped(hinted), _hinted(plain)]):
        words = _words(text, name)
        if "SERVICE" in words and not allow_service:
            raise RefusedError(f"{name}: SERVICE sends data to another server", "--allow-service lets it")
        if "FROM" in words and not allow_from:
            raise RefusedError(f"{name}: FROM reads another graph", "name the graph to ask on the command line")
        if words & _UPDATES:
            raise RefusedError(f"{name}: {min(words & _UPDATES)} changes a graph", "a query only asks")
    return words


def _hinted(query: str) -> str:
    """A query with its hints."""
    return _HINT.sub(r"\1", query)


def _unescaped(query: str) -> str:
    return _ESCAPED.sub(lambda mark: chr(min(int(mark[1] or mark[2], 16), 0x10FFFF)), query)


def graphs_from(query: str, base: str = "") -> list[str]:
    """The IRIs that the FROM clauses of a query name; a clause that has a prefix gives its text.

    The engine only looks into the store, so what this overlooks is an empty graph, and is never fetched.
    """
    found, last = [], ""
    for match in _TOKENS.finditer(query):
        if match.lastgroup == "quoted":
            continue
        if match.lastgroup == "open":  # `check` refuses this
            break
        if match.lastgroup in ("iri", "name") and last in ("BASE", "FROM", "NAMED"):
            iri = match[0].removeprefix("<").removesuffix(">")
            with suppress(ValueError):  # of what is no IRI at all
                iri = urllib.parse.urljoin(base, iri) if match.lastgroup == "iri" else iri
            if last == "BASE":
                base = iri
            else:
                found.append(iri)
        last = match[0].upper() if match[0].upper() != "NAMED" or last == "FROM" else ""
    return found


def _words(text: str, name: str) -> set[str]:
    """The keywords of a query. Raises UsageError where it is too deep, too long a chain, or not clear."""
    depth, chain, last = 0, 0, ""
    words: set[str] = set()
    for match in _TOKENS.finditer(text):
        kind, token = match.lastgroup, match[0].upper()
        if kind == "quoted":
            continue
        if kind == "open":  # to look for the next one would take a time that grows with the square of the length
            raise UsageError(f"{name}: a text that does not end: {shown(text[match.start() :][:40])}")
        if kind == "iri" and _UNCLEAR.match(token):
            raise UsageError(f"{name}: {shown(match[0], 60)}: write the whole IRI, or blanks around < and >")
        if token == "{" and "SERVICE" in last.partition(":")[0]:
            words.add("SERVICE")
        if kind == "word":
            words |= {token, *(word for word in ("SERVICE", "FROM") if word in token)}
        if kind == "name" and depth == 0 and last != "PREFIX" and "FROM" in token.partition(":")[0]:
            words.add("FROM")
        depth += (token in "{([") - (token in "})]")
        chain += token.count("-") if kind == "word" else kind == "mark" and token not in "{}()[]"
        chain += token in _CHAINED
        if depth > _NESTING:
            raise UsageError(f"{name}: more than {_NESTING} brackets inside one another")
        if chain > _CHAIN:
            raise UsageError(f"{name}: more than {_CHAIN:,} operators and patterns; VALUES and IN take many values")
        last = token if kind in ("name", "word") else ""
    return words


def written(
    answer: Answer, format_: str, name: str = "the query", fault: type[TrialgraphError] = GraphError
) -> Written:
    """An answer in one of FORMATS. Raises UsageError for a format that it does not have, `fault` if it fails."""
    try:
        if isinstance(answer, QueryTriples):
            return _triples(answer, format_)
        if isinstance(answer, pyoxigraph.QueryBoolean):
            if format_ in ("csv", "tsv", "json", "xml"):
                return Written(answer.serialize(format=_SERIALIZED[format_]) or b"", None)
            if format_ == "turtle":
                raise UsageError(f"{name}: a truth has no Turtle; CONSTRUCT and DESCRIBE have")
            return Written(b"yes\n" if answer else b"no\n", None)
        if format_ == "turtle":
            raise UsageError(f"{name}: rows have no Turtle; CONSTRUCT and DESCRIBE have")
        if format_ in _SERIALIZED:
            return Written(answer.serialize(format=_SERIALIZED[format_]) or b"", None)
        columns = [variable.value for variable in answer.variables]
        rows = [[_cell(term) for term in solution] for solution in answer]
        return Written((markdown if format_ == "markdown" else table)(columns, rows).encode(), len(rows))
    except (OSError, RuntimeError, SyntaxError, ValueError) as error:
        raise fault(f"{name}: {error}") from error


def write(
    answer: Answer,
    format_: str,
    stream: BinaryIO,
    name: str = "the query",
    fault: type[TrialgraphError] = GraphError,
) -> int | None:
    """Write an answer in one of FORMATS, and give how many rows or triples it has, where somebody counted them.

    Rows of a format for programs are written as they come, and never held. Raises as `written` does.
    """
    if isinstance(answer, QuerySolutions) and format_ in _SERIALIZED:
        try:
            answer.serialize(stream, format=_SERIALIZED[format_])
        except (RuntimeError, SyntaxError, ValueError) as error:
            raise fault(f"{name}: {error}") from error
        return None
    done = written(answer, format_, name, fault)
    stream.write(done.text)
    return done.count


def to_rdflib(answer: QueryTriples) -> "rdflib.Graph":
    """The triples of an answer in rdflib."""
    import rdflib  # slow, and only of use here

    data = _triples(answer, "turtle").text
    return rdflib.Graph(bind_namespaces="none").parse(data=data, format="turtle")


def _triples(answer: QueryTriples, format_: str) -> Written:
    if format_ not in ("table", "turtle"):
        raise UsageError(f"--format {format_}: an answer of triples is Turtle; leave out --format")
    triples = sorted(set(answer), key=lambda triple: tuple(str(term) for term in triple))
    used = {prefix: iri for prefix, iri in PREFIXES.items() if any(f"<{iri}" in str(each) for each in triples)}
    text = pyoxigraph.serialize(triples, format=RdfFormat.TURTLE, prefixes=used)
    return Written(text or b"", len(triples))


def _pointed(query: str, name: str, message: str) -> str:
    """A message of the engine with the line that it is about and a caret under the place."""
    match = _POSITION.match(message)
    if not match:
        return f"{name}: {message}"
    number, column = int(match[1]), int(match[2])
    lines = query.split("\n")
    line = lines[number - 1].rstrip("\r") if number <= len(lines) else ""
    before = cell_len(shown(line[: column - 1]))
    said = message[match.end() :]
    if "Prefix not found" in said:  # among the dozens of characters that might have made the name longer
        unknown = _PREFIXED.search(line[: column - 1])
        said = f"no PREFIX line declares {unknown[0] if unknown else 'this prefix'}"
    return f"{name}:{number}:{column}: {said}\n{shown(line)}\n{' ' * before}^"


def _value(term: Any) -> Value:
    if not isinstance(term, pyoxigraph.Literal):
        return None if term is None else str(term.value) if hasattr(term, "value") else str(term)
    kind, text = term.datatype.value.removeprefix(_XSD), term.value
    try:
        if kind == "integer":
            return int(text)
        if kind in ("decimal", "double", "float"):
            return float(text)
        if kind == "date":
            return datetime.date.fromisoformat(text)
    except ValueError:  # a date with a time zone, say, is what it is
        return text
    return text in ("true", "1") if kind == "boolean" else text


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _cell(term: Any) -> str:
    """A term for the eye: the text of a literal, an IRI by its prefix."""
    if term is None:
        return ""
    return shown(short(term.value) if isinstance(term, pyoxigraph.NamedNode) else _text(getattr(term, "value", term)))


def table(columns: list[str], rows: list[list[str]]) -> str:
    """Rows for a terminal, in columns that are cropped."""
    widths = [min(_CELL, max(map(_width, (name, *(row[at] for row in rows))))) for at, name in enumerate(columns)]
    lines = []
    for row in (columns, ["-" * width for width in widths], *rows):
        lines.append("  ".join(map(_fitted, row, widths)).rstrip() + "\n")
    return "".join(lines)


def _width(cell: str) -> int:
    """How many places of a terminal a cell takes; most cells need not be measured."""
    return len(cell) if cell.isascii() else cell_len(cell)


def _fitted(cell: str, width: int) -> str:
    size = _width(cell)
    if size > width:
        return f"{set_cell_size(cell[: 4 * width], width - 1)}…"  # to split a long text into its signs is slow
    return cell + " " * (width - size)


def markdown(columns: list[str], rows: list[list[str]]) -> str:
    """Rows as a table of GitHub's Markdown."""
    lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    return "".join(f"{line}\n" for line in (*lines, *(f"| {' | '.join(map(escaped, row))} |" for row in rows)))
