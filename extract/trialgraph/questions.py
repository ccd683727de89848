"""The named questions: the files of queries/, what their headers say, and their parameters bound as terms.

A file is SPARQL 1.1 that runs as it stands on any endpoint. Its header is a comment:

    # Which trials of a condition recruit near a point?
    #
    # A row is a site that is open; the nearest first.
    #
    # Any number of paragraphs on the choices made.
    #
    # @topic places
    # @param condition text, such as asthma: a part of the name of a condition, in any case
    # @param point point, such as 48.85,2.35: latitude and longitude
    # @param within distance = 50km: how far from there
    # @param country country?, such as FR: only sites in this country
    # @param status overallStatus* = RECRUITING: only these, with commas between them

A parameter is required, or has a default (=), or may be left out (?), and can take several values (*). Its type is one
of TYPES, a scheme of the vocabulary, or words to choose from (FDAAA|WHO). In the query it is a variable with its values
in a line of its own, where the file has the default or the example: `VALUES ?country { UNDEF }`; a point's are
(?lat ?long ?kmPerDegree), as doubles.
Binding replaces these lines and nothing else, so that no value can become more than a term.
"""

import datetime
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import pyoxigraph
from msgspec import Struct

from trialgraph import resources
from trialgraph.errors import GraphError, UsageError
from trialgraph.iris import PREFIXES

_XSD = PREFIXES["xsd"]
_NCT_ID = re.compile(r"NCT[0-9]{8}", re.IGNORECASE)
_DISTANCE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(km|mi|m)")
_KM = {"km": Decimal(1), "mi": Decimal("1.609344"), "m": Decimal("0.001")}
#: Kilometres in a degree of latitude: a 360th of the length of a meridian.
_KM_PER_DEGREE = 111.195
_PARAMETER = re.compile(r"@param (\w+) ([\w|]+)([?*]?)(?: = ([^:]+)|, such as ([^:]+)): (.+)")
#: What cannot stand in a literal of SPARQL as it is.
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})
_POINT = "(?lat ?long ?kmPerDegree)"


class Parameter(Struct, frozen=True):
    """What a question asks for."""

    name: str
    type: str  # one of TYPES, a scheme of the vocabulary, such as "overallStatus", or words: "FDAAA|WHO"
    about: str
    default: str = ""
    example: str = ""
    optional: bool = False  # may be left out, and then does not narrow
    many: bool = False  # takes several values, with commas between them

    @property
    def required(self) -> bool:
        """Whether the question cannot be asked without it."""
        return not (self.default or self.optional)

    @property
    def variables(self) -> str:
        """Its variables, as the VALUES lines of the query have them."""
        return _POINT if self.type == "point" else f"?{self.name}"


class Question(Struct, frozen=True):
    """A named question. `text` is its file, which runs as it stands."""

    name: str
    topic: str
    asks: str
    row: str
    choices: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    text: str

    def bound(self, values: Mapping[str, str] | None = None) -> str:
        """The query with the parameters bound to values as a user types them, or to their defaults.

        Raises UsageError for a value that its type does not take, a parameter that is missing, or one too many.
        """
        given = dict(values or {})
        query = self.text
        for parameter in self.parameters:
            value = given.pop(parameter.name, parameter.default)
            if not value and parameter.required:
                raise UsageError(
                    f"{self.name}: the parameter {parameter.name} is missing: {parameter.about};"
                    f" --param {parameter.name}={parameter.example}"
                )
            query = _replaced(query, parameter, " ".join(_spelled(parameter, value)) if value else "UNDEF")
        if given:
            known = ", ".join(parameter.name for parameter in self.parameters) or "no parameter"
            raise UsageError(f"{self.name}: there is no parameter {', '.join(sorted(given))}; it takes {known}")
        return query


def questions() -> dict[str, Question]:
    """All named questions by name, those of a topic together. Raises GraphError for a file that is none."""
    return dict(_questions())


