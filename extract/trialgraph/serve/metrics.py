"""What a server counts, for monitoring and for a log of its queries."""

import hashlib
import json
import sys
from collections import Counter
from typing import Literal

#: Upper bounds of seconds, as monitoring wants them.
_BOUNDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0)


class Metrics:
    """Counts of queries, by the status of the answer and by the time that it took."""

    def __init__(self, log: Literal["none", "json"] = "none") -> None:
        self._log = log
        self._statuses: Counter[int] = Counter()
        self._within: Counter[float] = Counter()
        self._seconds = 0.0

    def query(self, query: str, status: int, seconds: float, rows: int | None) -> None:
        """Count a query, and write a line of the log if there is one: never the query itself, nor who asked it."""
        self._statuses[status] += 1
        self._seconds += seconds
        for bound in _BOUNDS:
            self._within[bound] += seconds <= bound
        if self._log == "json":
            line = {
                "query": hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:16],
                "ms": round(seconds * 1000, 1),
                "rows": rows,
                "status": status,
            }
            print(json.dumps(line), file=sys.stderr, flush=True)

    def text(self) -> str:
        """The counts in the text format of Prometheus.

        https://prometheus.io/docs/instrumenting/exposition_formats/
        """
        total = self._statuses.total()
        lines = ["# TYPE trialgraph_queries_total counter"]
        lines += [
            f'trialgraph_queries_total{{status="{each}"}} {count}' for each, count in sorted(self._statuses.items())
        ]
        lines += ["# TYPE trialgraph_query_seconds histogram"]
        lines += [f'trialgraph_query_seconds_bucket{{le="{each}"}} {self._within[each]}' for each in _BOUNDS]
        lines += [f'trialgraph_query_seconds_bucket{{le="+Inf"}} {total}']
        lines += [f"trialgraph_query_seconds_sum {self._seconds:.6f}", f"trialgraph_query_seconds_count {total}"]
        return "".join(f"{line}\n" for line in lines)
