"""What a reader asks of Find: the parameters of an address as filters, and the facets that narrow further."""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from msgspec import Struct

from trialgraph.errors import UsageError
from trialgraph.serve.catalogue import FACETS, KINDS, SORTS, Catalogue, Selection, alike, called, things
from trialgraph.serve.catalogue.filters import is_iri
from trialgraph.serve.catalogue.selection import words

PAGE = 50
_MOST_VALUES, _LONGEST = 100, 2000
_POINT = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*")
_KM = re.compile(r"\d{1,5}(\.\d{1,3})?")
_WITHIN = "50"
#: The facets in the order of the page, their titles and how many values each shows at first.
SHOWN = {
    "status": ("Status", 6),
    "condition": ("Condition", 8),
    "intervention": ("Intervention", 6),
    "phase": ("Phase", 7),
    "type": ("Study type", 3),
    "country": ("Country", 8),
    "city": ("City", 5),
    "organization": ("Sponsor or collaborator", 6),
    "sex": ("Open to", 3),
    "healthy": ("Healthy volunteers", 2),
    "results": ("Results", 2),
    "year": ("Start year", 8),
}
#: Those of which a reader can type a part of a name.
_TYPED = {"condition", "intervention", "city", "organization"}
_TITLES = {name: title for name, (title, _) in SHOWN.items()} | {
    "facility": "Facility",
    "region": "Region",
    "sponsor": "Sponsor",
    "near": "Near",
    "age": "Age",
    "words": "Words",
}
_MORE = 60