def question(name: str) -> Question:
    """The question of that name. Raises UsageError, with the nearest names, if there is none."""
    if found := _questions().get(name):
        return found
    near = get_close_matches(name, _questions(), 3, 0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else "`trialgraph queries` lists them"
    raise UsageError(f"{name}: no such question; {hint}")


@cache
def _questions() -> dict[str, Question]:
    found = [parsed(path.stem, _text(path)) for path in resources.folder("queries").glob("*.rq")]
    return {each.name: each for each in sorted(found, key=lambda each: (each.topic, each.name))}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"{path}: {error}") from error


def page(asked: Iterable[Question]) -> str:
    """What the headers of questions say, as a page of Markdown."""
    lines, topic = ["# Questions\n"], ""
    for each in asked:
        if each.topic != topic:
            topic = each.topic
            lines.append(f"## {topic.capitalize()}\n")
        lines.append(f"### {each.name}\n\n{each.asks}\n\n{each.row}\n")
        lines += [f"{choice}\n" for choice in each.choices]
        if each.parameters:
            rows = (f"| `{one.name}` | {one.type} | {_need(one)} | {one.about} |" for one in each.parameters)
            lines.append("\n".join(("| parameter | type | |  |", "|---|---|---|---|", *rows)) + "\n")
    return "\n".join(lines)


def _need(parameter: Parameter) -> str:
    several = ", several with commas" if parameter.many else ""
    if parameter.default:
        return f"`{parameter.default}` by default{several}"
    return f"{'may be left out' if parameter.optional else 'needed'}{several}, such as `{parameter.example}`"


def parsed(name: str, text: str) -> Question:
    """The question of a file's text. Raises GraphError if the header lacks something or the query a parameter."""
    header = re.match(r"(?:#.*\n)+", text)
    lines = [line[2:] for line in header[0].splitlines()] if header else []
    prose = "\n".join(line for line in lines if not line.startswith("@"))
    paragraphs = [" ".join(paragraph.split()) for paragraph in prose.split("\n\n") if paragraph.strip()]
    topic = next((line.removeprefix("@topic ") for line in lines if line.startswith("@topic ")), "")
    if len(paragraphs) < 2 or not topic:
        raise GraphError(f"queries/{name}.rq: the header wants the question, what a row is, and @topic")
    parameters = tuple(_parameter(name, line) for line in lines if line.startswith("@param"))
    for parameter in parameters:
        if not _line(parameter).search(text):
            raise GraphError(f"queries/{name}.rq: no line `VALUES {parameter.variables} {{ ... }}`")
    return Question(name, topic, paragraphs[0], paragraphs[1], tuple(paragraphs[2:]), parameters, text)


def _parameter(name: str, line: str) -> Parameter:
    match = _PARAMETER.fullmatch(line)
    if not match or not (match[2] in TYPES or "|" in match[2] or match[2] in resources.vocabulary().schemes):
        raise GraphError(f"queries/{name}.rq: not a parameter: {line}")
    default, example = match[4] or "", match[5] or match[4]
    return Parameter(match[1], match[2], match[6], default, example, match[3] == "?", match[3] == "*")


def _line(parameter: Parameter) -> re.Pattern[str]:
    return re.compile(rf"^((?: |# hint: )*VALUES {re.escape(parameter.variables)} \{{).*\}}$", re.MULTILINE)


def _replaced(query: str, parameter: Parameter, terms: str) -> str:
    if parameter.type == "point":
        terms = terms if terms != "UNDEF" else "(UNDEF UNDEF UNDEF)"
    return _line(parameter).sub(lambda line: f"{line[1]} {terms} }}", query)


def _spelled(parameter: Parameter, value: str) -> Iterator[str]:
    """The terms of what a user typed for a parameter."""
    spell = TYPES.get(parameter.type)
    for part in value.split(",") if parameter.many else [value]:
        try:
            yield spell(part.strip()) if spell else _chosen(parameter.type, part.strip())
        except ValueError as error:
            raise UsageError(f"{parameter.name}={value}: {error}; such as {parameter.example}") from error


