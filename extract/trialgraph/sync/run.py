"""A sync from the registry's list of ids and dates to a store that has what the registry has.

What came is put into a copy of the store, and what went is taken out of it; the copy takes the place of the store as a
whole, with what says up to when it is in step.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing

import msgspec
from pyoxigraph import NamedNode

from trialgraph import store, storing
from trialgraph.errors import IncompleteError, UsageError
from trialgraph.fetch import following
from trialgraph.fetch.client import Client
from trialgraph.fetch.following import Following
from trialgraph.fetch.paging import AnewError
from trialgraph.fetch.query import Query
from trialgraph.mark import read_mark
from trialgraph.readers import Rejected
from trialgraph.rendering import Rendering
from trialgraph.report import BuildReport
from trialgraph.said import Respelled
from trialgraph.storing import Change, Changed, Held
from trialgraph.stream import Progress, Settings
from trialgraph.swap import LeftOut
from trialgraph.sync import gone as went
from trialgraph.sync import removals, trials
from trialgraph.sync.changes import TrialChange, properties, spellings, title
from trialgraph.sync.coming import Coming
from trialgraph.sync.removals import Removal
from trialgraph.sync.summary import Synced
from trialgraph.sync.telling import Telling
from trialgraph.writers.output import output

_ROUNDS = 3
#: The part of the trials that must change for the whole store to be worth the time of packing it anew.
_PACKED_ANEW = 0.1


def sync(
    path: str | os.PathLike[str],
    client: Client,
    query: Query | None = None,
    *,
    full: bool = False,
    dry_run: bool = False,
    allow_removals: bool = False,
    workers: int = 1,
    record: Callable[[Synced], None] = lambda synced: None,
    progress: Progress = lambda stage, done, total: None,
    tell: Callable[[str], None] = lambda message: None,
) -> Synced:
    """Bring a store in step with what the registry has now, and give what came, what changed and what went.

    A store that was built of a folder of `fetch` follows the search of that folder; for another, the first sync says
    the `query`. With `full`, all studies are fetched and compared, not only those whose dates say so. `record` is
    given what comes back before the store changes, so that a run which is killed has told what it did, or does it
    again. What could not be done is in `left` of what comes back.

    Raises IncompleteError if the registry gave up answering, or its data moved on again and again: the store is as it
    was, what came is kept, and a new run goes on. Raises UsageError if the store follows another search, or none is
    known; InputError if the registry does not answer at all.
    """
    path = os.fspath(path)
    target = storing.check_place(path, tell)
    if not store.is_store(str(target)):
        raise UsageError(
            f"{path}: no store; `trialgraph fetch --all -o FOLDER` and `trialgraph build FOLDER -o {path}`"
        )
    with closing(Held(path)) as held:
        run = _Run(path, held, client, _followed(path, client.api, query), workers, Telling(progress, tell))
        return run.run(full, dry_run, allow_removals, record)


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
        self, path: str, held: Held, client: Client, followed: Following, workers: int, telling: Telling
    ) -> None:
        self.path, self.held, self.client, self.workers, self.telling = path, held, client, workers, telling
        self.followed, self.mark = followed, read_mark(path)
        self.there = trials.of_store(held.store, path, self.mark.base)
        self.removed = removals.read(held.path)
        self.coming = Coming(held.path, client, followed, self.there, telling)

    def run(self, full: bool, dry_run: bool, allow_removals: bool, record: Callable[[Synced], None]) -> Synced:
        version = self.client.version()
        if version and version == self.followed.data_timestamp and not full:
            synced = self._synced([], self.followed, dry_run)
            record(synced)
            return synced
        for attempt in range(_ROUNDS):
            if attempt:
                self.telling.tell("the registry's data changed on the way; comparing again")
                version = self.client.version()
            self.telling.left.clear()
            try:
                listed = self.coming.fetch(version, full)
                day = version[:10] or max(listed.values(), default="")
                gone = self._gone(listed, day, allow_removals)
            except AnewError as error:
                self.telling.tell(str(error))
                continue
            if self.client.version() == version:
                return self._put(
                    listed, gone, Following(self.client.api, self.coming.query, version, day), dry_run, record
                )
        raise IncompleteError(
            f"the registry's data changed {_ROUNDS} times on the way; {self.path} is as it was, and a new run goes on"
        )

    def _gone(self, listed: Mapping[str, str], day: str, allow_removals: bool) -> dict[str, Removal]:
        """The trials to remove, with the reason; none if there is cause to doubt the list."""
        gone = sorted(self.there.keys() - listed.keys())
        if not gone or self.telling.left:
            return {}
        if not allow_removals and (doubt := went.implausible(gone, len(self.there))):
            self.telling.left.append(doubt)
            return {}
        names = {nct_id: title(self.held.store, self._node(nct_id)) for nct_id in gone}
        return went.removals(gone, self.client, self.followed.query, day, names.__getitem__, self.telling)

    def _node(self, nct_id: str) -> NamedNode:
        return NamedNode(f"{self.mark.base}trial/{nct_id}")

    def _put(
        self,
        listed: Mapping[str, str],
        gone: Mapping[str, Removal],
        reached: Following,
        dry_run: bool,
        record: Callable[[Synced], None],
    ) -> Synced:
        """Put what came into the store and take out what went, or only say so."""
        if self.telling.left:  # the next run is to compare again what this one could not
            reached = msgspec.structs.replace(self.followed, api=reached.api)
        day = reached.day if self.mark.retrieved else None
        settings = Settings(".nq", self.mark.base, self.mark.contacts, self.mark.graphs, day, said=True)
        rendering = Rendering(settings, BuildReport(), self.workers, self.telling.progress)
        try:
            for item in self.coming.differing(listed):
                if isinstance(item, Rejected):
                    self.telling.unread.append(f"{item.nct_id or item.file}: {item.message}")
                else:
                    rendering.spool.put(item)
            if not (rendering.spool.records or gone):
                return self._nothing(reached, dry_run, record)
            with storing.changing(self.path, self.held) as change:
                put: list[Changed] = []
                for piece in rendering.pieces():
                    put += [each for each in change.put(piece) if each.kind != "unchanged"]
                for nct_id in gone:
                    change.remove(nct_id, self._node(nct_id))
                respelled = change.settle(rendering.said)
                # Not before the names of what trials share are put in too.
                changes = [self._told(each, change, respelled.get(each.nct_id)) for each in put]
                changes += [
                    TrialChange(each.nct_id, "removed", each.title, each.reason, each.into) for each in gone.values()
                ]
                if len(changes) > _PACKED_ANEW * len(self.there):
                    change.store.optimize()
                rejected = [each for each in rendering.report.listed if each.kind == "rejected"]
                self.telling.unread += [f"{each.nct_id}: {each.message}" for each in rejected]
                synced = self._synced(changes, reached, dry_run)
                record(synced)
                if dry_run:
                    raise LeftOut
                change.write(self._files(reached, gone, changes))
            return synced
        finally:
            rendering.close()

    def _nothing(self, reached: Following, dry_run: bool, record: Callable[[Synced], None]) -> Synced:
        """Note up to when the store is in step, as no trial differs."""
        synced = self._synced([], reached, dry_run)
        record(synced)
        if not dry_run:
            with output(str(self.held.path / following.NAME)) as stream:
                stream.write(following.encoded(reached))
            self.coming.clear()
        return synced

    def _told(self, changed: Changed, change: Change, respelled: Respelled | None) -> TrialChange:
        name = title(change.store, self._node(changed.nct_id))
        if not changed.known:
            return TrialChange(changed.nct_id, "restored" if changed.nct_id in self.removed else "added", name)
        said = properties(changed, self.held.store, change.store, self.mark.contacts)
        if respelled:
            said += spellings(self._node(changed.nct_id), respelled, self.held.store, change.store)
        return TrialChange(changed.nct_id, "changed", name, properties=said)

    def _files(
        self, reached: Following, gone: Mapping[str, Removal], changes: Iterable[TrialChange]
    ) -> dict[str, bytes]:
        back = {each.nct_id for each in changes if each.kind == "restored"}
        kept = [each for nct_id, each in {**self.removed, **gone}.items() if nct_id not in back]
        written = {following.NAME: following.encoded(reached)}
        if kept or self.removed:
            written[removals.NAME] = removals.encoded(kept, self.mark.base)
        return written

    def _synced(self, changes: Iterable[TrialChange], reached: Following, dry_run: bool) -> Synced:
        ordered = tuple(sorted(changes, key=lambda each: each.nct_id))
        came = sum(each.kind in ("added", "restored") for each in ordered)
        return Synced(
            store=self.path,
            follows=str(reached.query),
            before=self.followed.data_timestamp,
            after=reached.data_timestamp,
            trials=len(self.there) + came - sum(each.kind == "removed" for each in ordered),
            changes=ordered,
            left=tuple(self.telling.left),
            unread=tuple(self.telling.unread),
            dry_run=dry_run,
        )
