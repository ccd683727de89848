"""Searches that come in pages, and studies by their ids.

A page token holds for one version of the registry's data, which changes on most days.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from trialgraph.fetch.client import Client, RefusedError
from trialgraph.fetch.page import Page, head

#: Ids in one request; their parameter has about a thousand characters.
BATCH = 100
#: The whole registry has some 600 pages; a server that goes on and on is none.
_MOST_PAGES = 10_000


class AnewError(Exception):
    """The pages have to be begun anew, as a token is no longer taken."""


def pages(client: Client, parameters: Mapping[str, str], token: str = "") -> Iterator[Page]:
    """All pages of a search, or those from a token on. Raises AnewError if a token is refused or comes again."""
    seen = {token}
    while True:
        try:
            page = client.page(parameters, token)
        except RefusedError as error:
            if not token or error.status != 400:
                raise
            raise AnewError(f"a page token is no longer taken ({error})") from error
        if page.token in seen - {""} or len(seen) > _MOST_PAGES:
            raise AnewError("the registry's pages have no end")
        yield page
        # A page may be empty, and is the last only if it has no token.
        if not page.token:
            return
        seen.add(token := page.token)


def by_ids(client: Client, ids: Iterable[str]) -> list[bytes]:
    """The studies that have one of the ids, or had it; a BATCH of ids at most. Raises AnewError as `pages` does."""
    wanted = {*ids}
    return [
        study
        for page in pages(client, {"filter.ids": ",".join(sorted(wanted))})
        for study in page.studies
        if (found := head(study)) and wanted & {found.nct_id, *found.aliases}
    ]


def dates(
    client: Client, parameters: Mapping[str, str], progress: Callable[[int, int | None], None]
) -> tuple[dict[str, str], int | None]:
    """The date of the last update of each study of a search, by NCT id, and how many the registry says there are.

    Raises AnewError as `pages` does.
    """
    found: dict[str, str] = {}
    total = None
    for page in pages(client, {**parameters, "fields": "NCTId|LastUpdatePostDate"}):
        total = page.total if page.total is not None else total
        found |= {each.nct_id: each.updated for study in page.studies if (each := head(study))}
        progress(len(found), total)
    return found, total
