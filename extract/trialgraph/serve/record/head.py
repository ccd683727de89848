"""What a trial is, at a glance."""

from msgspec import Struct

from trialgraph.iris import slug
from trialgraph.report import plural
from trialgraph.serve.labels import day_in_words, token
from trialgraph.serve.record.facts import Fact, Value, facts, number_in_words, text, value_of, values
from trialgraph.serve.record.gather import Node, Ref

_TONES = {
    "RECRUITING": "good",
    "AVAILABLE": "good",
    "APPROVED_FOR_MARKETING": "good",
    "NOT_YET_RECRUITING": "info",
    "ENROLLING_BY_INVITATION": "info",
    "ACTIVE_NOT_RECRUITING": "info",
    "SUSPENDED": "warn",
    "TEMPORARILY_NOT_AVAILABLE": "warn",
    "UNKNOWN": "warn",
    "WITHHELD": "warn",
    "TERMINATED": "bad",
    "WITHDRAWN": "bad",
}


class Head(Struct, frozen=True):
    """The head of the page."""

    id: str
    iri: str
    title: str
    titles: tuple[Fact, ...]
    status: str
    tone: str
    chips: tuple[str, ...]
    glance: tuple[Fact, ...]
    registry: str  # the address of the record at its registry, or ""


def tone(term: str) -> str:
    """The colour that goes with a status: "good", "info", "warn", "bad" or ""."""
    return _TONES.get(token(term), "")


def head(trial: Node, id_: str, base: str) -> Head:
    """The head of a trial's page; `base` is that of the instances."""
    status = trial.one("overallStatus")
    title = text(trial, "briefTitle") or min(trial.facts.get("label", [""])) or id_
    if trial.facts.get("label") == [title]:
        trial.asked.add("label")  # which is the title
    return Head(
        id_,
        trial.iri,
        title,
        facts(trial, ("officialTitle", "acronym", "nctIdAlias: Former NCT ids")),
        value_of(status, trial).text if status else "",
        tone(status),
        tuple(value.text for name in ("studyType", "phase") for value in values(trial, name)),
        tuple(each for each in _glance(trial, base) if each.values),
        f"https://clinicaltrials.gov/study/{id_}" if id_.startswith("NCT") else "",
    )


def enrollment(trial: Node) -> Fact:
    """How many take part, and whether that is counted or planned."""
    kind = text(trial, "enrollmentType").lower()
    found = [f"{number_in_words(each)} participants{f', {kind}' if kind else ''}" for each in trial.all("enrollment")]
    return Fact("Enrollment", tuple(map(Value, found or ([kind] if kind else []))), "enrollment")


def _glance(trial: Node, base: str) -> list[Fact]:
    return [
        enrollment(trial),
        Fact("Sponsor", values(trial, "leadSponsor"), "leadSponsor"),
        Fact("Conditions", _few(trial, "condition"), "condition"),
        Fact("Interventions", _interventions(trial, base)),
        Fact("Who can take part", _people(trial)),
        Fact("Sites", _sites(trial)),
        Fact("Runs", _runs(trial)),
        Fact("Results", _results(trial), "hasResults"),
    ]


def _few(trial: Node, name: str, most: int = 4) -> tuple[Value, ...]:
    found = values(trial, name)
    return found if len(found) <= most else (*found[:most], Value(f"and {len(found) - most} more", href=f"#{name}s"))


def _interventions(trial: Node, base: str) -> tuple[Value, ...]:
    names = sorted({name for node in trial.nodes("intervention") for name in node.facts.get("name", ())})
    found = [Value(name, iri=f"{base}intervention/{slug(name)}" if name.strip() else "") for name in names[:4]]
    return (*found, Value(f"and {len(names) - 4} more", href="#arms")) if len(names) > 4 else tuple(found)


def _people(trial: Node) -> tuple[Value, ...]:
    sex = token(trial.one("sex"))
    who = {"ALL": "All sexes", "FEMALE": "Women", "MALE": "Men"}.get(sex, text(trial, "sex"))
    return tuple(map(Value, filter(None, (who, ages(trial)))))


def ages(trial: Node) -> str:
    """The ages that can take part: "18 Years to 80 Years"."""
    low, high = text(trial, "minimumAge"), text(trial, "maximumAge")
    if low and high:
        return f"{low} to {high}"
    return f"{low} and older" if low else f"up to {high}" if high else ""


def _sites(trial: Node) -> tuple[Value, ...]:
    sites = trial.facts.get("site", ())
    if not sites:
        return ()
    countries = {country for site in trial.nodes("site") if (country := country_of(site))}
    where = f" in {len(countries)} {'country' if len(countries) == 1 else 'countries'}" if countries else ""
    return (Value(f"{plural(len(sites), 'site')}{where}", href="#sites"),)


def country_of(site: Node) -> str:
    """The IRI of the country that a site is in, or of the largest place that is known; "" if none is."""
    facility = site.node("facility")
    place = (facility.node("locatedIn") if facility else None) or site.node("locatedIn")
    while place and (larger := place.node("within")):
        place = larger
    return Ref(place.iri) if place else ""


def _runs(trial: Node) -> tuple[Value, ...]:
    start, end = trial.one("startDate"), trial.one("completionDate")
    found = " to ".join(day_in_words(each) for each in (start, end) if each)
    return (Value(found if start else f"until {found}", href="#dates"),) if found else ()


def _results(trial: Node) -> tuple[Value, ...]:
    if trial.one("hasResults") == "true":
        return (Value("Posted", href="#results"),)
    return (Value("Results pending"),) if trial.one("hasResults") == "false" else ()
