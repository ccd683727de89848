"""What most tests start from: a minimal record, and the graph that some inputs make."""

import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyoxigraph
import pytest
from click.testing import CliRunner, Result

from trialgraph.cli import main
from trialgraph.iris import BASE, PREFIXES

#: Real records and other data of the field, which stand beside the repository where they are at hand.
SHARED = Path(__file__).parents[2] / "shared"

_MEMORY = Path("/dev/shm")
#: Several times what all tests write, in bytes.
_ROOM = 4 << 30

#: Subject, predicate and object, shortened: "trial/NCT00000001", "tg:phase", "tgv:phase-PHASE2".
Triple: TypeAlias = tuple[str, str, str]
#: A record, the bytes or the text of a file, or its path.
Input: TypeAlias = dict[str, Any] | bytes | str | Path


class Graph(set[Triple]):
    """The triples of a graph.

    An instance's IRI is shortened by the base, another by its prefix; a literal is '"text"' or '"66"^^xsd:integer'.
    """

    def objects(self, predicate: str, subject: str = "") -> list[str]:
        """The objects of a predicate, of one subject or of all, sorted."""
        return sorted(o for s, p, o in self if p == predicate and subject in ("", s))

    def subjects(self, predicate: str, object_: str = "") -> list[str]:
        """The subjects of a predicate, with one object or with any, sorted."""
        return sorted(s for s, p, o in self if p == predicate and object_ in ("", o))

    def things(self, class_: str) -> list[str]:
        """What is of a class: things("tg:Site")."""
        return self.subjects("rdf:type", class_)


class Build(Protocol):
    """Builds inputs to N-Triples and gives the graph; options as `build` takes them on the command line."""

    def __call__(self, *inputs: Input, **options: str | bool) -> Graph: ...


def study(nct_id: str = "NCT00000001", **sections: Any) -> dict[str, Any]:
    """A minimal v2 record, with modules or other sections put in by the registry's names.

    A module of the protocol section is merged into the one there: study(statusModule={"whyStopped": "Funding"}).
    """
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": nct_id, "briefTitle": "A Trial"},
        "statusModule": {"overallStatus": "RECRUITING"},
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Acme", "class": "INDUSTRY"}},
        "conditionsModule": {"conditions": ["Asthma"]},
        "designModule": {"studyType": "INTERVENTIONAL"},
    }
    record: dict[str, Any] = {"protocolSection": protocol}
    for name, value in sections.items():
        if not name.endswith("Module"):
            record[name] = value
        elif isinstance(value, dict):
            protocol[name] = protocol.get(name, {}) | value
        else:
            protocol[name] = value
    return record


def written(folder: Path, inputs: Iterable[Input]) -> list[str]:
    """The paths of inputs, each that is no path written to a file of its own."""
    paths = []
    for number, each in enumerate(inputs):
        if isinstance(each, Path):
            paths.append(str(each))
            continue
        file = folder / f"input-{number}"
        data = json.dumps(each) if isinstance(each, dict) else each
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        paths.append(str(file))
    return paths


def parsed(text: bytes) -> Graph:
    """The graph of N-Triples."""
    quads = pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_TRIPLES)
    return Graph((short(q.subject), short(q.predicate), short(q.object)) for q in quads)


def short(term: object) -> str:
    """A term as Graph has it."""
    if isinstance(term, pyoxigraph.Literal):
        datatype = short(term.datatype)
        return f'"{term.value}"' + ("" if datatype == "xsd:string" else f"^^{datatype}")
    assert isinstance(term, pyoxigraph.NamedNode), f"{term} is no IRI"
    for prefix, namespace in PREFIXES.items():
        if term.value.startswith(namespace):
            return f"{prefix}:{term.value.removeprefix(namespace)}"
    return term.value.removeprefix(BASE)


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    """What the command line does with some arguments; anything but an orderly end fails the test."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark of long tests known, have Python keep bytecode, and keep the files of tests in memory.

    Tests start hundreds of processes of the package. Without bytecode each of them compiles all modules anew, which
    takes longer than what most of them do. They also write hundreds of stores, of which each waits several times until
    the disk has it. Where there is no file system in memory with room enough, their files go where they always do.
    """
    config.addinivalue_line("markers", "long: takes seconds alone, and begins before the others")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a store or a server of their module run in one process, so that it is made once.

    Long tests come first, so that at the end no processor waits for another that has begun one.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    for item in items:
        found = item._fixtureinfo.name2fixturedefs.values() if isinstance(item, pytest.Function) else ()
        shares = any(each.scope == "module" for definitions in found for each in definitions)
        if shares and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture
def built(tmp_path: Path) -> Build:
    """Builds inputs to N-Triples and gives the graph; fails the test if the build does."""

    def build(*inputs: Input, **options: str | bool) -> Graph:
        flags = [f"--{name.replace('_', '-')}" + ("" if on is True else f"={on}") for name, on in options.items() if on]
        out = tmp_path / "built.nt"
        result = run("build", *written(tmp_path, inputs), "-o", out, "--workers", "1", *flags)
        assert result.exit_code == 0, result.stderr
        return parsed(out.read_bytes())

    return build
