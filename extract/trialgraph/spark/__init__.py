"""The build on a Spark cluster, for what one machine cannot hold or a cluster holds already.

`session` starts Spark, `files` reaches its file systems, `splits` says what each task reads, `reading` reads it,
`rendering` makes statements, findings and rows of tables of it, `tables` says what tables there are, `build` does it all.
pyspark is imported where it is used, so that everything else works without it.
"""

from trialgraph.spark.build import build

__all__ = ["build"]
