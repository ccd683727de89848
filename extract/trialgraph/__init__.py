"""Clinical-trial registry records, in whatever form you have them, as one RDF knowledge graph.

>>> import trialgraph
>>> report = trialgraph.build(["studies.ndjson.gz", "page.txt"], "trials.ttl")  # doctest: +SKIP
>>> report.trials  # doctest: +SKIP
268
"""

from trialgraph.api import graph, read
from trialgraph.build import build, statements
from trialgraph.coverage import coverage
from trialgraph.errors import GraphError, InputError, RecordError, TrialgraphError, UsageError
from trialgraph.record import Record
from trialgraph.report import BuildReport
from trialgraph.study import Study

__version__ = "0.1.0"

__all__ = [
    "BuildReport",
    "GraphError",
    "InputError",
    "Record",
    "RecordError",
    "Study",
    "TrialgraphError",
    "UsageError",
    "build",
    "coverage",
    "graph",
    "read",
    "statements",
]
