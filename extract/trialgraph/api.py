"""What Python users need beside the commands: records as values, and the graph in rdflib."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from trialgraph import readers, resources
from trialgraph.build import statements
from trialgraph.errors import RecordError
from trialgraph.iris import BASE, PREFIXES
from trialgraph.readers import Rejected, Source, named
from trialgraph.record import Record
from trialgraph.statements import Contacts

if TYPE_CHECKING:
    import rdflib


def read(sources: Source | Iterable[Source], reject: Callable[[Rejected], None] | None = None) -> Iterator[Record]:
    """The records of the sources, one by one, as they stand; `record.study` has the registry's own model.

    What is no record goes to `reject`; without it, the first one raises RecordError. A source that cannot be read
    raises InputError after the last of the sources.
    """
    return readers.records(named(sources), resources.vocabulary(), reject or _raise)


def graph(sources: Source | Iterable[Source], *, base: str = BASE, contacts: Contacts = "full") -> "rdflib.Graph":
    """The graph of all records of the sources in rdflib's memory, which suits some thousand trials.

    Raises InputError as `build` does.
    """
    import rdflib  # a slow import that only this function needs

    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in statements(sources, base=base, contacts=contacts))
    loaded = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        loaded.bind(prefix, namespace)
    return loaded.parse(data=lines, format="nt")


def _raise(rejected: Rejected) -> None:
    where = " ".join(filter(None, (rejected.file, rejected.place)))
    raise RecordError(f"{where}: {rejected.message}", rejected.place, rejected.nct_id)
