"""Imports run one way: a module knows only those before it, from the errors to the command line."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import trialgraph

ROOT = Path(trialgraph.__file__).parent

#: The modules and packages in the order in which data pass them; "" is the package itself, with its public names.
ORDER = [
    *("version", "errors", "notebook", "study", "record", "vocabulary", "model", "readers", "report", "spool"),
    *("privacy", "iris", "statements", "extractors", "merge", "resources", "workers", "stream"),
    *("limits", "locks", "hidden"),
    *("writers", "fetch", "mark", "said", "distinct", "swap", "store", "storing", "rendering"),
    *("checkpoint", "build", "sync", "spared"),
    *("coverage", "svg", "questions", "findings", "gate", "reports", "scores", "once", "rules", "reference", "engines"),
    *("places", "validate", "spark", "query", "endpoint", "mirror", "similar", "network", "find", "export", "serve"),
    *("answers", "api", ""),
    *("terminal", "commands", "registry", "clusters", "cli", "__main__"),
]
#: Packages of which the modules are steps on the way too: each package's own `__init__` knows its modules.
PACKAGES = ["readers", "extractors", "writers", "fetch", "reports", "similar", "network", "serve", "spark"]


@cache
def modules() -> dict[str, Path]:
    """The files of the package by their names: "readers.ctgov", and "readers" for its `__init__`."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        *package, name = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(package if name == "__init__" else [*package, name])] = path
    return found


def imported(name: str, for_types: bool = True) -> Iterator[str]:
    """The modules of the package that a module imports, wherever in its text; also those `for_types` alone."""
    waiting: list[ast.AST] = [ast.parse(modules()[name].read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if not for_types and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "trialgraph":
                    yield alias.name.removeprefix("trialgraph").removeprefix(".")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import"
            if node.module and node.module.split(".")[0] == "trialgraph":
                package = node.module.removeprefix("trialgraph").removeprefix(".")
                for alias in node.names:
                    inner = f"{package}.{alias.name}".removeprefix(".")
                    yield inner if inner in modules() else package


def top(name: str) -> str:
    return name.partition(".")[0]


def test_every_module_has_its_place_in_the_order() -> None:
    assert {top(name) for name in modules()} - {*ORDER} == set()
    assert len({*ORDER}) == len(ORDER)


@pytest.mark.parametrize("name", modules())
def test_a_module_imports_only_those_before_it(name: str) -> None:
    place = ORDER.index(top(name))
    later = [other for other in imported(name) if top(other) != top(name) and ORDER.index(top(other)) > place]
    assert later == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_modules_of_a_package_import_one_another_one_way(package: str) -> None:
    inside = {
        # Two classes of which each makes the other may name one another's types.
        name: {other for other in imported(name, for_types=False) if top(other) == package}
        for name in modules()
        if top(name) == package
    }
    # A package's `__init__` comes after all its modules.
    done: set[str] = set()
    while ready := {name for name in inside.keys() - done if inside[name] - {name} <= done}:
        done |= ready
    assert inside.keys() - done == set(), "these import one another in a circle"


def test_the_modules_of_serve_come_in_the_order_in_which_it_lists_them() -> None:
    text = ast.get_docstring(ast.parse(modules()["serve"].read_text(encoding="utf-8"))) or ""
    listed = re.findall(r"^    (\w+/?(?:, \w+/?)*)  ", text, re.MULTILINE)
    order = [name.rstrip("/") for line in listed for name in line.split(", ")]
    known = {name.split(".")[1] for name in modules() if name.startswith("serve.")}
    assert (len(order), {*order}) == (len(known), known)
    for name in modules():
        part = [each.split(".")[1] for each in (name, *imported(name)) if each.startswith("serve.")]
        if name.startswith("serve."):
            later = [each for each in part if order.index(each) > order.index(part[0])]
            assert later == [], name


@pytest.mark.parametrize(
    ("package", "unknown"),
    [
        ("readers", {"iris", "statements", "extractors", "resources", "merge", "writers", "build"}),
        ("extractors", {"readers", "resources", "merge", "writers", "build"}),
        ("writers", {"readers", "extractors", "resources", "merge", "build"}),
        ("statements", {"readers", "extractors", "resources"}),
    ],
)
def test_what_a_step_must_not_know(package: str, unknown: set[str]) -> None:
    known = {top(other) for name in modules() if top(name) == package for other in imported(name)}
    assert known & unknown == set()


@pytest.mark.parametrize("name", ["ontology", "shapes", "queries"])
def test_no_module_takes_the_name_of_a_folder_of_data(name: str) -> None:
    assert name not in {top(each) for each in modules()}
