"""A fetch from its beginning, or from where it was broken off, to studies that add up with what the registry says.

Where a page token is refused, the pass through the pages begins anew. Where the data changed on the way though no token
was refused, or the numbers do not add up, the registry's list of ids and dates says what is missing, outdated or gone.
"""

import os
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path

from trialgraph.errors import IncompleteError, InputError, UsageError
from trialgraph.fetch.client import PAGE, Client, RefusedError, UnavailableError
from trialgraph.fetch.folder import Folder
from trialgraph.fetch.page import Page
from trialgraph.fetch.paging import BATCH, AnewError, by_ids, dates, pages
from trialgraph.fetch.query import Query
from trialgraph.fetch.summary import Fetched, listed, plan, studies
from trialgraph.stream import Progress

#: How often the pages are begun anew, and how often the list of ids is compared, before a run gives up.
_PASSES = 3
_ROUNDS = 3


def fetch(
    query: Query,
    out: str | os.PathLike[str],
    client: Client,
    *,
    restart: bool = False,
    progress: Progress = lambda stage, done, total: None,
    tell: Callable[[str], None] = lambda message: None,
) -> Fetched:
    """Fetch the studies of a query into a folder, or go on with it; a `restart` drops what an earlier fetch left.

    Raises IncompleteError if it was interrupted, or the registry gave up answering or does not add up: what came is
    kept, and a new run goes on. Raises InputError if nothing came, UsageError for a query that the registry refuses or
    a folder that holds something else.
    """
    with Folder(Path(out), client.api, query, restart=restart, progress=progress, tell=tell) as folder:
        return _Run(folder, query, client, progress, tell).run()


