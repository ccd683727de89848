"""Characters that no graph should carry: control characters, lone surrogates, bidi controls, noncharacters.

They break XML, terminals and the reading order of names. Each becomes U+FFFD, and each text that had one is reported.
"""

import re

REPLACEMENT = "\ufffd"
# Tab, line feed and carriage return are text; U+0085 and the rest of C1 are not.
_UNWANTED = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
_TEXT = re.compile(_UNWANTED)
# The same in UTF-8.
_UTF8 = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xef\xb7[\x90-\xaf]|\xef\xbf[\xbe\xbf]")


def suspicious(data: bytes) -> bool:
    """True if a JSON text may hold such a character; a fast check that spares a look at every string."""
    if b"\\u" in data or b"\\b" in data or b"\\f" in data or b"\x7f" in data:
        return True
    return not data.isascii() and _UTF8.search(data) is not None


def clean(text: str) -> str:
    """A text with U+FFFD in place of each such character."""
    return text if text.isprintable() else _TEXT.sub(REPLACEMENT, text)
