"""The commands that talk to the registry: parse, call the API, print."""

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import click

from trialgraph import __version__
from trialgraph.errors import InputError, UsageError
from trialgraph.fetch import API, following, query
from trialgraph.storing import check_place
from trialgraph.stream import cores
from trialgraph.sync import summary
from trialgraph.terminal import progress_bar, safe
from trialgraph.writers.output import output, writable

_AGENT = f"trialgraph/{__version__} (+https://w3id.org/trialgraph/)"
_TERMS = [
    click.option("--all", "everything", is_flag=True, help="The whole registry."),
    click.option("--condition", default="", metavar="TEXT", help="A condition or disease."),
    click.option(
        "--term", default="", metavar="TEXT", help="Any other words, or an expression such as AREA[Phase]PHASE3."
    ),
    click.option("--intervention", default="", metavar="TEXT", help="A drug or another intervention."),
    click.option("--sponsor", default="", metavar="TEXT", help="A sponsor or collaborator."),
    click.option("--location", default="", metavar="TEXT", help="A country, a city or a facility."),
    click.option(
        "--status", multiple=True, metavar="STATUS", help="Such as RECRUITING; several with commas, or again."
    ),
    click.option("--updated-since", default="", metavar="DAY", help="Updates posted since, such as 2026-01-01."),
]


def _terms(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_TERMS):
        command = option(command)
    return command


@click.command()
@click.argument("ids", nargs=-1, metavar="[NCT]...")
@_terms
@click.option("--out", "-o", metavar="FOLDER", help="Where the studies go; a fetch that was broken off goes on there.")
@click.option("--count", "counting", is_flag=True, help="Only say how many studies there are.")
@click.option("--restart", is_flag=True, help="Drop what an earlier fetch left in the folder.")
@click.option("--rate", type=float, default=1.0, show_default=True, metavar="N", help="Requests a second at most.")
@click.option("--api", default=API, show_default=True, metavar="URL", help="The API, or a mirror of it.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no summary.")
def fetch(
    ids: tuple[str, ...],
    everything: bool,
    out: str | None,
    counting: bool,
    restart: bool,
    rate: float,
    api: str,
    quiet: bool,
    **search: Any,
) -> None:
    """Fetch studies from ClinicalTrials.gov into a folder that `build` reads as it stands.

    Search terms are in the registry's own search language; all must hold. What comes is kept page by page: after an
    interruption, the same command goes on. Exit status 5 says that there is more to come, 3 that an NCT id is not
    known. Needs the extra `fetch`.

    \b
    trialgraph fetch --condition "lung cancer" --status RECRUITING -o lung/
    trialgraph fetch --term "AREA[Phase]PHASE3" --updated-since 2026-01-01 --count
    trialgraph fetch NCT07131150 NCT06505941 -o some/
    trialgraph fetch --all -o registry/
    """
    asked = query(ids, everything=everything, **search)
    if counting == bool(out):
        raise UsageError("name a folder with -o, or ask for --count alone")
    if counting and asked.ids:
        raise UsageError("--count counts what a search finds, not NCT ids")
    from trialgraph import fetch as fetching  # httpx is slow to import, and in an extra

    started = time.perf_counter()
    with progress_bar(quiet) as progress:

        def tell(message: str) -> None:
            if not quiet:
                click.echo(safe(message), err=True)

        with fetching.Client(api, rate=rate, agent=_AGENT, tell=tell) as client:
            if counting:
                found = fetching.count(asked, client)
                if found is None:
                    raise InputError(f"{api}: does not say how many studies there are")
                click.echo(found)
                return
            done = fetching.fetch(asked, out or "", client, restart=restart, progress=progress, tell=tell)
    if not quiet:
        _sum_up(done.lines(), time.perf_counter() - started)
    if done.missing:
        sys.exit(3)


@click.command()
@click.argument("store", metavar="STORE")
@_terms
@click.option("--changes", "changes_file", metavar="FILE", help="Write what changed, trial by trial, as .json or .md.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--full", is_flag=True, help="Fetch and compare all studies, not only those with a new date.")
@click.option("--allow-removals", is_flag=True, help="Remove trials even if more went than is plausible.")
@click.option("--rate", type=float, default=1.0, show_default=True, metavar="N", help="Requests a second at most.")
@click.option("--api", metavar="URL", help="The API, or a mirror of it  [default: that of the last time]")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes  [default: one a core]")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no summary.")
def sync(
    store: str,
    everything: bool,
    changes_file: str | None,
    dry_run: bool,
    full: bool,
    allow_removals: bool,
    rate: float,
    api: str | None,
    workers: int | None,
    quiet: bool,
    **search: Any,
) -> None:
    """Bring a store in step with ClinicalTrials.gov: what came, what changed and what went.

    A store that was built of a fetched folder follows the search of that folder; for another, say the search terms or
    --all once, the first time. Contacts stay as private as they were built. The store changes as a whole or not at
    all; after an interruption, the same command goes on. Trials that went are kept in removed.ttl in the store's
    folder, with the day and the reason. Exit status 5 says that something is left to do. Needs the extra `fetch`.

    \b
    trialgraph fetch --condition "lung cancer" -o lung/ && trialgraph build lung/ -o lung.store/
    trialgraph sync lung.store/
    trialgraph sync lung.store/ --changes changes.md
    """
    terms = everything or any(search.values())
    asked = query(everything=everything, **search) if terms else None
    if changes_file:
        summary.check(changes_file)
        writable(changes_file)
    from trialgraph import fetch as fetching  # httpx is slow to import, and in an extra
    from trialgraph import sync as syncing

    started = time.perf_counter()
    with progress_bar(quiet) as progress:

        def tell(message: str) -> None:
            if not quiet:
                click.echo(safe(message), err=True)

        def record(synced: syncing.Synced) -> None:
            if changes_file:
                with output(changes_file) as stream:
                    stream.write(summary.encoded(synced, changes_file))

        followed = following.read(str(check_place(store, tell)))
        with fetching.Client(api or (followed.api if followed else API), rate=rate, agent=_AGENT, tell=tell) as client:
            done = syncing.sync(
                store,
                client,
                asked,
                full=full,
                dry_run=dry_run,
                allow_removals=allow_removals,
                workers=workers or cores(),
                record=record,
                progress=progress,
                tell=tell,
            )
    if not quiet:
        _sum_up(done.lines(), time.perf_counter() - started)
    if done.left:
        sys.exit(5)


def _sum_up(lines: Iterable[str], seconds: float) -> None:
    for line in lines:
        click.echo(safe(line), err=True)
    click.echo(f"in {seconds:,.1f} s", err=True)
