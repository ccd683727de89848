"""Networks as files that other programs read, and as pictures: the table of formats."""

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import PurePath
from typing import Any

from trialgraph.errors import UsageError
from trialgraph.network.drawing import TOP, drawing
from trialgraph.network.measures import measured, table
from trialgraph.network.picture import png
from trialgraph.network.projection import Graph
from trialgraph.reports.csv import row
from trialgraph.svg import legal
from trialgraph.writers.output import output


def write(graph: Graph, path: str, top: int = TOP) -> None:
    """Write a network, with its measures, in the format that the file's name says; whole or not at all.

    `.graphml` and `.gexf` (the trials of an edge as one text), `.json` (node-link, as networkx reads it), `.cyjs`
    (Cytoscape), `.csv` (the nodes), and `.svg` and `.png`, which draw the `top` strongest nodes.
    Same network, same bytes; of .png, where the same fonts are installed.
    Raises UsageError for another name, and for .png without the extra that draws it.
    """
    extension = PurePath(path).suffix.lower()
    if extension not in _FORMATS:
        raise UsageError(f"{path}: the name of a network's file must end in one of {', '.join(_FORMATS)}")
    if top < 1:
        raise UsageError(f"--top {top}: at least one node is to be drawn")
    known = graph if "communities" in graph.graph else measured(graph)
    content = _FORMATS[extension](known, top)
    with output(path) as stream:
        stream.write(content)


def _graphml(graph: Graph, top: int) -> bytes:
    import networkx as nx

    buffer = BytesIO()
    nx.write_graphml_xml(_flat(graph), buffer)  # not write_graphml, whose bytes depend on whether lxml is installed
    return buffer.getvalue()


def _gexf(graph: Graph, top: int) -> bytes:
    import networkx as nx

    buffer = BytesIO()
    nx.write_gexf(_flat(graph), buffer)
    # The day of writing and the version of the writer would make other bytes of the same network.
    text = re.sub(r' lastmodifieddate="[^"]*"', "", buffer.getvalue().decode(), count=1)
    return re.sub(r"<creator>[^<]*</creator>", "<creator>trialgraph</creator>", text, count=1).encode()


def _node_link(graph: Graph, top: int) -> bytes:
    import networkx as nx

    return _json(nx.node_link_data(graph, edges="edges"))


def _cytoscape(graph: Graph, top: int) -> bytes:
    import networkx as nx

    return _json(nx.cytoscape_data(graph, name="label"))


def _csv(graph: Graph, top: int) -> bytes:
    rows = table(graph)
    columns = list(rows[0]) if rows else ["id"]
    return "".join([row(columns), *(row(each.values()) for each in rows)]).encode()


def _svg(graph: Graph, top: int) -> bytes:
    return drawing(graph, top).encode()


def _png(graph: Graph, top: int) -> bytes:
    return png(drawing(graph, top))


#: What makes the bytes of a network, by the extension of the file.
_FORMATS: dict[str, Callable[[Graph, int], bytes]] = {
    ".graphml": _graphml,
    ".gexf": _gexf,
    ".json": _node_link,
    ".cyjs": _cytoscape,
    ".csv": _csv,
    ".svg": _svg,
    ".png": _png,
}


def _flat(graph: Graph) -> Graph:
    """A copy for formats of XML, which have no lists, and no characters that XML has not."""
    copy = graph.copy()
    for attributes in (copy.graph, *copy.nodes.values(), *copy.edges.values()):
        for name, value in attributes.items():
            if isinstance(value, list):
                attributes[name] = " ".join(value)
            elif isinstance(value, str):
                attributes[name] = legal(value)
    return copy


def _json(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()
