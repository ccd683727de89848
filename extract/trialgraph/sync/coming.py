"""What the registry has of a search, and the studies that are new or may have changed, in a folder in the store's own.

A run that is killed leaves the folder; the next one goes on there if the registry's data are still of the same version.
"""

import datetime
import shutil
from collections.abc import Iterator, Mapping
from hashlib import sha256
from math import ceil
from pathlib import Path

from trialgraph import readers, resources
from trialgraph.errors import TrialgraphError
from trialgraph.fetch import files, manifest
from trialgraph.fetch.client import PAGE, Client
from trialgraph.fetch.following import Following
from trialgraph.fetch.page import head
from trialgraph.fetch.paging import BATCH, dates
from trialgraph.fetch.query import Query
from trialgraph.fetch.run import fetch
from trialgraph.fetch.summary import Fetched, listed
from trialgraph.readers import Item, Rejected
from trialgraph.sync.telling import Telling
from trialgraph.sync.trials import Version

_NAME = "coming"
#: Days before the last sync in which updates are compared by their content, as a date says only a day.
_OVERLAP = 2


class Coming:
    """The studies that are fetched for a store which has some versions of studies `there`."""

    def __init__(
        self, store: Path, client: Client, followed: Following, there: Mapping[str, Version], telling: Telling
    ) -> None:
        self.folder = store / _NAME
        self.client, self.query, self.day = client, followed.query, followed.day
        self.there, self.telling = there, telling

    def fetch(self, version: str, full: bool) -> dict[str, str]:
        """Fetch the studies that may differ, and give the dates of all that the registry has of the search, by NCT id.

        Raises AnewError if the registry's data change on the way, IncompleteError as `fetch` does.
        """
        if full or self.query.ids:  # of ids, there is no list to compare
            return self._fetch_all(version)
        found, total = dates(
            self.client, self.query.parameters(), lambda done, total: self.telling.progress("comparing", done, total)
        )
        if total not in (None, len(found)):
            self.telling.left.append(f"removals: the registry says {total:,} studies and lists {len(found):,}")
        day = self.day or max((each.updated for each in self.there.values()), default="")
        since = _days_before(day, _OVERLAP)
        wanted = [nct_id for nct_id, date in sorted(found.items()) if self._may_differ(nct_id, date, since)]
        if not wanted:
            self.clear()
        elif ceil(len(wanted) / BATCH) > ceil(len(found) / PAGE):
            self._fetch(self.query, version)
        elif missing := self._fetch(Query(ids=tuple(wanted)), version).missing:
            self.telling.left.append(f"in the registry's list, and not given: {listed(missing)}")
        return found

    def _may_differ(self, nct_id: str, date: str, since: str) -> bool:
        held = self.there.get(nct_id)
        return held is None or not held.sha256 or held.updated != date or date >= since or not date

    def _fetch_all(self, version: str) -> dict[str, str]:
        self._fetch(self.query, version)
        pages = (files.read(file) for file in sorted(self.folder.glob(files.PAGES)))
        return {found.nct_id: found.updated for page in pages for study in page if (found := head(study))}

    def _fetch(self, query: Query, version: str) -> Fetched:
        try:
            begun = manifest.read(self.folder, self.client.api, query)
            restart = begun.data_timestamp != version
        except TrialgraphError:  # nothing was fetched before, or something else
            restart = True
        progress, tell = self.telling.progress, self.telling.tell
        return fetch(query, self.folder, self.client, restart=restart, progress=progress, tell=tell)

    def differing(self, wanted: Mapping[str, str]) -> Iterator[Item | Rejected]:
        """The studies that are wanted, and are not those of the store; and what cannot be read."""
        if not self.folder.exists():
            return
        for found in readers.items([str(self.folder)], resources.vocabulary()):
            if isinstance(found, Rejected):
                yield found
                continue
            held = self.there.get(found.nct_id)
            if found.nct_id in wanted and (held is None or held.sha256 != sha256(found.data).hexdigest()):
                yield found

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _days_before(day: str, days: int) -> str:
    try:
        return (datetime.date.fromisoformat(day) - datetime.timedelta(days)).isoformat()
    except (ValueError, OverflowError):
        return ""  # before all days
