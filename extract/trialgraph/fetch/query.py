"""What to ask the registry for: a search, some trials by their ids, or everything."""

import datetime
import re
import shlex
from collections.abc import Iterable

from msgspec import Struct

from trialgraph import resources
from trialgraph.errors import UsageError

API = "https://clinicaltrials.gov/api/v2"

#: How the registry spells an id, which it takes without its leading zeros too.
_ID = re.compile(r"NCT0*([1-9][0-9]{0,7})", re.IGNORECASE)
_ONLY_IDS = re.compile(r"(NCT0*[1-9][0-9]{0,7}[\s,]*)+", re.IGNORECASE)
#: The parameter of the API for each search term.
_PARAMETERS = {
    "condition": "query.cond",
    "term": "query.term",
    "intervention": "query.intr",
    "sponsor": "query.spons",
    "location": "query.locn",
}


class Query(Struct, frozen=True, omit_defaults=True):
    """Search terms in the registry's own search language; all must hold. Without any, all trials."""

    condition: str = ""
    term: str = ""
    intervention: str = ""
    sponsor: str = ""
    location: str = ""
    status: tuple[str, ...] = ()  # tokens such as RECRUITING; any of them
    updated_since: str = ""  # a day
    ids: tuple[str, ...] = ()  # these trials instead of a search

    def __str__(self) -> str:
        """The query as a user would type it: `--condition 'lung cancer' --status RECRUITING`."""
        words = [f"--{name} {shlex.quote(getattr(self, name))}" for name in _PARAMETERS if getattr(self, name)]
        words += [f"--status {','.join(self.status)}"] if self.status else []
        words += [f"--updated-since {self.updated_since}"] if self.updated_since else []
        ids = [*self.ids[:3], *(["..."] if len(self.ids) > 3 else [])]
        return " ".join(words or ids or ["--all"])

    def parameters(self) -> dict[str, str]:
        """The parameters of the API for the search."""
        found = {key: getattr(self, name) for name, key in _PARAMETERS.items() if getattr(self, name)}
        if self.updated_since:
            since = f"AREA[LastUpdatePostDate]RANGE[{self.updated_since},MAX]"
            found["query.term"] = f"({self.term}) AND {since}" if self.term else since
        if self.status:
            found["filter.overallStatus"] = ",".join(self.status)
        return found


def query(
    ids: Iterable[str] = (),
    *,
    everything: bool = False,
    condition: str = "",
    term: str = "",
    intervention: str = "",
    sponsor: str = "",
    location: str = "",
    status: Iterable[str] = (),
    updated_since: str = "",
) -> Query:
    """The query that a user means, checked. `status` takes tokens and the words of pages alike.

    Raises UsageError if nothing is asked for, if two things are that exclude each other, or for a value that is wrong.
    """
    asked = Query(
        condition=condition.strip(),
        term=term.strip(),
        intervention=intervention.strip(),
        sponsor=sponsor.strip(),
        location=location.strip(),
        status=tuple(sorted({_status(word) for each in status for word in each.split(",") if word.strip()})),
        updated_since=_day(updated_since.strip()),
        ids=tuple(sorted({nct_id(each) for each in ids})),
    )
    searching = asked.parameters()
    if not (everything or searching or asked.ids):
        raise UsageError("say what to fetch: search terms such as --condition, NCT ids, or --all")
    if everything + bool(searching) + bool(asked.ids) > 1:
        raise UsageError("give search terms, or NCT ids, or --all; not two of them")
    for name in _PARAMETERS:
        if asked.status and not asked.updated_since and _ONLY_IDS.fullmatch(getattr(asked, name)):
            raise UsageError(f"--{name} {getattr(asked, name)}: the registry ignores --status beside ids alone")
    return asked


def nct_id(text: str) -> str:
    """An NCT id with all its digits: NCT00000012 for "nct12". Raises UsageError if it is none."""
    if match := _ID.fullmatch(text.strip()):
        return f"NCT{match[1]:>08}"
    raise UsageError(f"{text}: not an NCT id, which is NCT and eight digits")


def _status(word: str) -> str:
    words = resources.vocabulary()
    token = word.strip().upper().replace(" ", "_")
    if words.knows("overallStatus", token):
        return token
    if found := words.token("overallStatus", word):
        return found
    raise UsageError(f"--status {word.strip()}: there is none; known: {', '.join(words.tokens('overallStatus'))}")


def _day(text: str) -> str:
    try:
        if text and (len(text) != 10 or not datetime.date.fromisoformat(text)):
            raise ValueError(text)
    except ValueError as error:
        raise UsageError(f"--updated-since {text}: not a day such as 2026-01-01") from error
    return text
