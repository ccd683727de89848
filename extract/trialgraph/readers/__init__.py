"""Sources in, records out: the table of readers, and how an input finds its own by its content."""

import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from operator import ne
from typing import BinaryIO, NamedTuple, TypeAlias

import msgspec

from trialgraph.errors import InputError, RecordError
from trialgraph.readers import ctgov, meddatax, sources, veeva
from trialgraph.readers.clean import clean
from trialgraph.readers.item import Item, Rejected
from trialgraph.record import Finding, Record
from trialgraph.vocabulary import Vocabulary

#: A path, or "-" for standard input.
Source: TypeAlias = str | os.PathLike[str]

#: A captured page is a text of a few pages; a larger one is something else.
_LARGEST_PAGE = 1 << 24


class Page(NamedTuple):
    """A reader of one layout of captured pages: a text in, one Record out."""

    recognises: Callable[[str], bool]
    read: Callable[[str, str, Vocabulary], Record]


#: The page layouts, by the reader's name. A new layout is one module and one row.
PAGES = {module.NAME: Page(module.recognises, module.read) for module in (meddatax, veeva)}


def named(sources: Source | Iterable[Source]) -> list[str]:
    """The names of one source or of several, each a path or "-"."""
    if isinstance(sources, str | os.PathLike):
        sources = [sources]
    return [os.fspath(source) for source in sources]


def items(names: Iterable[str], words: Vocabulary) -> Iterator[Item | Rejected]:
    """Every record of the named sources, or why one is none; all sources are tried before an error is raised.

    Raises InputError, with a line for each source that could not be read, after the last of them.
    """
    errors: list[str] = []
    for name in names:
        try:
            for file, opened, one_of_many in sources.entries(name):
                yield from entry(file, opened, one_of_many, words, errors)
        except InputError as error:
            errors.append(str(error))
    if errors:
        raise InputError("\n".join(errors))


def record(item: Item, words: Vocabulary) -> Record:
    """The Record of an item. Raises RecordError if it cannot be read."""
    if item.reader == ctgov.NAME:
        return ctgov.parse(item)
    return _page_record(item.reader, item.data.decode(), item.file, words)


def records(names: Iterable[str], words: Vocabulary, reject: Callable[[Rejected], None]) -> Iterator[Record]:
    """The Record of every item of the named sources; what is none goes to `reject`. Raises InputError like `items`."""
    for found in items(names, words):
        if isinstance(found, Rejected):
            reject(found)
            continue
        try:
            yield record(found, words)
        except RecordError as error:
            reject(Rejected(found.file, error.pointer, found.nct_id, str(error)))


def entry(
    file: str, opened: Callable[[], BinaryIO], one_of_many: bool, words: Vocabulary, errors: list[str]
) -> Iterator[Item | Rejected]:
    """Every record of one file, or why one is none; why the file cannot be read is added to the errors."""
    try:
        with opened() as raw:
            for name, stream, member in sources.plain(file, raw):
                try:
                    yield from _stream(name, stream, words)
                except sources.BrokenError:
                    # There may have been more records in it.
                    raise
                except InputError as error:
                    # One file of a directory or of an archive that is no record does not spoil the others.
                    if not (one_of_many or member):
                        raise
                    yield Rejected(name, "", "", str(error).removeprefix(f"{name}: "))
    except sources.NoFileError as error:
        yield Rejected(file, "", "", str(error).removeprefix(f"{file}: "))
    except InputError as error:
        errors.append(str(error))
    except OSError as error:
        errors.append(f"{file}: cannot be read: {sources.reason(error)}")


def _stream(file: str, stream: BinaryIO, words: Vocabulary) -> Iterator[Item | Rejected]:
    beginning = sources.beginning(stream)
    if not beginning.strip() and len(beginning) < sources.HEAD:
        raise InputError(f"{file}: empty")
    if ctgov.recognises(beginning):
        yield from ctgov.items(stream, file)
        return
    data = stream.read(_LARGEST_PAGE)
    if len(data) == _LARGEST_PAGE:
        raise InputError(f"{file}: neither JSON nor a page; it has more than {_LARGEST_PAGE >> 20} MiB")
    yield _page(file, data, words)


def _page(file: str, data: bytes, words: Vocabulary) -> Item | Rejected:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 at byte {error.start:,}; save it as UTF-8") from error
    for name, page in PAGES.items():
        if page.recognises(text[: sources.HEAD]):
            try:
                found = _page_record(name, text, file, words)
            except RecordError as error:
                return Rejected(file, error.pointer, error.nct_id, str(error))
            return Item(name, found.nct_id, file, "", data)
    if text.lstrip()[:1] == "<":
        raise InputError(f"{file}: HTML or XML, which no reader knows; save the page as text")
    raise InputError(
        f"{file}: not recognised; expected ClinicalTrials.gov v2 JSON, or a page of {' or '.join(PAGES)} saved as text"
    )


def _page_record(name: str, text: str, file: str, words: Vocabulary) -> Record:
    """The Record of a page, without the characters that no graph should carry."""
    cleaned = clean(text)
    found = PAGES[name].read(cleaned, file, words)
    if cleaned == text:
        return found
    count = sum(map(ne, cleaned, text))
    message = "control, bidi or broken characters of the page replaced by U+FFFD"
    finding = Finding("cleaned", message, f"{count:,} of them", "", file, found.nct_id)
    digest = sha256(text.encode()).hexdigest()
    return msgspec.structs.replace(found, sha256=digest, findings=(*found.findings, finding))


__all__ = ["PAGES", "Item", "Rejected", "Source", "entry", "items", "named", "record", "records"]
