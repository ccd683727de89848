"""What a sync came to, and its list of changes as a file."""

import re
from collections import Counter

import msgspec
from msgspec import Struct

from trialgraph.errors import UsageError
from trialgraph.sync.changes import TrialChange

_KINDS = ("added", "changed", "removed", "restored")
_LISTED = 10
_LONGEST = 200
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


class Synced(Struct, frozen=True, rename="camel"):
    """What a sync came to."""

    store: str
    follows: str  # the search, as a user types it
    before: str  # the time of the registry's data that the store had; "" if that was not known
    after: str  # and that it has now
    trials: int  # in the store now
    changes: tuple[TrialChange, ...]
    left: tuple[str, ...] = ()  # what could not be done, and why; a new run tries again
    unread: tuple[str, ...] = ()  # studies that came and cannot be read, and why; the store has what it had of them
    dry_run: bool = False

    def counts(self) -> dict[str, int]:
        """How many trials came, changed and went."""
        counts = Counter(each.kind for each in self.changes)
        return {kind: counts[kind] for kind in _KINDS if counts[kind]}

    def lines(self) -> list[str]:
        """The summary for a terminal: the counts, and the first of the changes."""
        counts = ", ".join(f"{count:,} {kind}" for kind, count in self.counts().items()) or "nothing changed"
        of = f"; the registry's data of {self.after}" if self.after else ""
        would = "would be: " if self.dry_run else ""
        lines = [f"{self.store}: {would}{counts}; {self.trials:,} trials that {self.follows} finds{of}"]
        lines += [f"  {_line(each)}" for each in self.changes[:_LISTED]]
        if len(self.changes) > _LISTED:
            lines.append(f"  and {len(self.changes) - _LISTED:,} more; --changes FILE has all")
        lines += [f"cannot be read, and left as it was: {each}" for each in self.unread]
        return [*lines, *(f"left to do: {each}" for each in self.left)]


def check(path: str) -> None:
    """Raise UsageError if changes cannot be written to a file of this name."""
    if not path.endswith((".json", ".md")):
        raise UsageError(f"--changes {path}: name a file that ends in .json or .md")


def encoded(synced: Synced, path: str) -> bytes:
    """The changes as the name of a file asks."""
    if path.endswith(".md"):
        return markdown(synced).encode()
    return msgspec.json.format(msgspec.json.encode(synced)) + b"\n"


def markdown(synced: Synced) -> str:
    """The changes for people."""
    counts = ", ".join(f"{count:,} {kind}" for kind, count in synced.counts().items()) or "nothing changed"
    since = f"since {synced.before}" if synced.before else "since it was built"
    parts = [f"# Changes of the trials that {_plain(synced.follows)} finds", ""]
    parts += [f"{synced.after or 'Now'}, {since}: {counts}."]
    for each in synced.changes:
        parts += ["", f"## {each.nct_id} {each.kind}", ""]
        parts += [_plain(each.title)] if each.title else []
        parts += ["", f"{_reason(each)}."] if each.reason else []
        if each.properties:
            parts.append("")
        for change in each.properties:
            name = _plain(f"{change.label} of {change.of}" if change.of else change.label)
            went, came = "; ".join(map(_plain, change.went)), "; ".join(map(_plain, change.came))
            told = f"{went} → {came}" if went and came else f"came: {came}" if came else f"went: {went}"
            parts.append(f"- **{name}** {told}")
    for heading, messages in (("Cannot be read", synced.unread), ("Left to do", synced.left)):
        if messages:
            parts += ["", f"## {heading}", "", *(f"- {_plain(each)}" for each in messages)]
    return "\n".join(parts) + "\n"


def _reason(change: TrialChange) -> str:
    into = f" ({change.into})" if change.into else ""
    return f"{change.reason[:1].upper()}{change.reason[1:]}{into}"


def _line(change: TrialChange) -> str:
    what = change.title
    if change.kind == "removed":
        what = f"{_reason(change)}: {what}"
    elif change.properties:
        names = list(dict.fromkeys(each.label for each in change.properties))
        what = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"{change.nct_id} {change.kind}: {what}"


def _plain(text: str) -> str:
    """A text as Markdown that stays text, in one line."""
    line = " ".join(text.split())
    cut = line if len(line) <= _LONGEST else line[:_LONGEST] + " ..."
    return _MARKUP.sub(r"\\\1", cut)
