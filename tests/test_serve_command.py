"""`trialgraph serve`: what it says, where it listens, how it ends."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.conftest import run, study, written

import trialgraph
from trialgraph.serve import running
from trialgraph.serve.settings import Limits, Settings

ROOT = Path(trialgraph.__file__).parents[1]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one trial with a contact."""
    folder = tmp_path_factory.mktemp("command")
    contact = {"name": "Jane Doe", "role": "CONTACT", "phone": "+1 555 010 9999", "email": "jane@example.org"}
    record = study(contactsLocationsModule={"centralContacts": [contact]})
    assert run("build", *written(folder, [record]), "-o", folder / "one.store", "--quiet").exit_code == 0
    return folder / "one.store"


class Started:
    """A server that runs in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.said = process, list[str]()

    def wait(self) -> str:
        """The address of the server, once it says that it answers."""
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line)
            if match := re.search(r" at (http://\S+/) ", line):
                return match[1]
        raise AssertionError("".join(self.said))


@contextmanager
def started(*arguments: str | Path) -> Iterator[Started]:
    """`trialgraph serve` with some arguments, on a free port; killed at the end if it runs still."""
    command = [sys.executable, "-m", "trialgraph", "serve", *map(str, arguments), "--port", "0", "--workers", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield Started(process)
        finally:
            process.kill()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_it_answers_as_soon_as_it_says_so_and_ends_quietly(store: Path, number: int, status: int) -> None:
    with started(store) as server:
        address = server.wait()
        assert httpx.get(f"{address}trial/NCT00000001?format=turtle").status_code == 200
        assert server.said[-1] == f"serving 1 trial of one.store at {address} (Ctrl-C stops)\n"
        server.process.send_signal(number)
        _, rest = server.process.communicate(timeout=20)
    assert (server.process.returncode, rest) == (status, "")
    assert [name for name in os.listdir(store.parent) if "served-" in name] == []


def test_a_store_that_is_built_anew_meanwhile_disturbs_nobody(store: Path, tmp_path: Path) -> None:
    own = shutil.copytree(store, tmp_path / "own.store")
    with started(own) as server:
        address = server.wait()
        run("build", *written(tmp_path, [study("NCT00000002")]), "-o", own, "--quiet")
        assert httpx.get(f"{address}trial/NCT00000001?format=turtle").status_code == 200
        assert httpx.get(f"{address}trial/NCT00000002?format=turtle").status_code == 404


def test_a_graph_file_is_served_and_contacts_are_left_out(tmp_path: Path) -> None:
    contact = {"name": "Jane Doe", "phone": "+1 555 010 9999", "email": "jane@example.org"}
    summary = {"briefSummary": "Write to jane@example.org."}
    record = study(contactsLocationsModule={"centralContacts": [contact]}, descriptionModule=summary)
    run("build", *written(tmp_path, [record]), "-o", tmp_path / "one.ttl", "--quiet")
    with started(tmp_path / "one.ttl", "--contacts", "none") as server:
        address = server.wait()
        for path in ("trial/NCT00000001?format=turtle", "trial/NCT00000001", "search?q=jane", "about"):
            answer = httpx.get(address + path, follow_redirects=True).text
            assert "Write to [e-mail removed]" in answer or "trial/" not in path, path
            assert "jane@example" not in answer
            assert "Jane Doe" not in answer
        query = 'SELECT * WHERE { ?s ?p ?o FILTER (CONTAINS(STR(?o), "jane@") || CONTAINS(STR(?o), "Jane")) }'
        rows = httpx.get(f"{address}sparql", params={"query": query, "format": "json"}).json()
        assert rows["results"]["bindings"] == []
    assert any("leaving out contact details" in line for line in server.said)


def test_a_port_that_is_taken_is_said(store: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("serve", store, "--port", str(port))
    assert result.exit_code == 2
    assert (
        f"--port {port}: cannot listen at 127.0.0.1: Address already in use; --port 0 takes a free one" in result.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nothing.ttl"], 3, "nothing.ttl: cannot be read: No such file or directory"),
        (["nothing.store"], 3, "nothing.store: not a graph"),
        (["x.ttl", "--host", "host.invalid"], 2, "--host host.invalid: no address of this machine"),
        (["x.ttl", "--timeout", "0"], 2, "timeout"),
        (["x.ttl", "--contacts", "some"], 2, "contacts"),
    ],
)
def test_what_cannot_be_served_is_said(arguments: list[str], status: int, message: str) -> None:
    result = run("serve", "--port", "0", *arguments)
    assert (result.exit_code, message in result.stderr) == (status, True), result.stderr


def test_with_the_log_as_json_every_line_is_json(store: Path) -> None:
    with started(store, "--log-format", "json") as server:
        address = server.wait()
        httpx.get(f"{address}sparql", params={"query": "ASK {}"})
        server.process.send_signal(signal.SIGINT)
        assert server.process.stderr
        lines = [json.loads(line) for line in (*server.said, *server.process.stderr)]
    assert [line["status"] for line in lines if "status" in line] == [200]
    assert any("serving 1 trial" in line.get("message", "") for line in lines)


def test_what_others_can_reach_is_said_before_they_can(store: Path) -> None:
    with started(store, "--host", "0.0.0.0") as server:
        address = server.wait()
    text = "".join(server.said)
    assert "everyone who can reach" in text
    assert "telephone numbers and e-mail addresses" in text
    assert text.index("everyone") < text.index("serving")
    assert address.startswith(f"http://{socket.gethostname()}:")


@pytest.mark.parametrize(
    ("contacts", "shown"), [("full", "telephone numbers"), ("names", "names of contacts"), ("none", "without contacts")]
)
def test_what_is_exposed_depends_on_the_contacts(contacts: str, shown: str) -> None:
    assert shown in running.exposed(Settings(host="0.0.0.0", contacts=contacts))  # type: ignore[arg-type]


def test_without_the_extra_it_says_what_to_install(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "starlette", None)
    monkeypatch.delitem(sys.modules, "trialgraph.serve.running")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = run("serve", store, "--port", "0")
    assert result.exit_code == 2
    assert "pip install 'trialgraph[serve]'" in result.stderr


def test_no_other_command_imports_a_web_framework() -> None:
    code = "import sys, trialgraph, trialgraph.cli; print({'starlette', 'uvicorn', 'jinja2'} & set(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert ran.stdout == "set()\n"


def test_the_options_are_what_the_server_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(running, "serve", lambda path, settings, say: told.append((path, settings)))
    flags = "--host ::1 --port 9 --contacts names --timeout 5 --workers 2 --memory 512 --max-rows 10 --log-format json"
    result = run("serve", store, *flags.split(), "--url", "https://x.example/t", "--allow-host", "x.example")
    assert result.exit_code == 0, result.stderr
    limits = Limits(seconds=5, rows=10, memory=512 << 20, workers=2)
    wanted = Settings("::1", 9, "names", trialgraph.__version__, "https://x.example/t/", ("x.example",), "json", limits)
    assert told == [(str(store), wanted)]
