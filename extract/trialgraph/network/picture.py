"""A drawing as pixels."""

from functools import cache

from trialgraph.errors import UsageError
from trialgraph.network.lettering import FONTS

_LETTER = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15" font-family="{FONTS}">%s</text></svg>'
)


def png(svg: str, zoom: float = 2) -> bytes:
    """An SVG as PNG, some pixels to a unit, in the fonts that the system has.

    Raises UsageError if the extra that draws is missing, or if the system has no font.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise UsageError(
            "pictures as PNG need the extra `network`: pip install 'trialgraph[network]'; or write .svg"
        ) from error
    if not _has_font():
        raise UsageError("this system has no font for the labels of a PNG; install one, such as DejaVu; or write .svg")
    return resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom)


@cache
def _has_font() -> bool:
    """The rasteriser leaves out text without a word where there is no font."""
    import resvg_py

    return resvg_py.svg_to_bytes(svg_string=_LETTER % "M") != resvg_py.svg_to_bytes(svg_string=_LETTER % "")
