"""Texts of a record as readable HTML: paragraphs, lists, strong words and links, made of escaped text alone."""

import re
from collections.abc import Iterator

from markupsafe import escape
from msgspec import Struct

_ITEM = re.compile(r"(?P<indent>\s*)(?:(?P<bullet>[*•●▪–-])|(?P<number>\(?\d{1,2}[.)]))\s+(?P<text>\S.*)")
#: After escaping: strong words between two stars each, and addresses up to a space or a character that ends them.
_STRONG = re.compile(r"(?<![\w*])\*\*(?=\S)([^*\n]{1,300}?)(?<=\S)\*\*(?![\w*])")
_ADDRESS = re.compile(r"https?://[^\s<>\"'|\\^`{}&;]+(?:&amp;[^\s<>\"'|\\^`{}&;]+)*")
_SAFE = re.compile(r"https?://[^\s<>\"\x00-\x20\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.ASCII)
_TAIL = ".,:)"


class Prose(Struct, frozen=True):
    """A text with line breaks and list marks. A template shows it as HTML; everything in it stays text."""

    text: str

    def __html__(self) -> str:
        """The paragraphs and lists."""
        return "".join(_blocks(self.text))

    def __bool__(self) -> bool:
        """Whether there is any text."""
        return bool(self.text.strip())


class Line(Struct, frozen=True):
    """A text within a line, in which addresses become links and strong words strong."""

    text: str

    def __html__(self) -> str:
        """The text with its line breaks."""
        return _inline(self.text).replace("\n", "<br>")


def web(url: str) -> str:
    """An address that may be linked to: of the web; "" for any other."""
    return url if _SAFE.fullmatch(url) else ""


def mail(address: str) -> str:
    """What an e-mail address is linked to; "" of what does not look like one."""
    return f"mailto:{address}" if _MAIL.fullmatch(address) else ""


def _blocks(text: str) -> Iterator[str]:
    """The elements of a text: an unmarked line is a paragraph, marked ones in a row are a list."""
    open_lists: list[tuple[int, str]] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        mark = _ITEM.fullmatch(line)
        indented = line[0].isspace()
        if mark:
            depth, tag = len(mark["indent"]), "ul" if mark["bullet"] else "ol"
            while open_lists and (
                open_lists[-1][0] > depth or (open_lists[-1][0] == depth and open_lists[-1][1] != tag)
            ):
                yield f"</li></{open_lists.pop()[1]}>"
            if open_lists and open_lists[-1][0] == depth:
                yield "</li>"
            else:
                yield f"<{tag}>"
                open_lists.append((depth, tag))
            value = f' value="{int(re.sub(r"[^0-9]", "", mark["number"]))}"' if mark["number"] else ""
            yield f'<li dir="auto"{value}>{_inline(mark["text"])}'
        elif open_lists and indented:
            yield f"<br>{_inline(line.strip())}"
        else:
            while open_lists:
                yield f"</li></{open_lists.pop()[1]}>"
            yield f'<p dir="auto">{_inline(line.strip())}</p>'
    while open_lists:
        yield f"</li></{open_lists.pop()[1]}>"


def _inline(text: str) -> str:
    shown = _STRONG.sub(r"<strong>\1</strong>", str(escape(text)))
    return _ADDRESS.sub(_link, shown) if "://" in shown else shown


def _link(match: re.Match[str]) -> str:
    address = match[0].rstrip(_TAIL)
    rest = match[0][len(address) :]
    return f'<a href="{address}" rel="nofollow noopener noreferrer">{address}</a>{rest}'
