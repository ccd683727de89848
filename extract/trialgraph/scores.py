"""How complete each trial is, and each sponsor's trials: the items of the WHO data set that a record states.

What an item is, and for which trials it counts, is data: shapes/who24.toml, which also explains the fraction.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import islice
from pathlib import PurePath

import msgspec
import pyoxigraph
from msgspec import Struct, field

from trialgraph import resources
from trialgraph.errors import GraphError, UsageError
from trialgraph.iris import LABEL, PREFIXES, TRIAL, TYPE, tg, value
from trialgraph.reports.csv import row
from trialgraph.statements import Statement, decimal, typed
from trialgraph.svg import Bar, bars, histogram, stacked
from trialgraph.writers import FORMATS, extension, graphs
from trialgraph.writers.output import output, writable

#: The properties that lead from a trial to a value, one after the other.
Path = tuple[str, ...]
#: The terms that a subject has for a predicate, all spelled as in N-Triples.
Objects = Callable[[str, str], Iterable[str]]

_TOKENS = re.compile(r"\s*([()|/]|[\w-]+:[\w-]+)\s*")
_CLASS, _RECORD = tg("Trial"), tg("RegistryRecord")
_BATCH = 1_000


class Due(Struct, frozen=True, forbid_unknown_fields=True):
    """An item is due some months after the date that a property states."""

    date: str
    months: int


class _Row(Struct, frozen=True, forbid_unknown_fields=True):
    """An item as the file has it."""

    number: int
    name: str
    states: list[str]
    where: str = ""
    if_any: bool = False
    not_for: list[str] = []
    only: list[str] = []
    unless: list[str] = []
    due_after: Due | None = None
    note: str = ""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    item: list[_Row]


class Item(Struct, frozen=True):
    """An item of the data set. A trial states it if it has a path of each list in `states`."""

    number: int
    name: str
    states: tuple[tuple[Path, ...], ...]
    where: re.Pattern[str]
    if_any: bool
    not_for: frozenset[str]  # values of tg:studyType
    only: frozenset[str]  # values of tg:overallStatus
    unless: frozenset[str]
    due_after: Due | None
    note: str


class Score(Struct, frozen=True):
    """The items that one trial states and those that it lacks, by number. What is in neither does not count."""

    trial: str  # spelled IRI
    sponsor: str  # spelled IRI, or ""
    stated: tuple[int, ...]
    missing: tuple[int, ...]
    pages: bool = False  # True if the trial is known from captured pages alone

    @property
    def counted(self) -> int:
        """How many items count for the trial."""
        return len(self.stated) + len(self.missing)

    @property
    def completeness(self) -> Fraction | None:
        """The share of the items that is stated; None if no item counts."""
        return Fraction(len(self.stated), self.counted) if self.counted else None

    @property
    def id(self) -> str:
        """The NCT id, or the registry and the id in it."""
        match = TRIAL.search(self.trial)
        return match[1] if match else self.trial.strip("<>")


class Sponsor(Struct):
    """The trials of a sponsor: how many are scored, the sum of their completeness, and how many pages alone tell of."""

    trials: int = 0
    total: Fraction = Fraction(0)
    pages: int = 0

    @property
    def completeness(self) -> Fraction | None:
        """The mean of the trials that registry records tell of; None if there are none."""
        return self.total / self.trials if self.trials else None


class Summary(Struct):
    """What many scores say together."""

    sponsors: defaultdict[str, Sponsor] = field(default_factory=lambda: defaultdict(Sponsor))
    shares: Counter[Fraction] = field(default_factory=Counter)  # how many trials have each completeness
    stated: Counter[int] = field(default_factory=Counter)  # how many trials state each item
    counted: Counter[int] = field(default_factory=Counter)
    trials: int = 0
    pages: int = 0

    def add(self, score: Score) -> None:
        """Count a score in. Of a trial known from pages alone it is only counted that there is one."""
        sponsor = self.sponsors[score.sponsor]
        share = score.completeness
        if score.pages:
            self.pages += 1
            sponsor.pages += 1
        elif share is not None:
            self.trials += 1
            sponsor.trials += 1
            sponsor.total += share
            self.shares[share] += 1
            self.stated.update(score.stated)
            self.counted.update([*score.stated, *score.missing])


@cache
def items() -> tuple[Item, ...]:
    """The items of shapes/who24.toml. Raises GraphError if the file does not say what it should."""
    path = resources.folder("shapes") / "who24.toml"
    try:
        return read_items(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, re.error) as error:
        raise GraphError(f"{path}: {error}") from error


@cache
def properties() -> frozenset[str]:
    """All properties that a score depends on, spelled."""
    found = {step for item in items() for some in item.states for path in some for step in path}
    dates = {item.due_after.date for item in items() if item.due_after}
    return frozenset(
        found | dates | {tg(name) for name in ("about", "leadSponsor", "notStated", "overallStatus", "studyType")}
    )


def read_items(text: str) -> tuple[Item, ...]:
    """The items that a text like who24.toml defines. Raises ValueError for what is no such text."""
    held = msgspec.convert(tomllib.loads(text), _File)
    return tuple(_item(each) for each in held.item)


def _item(given: _Row) -> Item:
    due = given.due_after and Due(_property(given.due_after.date), given.due_after.months)
    return Item(
        given.number,
        given.name,
        tuple(paths(each) for each in given.states),
        re.compile(given.where),
        given.if_any,
        frozenset(value("studyType", token) for token in given.not_for),
        frozenset(value("overallStatus", token) for token in given.only),
        frozenset(value("overallStatus", token) for token in given.unless),
        due,
        given.note,
    )


def paths(text: str) -> tuple[Path, ...]:
    """All paths that a property path of SPARQL stands for, of sequences and alternatives.

    >>> [len(path) for path in paths("(tg:arm | tg:site/tg:facility) / rdfs:label")]
    [2, 3]
    """
    tokens = _TOKENS.findall(text)
    if _TOKENS.sub("", text):
        raise ValueError(f"{text!r} is no path of properties")
    found = _alternatives(tokens)
    if tokens:
        raise ValueError(f"{text!r} is no path of properties: {tokens[0]} has no place there")
    return tuple(found)


def _alternatives(tokens: list[str]) -> list[Path]:
    found = _sequence(tokens)
    while tokens and tokens[0] == "|":
        del tokens[0]
        found += _sequence(tokens)
    return found


def _sequence(tokens: list[str]) -> list[Path]:
    found = _step(tokens)
    while tokens and tokens[0] == "/":
        del tokens[0]
        following = _step(tokens)
        found = [(*path, *rest) for path in found for rest in following]
    return found


def _step(tokens: list[str]) -> list[Path]:
    token = tokens.pop(0) if tokens else ""
    if token == "(":
        found = _alternatives(tokens)
        if not tokens or tokens.pop(0) != ")":
            raise ValueError("a path of properties lacks its )")
        return found
    return [(_property(token),)]


def _property(name: str) -> str:
    prefix, colon, local = name.partition(":")
    if not colon or prefix not in PREFIXES:
        raise ValueError(f"{name!r} is no property with one of the prefixes {', '.join(PREFIXES)}")
    return f"<{PREFIXES[prefix]}{local}>"


def of_statements(statements: Iterable[Statement], as_of: str, of: tuple[Item, ...] = ()) -> Iterator[Score]:
    """The score of each trial, from statements that come trial by trial, as `trialgraph.statements` gives them.

    `as_of` is the day that stands for today. What trials share (names of sponsors, places) is not needed.
    """
    held: dict[str, dict[str, list[str]]] = {}
    stem = "\n"  # what the IRIs of the current trial and of its parts begin with
    for subject, predicate, term in statements:
        own = subject.startswith(stem) and subject[len(stem)] in "/>"
        if not own and (match := TRIAL.search(subject)):
            yield from _of_block(held, as_of, of)
            held, stem, own = {}, subject[: match.end()], True
        if own or "/record/" in subject:
            held.setdefault(subject, {}).setdefault(predicate, []).append(term)
    yield from _of_block(held, as_of, of)


def _of_block(held: Mapping[str, Mapping[str, list[str]]], as_of: str, of: tuple[Item, ...]) -> Iterator[Score]:
    def objects(subject: str, predicate: str) -> list[str]:
        return held.get(subject, {}).get(predicate, [])

    for trial in held:
        if _CLASS in objects(trial, TYPE):
            records = [s for s in held if trial in objects(s, tg("about")) and _RECORD in objects(s, TYPE)]
            yield _score(trial, objects, records, as_of, of or items())


def of_store(store: pyoxigraph.Store, as_of: str, of: tuple[Item, ...] = ()) -> Iterator[Score]:
    """The score of each trial of a store, by IRI."""
    node, class_, about = (pyoxigraph.NamedNode(term[1:-1]) for term in (TYPE, _CLASS, tg("about")))
    record = pyoxigraph.NamedNode(_RECORD[1:-1])
    default = pyoxigraph.DefaultGraph()

    def objects(subject: str, predicate: str) -> list[str]:
        if not subject.startswith("<"):
            return []
        pattern = (pyoxigraph.NamedNode(subject[1:-1]), pyoxigraph.NamedNode(predicate[1:-1]))
        return [str(quad.object) for quad in store.quads_for_pattern(*pattern, None, default)]

    trials = (str(quad.subject) for quad in store.quads_for_pattern(None, node, class_, default))
    for trial in sorted(trials):
        known = pyoxigraph.NamedNode(trial[1:-1])
        subjects = [quad.subject for quad in store.quads_for_pattern(None, about, known, default)]
        records = [str(s) for s in subjects if pyoxigraph.Quad(s, node, record) in store]
        yield _score(trial, objects, records, as_of, of or items())


def sponsor_names(store: pyoxigraph.Store) -> dict[str, str]:
    """The names of the lead sponsors of a store, by spelled IRI."""
    lead, label = (pyoxigraph.NamedNode(term[1:-1]) for term in (tg("leadSponsor"), LABEL))
    found: dict[str, str] = {}
    sponsors = {quad.object for quad in store.quads_for_pattern(None, lead, None) if not _literal(quad.object)}
    for sponsor in sponsors:
        for quad in store.quads_for_pattern(sponsor, label, None):  # type: ignore[arg-type]
            _name(found, str(sponsor), str(quad.object))
    return found


def naming(statements: Iterable[Statement], names: dict[str, str]) -> Iterator[Statement]:
    """The statements as they are; on the way, the names of organisations are put into `names` by spelled IRI."""
    for statement in statements:
        if statement[1] == LABEL and "/organization/" in statement[0]:
            _name(names, statement[0], statement[2])
        yield statement


def _name(names: dict[str, str], organization: str, label: str) -> None:
    """An organisation can have several spellings; the first in the alphabet stands for them."""
    text = pyoxigraph.parse(f"<a:a> <a:a> {label} .".encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    name = next(quad.object.value for quad in text if isinstance(quad.object, pyoxigraph.Literal))
    names[organization] = min(names.get(organization, name), name)


def _literal(term: object) -> bool:
    return isinstance(term, pyoxigraph.Literal)


def _score(trial: str, objects: Objects, records: list[str], as_of: str, of: tuple[Item, ...]) -> Score:
    unshown = [set(objects(record, tg("notStated"))) for record in records]
    pages = bool(unshown) and all(unshown)
    hidden = set.intersection(*unshown) if pages else set()
    type_, status = set(objects(trial, tg("studyType"))), set(objects(trial, tg("overallStatus")))
    stated, missing = [], []
    for item in of:
        applies = not (type_ & item.not_for or status & item.unless) and (not item.only or status & item.only)
        if not item.states or not applies or not _due(item, trial, objects, as_of):
            continue
        lacking = [some for some in item.states if not any(_leads(trial, path, item, objects) for path in some)]
        if not lacking:
            stated.append(item.number)
        elif not item.if_any and not all(any(path[0] in hidden for path in some) for some in lacking):
            missing.append(item.number)
    sponsor = min(objects(trial, tg("leadSponsor")), default="")
    return Score(trial, sponsor, tuple(stated), tuple(missing), pages)


def _leads(start: str, path: Path, item: Item, objects: Objects) -> bool:
    """Whether a path leads from a term to one that the item takes."""
    first, *rest = path
    terms = objects(start, first)
    if rest:
        return any(_leads(term, tuple(rest), item, objects) for term in terms)
    return any(item.where.search(term) for term in terms)


def _due(item: Item, trial: str, objects: Objects, as_of: str) -> bool:
    if item.due_after is None:
        return True
    dates = [term[1:11] for term in objects(trial, item.due_after.date) if re.match(r'"\d{4}-\d\d-\d\d"', term)]
    return any(_later(date, item.due_after.months) < as_of for date in dates)


def _later(date: str, months: int) -> str:
    """A date some months on, of the same day of the month. Dates are compared, not shown: 2024-02-30 is fine."""
    years, month = divmod(int(date[5:7]) - 1 + months, 12)
    return f"{int(date[:4]) + years:04}-{month + 1:02}{date[7:]}"


def trial_rows(scores: Iterable[Score], of: tuple[Item, ...] = ()) -> Iterator[str]:
    """The CSV table of trials: a line a trial, with the items that it lacks."""
    names = {item.number: item.name for item in of or items()}
    yield row(("trial", "sponsor", "stated", "counted", "completeness", "known_from", "missing"))
    for score in scores:
        lacks = "; ".join(f"{number} {names[number]}" for number in score.missing)
        share = _share(score.completeness)
        origin = "pages" if score.pages else "registry"
        yield row((score.id, score.sponsor.strip("<>"), len(score.stated), score.counted, share, origin, lacks))


def sponsor_rows(summary: Summary, names: Mapping[str, str]) -> Iterator[str]:
    """The CSV table of sponsors: the mean of the trials that registry records tell of, and how many there are."""
    yield row(("sponsor", "name", "trials", "completeness", "trials_from_pages_only"))
    for iri, sponsor in sorted(summary.sponsors.items()):
        share = _share(sponsor.completeness)
        yield row((iri.strip("<>"), names.get(iri, ""), sponsor.trials, share, sponsor.pages))


def triples(score: Score) -> Iterator[Statement]:
    """What a score adds to the graph about the trial."""
    if (share := score.completeness) is not None:
        yield score.trial, tg("completeness"), decimal(round(float(share), 4))
        yield score.trial, tg("countedItems"), typed(str(score.counted), "integer")


def sponsor_triples(summary: Summary) -> Iterator[Statement]:
    """What many scores add to the graph about the sponsors."""
    for iri, sponsor in sorted(summary.sponsors.items()):
        if iri and (share := sponsor.completeness) is not None:
            yield iri, tg("completeness"), decimal(round(float(share), 4))
            yield iri, tg("scoredTrials"), typed(str(sponsor.trials), "integer")


def plot(summary: Summary, of: tuple[Item, ...] = ()) -> str:
    """The distribution of completeness over the trials, and the share of the trials that state each item, as SVG."""
    left_out = f"; {summary.pages:,} known from pages alone are left out" if summary.pages else ""
    about = f"{summary.trials:,} trials{left_out}."
    shares = [float(share) for share in sorted(summary.shares.elements())]
    x_label = f"items stated, of those that count: {about}"
    upper = histogram("Completeness of trials (WHO-24)", about, shares, x_label, "trials")
    rows = [
        Bar(
            f"{item.number} {item.name}",
            summary.stated[item.number] / counted,
            f"{summary.stated[item.number] / counted:.1%} of {counted:,}",
        )
        for item in of or items()
        if (counted := summary.counted[item.number])
    ]
    lower = bars("Trials that state each item", "The share of the trials for which the item counts.", rows, full=1)
    return stacked("Completeness by the WHO Trial Registration Data Set", [upper, lower])


def save(scores: Iterable[Score], names: Mapping[str, str], table: str = "", plot_file: str = "") -> Summary:
    """Write the scores, one by one as they come, and give what they say together.

    A `table` that ends in .csv holds the trials, and a second one beside it, -sponsors.csv, the sponsors; one that
    ends as a graph does (.ttl, .nt, .nq, .trig, .jsonld, also with .gz) holds both as triples. `names` may fill up
    meanwhile.
    """
    summary = Summary()
    counted = _counting(scores, summary)
    if not table:
        for _ in counted:
            pass
    elif table.endswith(".csv"):
        _write(table, trial_rows(counted))
        _write(sponsors_file(table), sponsor_rows(summary, names))
    else:
        _check_graph(table)
        graphs.save(table, _batches(counted, summary))
    if plot_file:
        _write(plot_file, [plot(summary)])
    return summary


def check_names(table: str, plot_file: str) -> None:
    """Raise UsageError if `save` could not write files of these names."""
    if table and not table.endswith(".csv"):
        _check_graph(table)
    for file in filter(None, (table, plot_file)):
        writable(file)


def sponsors_file(table: str) -> str:
    """Where the sponsors' table goes: beside that of the trials, "scores-sponsors.csv"."""
    path = PurePath(table)
    return str(path.with_name(f"{path.stem}-sponsors{path.suffix}"))


def _counting(scores: Iterable[Score], summary: Summary) -> Iterator[Score]:
    for score in scores:
        summary.add(score)
        yield score


def _write(file: str, texts: Iterable[str]) -> None:
    with output(file) as stream:
        for text in texts:
            stream.write(text.encode())


def _check_graph(file: str) -> None:
    try:
        extension(file)
    except UsageError as error:
        known = ", ".join(FORMATS)
        raise UsageError(f"{file}: the name of the scores must end in .csv, or as a graph in {known}") from error


def _batches(scores: Iterable[Score], summary: Summary) -> Iterator[list[Statement]]:
    waiting = iter(scores)
    while batch := list(islice(waiting, _BATCH)):
        if rows := [statement for score in batch for statement in triples(score)]:
            yield rows
    if rows := list(sponsor_triples(summary)):
        yield rows


def _share(share: Fraction | None) -> str:
    return "" if share is None else f"{float(share):.4f}"
