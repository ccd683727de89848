"""What tasks do with the sources: read them into items, each under its NCT id."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from trialgraph import readers, resources
from trialgraph.errors import InputError
from trialgraph.readers import Item, Rejected, ctgov, sources
from trialgraph.spark.files import literal
from trialgraph.spark.splits import Plan, Split, packs
from trialgraph.spool import packed

if TYPE_CHECKING:
    from pyspark import RDD
    from pyspark.sql import SparkSession

#: The NCT id of a record and its place among all records; or "" and the place of a Read.
Key: TypeAlias = tuple[str, int]
#: An item, its data compressed; or a Read.
Pair: TypeAlias = "tuple[Key, Item | Read]"


class Read(Struct):
    """What a task says of the split that it read."""

    split: Split
    records: int
    rejected: list[Rejected]
    errors: list[str]
    known: bool = True  # whether it held a study, or might have


def grouped(spark: "SparkSession", plan: Plan, partitions: int) -> "RDD[Pair]":
    """The items of the sources: each trial's in one partition, in the order of the sources; in the first one, Reads."""
    parts = []
    context = spark.sparkContext
    if plan.ours:
        ours = packs(_numbered(spark, plan.ours))
        parts.append(context.parallelize(ours, len(ours)).flatMap(_read_files))
    if plan.whole:
        paths = {split.path: split for split in plan.whole}
        frame = spark.read.format("binaryFile").load(list(map(literal, paths))).select("path", "content")
        parts.append(frame.rdd.flatMap(partial(_read_content, splits=paths)))
    if plan.lines:
        parts.append(_of_lines(spark, plan.lines))
    pairs = parts[0] if len(parts) == 1 else context.union(parts)
    return pairs.repartitionAndSortWithinPartitions(partitions + 1, partial(_partition, partitions=partitions))


def _partition(key: Key, partitions: int) -> int:
    return 1 + int(key[0][3:]) % partitions if key[0] else 0


# Files that Python reads


def _read_files(splits: Iterable[Split]) -> Iterator[Pair]:
    for split in splits:
        if split.end:
            yield from _keyed(split, ctgov.of_lines(_lines(split), split.name))
        else:
            opened = partial(sources.regular, Path(split.path)) if split.many else partial(open, split.path, "rb")
            yield from _read_whole(split, opened)


def _read_whole(split: Split, opened: Callable[[], Any]) -> Iterator[Pair]:
    errors: list[str] = []
    yield from _keyed(split, readers.entry(split.name, opened, split.many, resources.vocabulary(), errors), errors)


def _keyed(split: Split, found: Iterator[Item | Rejected], errors: list[str] | None = None) -> Iterator[Pair]:
    done = Read(split, 0, [], [] if errors is None else errors)
    place = split.place
    try:
        while True:
            each = next(found)
            if isinstance(each, Rejected):
                done.rejected.append(each)
                continue
            done.records += 1
            place += 1
            yield (each.nct_id, place), Item(each.reader, each.nct_id, each.file, each.place, packed(each))
    except StopIteration as end:
        done.known = end.value is not False
    except (InputError, OSError) as error:
        done.errors.append(str(error) if isinstance(error, InputError) else f"{split.name}: cannot be read: {error}")
    yield ("", split.place), done


def _lines(split: Split) -> Iterator[tuple[int, bytes]]:
    """The lines that begin in a range of a file, but for blank ones, with their numbers."""
    with open(split.path, "rb") as file:
        if split.start:
            file.seek(split.start - 1)
            file.readline()  # which began before, if only with its end
        number, place = split.line, file.tell()
        while place < split.end and (line := file.readline()):
            if line.strip():
                yield number, line
            number, place = number + 1, place + len(line)


def _numbered(spark: "SparkSession", splits: list[Split]) -> list[Split]:
    """The ranges with the numbers of their first lines, for which the lines of those before are counted."""
    ranges = [split for split in splits if split.end]
    if not ranges:
        return splits
    counts = spark.sparkContext.parallelize(ranges, len(ranges)).map(_count).collect()
    before: Counter[str] = Counter()
    lines: dict[int, int] = {}
    for split, count in zip(ranges, counts, strict=True):
        lines[split.place] = 1 + before[split.path]
        before[split.path] += count
    return [replace(split, line=lines.get(split.place, 1)) for split in splits]


def _count(split: Split) -> int:
    """How many lines begin in a range."""
    start = max(split.start - 1, 0)
    count, left = int(not split.start), split.end - 1 - start
    with open(split.path, "rb") as file:
        file.seek(start)
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            count += block.count(b"\n")
            left -= len(block)
    return count


# Files that Spark reads


def _read_content(row: Any, splits: Mapping[str, Split]) -> Iterator[Pair]:
    return _read_whole(splits[row["path"]], partial(BytesIO, row["content"]))


def _of_lines(spark: "SparkSession", splits: list[Split]) -> "RDD[Pair]":
    """What the lines of files hold. Spark says from which byte on it read a line, but not the number of the line."""
    from pyspark.sql.functions import col, count

    paths = {split.path: split for split in splits}
    text = spark.read.option("lineSep", "\n").text(list(map(literal, paths)))
    place = (col("_metadata.file_path").alias("path"), col("_metadata.file_block_start").alias("start"))
    counts = text.select(*place).groupBy("path", "start").agg(count("*").alias("lines")).collect()
    first: dict[tuple[str, int], Split] = {}
    for path, ranges in groupby(sorted(map(tuple, counts)), itemgetter(0)):
        line, split = 1, paths[unquote(path)]
        for _, start, lines in ranges:
            first[path, start] = replace(split, place=split.place + start, start=start, line=line)
            line += lines
    rows = text.select(*place, col("value").cast("binary").alias("value")).rdd
    return rows.mapPartitions(partial(_read_lines, splits=first))


def _read_lines(rows: Iterable[Any], splits: Mapping[tuple[str, int], Split]) -> Iterator[Pair]:
    for place, lines in groupby(rows, itemgetter("path", "start")):
        split = splits[place]
        numbered = ((number, bytes(row["value"])) for number, row in enumerate(lines, split.line))
        stated = ((number, line) for number, line in numbered if line.strip())
        yield from _keyed(split, ctgov.of_lines(stated, split.name))
