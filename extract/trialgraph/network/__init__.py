"""Networks of what trials share, as networkx graphs: projected, measured, searched, written and drawn."""

from trialgraph.network.drawing import drawing
from trialgraph.network.formats import write
from trialgraph.network.measures import measured, table
from trialgraph.network.members import NETWORKS
from trialgraph.network.paths import Path, Step, path
from trialgraph.network.projection import Graph, network

__all__ = ["NETWORKS", "Graph", "Path", "Step", "drawing", "measured", "network", "path", "table", "write"]
