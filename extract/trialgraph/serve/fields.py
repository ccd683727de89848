"""The parameters of a named question as the fields of a form, and what a reader put into them."""

import datetime
import re
from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
import pyoxigraph
from msgspec import Struct

from trialgraph import resources
from trialgraph.errors import UsageError
from trialgraph.iris import SKOS
from trialgraph.questions import Parameter, Question
from trialgraph.serve.labels import capital, label

#: The type of an input element, and other attributes of it, by the type of a parameter.
_INPUTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "country": ("text", {"list": "countries", "autocomplete": "off"}),
    "date": ("date", {}),
    "distance": ("text", {"size": "10"}),
    "integer": ("number", {"step": "1", "inputmode": "numeric"}),
    "iri": ("text", {"inputmode": "url", "spellcheck": "false", "size": "40"}),
    "nctId": ("text", {"spellcheck": "false", "autocapitalize": "characters", "size": "14"}),
    "number": ("number", {"step": "any", "inputmode": "decimal"}),
    "point": ("text", {"size": "20"}),
}
_TEXT: tuple[str, Mapping[str, str]] = ("text", {"size": "30"})
_BOOLEAN = [("yes", "Yes"), ("no", "No")]


class Field(Struct):
    """A parameter as a reader sees it. With `choices`, one or, if it takes `many`, several of them are `chosen`."""

    name: str
    label: str
    hint: str
    required: bool
    many: bool
    value: str  # as the question takes it
    error: str = ""
    input: str = "text"
    attributes: Mapping[str, str] = {}
    choices: list[tuple[str, str]] = []

    @property
    def chosen(self) -> list[str]:
        """The values in it."""
        return [part.strip() for part in self.value.split(",")]


def fields(question: Question, given: Mapping[str, Sequence[str]]) -> list[Field]:
    """The fields of a question, with the values given for them, each with what is wrong with its value.

    Nothing given for a field means its default. If nothing is given at all, nothing is wrong yet.
    """
    return [_field(question, parameter, given) for parameter in question.parameters]


def words(name: str) -> str:
    """A name in words: words("atLeast") is "At least", words("nctId") is "NCT id"."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return capital(text).replace("Nct id", "NCT id").replace("nct id", "NCT id")


@cache
def countries() -> list[str]:
    """The names of countries, sorted."""
    preferred = pyoxigraph.NamedNode(f"{SKOS}prefLabel")
    found = resources.graph("countries.ttl").quads_for_pattern(None, preferred, None)
    return sorted(quad.object.value for quad in found if isinstance(quad.object, pyoxigraph.Literal))


def _field(question: Question, parameter: Parameter, given: Mapping[str, Sequence[str]]) -> Field:
    put = [value.strip() for value in given.get(parameter.name, ()) if value.strip()]
    value = ",".join(put) if put else _default(parameter)
    choices = _choices(parameter)
    input_, attributes = _INPUTS.get(parameter.type, _TEXT)
    return Field(
        parameter.name,
        words(parameter.name),
        _hint(parameter, bool(choices)),
        parameter.required,
        parameter.many,
        value,
        _error(question, parameter, value) if given else "",
        input_,
        attributes,
        choices,
    )


def _default(parameter: Parameter) -> str:
    if parameter.type == "date" and parameter.default == "today":
        return datetime.date.today().isoformat()  # what a date field can show
    return parameter.default


def _choices(parameter: Parameter) -> list[tuple[str, str]]:
    if "|" in parameter.type:
        return [(word, word) for word in parameter.type.split("|")]
    if parameter.type == "boolean":
        return _BOOLEAN
    if parameter.type == "country":  # too many to choose from: its field suggests them
        return []
    return [(token, label(parameter.type, token)) for token in resources.vocabulary().tokens(parameter.type)]


def _hint(parameter: Parameter, choices: bool) -> str:
    about = capital(parameter.about)
    if choices:
        return re.sub(r",? with commas between( them)?$", "", about)
    return about if parameter.default else f"{about}, such as {parameter.example}"


def _error(question: Question, parameter: Parameter, value: str) -> str:
    """What is wrong with a value, or nothing."""
    if not value:
        return f"Is needed, such as {parameter.example}" if parameter.required else ""
    try:
        msgspec.structs.replace(question, parameters=(parameter,)).bound({parameter.name: value})
    except UsageError as error:
        return capital(str(error).removeprefix(f"{parameter.name}={value}: "))
    return ""
