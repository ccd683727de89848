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
from trialgraph.findings import Finding, Validation
from trialgraph.record import Record
from trialgraph.report import BuildReport
from trialgraph.study import Study
from trialgraph.validate import validate

__version__ = "0.1.0"

__all__ = [
    "BuildReport",
    "Finding",
    "GraphError",
    "InputError",
    "Record",
    "RecordError",
    "Study",
    "TrialgraphError",
    "UsageError",
    "Validation",
    "build",
    "coverage",
    "graph",
    "read",
    "statements",
    "validate",
]
