"""The trials of a store that the registry has no longer, or not where the store follows it, and why."""

from collections.abc import Callable, Mapping

from trialgraph.fetch.client import Client, RefusedError
from trialgraph.fetch.page import head
from trialgraph.fetch.paging import BATCH, by_ids
from trialgraph.fetch.query import Query
from trialgraph.fetch.summary import listed as some
from trialgraph.sync.removals import LEFT, MERGED, REMOVED, Removal
from trialgraph.sync.telling import Telling

#: More removals at once than this, or than so many of a thousand trials, are rather a fault of the registry.
_FEW, _PLAUSIBLE = 10, 5


def implausible(gone: list[str], trials: int) -> str:
    """Why so many trials of a store cannot all have gone at once; "" if they can."""
    limit = max(_FEW, trials * _PLAUSIBLE // 1000)
    if len(gone) <= limit:
        return ""
    return (
        f"removals: {some(gone)} of {trials:,} trials are no longer listed, and more than {limit:,} at once are not"
        " plausible; --allow-removals removes them"
    )


def removals(
    gone: list[str], client: Client, query: Query, day: str, title: Callable[[str], str], telling: Telling
) -> dict[str, Removal]:
    """Why each of the trials went, as the registry says when it is asked for them; none for those that it still has.

    Raises AnewError if the registry's data change on the way.
    """
    now = _now(gone, client, telling)
    found = {}
    for nct_id in gone:
        into = now.get(nct_id, "")
        if into == nct_id and not query.parameters():
            telling.left.append(f"{nct_id}: not in the registry's list, though the registry has it; kept")
            continue
        reason = REMOVED if not into else LEFT if into == nct_id else MERGED
        found[nct_id] = Removal(nct_id, title(nct_id), day, reason, into if into != nct_id else "")
    return found


def _now(nct_ids: list[str], client: Client, telling: Telling) -> Mapping[str, str]:
    """The ids that studies have now, by those that they had."""
    found: dict[str, str] = {}
    for place in range(0, len(nct_ids), BATCH):
        for each in map(head, by_ids(client, nct_ids[place : place + BATCH])):
            if each:
                found |= dict.fromkeys((each.nct_id, *each.aliases), each.nct_id)
    for done, nct_id in enumerate(nct_ids):
        telling.progress("looking for what went", done, len(nct_ids))
        if nct_id not in found:
            try:
                if moved := head(client.study(nct_id)):
                    found[nct_id] = moved.nct_id
            except RefusedError as error:
                if error.status != 404:
                    raise
    return found
