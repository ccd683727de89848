"""Characters that no graph should carry: control characters, lone surrogates, bidi controls, noncharacters.

They break XML, terminals and the reading order of names. Each becomes U+FFFD, and each text that had one is reported.
"""

import re

REPLACEMENT = "\ufffd"
# Tab, line feed and carriage return are text; U+0085 and the rest of C1 are not.
_UNWANTED = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
_TEXT = re.compile(_UNWANTED)
# The same in UTF-8, and the JSON escapes that could spell one. Patterns that begin with a literal byte search fastest.
_IN_JSON = [
    re.compile(pattern)
    for pattern in (
        rb"\\[ubf]",
        rb"\x7f",
        rb"\xc2[\x80-\x9f]",
        rb"\xe2\x80[\xaa-\xae]",
        rb"\xe2\x81[\xa6-\xa9]",
        rb"\xef\xb7[\x90-\xaf]",
        rb"\xef\xbf[\xbe\xbf]",
    )
]


def suspicious(data: bytes) -> bool:
    """True if a JSON text may hold such a character; a fast check that spares a look at every string."""
    return any(pattern.search(data) for pattern in _IN_JSON)


def clean(text: str) -> str:
    """A text with U+FFFD in place of each such character."""
    return text if text.isprintable() else _TEXT.sub(REPLACEMENT, text)
