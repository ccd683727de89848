"""Text on a drawing: how wide it is, and how it breaks into lines, without the fonts of the machine that shows it.

The widths are those of DejaVu Sans, the widest of the usual sans-serif fonts, or of Helvetica where that is wider; in
other fonts labels take less room.
"""

import unicodedata
from collections.abc import Iterator

#: The fonts of a drawing: the first that the machine has.
FONTS = (
    "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', 'DejaVu Sans', 'Noto Sans', 'Open Sans', Roboto, 'Segoe UI',"
    " FreeSans, sans-serif"
)

_WIDTHS = (
    (" .,:;iljI'|/\\", 0.34),
    ("-()[]rft!", 0.42),
    ('Jcsz?*_`"', 0.56),
    ("FLkvxy", 0.61),
    ("abdeghnopqu0123456789$", 0.64),
    ("ABCEKPRSTVXYZ{}", 0.74),
    ("DGHNOQUw&+=<>~#^", 0.84),
    ("mMW%@", 1.02),
)
_WIDTH = {char: width for chars, width in _WIDTHS for char in chars}
#: Marks that turn the direction of what stands after them, or have no width and no shape.
_UNSEEN = {"Cf", "Cc", "Cs", "Mn", "Me"}


def width(text: str, size: float) -> float:
    """The room that a text takes at most in a font of some size; for other scripts than Latin, about that."""
    return size * sum(map(_em, text))


def _em(char: str) -> float:
    if unicodedata.category(char) in _UNSEEN:
        return 0.0
    base = unicodedata.normalize("NFD", char)[0]
    if base in _WIDTH:
        return _WIDTH[base]
    return 1.3 if unicodedata.east_asian_width(char) in "WF" else 1.0


def lines(text: str, size: float, room: float, most: int) -> list[str]:
    """A text in at most some lines, none wider than the room; what does not fit is cut, with an ellipsis.

    Marks that change the direction of text are left out, for they would reach beyond the label.
    """
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    result = [""]
    for piece in _pieces(" ".join(seen.split()), size, room):
        if not result[-1] or width(result[-1] + piece.rstrip(), size) <= room:
            result[-1] += piece
        else:
            result.append(piece)
    result = [line.strip() for line in result]
    if len(result) > most:
        cut = result[most - 1]
        while cut and width(f"{cut}…", size) > room:
            cut = cut[:-1]
        result = [*result[: most - 1], f"{cut.rstrip(' ,;(-')}…"]
    return result


def _pieces(text: str, size: float, room: float) -> Iterator[str]:
    """Words, each with the space after it; one that is wider than a line in parts."""
    for word in text.split(" "):
        part = ""
        for char in word:
            if part and width(part + char, size) > room:
                yield part
                part = ""
            part += char
        yield f"{part} "
