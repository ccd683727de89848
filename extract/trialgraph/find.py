"""Finding trials by facets: each is a filter, and most are counts of the trials found.

A facet is a group of SPARQL that binds ?trial, with its parameter in a VALUES line as in a named question. A search is
one query of the facets that are given, so that nothing which is left out costs anything.
"""

from collections.abc import Iterable, Mapping
from textwrap import indent

from msgspec import Struct

from trialgraph.errors import UsageError
from trialgraph.iris import PREFIXES
from trialgraph.questions import Parameter, Question


class Facet(Struct, frozen=True):
    """A way to narrow a search, and the values that found trials have for it."""

    name: str
    parameters: tuple[Parameter, ...]
    where: str
    counted: str = ""  # binds ?value for ?trial; "" if there is nothing to count


def _facet(
    name: str, type_: str, about: str, example: str, where: str, counted: str = "", *, many: bool = False
) -> Facet:
    return Facet(name, (Parameter(name, type_, about, "", example, many=many),), where, counted)


_NAMED = """\
{{
  # In groups, as Virtuoso may lose some of DISTINCT here; rdflib makes one group of no rows.
  SELECT ?trial
  WHERE {{
    {{
      SELECT DISTINCT ?thing
      WHERE {{
        VALUES ?{name} {{ UNDEF }}
        {things}
        FILTER (CONTAINS(LCASE(STR(?name)), LCASE(?{name})))
      }}{hint}
    }}
    ?trial {path} ?thing .
  }}
  GROUP BY ?trial
  HAVING (COUNT(*) > 0)
}}"""
_WORDS = """\
{
  SELECT DISTINCT ?trial
  WHERE {
    VALUES ?words { UNDEF }
    ?trial tg:briefTitle|tg:officialTitle|tg:briefSummary|tg:detailedDescription|tg:keyword|tg:eligibilityText ?text .
    FILTER (CONTAINS(LCASE(STR(?text)), LCASE(?words)))
  }
}"""
_CONCEPTS = """{ ?thing a tg:Condition ; rdfs:label ?name }
        UNION { ?thing a tg:MeshDescriptor ; rdfs:label ?name }
        UNION { ?leaf tg:asFound ?name ; tg:name ?term . ?thing rdfs:label ?term }"""
_AGREES = "VALUES ?{name} {{ UNDEF }}\n?trial tg:{property} ?{name} ."
_NEAR = """\
{
  SELECT DISTINCT ?trial
  WHERE {
    VALUES (?lat ?long ?kmPerDegree) { (UNDEF UNDEF UNDEF) }
    VALUES ?within { UNDEF }
    ?site geo:lat ?siteLat ;
          geo:long ?siteLong .
    BIND (ABS(?siteLat - ?lat) * 111.195 AS ?north)
    BIND (ABS(?siteLong - ?long) AS ?apart)
    BIND (IF(?apart > 180, 360 - ?apart, ?apart) * ?kmPerDegree AS ?east)
    # ABS changes nothing, but Virtuoso fails where a variable is multiplied by itself.
    FILTER (?north * ABS(?north) + ?east * ABS(?east) <= ?within * ABS(?within))
    ?trial tg:site ?site .
  }
}"""
_COUNTRY = """\
{
  SELECT DISTINCT ?trial
  WHERE {
    VALUES ?country { UNDEF }
    ?nation tg:isoCode ?country .
    ?trial tg:locationCountry ?nation .
  }
}"""
_CITY = """\
{
  SELECT DISTINCT ?trial
  WHERE {
    VALUES ?city { UNDEF }
    ?place tg:placeKind tgv:placeKind-CITY ;
           rdfs:label ?name .
    FILTER (CONTAINS(LCASE(STR(?name)), LCASE(?city)))
    ?site tg:facility/tg:locatedIn|tg:locatedIn ?place .
    ?trial tg:site ?site .
  }
}"""
_AGE = """\
VALUES ?age { UNDEF }
?trial a tg:Trial .
FILTER NOT EXISTS { ?trial tg:minimumAgeYears ?youngest . FILTER (?youngest > ?age) }
FILTER NOT EXISTS {
  # A maximum of 65 years takes those who are 65 until their next birthday.
  ?trial tg:maximumAgeYears ?oldest ; tg:maximumAge ?stated .
  FILTER (?oldest < IF(CONTAINS(LCASE(?stated), "year"), FLOOR(?age), ?age))
}"""
_SEX = """\
VALUES ?sex { UNDEF }
?trial a tg:Trial .
FILTER NOT EXISTS { ?trial tg:sex ?stated . FILTER (?stated NOT IN (?sex, tgv:sex-ALL)) }"""
_RESULTS = """\
VALUES ?results { UNDEF }
?trial a tg:Trial .
OPTIONAL { ?trial tg:hasResults ?posted }
FILTER (COALESCE(?posted, false) = ?results)"""

