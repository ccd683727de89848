"""From what a reader types to things and trials."""

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from trialgraph.errors import UsageError
from trialgraph.serve.catalogue import filters, schema
from trialgraph.serve.catalogue.model import Kind, Thing, TrialRow

if TYPE_CHECKING:
    from trialgraph.serve.catalogue.catalogue import Catalogue

#: Of the names with the words of a text, so many are looked at; those of most trials come first.
_LOOKED_AT = 200
_LONGEST = 200
_NAME = "SELECT thing, folded FROM name JOIN thing ON thing.source = name.thing WHERE twin = 0"

#: From the index of words in the order of its rows, so that it is not read to the end.
_BEGINNING = """SELECT thing, folded FROM named CROSS JOIN name ON name.id = named.rowid
                CROSS JOIN thing ON thing.source = name.thing WHERE twin = 0 AND named MATCH ?"""


def search(catalogue: "Catalogue", text: str, limit: int) -> list[Thing | TrialRow]:
    """Trials with the text as an id, things that are called so, things and then trials with words that begin so."""
    text = schema.folded(text)[:_LONGEST]
    if not text:
        return []
    found: list[Thing | TrialRow] = [*catalogue.identified(text, limit)]
    if not found and any(char.isdigit() for char in text):
        found += numbered(catalogue, text, limit // 2 or 1)
    found += things(catalogue, text, limit - len(found))
    if len(found) < limit:
        known = {each.nct_id for each in found if isinstance(each, TrialRow)}
        rows = titled(catalogue, text, limit)
        found += [row for row in rows if row.nct_id not in known][: limit - len(found)]
    return found


def things(catalogue: "Catalogue", text: str, limit: int, kind: Kind | None = None) -> list[Thing]:
    """Things with a name that has words which begin as those of the text do; what is called just so comes first."""
    text = schema.folded(text)[:_LONGEST]
    of_kind, values = (" AND kind = ?", [kind]) if kind else ("", [])
    candidates = [*catalogue.all(f"{_NAME} AND folded = ?{of_kind} LIMIT {_LOOKED_AT}", text, *values)]
    if query := beginning(text):
        candidates += catalogue.all(f"{_BEGINNING}{of_kind} ORDER BY named.rowid LIMIT {_LOOKED_AT}", query, *values)
    best: dict[int, tuple[bool, bool]] = {}
    for thing, name in candidates:
        rank = (name != text, not name.startswith(text))
        best[thing] = min(rank, best.get(thing, rank))
    found = [(best[number], catalogue.thing_of(number)) for number in best]
    # Facilities are many, and named after what they treat and where they are.
    found.sort(key=lambda each: (each[0], each[1].kind == "facility", -each[1].trials))
    return [thing for _, thing in found[:limit]]


def numbered(catalogue: "Catalogue", text: str, limit: int) -> list[TrialRow]:
    """Trials with an id that begins with the text."""
    query = "SELECT DISTINCT trial FROM identifier WHERE folded >= ? AND folded < ? ORDER BY folded LIMIT ?"
    found = catalogue.all(query, text, f"{text}\U0010ffff", limit)
    return catalogue.rows([number for (number,) in found])


def titled(catalogue: "Catalogue", text: str, limit: int) -> list[TrialRow]:
    """Trials with words in their titles that begin as those of the text do, the latest updated first."""
    if not (query := beginning(text)):
        return []
    found = catalogue.all("SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", f"title : ({query})", limit)
    return catalogue.rows([number for (number,) in found])


def called(catalogue: "Catalogue", text: str) -> list[Thing]:
    """The things that have just this name, in any case."""
    query = f"{_NAME} AND folded = ? LIMIT {_LOOKED_AT}"
    found = dict.fromkeys(thing for thing, _ in catalogue.all(query, schema.folded(text)))
    return sorted(map(catalogue.thing_of, found), key=lambda thing: -thing.trials)


def alike(catalogue: "Catalogue", text: str, limit: int = 5) -> list[Thing]:
    """Things whose names are spelled much as the text is; the nearest first."""
    text = schema.folded(text)[:_LONGEST]
    pieces = {text[at : at + 3].replace('"', '""') for at in range(len(text) - 2)}
    if not pieces:
        return []
    query = f"""SELECT thing, name.folded FROM
                (SELECT rowid FROM spelled WHERE spelled MATCH ? ORDER BY rank LIMIT {_LOOKED_AT}) AS near
                JOIN name ON name.id = near.rowid JOIN thing ON thing.source = name.thing WHERE twin = 0"""
    best: dict[int, float] = {}
    for thing, name in catalogue.all(query, " OR ".join(f'"{piece}"' for piece in sorted(pieces))):
        ratio = max(SequenceMatcher(None, text, part).ratio() for part in (name, name[: len(text) + 1]))
        best[thing] = max(ratio, best.get(thing, 0))
    least = max(0.7, max(best.values(), default=0) - 0.15)
    near = sorted((thing for thing in best if best[thing] > least), key=lambda thing: -best[thing])
    return [catalogue.thing_of(thing) for thing in near[:limit]]


def beginning(text: str) -> str:
    """The query of FTS5 for the words of a text as beginnings of words; "" if it has none."""
    try:
        return filters.match(" ".join(f"{word}*" for word in text.replace('"', " ").split()))
    except UsageError:
        return ""
