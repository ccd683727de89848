"""Characters that no graph should carry: control characters, lone surrogates, bidi controls, noncharacters.

They break XML, terminals and the reading order of names. Each becomes U+FFFD, and each text that had one is reported.
"""

import re

REPLACEMENT = "\ufffd"
# Tab, line feed and carriage return are text; U+0085 and the rest of C1 are not.
_UNWANTED = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
_TEXT = re.compile(_UNWANTED)
# The same in UTF-8, and the JSON escapes that could spell one, by their first byte: it is found ten times as fast as
# any pattern, and most records have few of them.
_IN_JSON = {
    b"\\": re.compile(rb"\\[ubf]"),
    b"\x7f": re.compile(rb"\x7f"),
    b"\xc2": re.compile(rb"\xc2[\x80-\x9f]"),
    b"\xe2": re.compile(rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])"),
    b"\xef": re.compile(rb"\xef(?:\xb7[\x90-\xaf]|\xbf[\xbe\xbf])"),
}


def suspicious(data: bytes) -> bool:
    """True if a JSON text may hold such a character; a fast check that spares a look at every string."""
    return any(first in data and pattern.search(data) for first, pattern in _IN_JSON.items())


def clean(text: str) -> str:
    """A text with U+FFFD in place of each such character."""
    return text if text.isprintable() else _TEXT.sub(REPLACEMENT, text)
