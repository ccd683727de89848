"""The notebook of docs/ runs, and what it shows is what it says.

After a change that means to alter an output, `make notebook` (UPDATE_NOTEBOOK=1 with this test) runs it anew and saves
it; read the difference before you commit it.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tour.ipynb"


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def saved() -> Any:
    return read()


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook, run in a folder and with settings of its own; saved if the environment asks for it."""
    home = tmp_path_factory.mktemp("notebook")
    notebook = read()
    settings = {"PYTHONPATH": os.pathsep.join(sys.path), "IPYTHONDIR": str(home), "JUPYTER_CONFIG_DIR": str(home)}
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(home)}}, record_timing=False
    )
    client.execute(env=os.environ | settings)
    if os.environ.get("UPDATE_NOTEBOOK"):
        notebook.metadata["language_info"] = {"name": "python"}  # without the version, which is of this machine
        nbformat.write(notebook, NOTEBOOK)  # type: ignore[no-untyped-call]
    return notebook


def cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: Any) -> list[str]:
    """What a cell prints and shows as text, and as HTML except for data frames, whose HTML is that of their library."""
    texts = []
    for output in cell.outputs:
        data = output.get("data", {})
        texts += [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
    return [text for text in texts if text and 'class="dataframe"' not in text]


def test_every_cell_shows_what_is_saved(executed: Any, saved: Any) -> None:
    for now, then in zip(cells(executed), cells(saved), strict=True):
        assert shown(now) == shown(then), now.source


def test_the_saved_notebook_is_whole(saved: Any) -> None:
    nbformat.validate(saved)
    assert [cell.execution_count for cell in cells(saved)] == list(range(1, len(cells(saved)) + 1))
    outputs = [output for cell in cells(saved) for output in cell.outputs]
    assert {(output.output_type, output.get("name", "")) for output in outputs} == {
        ("execute_result", ""),
        ("stream", "stdout"),
    }, "an error, or something on standard error"
    shown_as = {kind for output in outputs for kind in output.get("data", {})}
    assert shown_as == {"text/plain", "text/html", "image/svg+xml"}


def test_the_saved_outputs_say_nothing_of_the_machine_or_the_run(saved: Any) -> None:
    text = json.dumps([cell.outputs for cell in cells(saved)])
    for trace in ("/tmp", "/home", "/Users", "site-packages", "object at 0x", "seconds"):
        assert trace not in text
