"""A sync from the registry's list of ids and dates to a store that has what the registry has.

Studies are fetched into a folder in the store's own, so that a run that is killed goes on; then they are put into a
copy of the store, which takes its place as a whole, with what says up to when it is in step.
"""

import datetime
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from hashlib import sha256
from math import ceil

import msgspec
from pyoxigraph import NamedNode

from trialgraph import readers, resources, store
from trialgraph.build import pieces
from trialgraph.errors import IncompleteError, TrialgraphError, UsageError
from trialgraph.fetch import files, following, manifest
from trialgraph.fetch.client import PAGE, Client, RefusedError
from trialgraph.fetch.following import Following
from trialgraph.fetch.page import Head, head
from trialgraph.fetch.paging import BATCH, AnewError, by_ids, dates
from trialgraph.fetch.query import Query
from trialgraph.fetch.run import fetch
from trialgraph.fetch.summary import Fetched
from trialgraph.fetch.summary import listed as some
from trialgraph.mark import read_mark
from trialgraph.readers import Item
from trialgraph.report import BuildReport
from trialgraph.said import Said
from trialgraph.spool import Spool
from trialgraph.store import Change, Changed, Held
from trialgraph.stream import Progress, Settings
from trialgraph.swap import LeftOut
from trialgraph.sync import removals, trials
from trialgraph.sync.changes import TrialChange, properties, title
from trialgraph.sync.removals import LEFT, MERGED, REMOVED, Removal
from trialgraph.sync.summary import Synced

#: The folder in a store's own for the studies that are being fetched.
_COMING = "coming"
_ROUNDS = 3
#: Days before the last sync in which updates are compared by their content, as a date says only a day.
_OVERLAP = 2
#: More removals at once than this, or than so many of a thousand trials, are rather a fault of the registry.
_FEW, _PLAUSIBLE = 10, 5


def sync(
    path: str | os.PathLike[str],
    client: Client,
    query: Query | None = None,
    *,
    full: bool = False,
    dry_run: bool = False,
    allow_removals: bool = False,
    workers: int = 1,
    progress: Progress = lambda stage, done, total: None,
    tell: Callable[[str], None] = lambda message: None,
) -> Synced:
    """Bring a store in step with what the registry has now, and give what came, what changed and what went.

    A store that was built of a folder of `fetch` follows the search of that folder; for another, the first sync says
    the `query`. With `full`, all studies are fetched and compared, not only those whose dates say so. What could not
    be done is in `left` of what comes back. Raises IncompleteError if the registry gave up answering or its data moved
    on again and again: the store is as it was, what came is kept, and a new run goes on. Raises UsageError if the
    store follows another search, or none is known; InputError if the registry does not answer at all.
    """
    path = os.fspath(path)
    target = store.check_place(path, tell)
    if not store.is_store(str(target)):
        raise UsageError(
            f"{path}: no store; `trialgraph fetch --all -o FOLDER` and `trialgraph build FOLDER -o {path}`"
        )
    with closing(Held(path)) as held:
        run = _Run(path, held, client, _followed(path, client.api, query), workers, progress, tell)
        return run.run(full=full, dry_run=dry_run, allow_removals=allow_removals)


def _followed(path: str, api: str, query: Query | None) -> Following:
    found = following.read(path)
    if found is None:
        if query is None:
            raise UsageError(f"{path}: what does it follow? Say it once: --all, or search terms such as --condition")
        return Following(api, query)
    if query not in (None, found.query):
        raise UsageError(f"{path}: follows {found.query}, not {query}; build another store for that")
    return msgspec.structs.replace(found, api=api)


