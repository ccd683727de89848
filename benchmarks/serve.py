"""Whether a server stands what is sent to it: good requests among hostile ones, and beside runaway queries.

    python benchmarks/serve.py [NDJSON[.gz] | STORE] [--records 2000] [--queries 1000]

The records of the file (by default the samples that ship with the package) are repeated under new NCT ids until there
are enough of them; a store is served as it is. 16 clients send hostile queries, every fifth request is a good one.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import row, write_records

from trialgraph import resources
from trialgraph.build import build
from trialgraph.store import is_store

CLIENTS = 16
ASKS = 300
RUNAWAY = "ASK { ?a ?b ?c . ?d ?e ?f . FILTER (CONCAT(STR(?c), STR(?f)) = 'no') }"
GOOD = [
    "ASK {}",
    "SELECT (COUNT(*) AS ?trials) { ?trial a tg:Trial }",
    "SELECT ?trial { ?trial tg:phase tgv:phase-PHASE3 } LIMIT 20",
    "CONSTRUCT WHERE { ?trial a tg:Trial ; ?property ?value } LIMIT 50",
]
#: Those with a time end there; the others are refused, or end their worker.
HOSTILE = [
    ("{" * 10_000, ""),
    (f"ASK {{ FILTER ({'!' * 50_000}1) }}", ""),
    ("SELECT * { SERVICE <http://127.0.0.1:9/> {} }", ""),
    ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", ""),
    ("DROP ALL", ""),
    ("SELECT * { ?s ?p ", ""),
    (f"ASK {{ VALUES ?x {{ {'1 ' * 40_000}}} }}", ""),
    ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "0.5"),
    ("SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?c), STR(?f))) AS ?all) { ?a ?b ?c . ?d ?e ?f }", "0.5"),
    ("SELECT (COUNT(*) AS ?n) { ?s (!<x:y>)* ?o }", "0.5"),
    (f"SELECT (STRLEN(?x40) AS ?n) {{ BIND ('some text' AS ?x0) "
     f"{''.join(f'BIND (CONCAT(?x{n}, ?x{n}) AS ?x{n + 1}) ' for n in range(40))} }}", "2"),
    (RUNAWAY, "0.3"),
]  # fmt: skip
SERVE = (
    "import sys; from trialgraph.serve.running import serve; from trialgraph.serve.settings import Settings;"
    "serve(sys.argv[1], Settings(port=0), lambda text: print(text, flush=True))"
)


def main() -> None:
    """Print what a server did, and each aim with what was reached."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source", nargs="?", default=str(resources.folder("samples") / "registry.ndjson"))
    arguments.add_argument("--records", type=int, default=2000)
    arguments.add_argument("--queries", type=int, default=1000)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = given.source
        if not is_store(store):
            records, store = Path(folder, "records.ndjson"), f"{folder}/trials.store"
            write_records(given.source, records, given.records)
            report = build(records, store)
            print(f"{report.trials:,} trials, {report.statements:,} statements")
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
        with serving(store) as (server, address):
            for query in GOOD:
                asked(address, query)
            first = resident(server)
            alone = percentile(asks(address), 99)
            lost, statuses, seconds = hostile(address, given.queries)
            print(f"{given.queries:,} hostile queries in {seconds:.0f} s, by status: {dict(sorted(statuses.items()))}")
            print(f"workers replaced: {number(address, 'trialgraph_workers_replaced_total')}")
            after = resident(server)
            beside = percentile(beside_runaways(address), 99)
        print(f"memory of the server's own process: {first} MB before, {after} MB after")
        row("good requests lost", lost, "requests", "0")
        row("ASK {} alone, 99th percentile", 1000 * alone, "ms", "at most 50")
        row("ASK {} beside two runaway queries, 99th percentile", 1000 * beside, "ms", "at most 50")
        row("memory after the hostile queries against before", after / first, "times", "at most 1.5")


@contextmanager
def serving(store: str) -> Iterator[tuple[int, str]]:
    """The number of the process of a server, and its address."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, store], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        assert server.stdout
        said = next(line for line in server.stdout if b" at http" in line).decode()  # after what is being prepared
        address = said.partition(" at ")[2].split()[0]
        wait_for(f"{address}healthz")
        try:
            yield server.pid, f"{address}sparql"
        finally:
            server.terminate()


def wait_for(address: str) -> None:
    """Wait until a server answers."""
    while True:
        try:
            with urllib.request.urlopen(address, timeout=60):
                return
        except OSError:
            time.sleep(0.1)


def asked(address: str, query: str, seconds: str = "") -> tuple[int, bytes]:
    """The status and the body of the answer to a query; status 0 if there is none."""
    fields = {"query": query} | ({"timeout": seconds} if seconds else {})
    try:
        with urllib.request.urlopen(address, urllib.parse.urlencode(fields).encode(), timeout=120) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def hostile(address: str, count: int) -> tuple[int, Counter[int], float]:
    """Send hostile queries from some clients; the good requests lost, the statuses of the hostile ones, the time."""
    lost: list[str] = []
    statuses: Counter[int] = Counter()

    def client(seed: int) -> None:
        choice = random.Random(seed)
        for turn in range(count // CLIENTS + (seed < count % CLIENTS)):
            statuses[asked(address, *choice.choice(HOSTILE))[0]] += 1
            if turn % 4 == 0:
                query = choice.choice(GOOD)
                if asked(address, query)[0] != 200:
                    lost.append(query)

    start = time.perf_counter()
    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(lost), statuses, time.perf_counter() - start


def beside_runaways(address: str) -> list[float]:
    """Seconds of many `ASK {}` while two queries run that have no end."""
    threads = [threading.Thread(target=asked, args=(address, RUNAWAY)) for _ in range(2)]
    for thread in threads:
        thread.start()
    while number(address, 'trialgraph_workers_busy{for="queries"}') < 2:
        time.sleep(0.05)
    times = asks(address)
    still = number(address, 'trialgraph_workers_busy{for="queries"}')
    print(f"runaway queries at the end of the measurement: {still}")
    for thread in threads:
        thread.join()
    return times


def asks(address: str) -> list[float]:
    """Seconds of many `ASK {}`, each of which must be right."""
    times = []
    for _ in range(ASKS):
        start = time.perf_counter()
        status, body = asked(address, "ASK {}")
        times.append(time.perf_counter() - start)
        assert status == 200, body
        assert json.loads(body)["boolean"] is True
    return times


def percentile(times: list[float], part: int) -> float:
    """The time that so many of a hundred do not exceed."""
    return sorted(times)[len(times) * part // 100 - 1]


def number(address: str, name: str) -> int:
    """A number of the server, the sum of those whose names begin so."""
    with urllib.request.urlopen(address.replace("/sparql", "/metrics"), timeout=60) as response:
        lines = response.read().decode().splitlines()
    return sum(int(line.split()[-1]) for line in lines if line.startswith(name))


def resident(process: int) -> int:
    """The memory that a process has, in MB."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) // 1024


if __name__ == "__main__":
    main()
