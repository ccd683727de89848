"""Workers: what they do for the server, and that none of them takes it along when it hangs or dies."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from operator import methodcaller
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from msgspec.structs import replace
from tests.serving import RUNAWAY, many, store_of

from trialgraph.errors import GraphError, InputError
from trialgraph.serve.answer import Answered, Asked, answer
from trialgraph.serve.pool import LostError, Pool, SlowError
from trialgraph.serve.process import Worker
from trialgraph.serve.settings import Limits

BRACES = methodcaller("query", f"SELECT * {'{' * 20_000}{'}' * 20_000}")
HANGS = methodcaller("query", RUNAWAY)
LIMITS = Limits(workers=2, memory=0)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return store_of(tmp_path_factory.mktemp("pool"), *many())


#: Gives what some work gives with a pool that runs.
Run = Callable[[Callable[[Pool], Coroutine[Any, Any, Any]]], Any]


@pytest.fixture(scope="module")
def run(store: str) -> Iterator[Run]:
    with running(Pool(store, LIMITS)) as work:
        yield work


@contextmanager
def running(pool: Pool) -> Iterator[Run]:
    """Runs work with a pool."""
    with asyncio.Runner() as runner:
        runner.run(pool.start())
        try:
            yield lambda work: runner.run(work(pool))
        finally:
            runner.run(pool.stop())


async def asked(pool: Pool, query: str, seconds: float = 10.0) -> Answered:
    """The end of the answer to a query."""

    async def take(piece: bytes) -> None:
        pass

    return await pool.stream(seconds, take, answer, Asked(query, "http://example.org/"), 10_000, 1 << 26)


def test_a_job_runs_with_the_store_and_its_arguments(run: Run) -> None:
    iri = pyoxigraph.NamedNode("http://example.org/none")
    assert run(lambda pool: pool.run(len)) == 2_000
    assert run(lambda pool: pool.run(pyoxigraph.Store.contains_named_graph, iri)) is False


def test_an_error_of_a_job_is_raised_and_the_worker_goes_on(run: Run) -> None:
    async def work(pool: Pool) -> int:
        before = pool.pages.replaced
        with pytest.raises(GraphError, match="query:1:6: "):
            await asked(pool, "ASK ?")
        with pytest.raises(SyntaxError):
            await pool.run(methodcaller("query", "ASK ?"))
        return pool.pages.replaced - before

    assert run(work) == 0


def test_a_result_that_cannot_be_sent_is_an_error_and_the_worker_goes_on(run: Run) -> None:
    async def work(pool: Pool) -> int:
        with pytest.raises((RuntimeError, TypeError), match="pickle"):
            await pool.run(pyoxigraph.Store.query, "SELECT * { ?s ?p ?o }")
        return await pool.run(len)

    assert run(work) == 2_000


def test_a_store_that_cannot_be_read_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a graph"), running(Pool(str(tmp_path / "none"), LIMITS)):
        pass


def test_nested_braces_kill_a_worker_and_nothing_else(run: Run) -> None:
    async def work(pool: Pool) -> int:
        with pytest.raises(LostError, match="SIG"):
            await pool.run(BRACES)
        assert (await asked(pool, "ASK {}")).rows == 1
        return await pool.run(len)

    assert run(work) == 2_000


def test_others_are_served_while_a_job_hangs(run: Run) -> None:
    async def work(pool: Pool) -> int:
        hanging = [asyncio.create_task(asked(pool, RUNAWAY, 60)), asyncio.create_task(pool.run(HANGS))]
        await until(lambda: pool.queries.busy == pool.pages.busy == 1)
        assert (await asked(pool, "ASK {}")).rows == 1
        count = await pool.run(len)
        assert not any(job.done() for job in hanging)
        await cancelled(*hanging)
        return count

    assert run(work) == 2_000


@pytest.mark.parametrize(
    "job", [lambda pool: asked(pool, RUNAWAY, 0.2), lambda pool: pool.run_within(0.2, HANGS)], ids=["query", "page"]
)
def test_a_job_that_takes_longer_than_it_may_is_ended(run: Run, job: Any) -> None:
    with pytest.raises(SlowError, match=r"^exceeded 0\.2 s$"):
        run(job)


def test_a_job_that_nobody_waits_for_any_more_is_ended(run: Run) -> None:
    async def work(pool: Pool) -> tuple[int, int]:
        before = pool.queries.replaced
        job = asyncio.create_task(asked(pool, RUNAWAY, 60))
        await until(lambda: pool.queries.busy == 1)
        await cancelled(job)
        return pool.queries.busy, pool.queries.replaced - before

    assert run(work) == (0, 1)


def test_a_worker_that_something_else_killed_is_replaced(run: Run) -> None:
    async def work(pool: Pool) -> int:
        before = pool.pages.replaced
        async with pool.pages.worker() as worker:
            os.kill(worker.pid, signal.SIGKILL)
            await worker.ended()
        for _ in range(4):
            assert await pool.run(len) == 2_000
        return pool.pages.replaced - before

    assert run(work) == 1


def test_as_many_workers_stand_ready_as_before_when_some_were_killed(run: Run) -> None:
    async def work(pool: Pool) -> int:
        await until(lambda: pool.queries.alive == 4)
        before = pool.queries.replaced
        await asyncio.gather(*(asked(pool, RUNAWAY, 0.2) for _ in range(2)), return_exceptions=True)
        await until(lambda: pool.queries.alive == 4)
        return pool.queries.replaced - before

    assert run(work) == 2


def test_a_long_query_gets_the_lowest_priority_and_the_next_one_has_it_no_more(run: Run) -> None:
    async def work(pool: Pool) -> tuple[int, bool]:
        workers = [worker.pid for worker in pool.queries._workers]
        numbers = " ".join(map(str, range(500)))
        query = f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . VALUES ?number {{ {numbers} }} FILTER (?a != ?number) }}"
        job = asyncio.create_task(asked(pool, query, 60))
        await until(lambda: any(19 in priorities(pid) for pid in workers) or job.done())
        lowered = not job.done()
        await job
        return len({*workers} - {worker.pid for worker in pool.queries._workers}), lowered

    assert run(work) == (0, True)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 10000", 10_000),
        ("SELECT ?text { BIND (REPLACE('" + "x" * 1_000 + "', 'x', '" + "y" * 2_000 + "') AS ?text) }", 1),
    ],
    ids=["many rows", "a large row"],
)
def test_an_answer_arrives_in_pieces(run: Run, query: str, rows: int) -> None:
    sizes: list[int] = []

    async def take(piece: bytes) -> None:
        sizes.append(len(piece))
        await asyncio.sleep(0)

    done = run(lambda pool: pool.stream(60.0, take, answer, Asked(query, "http://example.org/"), 10_000, 1 << 26))
    assert done.rows == rows
    assert len(sizes) > 10
    assert max(sizes) < 1 << 17


def test_a_query_that_needs_too_much_memory_ends_its_worker(store: str) -> None:
    everything = "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d), STR(?c), STR(?f))) AS ?all) { ?a ?b ?c . ?d ?e ?f }"

    async def work(pool: Pool) -> Answered:
        with pytest.raises(LostError, match="too little memory"):
            await asked(pool, everything, 60)
        return await asked(pool, "ASK {}")

    with running(Pool(store, replace(LIMITS, memory=1 << 24))) as run:
        assert run(work).rows == 1


def test_more_than_may_wait_are_told_to_come_back(store: str) -> None:
    async def work(pool: Pool) -> list[Any]:
        first = asyncio.create_task(asked(pool, RUNAWAY, 60))
        await until(lambda: pool.queries.busy == 1)
        outcomes = await asyncio.gather(*(asked(pool, "ASK {}") for _ in range(4)), return_exceptions=True)
        await cancelled(first)
        return sorted(str(outcome) for outcome in outcomes)

    with running(Pool(store, replace(LIMITS, workers=1, waiting=2), patience=0.2)) as run:
        assert run(work) == [
            *["2 queries wait already; try again later"] * 2,
            *["no worker was free within 0.2 s; try again later"] * 2,
        ]


def test_what_runs_when_the_pool_stops_is_told_so(store: str) -> None:
    async def work(pool: Pool) -> list[str]:
        jobs = [asyncio.create_task(asked(pool, RUNAWAY, 60)) for _ in range(3)]
        await until(lambda: pool.queries.busy == 2 and pool.queries.waiting == 1)
        await pool.stop()
        return [str(outcome) for outcome in await asyncio.gather(*jobs, return_exceptions=True)]

    with running(Pool(store, LIMITS)) as run:
        assert run(work) == ["the server stops"] * 3


def test_a_pool_stops_while_nobody_takes_what_its_workers_write(store: str) -> None:
    async def take(piece: bytes) -> None:
        taken.set()
        await asyncio.Event().wait()

    async def work(pool: Pool) -> bool:
        query = Asked("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 100000", "http://example.org/")
        job = asyncio.create_task(pool.stream(60, take, answer, query, 100_000, 1 << 26))
        await taken.wait()
        await until(lambda: any(map(held_back, pool.queries._workers)))
        async with asyncio.timeout(30):
            await pool.stop()
        await cancelled(job)
        return job.cancelled()

    taken = asyncio.Event()
    with running(Pool(store, LIMITS)) as run:
        assert run(work)


def held_back(worker: Worker) -> bool:
    """Whether a worker has written more than the server holds."""
    transport: Any = worker._process._transport  # type: ignore[attr-defined]
    return not transport.get_pipe_transport(1).is_reading()


def priorities(pid: int) -> set[int]:
    """The priorities of the threads of a process; none of one that has ended."""
    found = set()
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            found.add(os.getpriority(os.PRIO_PROCESS, int(thread.name)))
    return found


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel some tasks, and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)
