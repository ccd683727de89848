"""The parts of other projects that the pages use: which there are, which are missing, and how to get them.

They stand in static/vendor/, fetched by npm in the versions of frontend/package-lock.json: by the build of a wheel, of
an editable installation too, and by `python -m trialgraph.serve.parts` in any installation. They are not in the
repository, and every page works without them.

The build runs this file before anything is installed: it imports the standard library alone.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_HERE = Path(__file__).parent
FRONTEND = _HERE / "frontend"
VENDOR = _HERE / "static" / "vendor"

#: How a user gets the parts that are missing.
GET = "install Node.js, which has npm, and run `python -m trialgraph.serve.parts`"

_NPM = ("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=1")
_SECONDS = 300
_LICENCE = re.compile(r"(licen[cs]e|copying|notice)\b.*", re.IGNORECASE)


class Wanted(NamedTuple):
    """A package of npm, the files of it that are needed, and what pages do without it."""

    package: str
    folder: str
    files: tuple[str, ...]
    without: str


WANTED = (
    Wanted(
        "@zazuko/yasgui",
        "yasgui",
        ("build/yasgui.min.js", "build/yasgui.min.css"),
        "queries are written in a plain text box",
    ),
    Wanted("cytoscape", "cytoscape", ("dist/cytoscape.min.js",), "a trial's neighbourhood is lists without a drawing"),
    Wanted(
        "world-atlas",
        "world-atlas",
        ("countries-110m.json", "countries-50m.json"),
        "places are tables without a map",
    ),
)


class Part(NamedTuple):
    """A part that is there. Files and `licences`, the text of its licence, are paths below /static/vendor/."""

    name: str
    version: str
    licence: str
    homepage: str
    files: tuple[str, ...]
    licences: str
    holds: tuple[str, ...]  # the packages that its files have inside, as "jquery 3.8.0, MIT"


def parts(vendor: Path = VENDOR) -> list[Part]:
    """The parts that are there, with all their files."""
    found = (
        Part(**each | {"files": tuple(each["files"]), "holds": tuple(each["holds"])})
        for each in _list(vendor).get("parts", ())
    )
    return [part for part in found if all((vendor / file).is_file() for file in (*part.files, part.licences))]


def missing(vendor: Path = VENDOR) -> list[str]:
    """What is not there and what pages do instead, a sentence each."""
    there = {part.name for part in parts(vendor)}
    return [f"{each.package} is missing: {each.without}" for each in WANTED if each.package not in there]


def current(vendor: Path = VENDOR) -> bool:
    """Whether all parts are there, in the versions of the lock file."""
    return not missing(vendor) and _list(vendor)["lock"] == _lock()


def fetch(vendor: Path = VENDOR) -> None:
    """Put the parts into a folder, in place of what it holds. Raises OSError, which says why, if that cannot be."""
    if not (npm := shutil.which("npm")):
        raise FileNotFoundError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        work, made = Path(folder), Path(folder, "vendor")
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(FRONTEND / name, work / name)
        try:
            done = subprocess.run([npm, *_NPM], cwd=work, capture_output=True, text=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"npm ci took more than {_SECONDS} s") from error
        if done.returncode:
            raise OSError(f"npm ci failed: {' '.join(done.stderr.split())[-500:]}")
        listed = [_copied(work, made, each)._asdict() for each in WANTED]
        text = json.dumps({"lock": _lock(), "parts": listed}, indent=1, ensure_ascii=False)
        (made / "parts.json").write_text(text + "\n", encoding="utf-8")
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.copytree(made, vendor)


def _list(vendor: Path) -> dict[str, Any]:
    file = vendor / "parts.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _lock() -> str:
    return hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()


def _copied(work: Path, made: Path, wanted: Wanted) -> Part:
    """A part with its files copied from where npm put its package."""
    modules = work / "node_modules"
    (made / wanted.folder).mkdir(parents=True)
    names = [f"{wanted.folder}/{Path(file).name}" for file in wanted.files]
    for file, name in zip(wanted.files, names, strict=True):
        shutil.copyfile(modules / wanted.package / file, made / name)
    packages = [_package(modules / name) for name in _inside(modules, wanted.package)]
    licences = f"{wanted.folder}/LICENCES.txt"
    (made / licences).write_text("\n\n".join(_licence(modules, each) for each in packages), encoding="utf-8")
    own = packages[0]
    holds = tuple(f"{each['name']} {each['version']}, {_terms(each)}" for each in packages[1:])
    return Part(own["name"], own["version"], _terms(own), _homepage(own), tuple(names), licences, holds)


def _inside(modules: Path, package: str) -> list[str]:
    """A package and all that it depends on, which the files of its build hold."""
    found, left = [package], [package]
    while left:
        needed = sorted(_package(modules / left.pop()).get("dependencies", {}))
        new = [name for name in needed if name not in found and (modules / name).is_dir()]
        found += new
        left += new
    return [package, *sorted(found[1:])]


def _package(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    return found


def _homepage(package: dict[str, Any]) -> str:
    where = str(package.get("homepage") or package["repository"]["url"])
    return where.removeprefix("git+").removesuffix(".git")


def _terms(package: dict[str, Any]) -> str:
    return str(package.get("license") or "MIT")  # jsuri 1.3.1 names none there; its LICENSE file is MIT


def _licence(modules: Path, package: dict[str, Any]) -> str:
    """The texts of a package's licence; where it carries none, those of frontend/licences/ with its authors."""
    texts = [
        file.read_text(encoding="utf-8", errors="replace").strip()
        for file in sorted((modules / package["name"]).iterdir())
        if file.is_file() and _LICENCE.fullmatch(file.name)
    ]
    if not texts:
        ours = FRONTEND / "licences" / f"{_terms(package)}.txt"
        holders = "\n".join(f"Copyright (c) {name}" for name in _authors(package))
        texts = [holders, *([ours.read_text(encoding="utf-8").strip()] if ours.is_file() else [])]
    head = f"{package['name']} {package['version']}, {_terms(package)}"
    return "\n\n".join((head, "-" * len(head), *texts)) + "\n"


def _authors(package: dict[str, Any]) -> Iterator[str]:
    if package["name"].startswith("@zazuko/yas"):
        yield "2018 Ruben Taelman"  # as the licence of its repository says, which its packages leave out
    for each in (package.get("author"), *package.get("contributors", ())):
        name = each.get("name", "") if isinstance(each, dict) else each or ""
        yield re.sub(r" *[<(].*", "", name)


def main() -> int:
    """Fetch the parts, and say what is there. The status is 3 if that cannot be."""
    try:
        if not current():
            fetch()
    except OSError as error:
        print(f"Error: {error}; {GET}", file=sys.stderr)
        return 3
    for part in parts():
        print(f"{part.name} {part.version} ({part.licence}) {part.homepage}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
