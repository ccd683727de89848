"""What a server is told: where it listens, what it shows, and how much a query may take."""

from typing import Literal

from msgspec import Struct

from trialgraph.statements import Contacts


class Limits(Struct, frozen=True):
    """How much one query may take, and how many run at once."""

    seconds: float = 30.0  # a client may ask for less
    rows: int = 100_000  # or triples
    answer: int = 1 << 26  # bytes of an answer
    memory: int = 1 << 30  # bytes that a worker may hold beside the store
    body: int = 1 << 20  # bytes of a request
    workers: int = 4  # for queries
    spare: int = 2  # workers that stand ready for when one of those is ended
    pages: int = 2  # workers for pages, which no query keeps waiting
    waiting: int = 100  # queries that wait for a worker; more are told to come back later


class Settings(Struct, frozen=True):
    """Where a server listens, and what it shows."""

    host: str = "127.0.0.1"
    port: int = 8000
    contacts: Contacts = "full"
    version: str = ""  # of trialgraph
    url: str = ""  # where others find the server; "" is where it listens
    hosts: tuple[str, ...] = ()  # further names that a loopback server answers to, behind a proxy say
    log_format: Literal["none", "json"] = "none"  # a line a query on standard error
    limits: Limits = Limits()
