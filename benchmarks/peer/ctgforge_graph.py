"""The records as ctgforge's property graph, and the number of statements that it would be.

    python -m peer.ctgforge_graph NDJSON FOLDER

Four kinds of nodes: trials, conditions, interventions and sponsors. A node's class, each of its properties that has a
value, and an edge count as a statement each. Records that ctgforge refuses (an intervention without a name, say) are
left out and counted.
"""

import sys
from pathlib import Path

import orjson
from ctgforge.export import to_property_graph
from ctgforge.flatten import flatten_core
from pydantic import ValidationError


def main(source: str, folder: str) -> None:
    """Write the tables of nodes and edges, and print the number of statements and of records that were refused."""
    trials, refused = [], 0
    with open(source, "rb") as lines:
        for line in lines:
            try:
                trials.append(flatten_core(orjson.loads(line)))
            except ValidationError:
                refused += 1
    nodes, edges = to_property_graph(trials)
    nodes.to_csv(Path(folder, "nodes.csv"), index=False)
    edges.to_csv(Path(folder, "edges.csv"), index=False)
    properties = sum(1 for each in nodes["props"] for value in each.values() if value)
    print(len(nodes) + properties + len(edges), refused)


if __name__ == "__main__":
    main(*sys.argv[1:])
