"""The README's transcripts are what the commands print, and its Python runs."""

import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from trialgraph.cli import main

ROOT = Path(__file__).parents[1]


def block(name: str) -> str:
    """The code between the marks of a name in the README."""
    match = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```\n", (ROOT / "README.md").read_text(), re.DOTALL)
    assert match, f"the README has no block {name}"
    return match[1]


def timeless(text: str) -> str:
    return re.sub(r"in [\d.]+ s.*", "in N s", text)


def test_the_transcript_of_the_demo_is_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["demo"])
    assert timeless(block("demo")) == "$ trialgraph demo\n" + timeless(result.stderr)


def test_the_transcript_of_a_validation_ends_as_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(main, ["demo", "-q"])
    command, dots, *shown = block("validate").splitlines()
    result = CliRunner().invoke(main, command.split()[2:])
    assert (dots, result.exit_code) == ("...", 0)
    assert len(shown) > 3
    assert result.stdout.splitlines()[-len(shown) :] == shown


def test_the_transcript_of_what_asks_is_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(main, ["demo", "-q"])
    shown = block("ask")
    commands = re.findall(r"^\$ trialgraph (.*)$", shown, re.MULTILINE)
    assert len(commands) == 3
    printed = [f"$ trialgraph {each}\n{CliRunner().invoke(main, shlex.split(each)).stdout}" for each in commands]
    assert "".join(printed) == shown


def test_every_line_of_the_turtle_is_in_the_graph_of_the_demo(tmp_path: Path) -> None:
    out = tmp_path / "demo.ttl"
    CliRunner().invoke(main, ["demo", "-q", "-o", str(out)])
    shown = [line for line in block("turtle").splitlines() if line.strip() not in ("", "...")]
    built = set(out.read_text().splitlines())
    assert shown
    assert [line for line in shown if line not in built] == []


def test_the_python_runs_and_prints_the_records_and_the_disagreements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with redirect_stdout(StringIO()) as printed:
        exec(block("python"), {})
    assert "NCT99000003 INTERVENTIONAL 132" in printed.getvalue()
    assert re.search(r"enrollment .*132 +ctgov +120 +meddatax", printed.getvalue())
    assert (tmp_path / "sponsors.svg").read_text().startswith("<svg")


def test_every_command_and_option_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for name, command in main.commands.items():
        assert f"trialgraph {name}" in readme
        assert command.help
    options = {
        option for command in main.commands.values() for parameter in command.params for option in parameter.opts
    }
    missing = [option for option in options if option.startswith("--") and option not in readme and option != "--out"]
    assert missing == []
