"""What is said of a fetch before it begins, and what it came to."""

from collections.abc import Collection
from math import ceil

from msgspec import Struct

from trialgraph.fetch.query import Query
from trialgraph.report import plural

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
        held = f"{studies(self.studies)} in {plural(self.files, 'file')}, {self.size / 1e6:,.1f} MB{of}"
        if self.already:
            newer = f"; the registry has data of {self.newest}: --restart fetches them" if self.newest else ""
            return [f"{self.folder}: complete already: {held}{newer}", *self._not_given()]
        lines = [f"{self.folder}: {held}"]
        happened = [
            (self.retries, "tried again"),
            (self.redirects, "redirected to another id"),
            (self.restarts, "times begun anew with the first page"),
            (self.nameless, "studies without an NCT id left out"),
        ]
        lines.append("; ".join([plural(self.requests, "request"), *(f"{n:,} {what}" for n, what in happened if n)]))
        if self.twice:
            lines.append(f"came twice, kept once: {listed(self.twice)}")
        if self.gone:
            lines.append(f"no longer in the registry: {listed(self.gone)}")
        return [*lines, *self._not_given()]

    def _not_given(self) -> list[str]:
        lines = [f"{nct_id}: {message}" for nct_id, message in sorted(self.missing.items())]
        return lines if len(lines) <= _LISTED else [*lines[:_LISTED], f"and {len(lines) - _LISTED:,} more"]


def plan(query: Query, total: int | None, requests: int, rate: float) -> str:
    """How much there is to fetch, and how long that takes, before it begins."""
    if total is None:
        return f"{query}: the registry does not say how many studies"
    seconds = ceil(requests / rate)
    time = f"{seconds:,} s" if seconds < 120 else f"{ceil(seconds / 60):,} min"
    return (
        f"{query}: {studies(total)} in {plural(requests, 'request')}, at least {time};"
        f" some {total * _SIZE / 1e6:,.0f} MB, {total * _STORED / 1e6:,.0f} MB as stored"
    )


def listed(ids: Collection[str]) -> str:
    """Some ids as a message carries them: the number, and the first of them.

    >>> listed({"NCT00000002", "NCT00000001"})
    '2 (NCT00000001, NCT00000002)'
    """
    more = ", ..." if len(ids) > _LISTED else ""
    return f"{len(ids):,} ({', '.join(sorted(ids)[:_LISTED])}{more})"


def studies(count: int) -> str:
    """A number of studies: "1 study", "2,000 studies"."""
    return f"{count:,} {'study' if count == 1 else 'studies'}"