def count(query: Query, client: Client) -> int | None:
    """How many studies a search finds; None if the registry does not say it. Raises UsageError if it is refused."""
    try:
        return client.count(query.parameters())
    except RefusedError as error:
        if error.status == 400:
            raise UsageError(f"{query}: {error}") from error
        raise


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
        if self.manifest.state == "complete" and len(self.folder.held) == self.manifest.studies:
            return self._complete_already()
        try:
            self._begin()
            if self.query.ids:
                self._fetch_ids()
            else:
                self._fetch_search()
            self.gone |= self.folder.finish(self.missing)
        except (InputError, KeyboardInterrupt) as error:
            if not (self.folder.held or self.folder.earlier):
                raise
            self.folder.settle()
            why = str(error) or "interrupted"
            here = f"{self.folder.path}: incomplete: {self._so_far()}; the same command goes on"
            raise IncompleteError(f"{why}\n{here}") from error
        return self._fetched()

    def _complete_already(self) -> Fetched:
        self.missing = dict.fromkeys(self.manifest.missing, "the registry did not know it")
        try:
            version = self.client.version()
        except UnavailableError as error:
            self.tell(str(error))
            version = self.manifest.data_timestamp
        return self._fetched(already=True, newest="" if version == self.manifest.data_timestamp else version)

    def _begin(self) -> None:
        self.manifest.state = "incomplete"
        if not self.folder.is_new:
            self.tell(f"{self.folder.path}: going on: {self._so_far()}")
            return
        self.manifest.data_timestamp = self.client.version()
        self.manifest.total = total = len(self.query.ids) or count(self.query, self.client)
        requests = ceil((total or 0) / (BATCH if self.query.ids else PAGE))
        self.tell(plan(self.query, total, requests, self.client.rate))
        # Not before the registry has taken the query.
        self.folder.clear()
        self.folder.save()

    def _so_far(self) -> str:
        of = "" if self.manifest.total is None else f"{len(self.folder.held):,} of "
        there = studies(len(self.folder.held) if self.manifest.total is None else self.manifest.total)
        return f"{of}{there} are there"

    # Passes through the pages

    def _fetch_search(self) -> None:
        self._all_pages()
        on_list: set[str] = set()
        for rounds_left in reversed(range(_ROUNDS + 1)):
            version = self.client.version()
            moved = version != self.manifest.data_timestamp
            if not moved and self.manifest.total in (None, len(self.folder.held)):
                return
            if rounds_left:
                why = f"the registry's data changed, to those of {version}" if moved else self._difference()
                self.tell(f"{why}; comparing with its list of ids")
                on_list = self._catch_up(version)
        missing = on_list - self.folder.held.keys()
        self.manifest.missing = sorted(missing)
        raise InputError(
            f"{self._difference()}; compared {_ROUNDS} times"
            + (f"\nmissing: {listed(missing)}" if missing else "")
            + (f"\ncame twice: {listed(self.manifest.twice)}" if self.manifest.twice else "")
        )

    def _difference(self) -> str:
        return f"the registry says {studies(self.manifest.total or 0)} and gave {len(self.folder.held):,}"

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
            except AnewError as error:
                self._begin_anew(str(error))

    def _begin_anew(self, why: str) -> None:
        if self.restarts == _PASSES:
            raise InputError(f"{why}; begun anew {_PASSES} times already")
        self.restarts += 1
        self.tell(f"{why}; beginning anew with the first page, what came is kept")
        self.manifest.data_timestamp = self.client.version()
        self.folder.begin_anew()

    def _search(self) -> Iterator[Page]:
        for page in pages(self.client, self.query.parameters(), self.manifest.next or ""):
            if page.total is not None:
                self.manifest.total = page.total
            yield page

    def _batches(self) -> Iterator[Page]:
        """The studies of the ids, a batch a page; the token is the place of the next batch among the ids."""
        ids = self.query.ids
        for place in range(int(self.manifest.next or 0), len(ids), BATCH):
            following = place + BATCH
            yield Page(by_ids(self.client, ids[place:following]), str(following) if following < len(ids) else "")

    # Reconciling

    def _ask_singly(self) -> None:
        """Ask for each id by itself that the search did not give, to follow a redirect, or to learn what is wrong."""
        self.missing = {}
        found = []
        for nct_id in self.query.ids:
            if nct_id not in self.folder:
                try:
                    found.append(self.client.study(nct_id))
                except RefusedError as error:
                    self.missing[nct_id] = str(error)
        if found:
            self.folder.put(found, None, again=True)

    def _catch_up(self, version: str) -> set[str]:
        """Compare what is there with the registry's list, fetch what is missing or outdated, and give the list's ids.

        What the list does not have is dropped, if the list adds up itself.
        """
        try:
            listed_dates, total = dates(
                self.client, self.query.parameters(), lambda done, total: self.progress("comparing", done, total)
            )
            wanted = [nct_id for nct_id, date in sorted(listed_dates.items()) if self.folder.updated(nct_id) != date]
            if ceil(len(wanted) / BATCH) > ceil(len(listed_dates) / PAGE):
                self._begin_anew(f"{studies(len(wanted))} changed")
                self._all_pages()
                return {*listed_dates}
            for place in range(0, len(wanted), BATCH):
                self.folder.put(by_ids(self.client, wanted[place : place + BATCH]), None, again=True)
                self.progress("catching up", min(place + BATCH, len(wanted)), len(wanted))
        except AnewError as error:
            self.tell(str(error))
            return set()
        gone = self.folder.held.keys() - listed_dates.keys() if total in (None, len(listed_dates)) else set()
        self.gone |= gone
        # Only now, for a run that is killed before must compare again.
        self.manifest.total, self.manifest.data_timestamp = total, version
        self.folder.settle(gone)
        return {*listed_dates}

    def _fetched(self, already: bool = False, newest: str = "") -> Fetched:
        return Fetched(
            folder=str(self.folder.path),
            studies=len(self.folder.held),
            files=len(self.manifest.files),
            size=self.folder.size(),
            data_timestamp=self.manifest.data_timestamp,
            requests=self.client.requests,
            retries=self.client.retries,
            redirects=self.client.redirects,
            restarts=self.restarts,
            nameless=self.folder.nameless,
            twice=tuple(self.manifest.twice),
            gone=tuple(sorted(self.gone)),
            missing=self.missing,
            already=already,
            newest=newest,
        )