_POSTED = """\
OPTIONAL { ?trial tg:hasResults ?posted }
BIND (COALESCE(?posted, false) AS ?value)"""


def _token(property_: str) -> str:
    return f'?trial tg:{property_} ?token .\nBIND (STRAFTER(STR(?token), "-") AS ?value)'


_CITIES = """\
?trial tg:site ?site .
?site tg:facility/tg:locatedIn|tg:locatedIn ?city .
?city tg:placeKind tgv:placeKind-CITY ;
      rdfs:label ?value ."""

#: The facets of a search, in the order in which they are applied: what narrows most comes first.
FACETS = {
    facet.name: facet
    for facet in (
        _facet(
            "condition",
            "text",
            "a part of the name of a condition or a MeSH concept, in any case",
            "asthma",
            _NAMED.format(
                name="condition",
                things=_CONCEPTS,
                path="tg:condition|tg:conditionMesh|tg:conditionMeshAncestor",
                hint="\n      # hint: LIMIT 1000000",
            ),
            "?trial tg:conditionMesh/rdfs:label ?value .",
        ),
        _facet(
            "intervention",
            "text",
            "a part of the name of an intervention or a MeSH concept, in any case",
            "omalizumab",
            _NAMED.format(
                name="intervention",
                things="""{ ?thing a tg:Intervention ; tg:name|tg:otherName ?name }
        UNION { ?thing a tg:MeshDescriptor ; rdfs:label ?name }""",
                path="tg:intervention|tg:interventionMesh|tg:interventionMeshAncestor",
                hint="",
            ),
            "?trial tg:interventionMesh/rdfs:label ?value .",
        ),
        _facet(
            "sponsor",
            "text",
            "a part of the name of the lead sponsor or a collaborator, in any case",
            "Novartis",
            _NAMED.format(
                name="sponsor",
                things="?thing a tg:Organization ; rdfs:label ?name .",
                path="tg:leadSponsor|tg:collaborator",
                hint="",
            ),
            "?trial tg:leadSponsor/rdfs:label ?value .",
        ),
        _facet(
            "city",
            "text",
            "a part of the name of a city with a site",
            "Paris",
            _CITY,
            _CITIES,
        ),
        Facet(
            "near",
            (
                Parameter("point", "point", "latitude and longitude in degrees", "", "48.85,2.35"),
                Parameter("within", "distance", "how far from there", "", "50km"),
            ),
            _NEAR,
        ),
        _facet(
            "country",
            "country",
            "a country with a site, by name or code",
            "FR",
            _COUNTRY,
            "?trial tg:locationCountry/rdfs:label ?value .",
            many=True,
        ),
        _facet(
            "status",
            "overallStatus",
            "the recruitment status",
            "RECRUITING",
            _AGREES.format(name="status", property="overallStatus"),
            _token("overallStatus"),
            many=True,
        ),
        _facet(
            "phase",
            "phase",
            "the phase",
            "PHASE3",
            _AGREES.format(name="phase", property="phase"),
            _token("phase"),
            many=True,
        ),
        _facet(
            "type",
            "studyType",
            "the type of study",
            "INTERVENTIONAL",
            _AGREES.format(name="type", property="studyType"),
            _token("studyType"),
            many=True,
        ),
        _facet(
            "sex",
            "sex",
            "who may take part, female or male; a trial that does not say takes both",
            "FEMALE",
            _SEX,
            _token("sex"),
        ),
        _facet("age", "number", "an age in years that may take part", "9", _AGE, _token("standardAge")),
        _facet(
            "healthy",
            "boolean",
            "whether healthy volunteers may take part",
            "yes",
            _AGREES.format(name="healthy", property="healthyVolunteers"),
            "?trial tg:healthyVolunteers ?value .",
        ),
        _facet("results", "boolean", "whether results are posted", "yes", _RESULTS, _POSTED),
        _facet(
            "words",
            "text",
            "a phrase in the title, the summary, the description, the keywords or the criteria",
            "inhaled steroid",
            _WORDS,
        ),
    )
}

