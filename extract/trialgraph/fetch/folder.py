"""A folder of fetched studies: pages as compressed NDJSON, and the manifest that says what they are.

A page is written as a whole, and then the manifest, which has the token of the next page. So a run that is killed
between any two steps goes on where it was. Pages of a pass that had to be begun anew stand in earlier/ until the new
pass is done.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from trialgraph.errors import UsageError
from trialgraph.fetch import files, manifest
from trialgraph.fetch.manifest import File, Manifest
from trialgraph.fetch.page import Head, head
from trialgraph.fetch.query import Query
from trialgraph.locks import SUPPORTED, locked
from trialgraph.stream import Progress

_EARLIER = "earlier"


class Folder:
    """The studies of one query in a folder, which is read if it is there.

    Raises UsageError if the folder holds something else, or another query, and InputError if it cannot be read.
    """

    def __init__(
        self,
        path: Path,
        api: str,
        query: Query,
        *,
        restart: bool = False,
        progress: Progress = lambda stage, done, total: None,
        tell: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.path = path
        #: The file and the date of each study, by NCT id.
        self.held: dict[str, tuple[str, str]] = {}
        #: The id of each study by the ids that it had before.
        self.aliases: dict[str, str] = {}
        #: The studies of an earlier pass that has not come to its end.
        self.earlier: set[str] = set()
        #: How many studies came without an NCT id, and were left out.
        self.nameless = 0
        self._losers: defaultdict[str, set[str]] = defaultdict(set)
        self._lock: int | None = None
        self._check()
        self.is_new = restart or not (path / manifest.NAME).exists()
        try:
            if path.is_dir():
                self._claim()
            self.manifest = Manifest(api, query) if self.is_new else manifest.read(path, api, query)
            if not self.is_new:
                self._scan(progress, tell)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let other runs have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __contains__(self, nct_id: str) -> bool:
        return nct_id in self.held or self.aliases.get(nct_id) in self.held

    def _check(self) -> None:
        """Raise UsageError if this is no place for a fetch."""
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path}: not a folder; name one for the pages")
        if not self.path.resolve().parent.is_dir():
            raise UsageError(f"{self.path}: there is no folder {self.path.resolve().parent}")
        if self.path.is_dir() and not (self.path / manifest.NAME).exists() and any(self.path.glob("[!.]*")):
            raise UsageError(f"{self.path}: holds other files, and no {manifest.NAME}; name another folder")

    def _claim(self) -> None:
        """Raise UsageError if another run has the folder; else none can have it before this one ends."""
        if not SUPPORTED or self._lock is not None:  # on Windows two runs at once are not noticed
            return
        self._lock = locked(self.path)
        if self._lock is None:
            raise UsageError(f"{self.path}: another run is fetching into it; wait for its end")

    def clear(self) -> None:
        """Remove what a fetch has written, and nothing else; the manifest last, so that it can be done again."""
        self._drop_unfinished()
        for file in self._files():
            file.unlink()
        self._drop_earlier()
        (self.path / manifest.NAME).unlink(missing_ok=True)

    def _drop_unfinished(self) -> None:
        """Remove files that were being written when a run was killed."""
        for file in [*self.path.glob(".page-*.part"), *self.path.glob(f".{manifest.NAME}.*.part")]:
            file.unlink()

    def _files(self) -> list[Path]:
        return sorted(self.path.glob(files.PAGES))

    def _scan(self, progress: Progress, tell: Callable[[str], None]) -> None:
        """Learn what the files hold, as if they came again."""
        self._drop_unfinished()
        # A page that the manifest does not have is of an earlier pass; or it comes again, as the last before a kill.
        self._put_by({file.name for file in self.manifest.files})
        for done, each in enumerate(pages := list(self.manifest.files), 1):
            progress("reading what is there", done, len(pages))
            try:
                studies = files.read(self.path / each.name)
            except files.DamagedError as error:
                tell(f"{error}; what it held is fetched again")
                self.manifest.files.remove(each)
                (self.path / each.name).unlink(missing_ok=True)
                continue
            each.studies = len(studies)
            for study in studies:
                if found := head(study):
                    self._hold(found, each.name)
        for file in (self.path / _EARLIER).glob(files.PAGES):
            try:
                self.earlier.update(found.nct_id for study in files.read(file) if (found := head(study)))
            except files.DamagedError:
                file.unlink()  # it was there only for the case that the new pass does not come to its end

    def _hold(self, found: Head, name: str) -> None:
        """Note that a file has a study, and that it is the newest: of two, the one that came later is left."""
        if before := self.held.get(found.nct_id):
            self._losers[before[0]].add(found.nct_id)
        self.held[found.nct_id] = name, sys.intern(found.updated)
        for alias in found.aliases:
            self.aliases[alias] = found.nct_id

    def put(self, studies: Iterable[bytes], next_: str | None, again: bool = False) -> None:
        """Keep the studies of a page, and the token of the next one.

        Of two versions of a study on two pages the newer is kept, and it is noted that it came twice. What was asked
        for `again` takes the place of what is held.
        """
        page: dict[str, tuple[Head, bytes]] = {}
        twice = dict.fromkeys(self.manifest.twice)
        for study in studies:
            found = head(study)
            if found is None:
                self.nameless += 1
                continue
            before = page[found.nct_id][0].updated if found.nct_id in page else self.updated(found.nct_id)
            if before is not None and not again:
                twice[found.nct_id] = None
            if before is None or again or found.updated >= before:
                page[found.nct_id] = found, study
        if page:
            self._write(page)
        self.manifest.twice = list(twice)
        self.manifest.next = next_
        self.save()

    def updated(self, nct_id: str) -> str | None:
        """The date of the version that is held of a study; None if it is not held."""
        return self.held[nct_id][1] if nct_id in self.held else None

    def _write(self, page: dict[str, tuple[Head, bytes]]) -> None:
        name = files.following(each.name for each in self.manifest.files)
        files.write(self.path / name, [study for _, study in page.values()])
        self.manifest.files.append(File(name, len(page)))
        for found, _ in page.values():
            self._hold(found, name)

    def save(self) -> None:
        """Write the manifest; the first time, make the folder."""
        self.path.mkdir(exist_ok=True)
        self._claim()
        self.manifest.studies = len(self.held)
        manifest.save(self.path, self.manifest)

    def begin_anew(self) -> None:
        """Begin with the first page again; what there is stays in earlier/ until the new pass is done."""
        self.manifest.files, self.manifest.next, self.manifest.twice = [], "", []
        self.earlier |= self.held.keys()
        self.held.clear()
        self._losers.clear()
        self.save()
        self._put_by(set())

    def _put_by(self, listed: Collection[str]) -> None:
        folder = self.path / _EARLIER
        for file in self._files():
            if file.name not in listed:
                folder.mkdir(exist_ok=True)
                file.rename(folder / files.following(each.name for each in folder.glob(files.PAGES)))

    def settle(self, gone: Collection[str] = ()) -> None:
        """Leave one version of each study in the files, and none of what is gone."""
        for nct_id in gone:
            name, _ = self.held.pop(nct_id)
            self._losers[name].add(nct_id)
        for file in (self.path / _EARLIER).glob(files.PAGES):
            files.leave_out(file, self.held.keys())
        self.earlier -= self.held.keys()
        for each in list(self.manifest.files):
            if losers := self._losers.pop(each.name, None):
                each.studies = files.leave_out(self.path / each.name, losers)
                if not each.studies:
                    self.manifest.files.remove(each)
        self.save()

    def finish(self, missing: Iterable[str] = ()) -> set[str]:
        """Note that the studies are complete; gives those of an earlier pass that the registry no longer has."""
        gone = self.earlier - self.held.keys()
        self._drop_earlier()
        self.settle()
        self.manifest.missing, self.manifest.state = sorted(missing), "complete"
        self.save()
        return gone

    def _drop_earlier(self) -> None:
        for file in (self.path / _EARLIER).glob(files.PAGES):
            file.unlink()
        with suppress(OSError):  # there is none, or a user has put something into it
            (self.path / _EARLIER).rmdir()
        self.earlier.clear()

    def size(self) -> int:
        """The bytes of the files of studies."""
        return sum(file.stat().st_size for file in self._files())
