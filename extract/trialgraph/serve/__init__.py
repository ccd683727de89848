"""A served graph: a SPARQL endpoint, linked data, and the pages that readers of trials know."""

from collections.abc import Callable

from trialgraph.errors import UsageError
from trialgraph.serve.settings import Limits, Settings

__all__ = ["Limits", "Settings", "serve"]


def serve(path: str, settings: Settings | None = None, say: Callable[[str], None] = print) -> None:
    """Serve the graph of a file, or a store, until SIGINT or SIGTERM; `say` is told where, and what is being prepared.

    Raises UsageError without the extra `serve` or if it cannot listen at the address, and InputError if the graph
    cannot be read.
    """
    try:
        from trialgraph.serve.running import serve as run  # web frameworks are slow to import, and in an extra
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == "trialgraph":
            raise
        raise UsageError(f"a server needs {error.name}; pip install 'trialgraph[serve]'") from error
    run(path, settings or Settings(), say)