def _plain(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a character that is not Unicode") from error
    # Some engines undo \u before they parse: a backslash of the value must never stand before a bare u.
    return '"' + re.sub(r"\\\\([uU])", lambda mark: rf"\\\u{ord(mark[1]):04x}", value.translate(_ESCAPES)) + '"'


def _typed(value: str, datatype: str) -> str:
    return f'"{value}"^^<{_XSD}{datatype}>'


def _integer(value: str) -> str:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", value, re.ASCII):
        raise ValueError("not a whole number")
    return _typed(str(int(value)), "integer")


def _number(value: str) -> str:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", value, re.ASCII):
        raise ValueError("not a number")
    return _typed(value, "decimal")


def _boolean(value: str) -> str:
    words = {"true": "true", "yes": "true", "false": "false", "no": "false"}
    if value.lower() not in words:
        raise ValueError("neither true nor false")
    return _typed(words[value.lower()], "boolean")


def _date(value: str) -> str:
    if value == "today":
        value = datetime.date.today().isoformat()
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        raise ValueError("not a day")
    return _typed(datetime.date.fromisoformat(value).isoformat(), "date")


def _iri(value: str) -> str:
    prefix, _, local = value.partition(":")
    if prefix in PREFIXES and not local.startswith("//"):
        value = PREFIXES[prefix] + local
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", value):
        raise ValueError("not an IRI")
    return str(pyoxigraph.NamedNode(value))


def _nct_id(value: str) -> str:
    if not _NCT_ID.fullmatch(value):
        raise ValueError("not an NCT id")
    return _plain(value.upper())


def _country(value: str) -> str:
    words = resources.vocabulary()
    if not (token := words.token("country", value)):
        near = get_close_matches(value.lower(), words.words("country"), 1)
        raise ValueError("neither the name nor the ISO 3166-1 code of a country" + (f": {near[0]}?" if near else ""))
    return _plain(token)


def _chosen(type_: str, value: str) -> str:
    """One of some words, or a value of a scheme."""
    if "|" not in type_:
        return _token(type_, value)
    found = [word for word in type_.split("|") if word.casefold() == value.casefold()]
    if not found:
        raise ValueError(f"not one of {type_.replace('|', ', ')}")
    return _plain(found[0])


def _token(scheme: str, value: str) -> str:
    words = resources.vocabulary()
    if not (token := words.token(scheme, value.replace("_", " ")) or words.token(scheme, value)):
        raise ValueError(f"not one of {', '.join(words.tokens(scheme))}")
    return f"<{PREFIXES['tgv']}{scheme}-{token}>"


def _point(value: str) -> str:
    parts = value.split(",")
    try:
        latitude, longitude = (float(part) for part in parts)
    except ValueError as error:
        raise ValueError("not a latitude and a longitude in degrees") from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("a latitude is from -90 to 90, a longitude from -180 to 180")
    # SPARQL has no cosine: the kilometres in a degree of longitude come with the point.
    scale = _KM_PER_DEGREE * math.cos(math.radians(latitude))
    return f"({latitude:.6f}e0 {longitude:.6f}e0 {scale:.6f}e0)"  # doubles, as decimals overflow when they are divided


def _distance(value: str) -> str:
    match = _DISTANCE.fullmatch(value.lower())
    if not match:
        raise ValueError("not a distance with its unit, km, mi or m")
    return _typed(f"{Decimal(match[1]) * _KM[match[2]]:f}", "decimal")


#: How the words of a user become a term, by the type of a parameter; each raises ValueError.
TYPES: Mapping[str, Callable[[str], str]] = {
    "boolean": _boolean,
    "country": _country,
    "date": _date,
    "distance": _distance,
    "integer": _integer,
    "iri": _iri,
    "nctId": _nct_id,
    "number": _number,
    "point": _point,
    "text": _plain,
}
