"""The options of `trialgraph build` for Spark, and the build that they mean."""

from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import Any, Protocol

import click

from trialgraph import gate, spark
from trialgraph.errors import UsageError
from trialgraph.report import BuildReport
from trialgraph.rules import rules
from trialgraph.writers import FORMATS

_OPTIONS = {
    "engine": click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True),
    "master": click.option("--master", metavar="URL", help="Spark's: spark://host:7077, yarn, k8s://..., local[4]."),
    "conf": click.option("--conf", multiple=True, metavar="KEY=VALUE", help="A setting of Spark; again for more."),
    "partitions": click.option(
        "--partitions", type=click.IntRange(1), metavar="N", help="Parts that Spark makes  [default: by size]"
    ),
    "judge": click.option(
        "--validate/--no-validate", "judge", default=None, help="Spark: findings as Parquet  [default: yes]"
    ),
    "profiles": click.option(
        "--profile",
        "profiles",
        multiple=True,
        metavar="NAME",
        help="Spark: validate by this; again for more  [default: core]",
    ),
    "tabulate": click.option(
        "--tables/--no-tables", "tabulate", default=None, help="Spark: a Parquet table of each class  [default: yes]"
    ),
}


class Builder(Protocol):
    """A build with all options set that are not common to the local one and Spark's."""

    def __call__(self, sources: tuple[str, ...], out: str, **options: Any) -> BuildReport: ...


def spark_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of Spark."""
    for option in reversed(_OPTIONS.values()):
        command = option(command)
    return command


def builder(out: str, options: dict[str, Any]) -> Builder | None:
    """The build on Spark, of whose options the others are freed; None for the local one. Raises UsageError."""
    chosen = {name: options.pop(name) for name in _OPTIONS}
    if chosen.pop("engine") == "local":
        given = [name for name, value in chosen.items() if value not in (None, ())]
        if given:
            names = {"judge": "validate", "profiles": "profile", "tabulate": "tables"}
            raise UsageError(f"--{names.get(given[0], given[0])}: only with --engine spark")
        return None
    if options["workers"]:
        raise UsageError("--workers: not with --engine spark, where --master and --conf spark.executor... say how many")
    if options["resume"]:
        raise UsageError("--resume: not with --engine spark, which tries the tasks of a lost machine again by itself")
    if out == "-" or out.endswith(".store") or set(PurePath(out).suffixes[-2:]) & {*FORMATS}:
        raise UsageError(f"-o {out}: --engine spark writes a folder of parts; name a folder")
    if chosen["profiles"] and chosen["judge"] is False:
        raise UsageError("--profile: not with --no-validate")
    settings = gate.settings()
    profiles = chosen.pop("profiles") or settings.profiles or ("core",)
    judged_by = None if chosen.pop("judge") is False else rules(profiles, None, settings.severity)
    tabulate, conf = chosen.pop("tabulate") is not False, _conf(chosen.pop("conf"))
    return partial(spark.build, **chosen, conf=conf, judged_by=judged_by, tabulate=tabulate)


def _conf(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if wrong := [key for key, equals, _ in pairs if not equals]:
        raise UsageError(f"--conf {wrong[0]}: not of the form KEY=VALUE")
    return {key: value for key, _, value in pairs}
