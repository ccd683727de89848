"""What the catalogue tells: things, trials as rows of a list, and counts."""

from typing import Literal, NamedTuple, get_args

from msgspec import Struct

Kind = Literal["condition", "intervention", "organization", "facility", "city", "region", "country"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: What each kind is called: one of them and several.
NAMES: dict[Kind, tuple[str, str]] = {
    "condition": ("Condition", "Conditions"),
    "intervention": ("Intervention", "Interventions"),
    "organization": ("Organisation", "Sponsors and collaborators"),
    "facility": ("Facility", "Facilities"),
    "city": ("City", "Cities"),
    "region": ("Region", "Regions"),
    "country": ("Country", "Countries"),
}


class Thing(Struct, frozen=True):
    """What trials have in common, such as a condition, a sponsor or a city.

    The IRI of an intervention that is known by its name is no IRI of the graph: an intervention there is a part of one
    trial, and the catalogue puts those of one name together as <base>intervention/<slug of the name>.
    """

    iri: str
    kind: Kind
    label: str
    note: str  # tells things of one name apart: "Lyon, France" of a facility, "MeSH" of a descriptor
    trials: int
    lat: float | None = None
    long: float | None = None


class TrialRow(Struct, frozen=True):
    """A trial as a row of a list; tokens as the registry writes them, dates as stated, "" for what is not stated."""

    nct_id: str
    title: str
    status: str
    phases: tuple[str, ...]
    study_type: str
    sponsor: str
    sponsor_iri: str
    start: str
    updated: str
    enrollment: int | None
    results: bool
    conditions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    sites: int = 0


class Count(NamedTuple):
    """How many trials have a value."""

    value: str  # what a filter takes: a token, or the IRI of a thing
    label: str
    trials: int
