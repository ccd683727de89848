"""Clinical-trial registry records, in whatever form you have them, as one RDF knowledge graph.

>>> import trialgraph
>>> report = trialgraph.build(["studies.ndjson.gz", "page.txt"], "trials.ttl")  # doctest: +SKIP
>>> report.trials  # doctest: +SKIP
268
>>> trialgraph.find("trials.ttl", condition="asthma", status="RECRUITING")  # doctest: +SKIP
"""

# The functions build, find, network, query, serve, similar and validate have the names of their modules, which the
# package must therefore have loaded before: the first import of a module puts it in the place of its name.
from trialgraph.answers import Network, SimilarTrials
from trialgraph.api import find, find_counts, graph, network, open_graph, query, read, similar
from trialgraph.build import build, statements
from trialgraph.coverage import coverage
from trialgraph.errors import GraphError, IncompleteError, InputError, RecordError, TrialgraphError, UsageError
from trialgraph.findings import Finding, Validation
from trialgraph.query import Rows
from trialgraph.record import Record
from trialgraph.report import BuildReport
from trialgraph.serve import serve
from trialgraph.study import Study
from trialgraph.validate import validate
from trialgraph.version import __version__

__all__ = [
    "BuildReport",
    "Finding",
    "GraphError",
    "IncompleteError",
    "InputError",
    "Network",
    "Record",
    "RecordError",
    "Rows",
    "SimilarTrials",
    "Study",
    "TrialgraphError",
    "UsageError",
    "Validation",
    "__version__",
    "build",
    "coverage",
    "find",
    "find_counts",
    "graph",
    "network",
    "open_graph",
    "query",
    "read",
    "serve",
    "similar",
    "statements",
    "validate",
]
