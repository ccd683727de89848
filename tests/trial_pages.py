"""The page of a trial without a server: a graph of records, its page, and what a reader finds in the HTML."""

import pickle
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, cast

import pyoxigraph
from tests.sentinels import read

from trialgraph.extractors import Extraction
from trialgraph.iris import BASE
from trialgraph.merge import merge
from trialgraph.resources import mapping, vocabulary
from trialgraph.serve.pages.trial import HELPERS
from trialgraph.serve.record.page import Page, page
from trialgraph.serve.settings import Settings
from trialgraph.serve.site import Site, templates
from trialgraph.statements import Contacts, Statement, Values, split

if TYPE_CHECKING:
    from trialgraph.serve.pool import Pool

TODAY = "2026-03-01"


def statements(*records: Mapping[str, Any], contacts: Contacts = "full", **pages: Mapping[str, Any]) -> list[Statement]:
    """What the records of one trial say, those named by a reader as captured pages of it."""
    read_all = [read(values) for values in records]
    read_all += [read(values, reader) for reader, values in pages.items()]
    draft = Extraction(Values(vocabulary(), mapping()), BASE, contacts).draft(merge(read_all))
    return [*draft.rows, *map(split, sorted(draft.shared))]


def store(rows: Iterable[Statement]) -> pyoxigraph.Store:
    """A store of some statements."""
    held = pyoxigraph.Store()
    held.load("".join(f"{s} {p} {o} .\n" for s, p, o in rows).encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return held


def shown(held: pyoxigraph.Store, nct_id: str = "NCT00000001", **options: Any) -> Page:
    """What the page of a trial is made of."""
    found = page(held, BASE, nct_id, today=TODAY, **options)
    assert isinstance(found, Page)
    return cast("Page", pickle.loads(pickle.dumps(found)))  # as a worker hands it over


def html(found: Page, template: str = "trial/page.html") -> str:
    """The page as HTML."""
    at = Site("trials.store", cast("Pool", None), templates(), Settings())
    return at.templates.get_template(template).render(site=at, page=found, drawing=None, alternates=(), **HELPERS)


class Seen(HTMLParser):
    """What is in some HTML: its text, its elements with their attributes, and whether all are closed in order."""

    _EMPTY = frozenset(["meta", "link", "input", "br", "circle", "rect", "line", "path"])

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.elements, self.faults = "", list[tuple[str, dict[str, str]]](), list[str]()
        self._open: list[str] = []
        self.feed(str(text))  # of a Markup, the parts would be Markup as well
        self.close()
        self.faults += [f"{tag} is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self._EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]} at {self.getpos()}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, name: str) -> list[str]:
        """The values of an attribute, of any element."""
        return [attributes[name] for _, attributes in self.elements if name in attributes]