_ROWS = """\
SELECT ?nctId ?title (STRAFTER(STR(?statusStated), "-") AS ?trialStatus)
       (IF(BOUND(?firstPhase) && ?firstPhase != ?lastPhase, CONCAT(?firstPhase, "/", ?lastPhase), ?firstPhase)
        AS ?phases)
       ?sponsorName ?startDate ?enrollment ?updated
WHERE {{
  {{
    SELECT ?trial (MIN(?phaseToken) AS ?firstPhase) (MAX(?phaseToken) AS ?lastPhase) (MIN(?sponsorText) AS ?sponsorName)
    WHERE {{
{found}
      OPTIONAL {{
        ?trial tg:phase ?phaseStated .
        BIND (STRAFTER(STR(?phaseStated), "-") AS ?phaseToken)
      }}
      OPTIONAL {{
        ?trial tg:leadSponsor/rdfs:label ?label .
        BIND (STR(?label) AS ?sponsorText)
      }}
    }}
    GROUP BY ?trial
    HAVING (COUNT(*) > 0)
  }}
  ?trial tg:nctId ?nctId .
  OPTIONAL {{ ?trial tg:briefTitle ?title }}
  OPTIONAL {{ ?trial tg:overallStatus ?statusStated }}
  OPTIONAL {{ ?trial tg:startDate ?startDate }}
  OPTIONAL {{ ?trial tg:enrollment ?enrollment }}
  OPTIONAL {{ ?trial tg:lastUpdatePosted ?updated }}
}}
ORDER BY DESC(STR(COALESCE(?updated, ""))) ?nctId
LIMIT {limit}
"""
_COUNTS = """\
SELECT ?value (COUNT(DISTINCT ?trial) AS ?trials)
WHERE {{
{found}
{counted}
}}
GROUP BY ?value
HAVING (COUNT(*) > 0)
ORDER BY DESC(?trials) ?value
LIMIT {limit}
"""


def search(values: Mapping[str, str], limit: int = 100) -> str:
    """The query for the trials that have the values of some facets; the latest updated first.

    Raises UsageError for a facet that there is not, or a value that it does not take.
    """
    return _query(values, _ROWS.format(found=indent(_found(values), "      "), limit=limit))


def counts(facet: str, values: Mapping[str, str], limit: int = 100) -> str:
    """The query for the values that found trials have for a facet, with the number of trials; most first."""
    if facet not in FACETS or not FACETS[facet].counted:
        raise UsageError(f"{facet}: not a facet with counts; there are {', '.join(countable())}")
    counted = indent(FACETS[facet].counted, "  ")
    return _query(values, _COUNTS.format(found=indent(_found(values), "  "), counted=counted, limit=limit))


def countable() -> list[str]:
    """The names of the facets that have counts."""
    return [facet.name for facet in FACETS.values() if facet.counted]


def _found(values: Mapping[str, str]) -> str:
    unknown = values.keys() - FACETS.keys()
    if unknown:
        raise UsageError(f"{min(unknown)}: no such facet; there are {', '.join(FACETS)}")
    given: Iterable[str] = (facet.where for name, facet in FACETS.items() if values.get(name))
    return "\n".join(("?trial a tg:Trial .", *given))


def _query(values: Mapping[str, str], text: str) -> str:
    """The text with its prefixes and the values of its parameters."""
    given = {name: value for name, value in values.items() if value}
    if near := given.pop("near", ""):
        given["point"], _, given["within"] = near.rpartition(",")
        if given["point"].count(",") != 1:
            raise UsageError(f"near={near}: not a point and a distance; such as 48.85,2.35,50km")
    names = [name for name in FACETS if values.get(name)]
    parameters = tuple(parameter for name in names for parameter in FACETS[name].parameters)
    used = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items() if f"{prefix}:" in text)
    return Question("find", "", "", "", (), parameters, f"{used}\n{text}").bound(given)