class _Run:
    def __init__(
        self,
        path: str,
        held: Held,
        client: Client,
        followed: Following,
        workers: int,
        progress: Progress,
        tell: Callable[[str], None],
    ) -> None:
        self.path, self.held, self.client, self.workers = path, held, client, workers
        self.query, self.followed, self.progress, self.tell = followed.query, followed, progress, tell
        self.coming = held.path / _COMING
        mark = read_mark(path)
        self.settings = Settings(".nq", mark.base, mark.contacts, mark.graphs, said=True)
        self.is_dated = mark.retrieved is not None
        self.there = trials.of_store(held.store, path, mark.base)
        self.removed = removals.read(held.path)
        self.left: list[str] = []
        self.unread: list[str] = []

    def run(self, *, full: bool, dry_run: bool, allow_removals: bool) -> Synced:
        version = self.client.version()
        if version and version == self.followed.data_timestamp and not full:
            self.tell(f"{self.path}: has the registry's data of {version} already")
            return self._synced((), version, dry_run)
        for attempt in range(_ROUNDS):
            if attempt:
                self.tell("the registry's data changed on the way; comparing again")
                version = self.client.version()
            self.left = []
            try:
                listed = self._fetch_all(version) if full or self.query.ids else self._fetch_new(version)
                if listed is not None and self._is_still(version):
                    gone = self._gone(listed, version, allow_removals)
                    return self._put(gone, version, max(listed.values(), default=""), dry_run)
            except AnewError as error:
                self.tell(str(error))
        raise IncompleteError(
            f"the registry's data changed {_ROUNDS} times on the way; {self.path} is as it was, and a new run goes on"
        )

    # Fetching

    def _fetch_new(self, version: str) -> dict[str, str] | None:
        """The dates of all studies by NCT id, when those are fetched that are new or may have changed."""
        listed, total = dates(
            self.client, self.query.parameters(), lambda done, total: self.progress("comparing", done, total)
        )
        if total not in (None, len(listed)):
            self.left.append(f"removals: the registry says {total:,} studies and lists {len(listed):,}")
        day = self.followed.day or max((each.updated for each in self.there.values()), default="")
        since = _days_before(day, _OVERLAP)
        wanted = [nct_id for nct_id, date in sorted(listed.items()) if self._may_differ(nct_id, date, since)]
        if not wanted:
            shutil.rmtree(self.coming, ignore_errors=True)
        elif ceil(len(wanted) / BATCH) > ceil(len(listed) / PAGE):
            self._fetch_all(version)
        else:
            done = self._fetch(Query(ids=tuple(wanted)), version)
            if done.missing:
                self.left.append(f"in the registry's list, and not given: {some(done.missing)}")
        return listed

    def _may_differ(self, nct_id: str, date: str, since: str) -> bool:
        held = self.there.get(nct_id)
        return held is None or not held.sha256 or held.updated != date or date >= since or not date

    def _fetch_all(self, version: str) -> dict[str, str]:
        """The dates of all studies by NCT id, when all are fetched."""
        self._fetch(self.query, version)
        return {found.nct_id: found.updated for found in self._heads()}

    def _fetch(self, query: Query, version: str) -> Fetched:
        try:
            begun = manifest.read(self.coming, self.client.api, query)
            restart = begun.data_timestamp != version
        except TrialgraphError:  # nothing was fetched before, or for another purpose
            restart = True
        return fetch(query, self.coming, self.client, restart=restart, progress=self.progress, tell=self.tell)

    def _heads(self) -> Iterable[Head]:
        for file in sorted(self.coming.glob(files.PAGES)):
            yield from filter(None, map(head, files.read(file)))

    def _is_still(self, version: str) -> bool:
        return self.client.version() == version

    # What went

    def _gone(self, listed: Mapping[str, str], version: str, allow_removals: bool) -> dict[str, Removal]:
        """The trials to remove, each with the reason; none if there is a reason to doubt the list."""
        gone = sorted(self.there.keys() - listed.keys())
        if not gone or self.left:
            return {}
        limit = max(_FEW, len(self.there) * _PLAUSIBLE // 1000)
        if len(gone) > limit and not allow_removals:
            self.left.append(
                f"removals: {some(gone)} of {len(self.there):,} trials are no longer listed, and more than {limit:,} at"
                " once are not plausible; --allow-removals removes them"
            )
            return {}
        now = self._now(gone)
        found = {}
        for nct_id in gone:
            into = now.get(nct_id, "")
            if into == nct_id and not self._may_leave():
                self.left.append(f"{nct_id}: not in the registry's list, though the registry has it; kept")
                continue
            reason = REMOVED if not into else LEFT if into == nct_id else MERGED
            name = title(self.held.store, self._node(nct_id))
            day = version[:10] or max(listed.values(), default="")
            found[nct_id] = Removal(nct_id, name, day, reason, into if into != nct_id else "")
        return found

    def _may_leave(self) -> bool:
        """Whether the registry may have a study that the search does not find."""
        return bool(self.query.parameters())

    def _now(self, nct_ids: list[str]) -> dict[str, str]:
        """The ids that studies have now, by those that they had."""
        found: dict[str, str] = {}
        for place in range(0, len(nct_ids), BATCH):
            for study in by_ids(self.client, nct_ids[place : place + BATCH]):
                found |= _ids(study)
            self.progress("looking for what went", place, len(nct_ids))
        for nct_id in nct_ids:
            if nct_id not in found:
                try:
                    if moved := head(self.client.study(nct_id)):
                        found[nct_id] = moved.nct_id
                except RefusedError as error:
                    if error.status != 404:
                        raise
        return found

    def _node(self, nct_id: str) -> NamedNode:
        return NamedNode(f"{self.settings.base}trial/{nct_id}")

    # What came

    def _put(self, gone: Mapping[str, Removal], version: str, newest: str, dry_run: bool) -> Synced:
        day = version[:10] or newest
        following_now = (
            self.followed if self.left else msgspec.structs.replace(self.followed, data_timestamp=version, day=day)
        )
        spool, said, report = Spool(), Said(), BuildReport()
        changes: list[TrialChange] = []
        try:
            for item in self._differing():
                spool.put(item)
            if spool.records or gone:
                settings = msgspec.structs.replace(self.settings, retrieved=day if self.is_dated else None)
                with store.changing(self.path, self.held) as change:
                    put: list[Changed] = []
                    for piece in pieces(spool, settings, report, said, self.workers, self.progress):
                        put += [each for each in change.put(piece) if each.kind != "unchanged"]
                    # Not before the names of what trials share are put in too.
                    changes += [self._told(each, change) for each in put]
                    for nct_id, removal in gone.items():
                        change.remove(nct_id, self._node(nct_id))
                        changes.append(TrialChange(nct_id, "removed", removal.title, removal.reason, removal.into))
                    change.settle(said)
                    self._note_unread(report)
                    if dry_run:
                        raise LeftOut
                    change.write(self._files(following_now, gone, changes))
            elif not dry_run:
                (self.held.path / following.NAME).write_bytes(following.encoded(following_now))
                shutil.rmtree(self.coming, ignore_errors=True)
        finally:
            spool.close()
            said.close()
        return self._synced(tuple(sorted(changes, key=lambda each: each.nct_id)), version, dry_run)

    def _differing(self) -> Iterable[Item]:
        """The studies that came and are not those of the store."""
        if not self.coming.exists():
            return
        for found in readers.items([str(self.coming)], resources.vocabulary()):
            if not isinstance(found, Item):
                self.unread.append(f"{found.nct_id or found.file}: {found.message}")
                continue
            held = self.there.get(found.nct_id)
            if held is None or held.sha256 != sha256(found.data).hexdigest():
                yield found

    def _told(self, changed: Changed, change: Change) -> TrialChange:
        name = title(change.store, self._node(changed.nct_id))
        if not changed.known:
            return TrialChange(changed.nct_id, "restored" if changed.nct_id in self.removed else "added", name)
        said = properties(changed, self.held.store, change.store, self.settings.contacts)
        return TrialChange(changed.nct_id, "changed", name, properties=said)

    def _note_unread(self, report: BuildReport) -> None:
        for finding in report.listed:
            if finding.kind == "rejected":
                self.unread.append(f"{finding.nct_id}: {finding.message}")

    def _files(
        self, followed: Following, gone: Mapping[str, Removal], changes: Iterable[TrialChange]
    ) -> dict[str, bytes]:
        back = {each.nct_id for each in changes if each.kind == "restored"}
        kept = {nct_id: each for nct_id, each in {**self.removed, **gone}.items() if nct_id not in back}
        written = {following.NAME: following.encoded(followed)}
        if kept or self.removed:
            written[removals.NAME] = removals.encoded(kept.values(), self.settings.base)
        return written

    def _synced(self, changes: tuple[TrialChange, ...], version: str, dry_run: bool) -> Synced:
        came = sum(each.kind in ("added", "restored") for each in changes)
        went = sum(each.kind == "removed" for each in changes)
        return Synced(
            store=self.path,
            follows=str(self.query),
            before=self.followed.data_timestamp,
            after=version,
            trials=len(self.there) + came - went,
            changes=changes,
            left=tuple(self.left),
            unread=tuple(self.unread),
            dry_run=dry_run,
        )


def _ids(study: bytes) -> dict[str, str]:
    """The id of a study by itself and by those that it had."""
    found = head(study)
    return dict.fromkeys((found.nct_id, *found.aliases), found.nct_id) if found else {}


def _days_before(day: str, days: int) -> str:
    try:
        return (datetime.date.fromisoformat(day) - datetime.timedelta(days)).isoformat()
    except (ValueError, OverflowError):
        return ""  # before all days
