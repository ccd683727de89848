"""The reading of one captured page: what its words and values mean, and what is to be reported."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from trialgraph.readers.page import Line, filled
from trialgraph.record import Finding, Kind, Record
from trialgraph.study import Contact, Location, Study
from trialgraph.vocabulary import Vocabulary

#: How a value of a kind reads, where the kind is not a scheme of the vocabulary.
Patterns = Mapping[str, re.Pattern[str]]

_EXTENSION = re.compile(r"(?:phone )?ext(?:ension|\b)[.:]?\s*(\S.*)", re.IGNORECASE)
_PHONE = re.compile(r"(?=(?:\D*\d){3})[\d\s().+/–-]+(?:(?:ext|x)[.:]?\s*\d+)?", re.IGNORECASE)


class Reading:
    """The reading of one page. `word` is the shape that a word of an enumeration has, known or not.

    A value is asked for with the kind that the layout puts there, and with the kinds that stand nearby: one of these
    has lost its own label and is dropped, while a value of no kind at all is kept as it stands. Either is reported.
    """

    def __init__(self, file: str, nct_id: str, words: Vocabulary, word: re.Pattern[str], patterns: Patterns) -> None:
        self.file = file
        self.nct_id = nct_id
        self.words = words
        self.word = word
        self.patterns = patterns
        self.findings: list[Finding] = []

    def note(self, kind: Kind, message: str, line: Line, value: str = "") -> None:
        """Report something about a line."""
        pointer = f"line {line.number}" if line.number else ""
        self.findings.append(Finding(kind, message, value, pointer, self.file, self.nct_id))

    def drop(self, lines: Iterable[Line], message: str) -> None:
        """Report each line that has no place in the record."""
        for line in filled(lines):
            self.note("dropped", message, line, line.bare)

    def fits(self, kind: str, text: str) -> bool:
        """True if the text is a value of that kind: of its pattern, or a known word of the scheme."""
        if kind in self.patterns:
            return self.patterns[kind].fullmatch(text) is not None
        known = self.words.token(kind, text) is not None
        return known or (kind == "phase" and all(self.words.token(kind, part) for part in text.split("/")))

    def value(self, kind: str, lines: Sequence[Line], nearby: Iterable[str] = ()) -> str | None:
        """The value of that kind that the lines state: a token, or text; None if they state none. Only one is taken."""
        self.drop(lines[1:], f"not expected after the {_spelt(kind)}")
        if not lines:
            return None
        text = lines[0].bare
        if self.fits(kind, text):
            return self.words.token(kind, text) or text
        if any(self.fits(other, text) for other in nearby) or not self._could_be(kind, text):
            self.drop(lines[:1], f"not the {_spelt(kind)} that is expected here")
            return None
        self.note("text" if kind in self.patterns else "unknown-value", f"not a known {_spelt(kind)}", lines[0], text)
        return text

    def _could_be(self, kind: str, text: str) -> bool:
        if kind not in self.patterns:
            return self.word.fullmatch(text) is not None
        # A text without a digit is not a date, a count or an age in any spelling.
        return "\\d" not in self.patterns[kind].pattern or any(character.isdigit() for character in text)

    def phases(self, lines: Sequence[Line], nearby: Iterable[str] = ()) -> tuple[str, ...]:
        """The phases of a line such as "PHASE1/PHASE2"."""
        text = self.value("phase", lines, nearby)
        if text is None or self.words.knows("phase", text):
            return (text,) if text else ()
        return tuple(self.words.token("phase", part) or part for part in text.split("/"))

    def flag(self, lines: Sequence[Line], nearby: Iterable[str] = ()) -> bool | str | None:
        """True for "Yes", False for "No", other text as it stands."""
        text = self.value("yes or no", lines, nearby)
        return {"yes": True, "no": False}.get(text.casefold(), text) if text else None

    def count(self, kind: str, lines: Sequence[Line], nearby: Iterable[str] = ()) -> int | str | None:
        """The number of a text such as "66 participants", other text as it stands."""
        text = self.value(kind, lines, nearby)
        match = self.patterns[kind].fullmatch(text) if text else None
        return int(match[1].replace(",", "")) if match else text

    def place(self, line: Line, countries: Collection[str] = ()) -> Location | None:
        """The place that an address line names, "City, State, Country" or "City, Country"; None if it is none.

        The country is one of those given, or of the vocabulary; it may hold a comma ("Korea, Republic of").
        """
        parts = line.bare.split(", ")
        names = ((n, ", ".join(parts[n:])) for n in range(max(0, len(parts) - 3), len(parts)))
        n, country = next(((n, name) for n, name in names if name in countries or self._is_country(name)), (0, ""))
        if not country:
            return None
        if n > 2:
            self.note("dropped", "it is not clear which part is the city and which the state", line, line.bare)
            return Location(country=country)
        return Location(city=parts[0] if n else None, state=parts[1] if n == 2 else None, country=country)

    def _is_country(self, text: str) -> bool:
        # Two letters are a state more often than a country: MD is Maryland, and Moldova.
        return len(text) > 2 and self.words.token("country", text) is not None

    def contact(self, name: Line | None, role: str | None, lines: Iterable[Line]) -> Contact:
        """A person and the phone, extension and e-mail below the name; any other line there is dropped."""
        found: dict[str, str] = {}
        for line in filled(lines):
            kind, text = contact_part(line.bare)
            if not kind or kind in found:
                self.drop([line], "neither a phone number nor an e-mail address of the contact")
            else:
                found[kind] = text
        return Contact(
            name=name.bare if name else None,
            role=role,
            phone=found.get("phone"),
            phone_ext=found.get("phone_ext"),
            email=found.get("email"),
        )

    def record(self, reader: str, study: Study, text: str) -> Record:
        """The record of the page, with all findings so far, each once and from top to bottom."""
        findings = tuple(sorted(dict.fromkeys(self.findings), key=lambda each: int(each.pointer[5:] or 0)))
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return Record(study, reader, self.file, digest, partial=True, findings=findings)


class Labelled:
    """The values of a part of a page where each stands below its label, or beside it: "Study phase: PHASE2".

    `kinds` are the labels with the kind of value of each. Where all labels are lost, the lines can still be told if
    there is one for each label of `whole`, in order and of its kind.
    """

    def __init__(
        self, reading: Reading, lines: Iterable[Line], kinds: Mapping[str, str], whole: Sequence[str] = ()
    ) -> None:
        self.reading = reading
        self.kinds = kinds
        self.lines: dict[str, list[Line]] = {}
        loose: list[Line] = []
        current = loose
        for line in filled(lines):
            label, value = self._split(line)
            current = self.lines.setdefault(label, []) if label else current
            current += [value] if value.text else []
        if not self.lines and len(loose) == len(whole) and all(map(self._is, whole, loose)):
            self.lines = {label: [line] for label, line in zip(whole, loose, strict=True)}
        else:
            reading.drop(loose, "the label of this value is lost")

    def _split(self, line: Line) -> tuple[str, Line]:
        for label in self.kinds:
            if line.bare == label:
                return label, Line(line.number, "")
            if line.bare.startswith(label):
                beside = Line(line.number, line.bare.removeprefix(label).lstrip(": "))
                if self._is(label, beside):
                    return label, beside
        return "", line

    def _is(self, label: str, line: Line) -> bool:
        return self.reading.fits(self.kinds[label], line.bare)

    def value(self, label: str) -> str | None:
        """The value of a label: see Reading.value."""
        return self.reading.value(self.kinds[label], self.lines.get(label, []), self.kinds.values())

    def phases(self, label: str) -> tuple[str, ...]:
        """The phases of a label: see Reading.phases."""
        return self.reading.phases(self.lines.get(label, []), self.kinds.values())

    def count(self, label: str) -> int | str | None:
        """The number of a label: see Reading.count."""
        return self.reading.count(self.kinds[label], self.lines.get(label, []), self.kinds.values())

    def flag(self, label: str) -> bool | str | None:
        """Yes or no: see Reading.flag."""
        return self.reading.flag(self.lines.get(label, []), self.kinds.values())


def contact_part(text: str) -> tuple[str, str]:
    """The field of a Contact that a line under a name is, and its value; ("", text) if it is none."""
    if "@" in text:
        return "email", text
    if extension := _EXTENSION.fullmatch(text):
        return "phone_ext", extension[1]
    return ("phone", text) if _PHONE.fullmatch(text) else ("", text)


def split_words(text: str, scheme: str, words: Vocabulary) -> Iterator[str | None]:
    """The tokens of words that run together, "Participants Outcome Assessors"; None for a word that is none."""
    parts = text.replace(",", " ").split()
    while parts:
        tries = ((n, words.token(scheme, " ".join(parts[:n]))) for n in (3, 2, 1) if n <= len(parts))
        n, token = next(((n, token) for n, token in tries if token), (1, None))
        yield token
        parts = parts[n:]


def _spelt(kind: str) -> str:
    """A kind as words: "overall status" for overallStatus."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()
