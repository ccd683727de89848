"""The benchmarks run to their end on a few sample records, and what they reckon is right. No figure is judged here."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

import pytest
from tests.conftest import run, study

from trialgraph import resources

Benchmark: TypeAlias = Callable[..., str]

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the tests are not beside the checkout's benchmarks")

if TYPE_CHECKING:
    import growth
    import load
    import measure
    import peers
    import whole
    from peer import by_hand, rules, tables
elif BENCHMARKS.is_dir():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import growth
        import load
        import measure
        import peers
        import whole
        from peer import by_hand, rules, tables
    finally:
        sys.path.remove(str(BENCHMARKS))


def in_process(*command: str | Path, folder: str | Path | None = None) -> "measure.Used":
    """As `used` does, but a command of this package runs here, which starts sooner; every one takes two seconds."""
    arguments = [str(each) for each in command]
    if tuple(arguments[:3]) != measure.TRIALGRAPH:
        return measure.used(*command, folder=folder)
    result = run(*arguments[3:])
    assert result.exit_code == 0, result.stderr
    return measure.Used(2, 2, 100, result.stdout)


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Benchmark:
    """Runs a benchmark by its module and arguments and gives what it prints."""
    for module in (growth, load, peers):
        monkeypatch.setattr(module, "used", in_process)

    def ran(module: ModuleType, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["benchmark", *arguments])
        module.main()
        return capsys.readouterr().out

    return ran


def test_growth_measures_every_output_at_each_size_and_draws_the_line_on(benchmark: Benchmark, tmp_path: Path) -> None:
    chart = tmp_path / "growth.svg"
    out = benchmark(growth, "--largest", "6", "--workers", "1", "--svg", str(chart))
    assert out.count("s for 1,000") == 2 * len(growth.STEPS)
    assert "Turtle grows with the records to the power of time 0.00, CPU 0.00, memory 0.00" in out
    # Two seconds whatever the size.
    assert "validation    0.0 minutes by bytes,    0.0 by studies (aim: 15 minutes)" in out
    assert chart.read_text(encoding="utf-8").count("<rect") == 2 * len(growth.STEPS)


def test_load_says_what_to_install_where_there_is_no_oxigraph(benchmark: Benchmark) -> None:
    out = benchmark(load, "--records", "2", "--oxigraph", "")
    assert "our store, from records" in out
    assert "oxigraph: left out, as there is no such command; name it by --oxigraph, or install it: python" in out


def test_peers_that_are_not_there_are_left_out_by_name(benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "cores", lambda: 1)
    monkeypatch.setattr(peers, "has", lambda python, module: False)
    out = benchmark(peers, "--records", "2", "--peers", sys.executable)
    for name in ("morph_kgc", "maplib", "ctgforge"):
        assert f"{name}: left out, as {sys.executable} has none; to install it: {peers.INSTALL}" in out
    assert "against rdflib by hand, workers: 1:" in out


def test_rdflib_and_pyoxigraph_by_hand_make_the_same_statements(tmp_path: Path) -> None:
    for make in (by_hand.with_rdflib, by_hand.with_pyoxigraph):
        make(str(resources.folder("samples") / "registry.ndjson"), str(tmp_path / f"{make.__name__}.nt"))
    first, second = (set(path.read_bytes().splitlines()) for path in tmp_path.iterdir())
    assert first == second
    trial = "<https://w3id.org/trialgraph/trial/NCT99000001>"
    organization = "<https://w3id.org/trialgraph/organization/Lumora%20Therapeutics>"
    assert f"{trial} <https://w3id.org/trialgraph/ontology#leadSponsor> {organization} .".encode() in first


def test_the_mapping_asks_for_columns_that_the_tables_have() -> None:
    for rule in rules.rules():
        asked = {column for term in (rule.subject, *(term for _, term in rule.said)) for column in term.columns}
        assert asked <= set(tables.COLUMNS[rule.table]), rule.name


def test_the_mapping_uses_properties_and_classes_of_the_ontology() -> None:
    ontology = (resources.folder("ontology") / "trialgraph.ttl").read_text(encoding="utf-8")
    defined = {line.split()[0] for line in ontology.splitlines() if line.startswith("tg:")}
    tg = "https://w3id.org/trialgraph/ontology#"
    used = {name for rule in rules.rules() for name in (rule.class_, *(name for name, _ in rule.said))}
    assert {f"tg:{name.removeprefix(tg)}" for name in used if name.startswith(tg)} <= defined


def test_a_nested_value_is_a_row_that_says_which_trial_it_is_of() -> None:
    site = {"facility": "North Clinic", "contacts": [{"name": "A. Reed", "role": "CONTACT"}], "geoPoint": {"lat": 1.5}}
    rows = dict(tables.rows(study(contactsLocationsModule={"locations": [site]}, hasResults=False)))
    place = {"city": None, "state": None, "zip": None, "country": None, "status": None, "lat": 1.5, "long": None}
    assert rows["site"] == {"nct_id": "NCT00000001", "number": 0, "facility": "North Clinic", **place}
    reached = {"name": "A. Reed", "role": "CONTACT", "phone": None, "email": None}
    assert rows["site_contact"] == {"nct_id": "NCT00000001", "site": 0, "number": 0, **reached}


def test_a_command_is_measured_with_the_processes_that_it_starts() -> None:
    child = "held = bytearray(60_000_000); import time; time.sleep(0.1); print(len(held))"
    took = measure.used(
        sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    )
    assert took.said == "60000000\n"
    assert took.megabytes > 60
    assert 0 < took.cpu < took.seconds + 1


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="exit status 3: no such record"):
        measure.used(sys.executable, "-c", "import sys; print('no such record', file=sys.stderr); sys.exit(3)")


@pytest.mark.parametrize(("costs", "power"), [([1, 10, 100], 1), ([1, 100, 10_000], 2), ([5, 5, 5], 0)])
def test_the_power_by_which_a_cost_grows(costs: list[float], power: float) -> None:
    assert growth.exponent([1_000, 10_000, 100_000], costs) == pytest.approx(power)


def test_a_line_is_drawn_on_with_what_a_start_costs() -> None:
    # One second to start, and two for each thousand.
    assert whole.drawn_on([1_000, 3_000], [3, 7], 605_000) == pytest.approx(1_211)
