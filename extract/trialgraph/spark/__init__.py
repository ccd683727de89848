"""The build on a Spark cluster, for what one machine cannot hold or a cluster holds already.

`session` starts Spark, `files` reaches its file systems, `splits` says what each task reads, and `reading` reads it.
`rendering` makes statements, findings and rows of tables of it; `tables` says what tables there are; `run` does it all.
pyspark is imported where it is used, so that everything else works without it.
"""

from trialgraph.spark.run import build

__all__ = ["build"]
