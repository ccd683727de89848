"""What is installed is what the repository holds, and the public names are few and sorted."""

import os
import shutil
from pathlib import Path

import pytest

import trialgraph
from trialgraph import resources
from trialgraph.serve import parts

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["ontology", "queries", "samples", "shapes"])
def test_every_data_file_is_beside_the_code_or_in_the_checkout(name: str) -> None:
    source = ROOT / "extract" / "trialgraph" / name if name == "samples" else ROOT / name
    installed = resources.folder(name)
    wanted = {file.name: file.read_bytes() for file in source.iterdir()}
    assert {file.name: file.read_bytes() for file in installed.iterdir()} == wanted


@pytest.mark.parametrize("name", ["frontend", "static", "templates"])
def test_every_file_of_the_pages_is_beside_their_code(name: str) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {
            str(file.relative_to(folder)): file.read_bytes()
            for file in (folder / name).rglob("*")
            if file.is_file() and not {"vendor", "node_modules"} & {*file.relative_to(folder).parts}
        }

    wanted = files(ROOT / "extract" / "trialgraph" / "serve")
    assert wanted
    assert files(Path(trialgraph.__file__).parent / "serve") == wanted


@pytest.mark.skipif("TRIALGRAPH_WHEEL" not in os.environ, reason="the package is imported from the checkout")
@pytest.mark.skipif(not shutil.which("npm"), reason="npm, which fetches the parts for a wheel, is not installed")
def test_the_wheel_carries_the_parts_of_other_projects() -> None:
    assert parts.missing() == []


@pytest.mark.skipif("TRIALGRAPH_WHEEL" not in os.environ, reason="the package is imported from the checkout")
def test_the_wheel_is_what_is_tested() -> None:
    assert "site-packages" in trialgraph.__file__
    assert "site-packages" in str(resources.folder("ontology"))


def test_the_public_names_are_sorted_and_exist() -> None:
    assert trialgraph.__all__ == sorted(trialgraph.__all__)
    assert all(hasattr(trialgraph, name) for name in trialgraph.__all__)


def test_an_installation_without_its_data_says_so() -> None:
    with pytest.raises(trialgraph.GraphError, match="lacks the folder nowhere/"):
        resources.folder("nowhere")
