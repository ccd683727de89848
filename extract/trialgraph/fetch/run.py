"""A fetch from its beginning, or from where it was broken off, to studies that add up with what the registry says.

A page token holds for one version of the registry's data, which changes on most days. Where a token is refused, the
pass through the pages begins anew. Where the data changed on the way though no token was refused, or the numbers do not
add up, the registry's list of ids and dates says what is missing, outdated or gone.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import ceil
from pathlib import Path

from msgspec import Struct

from trialgraph.errors import IncompleteError, InputError, UsageError
from trialgraph.fetch.client import PAGE, Client, RefusedError
from trialgraph.fetch.folder import Folder
from trialgraph.fetch.page import Page, head
from trialgraph.fetch.query import Query
from trialgraph.stream import Progress

#: How often the pages are begun anew, and how often the list of ids is compared, before a run gives up.
_PASSES = 3
_ROUNDS = 3
#: Ids in one request; their parameter has about a thousand characters.
_BATCH = 100
#: The whole registry has some 600 pages; a server that goes on and on is none.
_MOST_PAGES = 10_000
#: Bytes of a study as JSON, and as it is stored; means of the registry.
_SIZE, _STORED = 17_300, 2_400
_LISTED = 20


class Fetched(Struct, frozen=True):
    """What a fetch came to."""

    folder: str
    studies: int
    files: int
    size: int  # bytes on disk
    data_timestamp: str  # of the registry's data, as it says it
    requests: int
    retries: int
    redirects: int
    restarts: int  # how often the pages were begun anew
    nameless: int  # studies without an NCT id, left out
    twice: tuple[str, ...]  # came on two pages
    gone: tuple[str, ...]  # came, and were no longer in the registry's list at the end
    missing: dict[str, str]  # asked for, and not known to the registry; with its message
    already: bool = False  # complete before this run
    newest: str = ""  # of the registry, where that is newer

    def lines(self) -> list[str]:
        """The summary for a terminal."""
        of = f", of the registry's data of {self.data_timestamp}" if self.data_timestamp else ""
        held = f"{self.studies:,} studies in {self.files:,} files, {self.size / 1e6:,.1f} MB{of}"
        if self.already:
            newer = f"; the registry has data of {self.newest}: --restart fetches them" if self.newest else ""
            return [f"{self.folder}: complete already: {held}{newer}", *self._not_given()]
        lines = [f"{self.folder}: {held}"]
        happened = [
            (self.retries, "tried again"),
            (self.redirects, "redirected to another id"),
            (self.restarts, "times the pages were begun anew"),
            (self.nameless, "studies without an NCT id left out"),
        ]
        lines.append("; ".join([f"{self.requests:,} requests", *(f"{n:,} {what}" for n, what in happened if n)]))
        if self.twice:
            lines.append(f"came twice, kept once: {listed(self.twice)}")
        if self.gone:
            lines.append(f"no longer in the registry: {listed(self.gone)}")
        return [*lines, *self._not_given()]

    def _not_given(self) -> list[str]:
        lines = [f"{nct_id}: {message}" for nct_id, message in sorted(self.missing.items())]
        return lines if len(lines) <= _LISTED else [*lines[:_LISTED], f"and {len(lines) - _LISTED:,} more"]


class _AnewError(Exception):
    """The pages have to be begun anew."""


def fetch(
    query: Query,
    out: str | os.PathLike[str],
    client: Client,
    *,
    restart: bool = False,
    progress: Progress = lambda stage, done, total: None,
    tell: Callable[[str], None] = lambda message: None,
) -> Fetched:
    """Fetch the studies of a query into a folder, or go on with it.

    Raises IncompleteError if it was interrupted, or the registry gave up answering or does not add up: what came is
    kept, and a new run goes on. Raises InputError if nothing came, UsageError for a query that the registry refuses or
    a folder that holds something else.
    """
    with Folder(Path(out), client.api, query, restart, tell) as folder:
        return _Run(folder, query, client, progress, tell).run()


def listed(ids: Iterable[str]) -> str:
    """Some ids as a message carries them: the number, and the first of them."""
    ids = sorted(ids)
    more = ", ..." if len(ids) > _LISTED else ""
    return f"{len(ids):,} ({', '.join(ids[:_LISTED])}{more})"


class _Run:
    def __init__(
        self, folder: Folder, query: Query, client: Client, progress: Progress, tell: Callable[[str], None]
    ) -> None:
        self.folder, self.query, self.client, self.progress, self.tell = folder, query, client, progress, tell
        self.manifest = folder.manifest
        self.restarts = 0
        self.gone: set[str] = set()
        self.missing: dict[str, str] = {}

    def run(self) -> Fetched:
        try:
            if self.manifest.state == "complete" and len(self.folder.held) == self.manifest.studies:
                self.missing = dict.fromkeys(self.manifest.missing, "the registry did not know it")
                newest = self.client.version()
                return self._fetched(already=True, newest="" if newest == self.manifest.data_timestamp else newest)
            self._begin()
            if self.query.ids:
                self._fetch_ids()
            else:
                self._fetch_search()
        except (InputError, KeyboardInterrupt) as error:
            if not (self.folder.held or self.folder.earlier):
                raise
            raise self._incomplete(str(error) or "interrupted") from error
        self.gone |= self.folder.finish(self.manifest.total, self.missing)
        return self._fetched()

    def _begin(self) -> None:
        self.manifest.state = "incomplete"
        if not self.folder.is_new:
            self.tell(f"{self.folder.path}: going on: {self._so_far()}")
            return
        self.manifest.data_timestamp = self.client.version()
        self.manifest.total = len(self.query.ids) or count(self.query, self.client)
        self.tell(plan(self.query, self.manifest.total, self.client.rate))
        self.folder.save()

    def _so_far(self) -> str:
        of = "" if self.manifest.total is None else f" of {self.manifest.total:,}"
        return f"{len(self.folder.held):,}{of} studies are there"

    def _incomplete(self, why: str) -> IncompleteError:
        self.folder.settle()
        return IncompleteError(f"{why}\n{self.folder.path}: incomplete: {self._so_far()}; the same command goes on")

    # Passes through the pages

    def _fetch_search(self) -> None:
        self._all_pages()
        listed_ids: set[str] = set()
        for round_ in range(_ROUNDS + 1):
            version = self.client.version()
            moved = version != self.manifest.data_timestamp
            if not moved and self.manifest.total in (None, len(self.folder.held)):
                return
            if round_ < _ROUNDS:
                why = f"the registry's data changed, to those of {version}" if moved else self._difference()
                self.tell(f"{why}; comparing with its list of ids")
                listed_ids = self._catch_up(version)
        missing = listed_ids - self.folder.held.keys()
        self.manifest.missing = sorted(missing)
        raise InputError(
            f"{self._difference()}; compared {_ROUNDS} times"
            + (f"\nmissing: {listed(missing)}" if missing else "")
            + (f"\ncame twice: {listed(self.manifest.twice)}" if self.manifest.twice else "")
        )

    def _difference(self) -> str:
        return f"the registry says {self.manifest.total or 0:,} studies and gave {len(self.folder.held):,}"

    def _fetch_ids(self) -> None:
        for _ in range(_ROUNDS):
            self._all_pages()
            self._ask_singly()
            if self.client.version() == self.manifest.data_timestamp:
                return
            self._begin_anew("the registry's data changed on the way")
        raise InputError(f"the registry's data changed {_ROUNDS} times on the way")

    def _all_pages(self) -> None:
        """Fetch what is left of the pages, from their beginning if a token is refused."""
        while self.manifest.next is not None:
            try:
                for page in self._batches() if self.query.ids else self._search():
                    self.folder.put(page.studies, page.token or None)
                    self.progress("fetching", len(self.folder.held), self.manifest.total)
            except _AnewError as error:
                self._begin_anew(str(error))

    def _begin_anew(self, why: str) -> None:
        if self.restarts == _PASSES:
            raise InputError(f"{why}; begun anew {_PASSES} times already")
        self.restarts += 1
        self.tell(f"{why}; beginning anew with the first page, what came is kept")
        self.manifest.data_timestamp = self.client.version()
        self.folder.begin_anew()

    def _search(self) -> Iterator[Page]:
        for page in self._pages(self.query.parameters(), self.manifest.next or ""):
            if page.total is not None:
                self.manifest.total = page.total
            yield page

    def _batches(self) -> Iterator[Page]:
        """The studies of the ids, a batch a page; the token is the place of the next batch among the ids."""
        ids = self.query.ids
        for place in range(int(self.manifest.next or 0), len(ids), _BATCH):
            following = place + _BATCH
            yield Page(self._by_ids(ids[place:following]), str(following) if following < len(ids) else "")

    def _pages(self, parameters: Mapping[str, str], token: str = "") -> Iterator[Page]:
        """All pages of a search from a token on. Raises _AnewError if a token is refused, or comes again."""
        seen = {token}
        while True:
            try:
                page = self.client.page(parameters, token)
            except RefusedError as error:
                if not token or error.status != 400:
                    raise
                raise _AnewError(f"a page token is no longer taken ({error})") from error
            if page.token in seen - {""} or len(seen) > _MOST_PAGES:
                raise _AnewError("the registry's pages have no end")
            yield page
            if not page.token:
                return
            seen.add(token := page.token)

    def _by_ids(self, ids: Iterable[str]) -> list[bytes]:
        """The studies that have one of the ids, or had it."""
        wanted = {*ids}
        return [
            study
            for page in self._pages({"filter.ids": ",".join(sorted(wanted))})
            for study in page.studies
            if (found := head(study)) and wanted & {found.nct_id, *found.aliases}
        ]

    # Reconciling

    def _ask_singly(self) -> None:
        """Ask for each id by itself that the search did not give, to follow a redirect, or to learn what is wrong."""
        self.missing = {}
        studies = []
        for nct_id in self.query.ids:
            if nct_id not in self.folder:
                try:
                    studies.append(self.client.study(nct_id))
                except RefusedError as error:
                    self.missing[nct_id] = str(error)
        if studies:
            self.folder.put(studies, None, again=True)

    def _catch_up(self, version: str) -> set[str]:
        """Compare what is there with the registry's list, fetch what is missing or outdated, and give the list's ids.

        What the list does not have is dropped, if the list adds up itself.
        """
        dates: dict[str, str] = {}
        total = None
        try:
            for page in self._pages({**self.query.parameters(), "fields": "NCTId|LastUpdatePostDate"}):
                total = page.total if page.total is not None else total
                dates |= {found.nct_id: found.updated for study in page.studies if (found := head(study))}
                self.progress("comparing", len(dates), total)
            wanted = [nct_id for nct_id, date in sorted(dates.items()) if self.folder.updated(nct_id) != date]
            for place in range(0, len(wanted), _BATCH):
                self.folder.put(self._by_ids(wanted[place : place + _BATCH]), None, again=True)
                self.progress("catching up", min(place + _BATCH, len(wanted)), len(wanted))
        except _AnewError as error:
            self.tell(str(error))
            return {*dates}
        gone = self.folder.held.keys() - dates.keys() if total in (None, len(dates)) else set()
        self.gone |= gone
        # Only now, for a run that is killed before must compare again.
        self.manifest.total, self.manifest.data_timestamp = total, version
        self.folder.settle(gone)
        return {*dates}

    def _fetched(self, already: bool = False, newest: str = "") -> Fetched:
        manifest, client = self.manifest, self.client
        return Fetched(
            folder=str(self.folder.path),
            studies=len(self.folder.held),
            files=len(manifest.files),
            size=self.folder.size(),
            data_timestamp=manifest.data_timestamp,
            requests=client.requests,
            retries=client.retries,
            redirects=client.redirects,
            restarts=self.restarts,
            nameless=self.folder.nameless,
            twice=tuple(manifest.twice),
            gone=tuple(sorted(self.gone)),
            missing=self.missing,
            already=already,
            newest=newest,
        )


def count(query: Query, client: Client) -> int | None:
    """How many studies a search finds; None if the registry does not say it. Raises UsageError if it is refused."""
    try:
        return client.count(query.parameters())
    except RefusedError as error:
        if error.status == 400:
            raise UsageError(f"{query}: {error}") from error
        raise


def plan(query: Query, total: int | None, rate: float) -> str:
    """How much there is to fetch, and how long that takes, before it begins."""
    if total is None:
        return f"{query}: the registry does not say how many studies"
    requests = ceil(total / (_BATCH if query.ids else PAGE))
    seconds = ceil(requests / rate)
    time = f"{seconds:,} s" if seconds < 120 else f"{ceil(seconds / 60):,} min"
    return (
        f"{query}: {total:,} studies in {requests:,} requests, at least {time}; some {total * _SIZE / 1e6:,.0f} MB,"
        f" {total * _STORED / 1e6:,.0f} MB as stored"
    )
