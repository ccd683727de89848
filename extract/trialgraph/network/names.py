"""Names as networks need them: of persons without their degrees, and none that stand for whoever has the post."""

import re
from collections import Counter

_POST = re.compile(
    r"\d|\b(?:call cent(?:er|re)|clinical|medical|study|trials?|director|monitor|responsible|contact|"
    r"investigators?|research|development|department|information|team|manager|officer|sponsor|chair|"
    r"pharma\w*|therapeutics|biotech\w*|inc|ltd|llc|gmbh|company|corporation|university|hospital|institute)\b",
    re.IGNORECASE,
)
_DEGREES = {"MD", "PHD", "MPH", "MSC", "MBBS", "PHARMD", "DRMED"}
#: Capitals make a degree: MD, PhD, FRCPC; the single letters are those of "M. D."; the rest stands beside degrees.
_DEGREE = re.compile(
    r"[A-Za-z]*[A-Z][A-Za-z]*[A-Z][A-Za-z]*|[A-Z]|phd?|prof(?:essor)?|pr|dr|doctor|med|univ|assoc(?:iate)?|hons|master|medicine",
    re.ASCII,
)
_TITLE = re.compile(r"(?:(?:prof(?:essor)?|dr|doctor)\b\.?\s*)+", re.IGNORECASE)

_PLACEHOLDER = re.compile(
    r".*\binvestigat(?:ive|ional|or) sites?\b.*|(?:clinical |study )?(?:research )?sites?\b[\s#.\d-]*"
    r"|local institution\b.*|[^(]*\bsites? (?:no\.? ?|number |# ?)?\d+",
    re.IGNORECASE,
)
_SITE_NUMBER = re.compile(r"\s*\( ?site ?\d+ ?\)$", re.IGNORECASE)


def is_person(name: str) -> bool:
    """False for "Study Director", "Clinical Trials", "Call Center", many companies, and the like."""
    return not _POST.search(person(name).partition(",")[0])


def person(name: str) -> str:
    """A person's name without titles, degrees and posts.

    >>> person("Prof. Jane Q. Doe, M.D., Ph.D."), person("Jane Doe MD"), person("Doe, Jane")
    ('Jane Q. Doe', 'Jane Doe', 'Doe, Jane')
    """
    first, *rest = " ".join(name.split()).split(",")
    while rest and " " in first.strip() and _are_degrees(rest[-1]):
        rest.pop()
    words = ",".join([_TITLE.sub("", first, count=1) if _TITLE.match(first) else first, *rest]).split()
    while len(words) > 2 and re.sub(r"\W", "", words[-1]).upper() in _DEGREES:
        words.pop()
    return " ".join(words).rstrip(",") or name


def _are_degrees(text: str) -> bool:
    words = re.findall(r"\w+", text)
    return all(_DEGREE.fullmatch(word) or _DEGREE.fullmatch(word.lower()) or _POST.search(word) for word in words)


def is_placeholder(facility: str) -> bool:
    """True for "Research Site", "Local Institution - 0012", "Novartis Investigative Site": many places, one name."""
    return bool(_PLACEHOLDER.fullmatch(facility))


def without_site_number(facility: str) -> str:
    """The IRI of a facility without the number that a trial gave its site, which is the IRI of its bare name.

    >>> without_site_number("https://w3id.org/trialgraph/facility/CN/-/beijing/beijing-cancer-hospital-site-5401")
    'https://w3id.org/trialgraph/facility/CN/-/beijing/beijing-cancer-hospital'
    """
    return re.sub(r"(?<=[^/])-site-\d+$", "", facility)


def label(kind: str, spellings: Counter[str]) -> str:
    """The spelling to show of those that a thing has: the commonest, then the first that is not all in capitals."""
    if kind == "facility":
        spellings = Counter(_SITE_NUMBER.sub("", each) for each in spellings.elements())
    return min(spellings, key=lambda each: (-spellings[each], each.isupper(), each), default="")
