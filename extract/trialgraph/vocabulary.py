"""The values of the registry's enumerations and the words for them, as a plain lookup.

`resources.vocabulary()` fills it from ontology/vocabulary.ttl and ontology/countries.ttl; readers and extractors are
given it, so that they stay pure functions.
"""

from collections.abc import Iterable, Mapping

#: A scheme's name ("overallStatus"), a token ("NOT_YET_RECRUITING") and every spelling of it ("Not yet enrolling").
Entry = tuple[str, str, Iterable[str]]


class Vocabulary:
    """Known tokens by scheme, and the token that a word stands for."""

    def __init__(self, entries: Iterable[Entry], enumerations: Mapping[str, str] | None = None) -> None:
        self._schemes = dict(enumerations or {})
        self._tokens: dict[str, dict[str, str]] = {}
        self._words: dict[str, dict[str, str]] = {}
        for scheme, token, words in entries:
            self._tokens.setdefault(scheme, {})[token] = token
            spellings = self._words.setdefault(scheme, {})
            for word in (token, *words):
                spellings[_folded(word)] = token

    @property
    def schemes(self) -> list[str]:
        """The names of all schemes, sorted."""
        return sorted(self._tokens)

    def scheme(self, enumeration: str) -> str | None:
        """The scheme that holds the values of an enumeration of the registry: of "DesignMasking" it is "masking"."""
        return self._schemes.get(enumeration)

    def tokens(self, scheme: str) -> list[str]:
        """The tokens of a scheme, sorted; none of an unknown scheme."""
        return sorted(self._tokens.get(scheme, ()))

    def knows(self, scheme: str, token: str) -> bool:
        """True if the scheme has the token, letter for letter."""
        return token in self._tokens.get(scheme, ())

    def token(self, scheme: str, word: str) -> str | None:
        """The token that a word stands for, in any case and spacing: "Not yet enrolling" is NOT_YET_RECRUITING."""
        return self._words.get(scheme, {}).get(_folded(word))

    def words(self, scheme: str) -> Mapping[str, str]:
        """The words of a scheme in lower case, each with the token that it stands for."""
        return self._words.get(scheme, {})


def _folded(word: str) -> str:
    return " ".join(word.replace("’", "'").casefold().split())
