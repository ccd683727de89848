"""Files of studies: NDJSON, compressed, written as a whole."""

import re
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from trialgraph.errors import InputError
from trialgraph.fetch.page import head
from trialgraph.writers.output import output

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: The names of the files, as a pattern of paths and as a regular expression.
PAGES = "page-*.ndjson.zst"
NAME = "page-([0-9]{5,9})[.]ndjson[.]zst"
#: A fifth less to store than at the default level, and still far faster than pages come.
_LEVEL = 9


class DamagedError(InputError):
    """A file that is lost, or no longer what was written."""


def following(names: Iterable[str]) -> str:
    """The name of the file after others.

    >>> following(["page-00001.ndjson.zst", "page-00007.ndjson.zst"])
    'page-00008.ndjson.zst'
    """
    numbers = [int(match[1]) for name in names if (match := re.fullmatch(NAME, name))]
    return f"page-{max(numbers, default=0) + 1:05}.ndjson.zst"


def read(path: Path) -> list[bytes]:
    """The studies of a file. Raises DamagedError, or InputError if the system does not let it be read."""
    try:
        return zstd.decompress(path.read_bytes()).splitlines()
    except (FileNotFoundError, zstd.ZstdError) as error:
        raise DamagedError(f"{path}: not what was written: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def write(path: Path, studies: Iterable[bytes]) -> None:
    """Write a file of studies, a line each."""
    with output(str(path)) as stream:
        stream.write(zstd.compress(b"".join(study + b"\n" for study in studies), _LEVEL))


def leave_out(path: Path, nct_ids: Collection[str]) -> int:
    """Write a file without some studies, and give how many are left; with none left it is removed."""
    studies = read(path)
    left = [study for study in studies if (found := head(study)) and found.nct_id not in nct_ids]
    if not left:
        path.unlink()
    elif len(left) < len(studies):
        write(path, left)
    return len(left)
