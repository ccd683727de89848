"""What Python users get for a question on trials that are alike, or joined; both show themselves in a notebook."""

import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from trialgraph.network import Graph, Path, drawing, measured, path, table, write
from trialgraph.notebook import table as html
from trialgraph.query import Rows
from trialgraph.report import plural
from trialgraph.reports.common import shown
from trialgraph.similar import Similar


class SimilarTrials(Sequence[Similar]):
    """The trials that are most like a trial, best first, each with its score and its reasons."""

    def __init__(self, nct_id: str, found: Iterable[Similar]) -> None:
        self.nct_id = nct_id
        self._found = tuple(found)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._found)

    def __getitem__(self, index: Any) -> Any:
        """One of them, or several."""
        return self._found[index]

    def table(self) -> Rows:
        """The trials as rows with `nctId`, `title`, `score` and `reasons`: all of them in one text, weights first."""
        rows = ((each.nct_id, each.title, each.score, "; ".join(_told(each))) for each in self)
        return Rows.of(("nctId", "title", "score", "reasons"), rows)

    def __repr__(self) -> str:
        """A line a trial, without the reasons."""
        lines = (f"{each.nct_id}  {each.score:.2f}  {shown(each.title)}" for each in self)
        return "\n".join((f"Similar to {self.nct_id}:", *lines)) if self else f"Nothing is similar to {self.nct_id}"

    def _repr_html_(self) -> str:
        rows = ((each.nct_id, each.title, f"{each.score:.2f}", _told(each)) for each in self)
        return html(("trial", "title", "score", "reasons"), rows, f"Similar to {self.nct_id}")


def _told(similar: Similar) -> list[str]:
    return [f"{reason.weight:.2f} {reason.kind}: {reason.label}" for reason in similar.telling]


class Network:
    """What shares trials, joined. `graph` is the network as networkx has it; a notebook shows the drawing.

    `measured` is the same network with degree, strength, betweenness, PageRank and community at each node.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def measured(self) -> Graph:
        """The network with its measures, which are made once, when something asks for them."""
        return measured(self.graph)

    def __len__(self) -> int:
        """How many things are joined, or stand alone."""
        return len(self.graph)

    def table(self) -> Rows:
        """The things as rows with their attributes and measures; the strongest first."""
        rows = table(self.measured)
        columns = list(dict.fromkeys(name for row in rows for name in row))
        return Rows.of(columns, (tuple(row.get(name) for name in columns) for row in rows))

    def path(self, a: str, b: str) -> Path:
        """The shortest path between two things, by label or by IRI, with the trials of each step.

        Raises UsageError, with the nearest names, for a name that no thing has or that several have.
        """
        return path(self.graph, a, b)

    def save(self, path: str | os.PathLike[str], top: int = 40) -> None:
        """Write the network in the format that the name says: .graphml, .gexf, .json, .cyjs, .csv, .svg or .png.

        .svg and .png draw the `top` strongest nodes. Raises UsageError for another name.
        """
        write(self.measured, os.fspath(path), top)

    def __repr__(self) -> str:
        """What is joined, and how much of it there is."""
        edges, trials = self.graph.number_of_edges(), self.graph.graph["trials"]
        counts = f"{plural(len(self), 'node')}, {plural(edges, 'edge')}, of {plural(trials, 'trial')}"
        return f"<Network of {self.graph.graph['name']}: {counts}>"

    def _repr_svg_(self) -> str:
        return drawing(self.measured)
