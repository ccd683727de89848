"""The hidden names beside a file or a folder under which runs make the next one, and what killed runs left there."""

import re
from pathlib import Path

from trialgraph.iris import key

SUFFIX = ".part"
#: A name that is longer is cut in hidden ones, as no name can have more than 255 bytes.
_LONGEST = 40


def prefix(target: Path) -> str:
    """The beginning of the hidden names of a target, and of no other."""
    name = target.name
    return f".{name}." if len(name) <= _LONGEST else f".{name[:_LONGEST]}.{key(name)}."


def beside(target: Path) -> list[Path]:
    """What has a hidden name of a target, sorted; nothing in a folder that cannot be listed."""
    ours = re.compile(f"{re.escape(prefix(target))}[a-z0-9_]{{8}}{re.escape(SUFFIX)}")
    return sorted(path for path in target.parent.glob(f".*{SUFFIX}") if ours.fullmatch(path.name))
