"""The errors of trialgraph, with the exit status that the command line gives each.

TrialgraphError
├── UsageError    2  a wrong argument
│   └── RefusedError  a query that asks for what is not allowed
├── InputError    3  a source that cannot be read
│   └── RecordError  one record of a source that cannot be read; the others are
├── GraphError    4  a fault in a shape, a query or the program's own data
└── IncompleteError  5  work that ended before its end; what is done stays, and a new run goes on
"""


class TrialgraphError(Exception):
    """What all errors of the package share; the message says what was given, what was wanted and what to do."""

    exit_status = 4


class UsageError(TrialgraphError):
    """A wrong argument."""

    exit_status = 2


class RefusedError(UsageError):
    """A query that asks for what is not allowed. `reason` says why; the message adds what the command line can do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason

    def __reduce__(self) -> tuple[type["RefusedError"], tuple[str, str]]:
        return RefusedError, (self.reason, str(self).removeprefix(f"{self.reason}; "))


class InputError(TrialgraphError):
    """A source that cannot be read."""

    exit_status = 3


class RecordError(InputError):
    """One record that cannot be read. `nct_id` and `pointer` (JSON pointer or line) say where, when they are known."""

    def __init__(self, message: str, pointer: str = "", nct_id: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer
        self.nct_id = nct_id


class GraphError(TrialgraphError):
    """A fault in a shape, a query or the program's own data."""


class IncompleteError(TrialgraphError):
    """Work that ended before its end, such as a fetch broken off; what is done stays, and a new run goes on."""

    exit_status = 5