class Asked(Struct):
    """What an address asks for. `given` are its parameters that make sense, `faults` say what is wrong with others."""

    given: dict[str, tuple[str, ...]]
    faults: list[str]
    selection: Selection
    sort: str = "updated"
    page: int = 1
    more: tuple[str, ...] = ()
    near: str = ""  # where the place is that was meant, in words

    def address(self, path: str = "/find", changes: Mapping[str, Sequence[str]] | None = None) -> str:
        """The address of the same with some parameters changed; the first page, unless `page` is one of them."""
        sort = (self.sort,) if self.sort != "updated" else ()
        kept = {**self.given, "sort": sort, "more": self.more, **(changes or {})}
        pairs = [(name, value) for name, values in kept.items() for value in values]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def at_page(self, page: int) -> str:
        """The address of a page of the list."""
        return self.address(changes={"page": (str(page),)})

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return -(-len(self.selection) // PAGE)


class Choice(Struct, frozen=True):
    """A value of a facet that can be ticked."""

    value: str
    label: str
    trials: int
    checked: bool


class View(Struct, frozen=True):
    """A facet as the page shows it."""

    name: str
    title: str
    choices: list[Choice]
    typed: bool  # a part of a name can be typed
    more: str = ""  # the address that shows more values

    @property
    def chosen(self) -> bool:
        """Whether a value is ticked."""
        return any(choice.checked for choice in self.choices)


class Chip(Struct, frozen=True):
    """A filter that is applied, and the address without it."""

    title: str
    label: str
    address: str


def asked(catalogue: Catalogue, parameters: Iterable[tuple[str, str]]) -> Asked:
    """What the parameters of an address ask for."""
    given: dict[str, tuple[str, ...]] = {}
    faults = []
    for name, value in list(parameters)[:_MOST_VALUES]:
        if (value := plain(value)) and value not in given.get(name, ()):
            given[name] = (*given.get(name, ()), value)
    sort, more = given.pop("sort", ("updated",))[0], given.pop("more", ())
    page = given.pop("page", ("1",))[0]
    place, within = given.pop("place", ("",))[0], given.pop("within", (_WITHIN,))[0]
    filters: dict[str, list[str]] = {}
    for name, values in given.items():
        for value in values:
            try:
                catalogue.filtered(name, value)
            except UsageError as error:
                faults.append(str(error))
            else:
                filters.setdefault(name, []).append(value)
    given = {name: tuple(values) for name, values in filters.items()}
    near = ""
    if place:
        try:
            near, name, value = _located(catalogue, place, within)
        except UsageError as error:
            faults.append(str(error))
        else:
            given |= {"place": (place,), "within": (within,)}
            filters.setdefault(name, []).append(value)
    if sort not in SORTS or (sort == "relevance" and "words" not in given):
        if sort != "relevance":
            faults.append(f"sort={sort}: not one of {', '.join(SORTS)}")
        sort = "updated"
    if not re.fullmatch("[1-9][0-9]{0,5}", page):
        faults.append(f"page={page}: not the number of a page")
        page = "1"
    return Asked(given, faults, catalogue.select(filters), sort, int(page), more, near)


def plain(text: str) -> str:
    """A text that was typed, on one line, without control characters, and no longer than makes sense."""
    return " ".join("".join(char if char.isprintable() else " " for char in text[:_LONGEST]).split())


def _located(catalogue: Catalogue, place: str, within: str) -> tuple[str, str, str]:
    """Where a place is in words, and the filter for it: a circle around a city or a point; a country or a region."""
    if not _KM.fullmatch(within):
        raise UsageError(f"within={within}: not a number of kilometres; such as {_WITHIN}")
    if match := _POINT.fullmatch(place):
        return f"within {within} km of {place}", "near", _circle(catalogue, f"{match[1]},{match[2]},{within}km")
    kinds = ("city", "region", "country")
    for found in (called(catalogue, place), things(catalogue, place, 5, "city"), things(catalogue, place, 5)):
        for thing in found:
            name = ", ".join(filter(None, (thing.label, thing.note)))
            if thing.kind == "city" and thing.lat is not None:
                circle = _circle(catalogue, f"{thing.lat},{thing.long},{within}km")
                return f"within {within} km of {name}", "near", circle
            if thing.kind in ("region", "country"):  # its middle may be far from all sites
                return f"in {name}", thing.kind, thing.iri
    near = [thing.label for thing in alike(catalogue, place) if thing.kind in kinds]
    hint = f"; did you mean {' or '.join(dict.fromkeys(near))}?" if near else "; type a city, a country or 48.85, 2.35"
    raise UsageError(f"place={place}: no site of this graph is in a place that is called so{hint}")


def _circle(catalogue: Catalogue, near: str) -> str:
    catalogue.filtered("near", near)
    return near


def views(catalogue: Catalogue, asking: Asked) -> list[View]:
    """The facets with the values that most trials have under the other filters, those that are ticked first."""
    return [_view(catalogue, asking, name) for name in SHOWN]


def _view(catalogue: Catalogue, asking: Asked, name: str) -> View:
    title, few = SHOWN[name]
    others, ticked = asking.selection.without(name), asking.given.get(name, ())
    limit = _MORE if name in asking.more else few
    counted = others.counts(name, limit + 1)
    same = {_same(name, value): value for value in ticked}
    choices = [
        Choice(value, worded(catalogue, name, value), others.count(name, value), True) for value in same.values()
    ]
    choices += [Choice(*count, False) for count in counted[:limit] if _same(name, count.value) not in same]
    if name == "year":
        choices.sort(key=lambda choice: choice.value, reverse=True)
    elif name == "phase":
        choices.sort(key=lambda choice: (choice.value == "NA", choice.value))
    more = (
        asking.address(changes={"more": (*asking.more, name)})
        if len(counted) > limit and name not in asking.more
        else ""
    )
    return View(name, title, choices, name in _TYPED, more)


def _same(name: str, value: str) -> str:
    """A value in the spelling of the facet's counts, for the facets of tokens."""
    return value if name in KINDS else value.upper().replace(" ", "_")


def chips(catalogue: Catalogue, asking: Asked) -> list[Chip]:
    """The filters that are applied, in the order of the address."""
    found = []
    for name, values in asking.given.items():
        if name == "within":
            continue
        if name == "place":
            found.append(Chip("Near", asking.near, asking.address(changes={"place": (), "within": ()})))
            continue
        for value in values:
            rest = {name: tuple(each for each in values if each != value)}
            found.append(Chip(_TITLES.get(name, name), worded(catalogue, name, value), asking.address(changes=rest)))
    return found


def worded(catalogue: Catalogue, name: str, value: str) -> str:
    """A value of a filter in words: the name of a thing, the label of a token."""
    if is_iri(value):
        thing = catalogue.thing(value)
        return thing.label if thing else value
    if (name in KINDS and name != "country") or name == "sponsor":
        return f"“{value}” in the name"
    if name == "age":
        return f"{value} years"
    return words(name, value if name not in FACETS else _token(name, value))


def _token(name: str, value: str) -> str:
    return value.lower() if name in ("healthy", "results") else _same(name, value)


def link(kind: str, value: str, **more: str) -> str:
    """The address of the trials that have a value."""
    return f"/find?{urlencode({kind: value, **more})}"
