"""The package as Python users meet it."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.conftest import study, written

import trialgraph
from trialgraph import iris
from trialgraph.cli import main


def test_a_source_is_a_string_a_path_or_several_of_them(tmp_path: Path) -> None:
    path = Path(*written(tmp_path, [study()]))
    for sources in (path, str(path), [path], [str(path)]):
        assert [record.nct_id for record in trialgraph.read(sources)] == ["NCT00000001"]


@pytest.mark.parametrize(("option", "value"), [("contacts", "some"), ("workers", 0), ("base", "here")])
def test_a_wrong_argument_is_a_usage_error(tmp_path: Path, option: str, value: object) -> None:
    path = Path(*written(tmp_path, [study()]))
    with pytest.raises(trialgraph.UsageError, match=f"--{option} {value}"):
        trialgraph.build(path, tmp_path / "out.nt", **{option: value})  # type: ignore[arg-type]


def test_the_report_cannot_take_the_place_of_the_graph(tmp_path: Path) -> None:
    (path,), out = written(tmp_path, [study()]), str(tmp_path / "out.nt")
    result = CliRunner().invoke(main, ["build", path, "-o", out, "--report", out])
    assert result.exit_code == 2
    assert "need two files" in result.stderr
    assert not Path(out).exists()


def test_names_of_opposite_meaning_stay_two() -> None:
    assert iris.slug("HER2+ Breast Cancer") == "her2-plus-breast-cancer"
    assert iris.slug("HER2- Breast Cancer") == "her2-minus-breast-cancer"
    assert iris.slug("HER2-negative Breast Cancer") == "her2-negative-breast-cancer"
