"""An IRI from what identifies a thing, the same on every run; and the namespaces, as ontology/prefixes.ttl has them.

All IRIs are in their N-Triples spelling, angle brackets included.
"""

import re
import unicodedata
from functools import cache, lru_cache
from hashlib import blake2b
from urllib.parse import quote

BASE = "https://w3id.org/trialgraph/"
TG = "https://w3id.org/trialgraph/ontology#"
TGV = "https://w3id.org/trialgraph/vocabulary#"
MESH = "http://id.nlm.nih.gov/mesh/"
GEO = "http://www.w3.org/2003/01/geo/wgs84_pos#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
SH = "http://www.w3.org/ns/shacl#"

#: The prefixes that outputs declare.
PREFIXES = {
    "dcterms": DCTERMS,
    "geo": GEO,
    "mesh": MESH,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "tg": TG,
    "tgv": TGV,
    "xsd": XSD,
}

TYPE = f"<{RDF}type>"
LABEL = f"<{RDFS}label>"

#: What follows in the IRI of a trial or of a part of it: the NCT id, or another registry and the id there.
TRIAL = re.compile(r"/trial/(NCT[0-9]{8}|[^/>]+/[^/>]+)")

_KEY = blake2b(digest_size=6)
#: A longer name becomes a shortened one and a hash, so that no IRI grows without bound.
_SLUG_LIMIT = 80
#: A minus at the end of a word; inside of one it is a hyphen.
_MINUS = re.compile(r"(?<=\w)[-−](?=\s|$)")
_BETWEEN = re.compile(r"[\x00-\x2f:-@\[-`{-\x7f]+")


@cache
def tg(name: str) -> str:
    """A class or property of the ontology: tg("Trial")."""
    return f"<{TG}{name}>"


@lru_cache(20_000)
def value(scheme: str, token: str) -> str:
    """The IRI of an enumeration's value: value("phase", "PHASE2"). A strange token is percent-encoded."""
    return f"<{TGV}{scheme}-{quote(token, safe='')}>"


@lru_cache(50_000)
def mesh(descriptor: str) -> str:
    """The IRI that the National Library of Medicine gives a MeSH descriptor: mesh("D054990")."""
    return f"<{MESH}{quote(descriptor, safe='')}>"


def key(*identity: str) -> str:
    """Twelve hexadecimal digits for what identifies a part of a trial."""
    digest = _KEY.copy()  # which is faster than a new one
    digest.update("\x1f".join(identity).encode())
    return digest.hexdigest()


def _in_word(char: str) -> bool:
    """True for letters, digits, and the marks that are part of a letter, such as the vowels of Devanagari."""
    return char.isalnum() or (char <= "\uffff" and unicodedata.category(char)[0] == "M")


@lru_cache(100_000)
def slug(name: str) -> str:
    """A name as a segment of an IRI: Unicode NFKC, casefolded, punctuation and space folded to single hyphens.

    >>> slug("Ruijin  Hospital (Shanghai)")
    'ruijin-hospital-shanghai'
    >>> slug("HER2+ Breast Cancer"), slug("HER2- Breast Cancer")
    ('her2-plus-breast-cancer', 'her2-minus-breast-cancer')
    """
    # Two signs tell names of opposite meaning apart, and are words of the name.
    name = _MINUS.sub(" minus", name).replace("+", " plus ")
    folded = unicodedata.normalize("NFKC", name).casefold()
    if not folded.isascii():
        folded = "".join([char if _in_word(char) else "-" for char in folded])
    folded = _BETWEEN.sub("-", folded).strip("-")
    if not folded:
        return key(name)
    if len(folded) > _SLUG_LIMIT:
        return f"{folded[: _SLUG_LIMIT - 13].rstrip('-')}-{key(folded)}"
    return folded
