"""The parts of other projects: their versions are the lock file's, and nothing breaks where they are missing."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from trialgraph.serve import parts

ROOT = Path(__file__).parents[1]
LOCKED = json.loads((parts.FRONTEND / "package-lock.json").read_text())["packages"]

needs_parts = pytest.mark.skipif(not parts.VENDOR.is_dir(), reason=f"the parts are not there: {parts.GET}")

#: Stands for npm: `npm ci` puts packages with a text for each file that is wanted into node_modules/.
NPM = f"""#!{sys.executable}
import json, pathlib, sys
assert sys.argv[1] == "ci" and "--ignore-scripts" in sys.argv and pathlib.Path("package-lock.json").is_file()
packages = {{each[0]: each[2] for each in {[tuple(each) for each in parts.WANTED]!r}}} | {{"inner": ()}}
for name, files in packages.items():
    folder = pathlib.Path("node_modules", name)
    about = {{"name": name, "version": "1.2.3", "license": "MIT", "author": "A. Nother <a@example.org>"}}
    about |= {{"homepage": "https://example.org/", "dependencies": {{}} if name == "inner" else {{"inner": "1"}}}}
    for file, text in {{"package.json": json.dumps(about), **dict.fromkeys(files, "text")}}.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
pathlib.Path("node_modules/cytoscape/LICENSE").write_text("The terms of cytoscape")
"""
FAILS = "#!/bin/sh\necho 'npm error code ENETUNREACH' >&2\nexit 1\n"


def npm(folder: Path, text: str) -> str:
    """A folder for PATH in which npm is a program with that text, or none."""
    folder.mkdir()
    if text:
        (folder / "npm").write_text(text)
        (folder / "npm").chmod(stat.S_IRWXU)
    return str(folder)


@needs_parts
def test_the_parts_are_in_the_versions_of_the_lock_file() -> None:
    there = {part.name: part.version for part in parts.parts()}
    assert there == {each.package: LOCKED[f"node_modules/{each.package}"]["version"] for each in parts.WANTED}
    assert parts.missing() == []
    assert parts.current()


@needs_parts
def test_every_part_has_its_files_its_licence_and_a_homepage() -> None:
    for part in parts.parts():
        assert all((parts.VENDOR / file).stat().st_size > 1000 for file in part.files)
        text = (parts.VENDOR / part.licences).read_text(encoding="utf-8")
        assert f"{part.name} {part.version}, {part.licence}" in text
        assert re.search("copyright", text, re.IGNORECASE)
        assert all(held in text for held in part.holds)
        assert part.homepage.startswith(("http://", "https://"))


def test_the_lock_file_names_the_public_registry_and_a_digest_for_each_package() -> None:
    packages = {name: each for name, each in LOCKED.items() if name}
    assert len(packages) > 10
    assert all(each["resolved"].startswith("https://registry.npmjs.org/") for each in packages.values())
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())


def test_the_packages_that_are_wanted_are_those_of_package_json() -> None:
    wanted = json.loads((parts.FRONTEND / "package.json").read_text())["dependencies"]
    assert {*wanted} == {each.package for each in parts.WANTED}
    assert all(LOCKED[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())


def test_what_is_missing_is_said_with_what_pages_do_instead(tmp_path: Path) -> None:
    assert parts.missing(tmp_path) == [
        "@zazuko/yasgui is missing: queries are written in a plain text box",
        "cytoscape is missing: a trial's neighbourhood is lists without a drawing",
        "world-atlas is missing: places are tables without a map",
    ]
    assert parts.parts(tmp_path) == []
    assert not parts.current(tmp_path)


def test_fetched_parts_come_with_a_list_and_their_licences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", npm(tmp_path / "bin", NPM))
    vendor = tmp_path / "vendor"
    parts.fetch(vendor)
    assert parts.current(vendor)
    drawing = next(part for part in parts.parts(vendor) if part.name == "cytoscape")
    assert drawing == parts.Part(
        name="cytoscape",
        version="1.2.3",
        licence="MIT",
        homepage="https://example.org/",
        files=("cytoscape/cytoscape.min.js",),
        licences="cytoscape/LICENCES.txt",
        holds=("inner 1.2.3, MIT",),
    )
    text = (vendor / "cytoscape/LICENCES.txt").read_text()
    assert "The terms of cytoscape" in text
    assert "Copyright (c) A. Nother\n" in text  # of `inner`, which carries no text of its own
    assert text.count("Permission is hereby granted") == 1
    (vendor / "cytoscape/cytoscape.min.js").unlink()
    assert parts.missing(vendor) == ["cytoscape is missing: a trial's neighbourhood is lists without a drawing"]
    parts.fetch(vendor)
    assert parts.missing(vendor) == []


@pytest.mark.parametrize(
    ("program", "says"),
    [("", "npm is not installed"), (FAILS, "npm ci failed: npm error code ENETUNREACH")],
    ids=["no npm", "no network"],
)
def test_parts_that_cannot_be_had_leave_those_that_are_there(
    program: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", npm(tmp_path / "bin", program))
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "parts.json").write_text("{}")
    with pytest.raises(OSError, match=re.escape(says)):
        parts.fetch(tmp_path / "vendor")
    assert (tmp_path / "vendor" / "parts.json").is_file()


def test_the_command_says_how_to_get_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", npm(tmp_path / "bin", ""))
    monkeypatch.setattr(parts, "current", lambda: False)
    assert parts.main() == 3
    assert capsys.readouterr().err == f"Error: npm is not installed; {parts.GET}\n"


@pytest.mark.skipif(not (ROOT / "hatch_build.py").is_file(), reason="the tests are not in a checkout")
@pytest.mark.parametrize(
    ("program", "says"),
    [("", "npm is not installed"), (FAILS, "npm ci failed"), (NPM, "")],
    ids=["no npm", "no network", "npm"],
)
def test_a_wheel_is_built_with_the_parts_or_says_what_it_lacks(program: str, says: str, tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    source, out = tmp_path / "source", tmp_path / "dist"
    for name in ("extract", "ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("vendor", "node_modules"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "hatch_build.py", ".gitignore"):
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out],
        cwd=source,
        env=os.environ | {"PATH": npm(tmp_path / "bin", program)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = out.iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert "trialgraph/serve/frontend/package-lock.json" in names
    carried = sorted(name.removeprefix("trialgraph/serve/static/vendor/") for name in names if "/vendor/" in name)
    if says:
        assert carried == []
        assert says in done.stdout + done.stderr
        assert parts.GET in done.stdout + done.stderr
    else:
        files = [f"{each.folder}/{Path(file).name}" for each in parts.WANTED for file in each.files]
        assert carried == sorted(["parts.json", *files, *(f"{each.folder}/LICENCES.txt" for each in parts.WANTED)])
