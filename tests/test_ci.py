"""The GitHub Action and the pre-commit hook: what their YAML runs is run here.

The steps of the action run in bash with the variables that GitHub's runner would set. Only `python3 -m venv` and `pip
install` are played: the virtual environment gets a `python` and a `trialgraph` that are those of the tests.
"""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tests.conftest import run, study, written

import trialgraph
from trialgraph.cli import main

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "action.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"

pytestmark = [
    pytest.mark.skipif(not ACTION.is_file(), reason="the tests are not beside the checkout's action.yml"),
    pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash"),
]


class Ran(NamedTuple):
    status: int
    stdout: str
    stderr: str
    outputs: str
    summary: str
    installed: str


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a graph of one incomplete trial, and in bin/ the programs that stand for the installed ones."""
    work, programs = tmp_path / "work", tmp_path / "bin"
    work.mkdir()
    assert run("build", *written(tmp_path, [study()]), "-o", work / "trials.ttl", "-q").exit_code == 0
    shutil.copy(work / "trials.ttl", work / "more trials.ttl")
    python = shlex.quote(sys.executable)
    executable(programs / "trialgraph", f'#!/bin/sh\nexec {python} -m trialgraph "$@"\n')
    executable(
        programs / "python",
        f'#!/bin/sh\nif [ "$2" = pip ]; then echo "$@" >> "$PLAYED"; else exec {python} "$@"; fi\n',
    )
    executable(
        programs / "python3",
        '#!/bin/sh\necho "$@" >> "$PLAYED"\nmkdir -p "$3/bin"\nhere=$(dirname "$0")\n'
        'cp "$here/python" "$here/trialgraph" "$3/bin"\n',
    )
    return tmp_path


def environment(place: Path) -> dict[str, str]:
    code = str(Path(trialgraph.__file__).parents[1])
    return os.environ | {
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": code,
        "PLAYED": str(place / "played"),
        "RUNNER_TEMP": str(place / "runner temp"),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(place / "output"),
        "GITHUB_STEP_SUMMARY": str(place / "summary.md"),
    }


def action(place: Path, **inputs: str) -> Ran:
    """What the action does with some inputs; those left out have their defaults."""
    (place / "runner temp").mkdir(exist_ok=True)
    for name in ("output", "summary.md", "played"):
        (place / name).write_text("")
    held: dict[str, Any] = yaml.safe_load(ACTION.read_text())
    given = {name: inputs.get(name.replace("-", "_"), each.get("default", "")) for name, each in held["inputs"].items()}
    result = subprocess.CompletedProcess[str]([], 0, "", "")
    for step in held["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an input that the shell would run"
        variables = {
            name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
            for name, value in step.get("env", {}).items()
        }
        # As GitHub's runner calls bash: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=place / "work",
            env=environment(place) | variables,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            break
    files = ((place / name).read_text() for name in ("output", "summary.md", "played"))
    return Ran(result.returncode, result.stdout, result.stderr, *files)


def test_the_action_installs_annotates_summarises_and_fails(place: Path) -> None:
    ran = action(place, path="trials.ttl")
    assert (ran.status, ran.outputs) == (1, "status=1\n")
    assert re.fullmatch(r"1 trial judged by core .*\n", ran.stderr), "more than the summary"
    assert ran.installed.splitlines() == [
        f"-m venv {place}/runner temp/trialgraph",
        f"-m pip install --quiet {ROOT}",
    ]
    assert "::error file=trials.ttl,title=R07 " in ran.stdout
    assert "gate: failed, " in ran.stdout
    assert ran.summary.startswith("## trialgraph validate: failed\n")


def test_the_action_takes_every_input(place: Path) -> None:
    inputs = {"profile": "core who24", "fail_on": "never", "as_of": "2026-11-22", "sarif": "out.sarif"}
    ran = action(place, path="trials.ttl\n", **inputs)
    assert (ran.status, ran.outputs) == (0, "status=0\n")
    assert ran.summary.startswith("## trialgraph validate: passed\n")
    assert "core, who24 as of 2026-11-22" in ran.stdout
    [log] = json.loads((place / "work" / "out.sarif").read_text())["runs"]
    [uri] = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in log["results"]}
    assert uri == "trials.ttl"


def test_the_action_takes_several_paths_and_patterns(place: Path) -> None:
    ran = action(place, path="*.ttl", fail_on="never")
    assert ran.status == 0
    assert "::error title=R07" in ran.stdout
    assert action(place, path="more trials.ttl\ntrials.ttl", fail_on="never").status == 0


def test_the_action_runs_nothing_that_stands_in_an_input(place: Path) -> None:
    for names in (["path"], ["profile", "fail_on", "baseline", "as_of"], ["sarif"]):
        hostile = dict.fromkeys(names, '$(touch owned)`touch owned`";touch owned;"')
        action(place, **({"path": "trials.ttl", "fail_on": "never"} | hostile))
        assert not (place / "work" / "owned").exists(), names


def test_the_action_ends_as_the_command_does_if_it_cannot_read_its_input(place: Path) -> None:
    ran = action(place, path="none.ttl")
    assert (ran.status, ran.outputs, ran.summary) == (3, "status=3\n", "")
    assert "none.ttl" in ran.stderr


def test_the_pre_commit_hook_runs_on_graphs(place: Path) -> None:
    [hook] = yaml.safe_load(HOOKS.read_text())
    assert (hook["id"], hook["language"]) == ("trialgraph-validate", "python")
    for name, taken in [
        ("a.ttl", True),
        ("b/c.nt.gz", True),
        ("d.jsonld", True),
        ("README.md", False),
        ("a.ttl.bak", False),
    ]:
        assert bool(re.search(hook["files"], name)) == taken
    for arguments, status in (([], 1), (["--fail-on", "never"], 0)):
        # As pre-commit does: the entry, the user's args, and then the files.
        command = [*shlex.split(hook["entry"]), *arguments, "trials.ttl", "more trials.ttl"]
        result = subprocess.run(command, cwd=place / "work", env=environment(place), capture_output=True, text=True)
        assert result.returncode == status, result.stderr
        assert "R03" in result.stdout


def test_the_hook_and_the_action_use_options_that_the_command_has() -> None:
    options = {option for parameter in main.commands["validate"].params for option in parameter.opts}
    assert {"--format", "-o", "--profile", "--fail-on", "--as-of", "--baseline"} <= options
