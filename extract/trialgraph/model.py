"""The leaves of the registry's model, read off the types of the Study record.

A leaf's path is spelled as the registry does: "protocolSection.contactsLocationsModule.locations[].city".
"""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import fields

from trialgraph.study import Study


@cache
def leaves() -> dict[str, str]:
    """Every leaf's path and the name of its type: an enumeration ("Status"), "Date", "Count", "Flag" or "str"."""
    return dict(_leaves(Study, ""))


def _leaves(type_: Any, path: str) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(type_, include_extras=True)
    for field in fields(type_):
        inner, step = _inner(hints[field.name])
        here = f"{path}.{field.encode_name}{step}".removeprefix(".")
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield from _leaves(inner, here)
        else:
            yield here, _name(inner)


def _inner(hint: Any) -> tuple[Any, str]:
    """The type of a field without "or None", or of the items of a tuple, and "[]" if it is a tuple."""
    if get_origin(hint) is tuple:
        return get_args(hint)[0], "[]"
    options = [option for option in get_args(hint) if option is not type(None)]
    if get_origin(hint) is Annotated or not options:
        return hint, ""
    return (options[0], "") if len(options) == 1 else (tuple(options), "")


def _name(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        return str(get_args(hint)[1].title)
    if isinstance(hint, tuple):
        return "Flag" if bool in hint else "Count"
    return str(hint.__name__)


def walk(study: Study) -> Iterator[tuple[str, str, Any]]:
    """Every leaf value that a study holds, with its path in the model and its JSON pointer in the record."""
    yield from _walk(msgspec.to_builtins(study), "", "")


def at(study: Study, path: str) -> Iterator[tuple[str, Any]]:
    """The values that a study holds at a leaf's path, each with its JSON pointer in the record."""
    found: list[tuple[str, Any]] = [("", study)]
    for step in path.split("."):
        name, many, _ = step.partition("[]")
        children = [(f"{pointer}/{name}", getattr(each, _attributes(each.__class__)[name])) for pointer, each in found]
        if many:
            found = [(f"{pointer}/{index}", each) for pointer, child in children for index, each in enumerate(child)]
        else:
            found = [(pointer, child) for pointer, child in children if child is not None]
    return iter(found)


@cache
def _attributes(type_: type[msgspec.Struct]) -> dict[str, str]:
    """The names of a struct's fields in Python by those of the registry."""
    return {field.encode_name: field.name for field in fields(type_)}


def _walk(value: Any, path: str, pointer: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _walk(child, f"{path}.{name}" if path else name, f"{pointer}/{name}")
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from _walk(child, f"{path}[]", f"{pointer}/{index}")
    else:
        yield path, pointer, value
