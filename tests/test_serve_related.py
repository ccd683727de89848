"""Related trials: the nearest with their reasons from a file, or at once those that share something rare."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph
import pytest
from tests.conftest import run, study, written
from tests.serving import served

from trialgraph.errors import UsageError
from trialgraph.iris import BASE
from trialgraph.serve import nodes, related
from trialgraph.serve.background import Background
from trialgraph.serve.related import making, shared
from trialgraph.serve.related.making import Kept, Listed, Neighbour, Why
from trialgraph.serve.replica import stamp
from trialgraph.store import opened


def trial(number: int, *conditions: str, drug: str = "", **sections: Any) -> dict[str, Any]:
    arms = {"interventions": [{"type": "DRUG", "name": drug}]} if drug else {}
    named = {"nctId": f"NCT0000000{number}", "briefTitle": f"Title {number}"}
    known = {"identificationModule": named, "conditionsModule": {"conditions": list(conditions)}}
    return study(f"NCT0000000{number}", armsInterventionsModule=arms, **known, **sections)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two trials of a rare disease, one of them of a drug that a third gives too; two more that share a common one."""
    folder = tmp_path_factory.mktemp("related")
    records = [
        trial(1, "Rare <b>disease</b>", "Asthma", drug="Aspirin"),
        trial(2, "rare b disease b", "Asthma"),
        trial(3, "Asthma", drug="Aspirin"),
        trial(4, "Asthma", drug="Placebo"),
        trial(5, "Gout", drug="placebo tablet"),
    ]
    path = str(folder / "five.store")
    assert run("build", *written(folder, records), "-o", f"{path}/", "-q").exit_code == 0
    return path


@pytest.fixture(scope="module")
def file(store: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("sklearn")
    path = str(tmp_path_factory.mktemp("made") / "related.sqlite")
    making.make(store, path, lambda done, total: None)
    return path


@pytest.fixture
def waiting(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A server that never compares the trials."""
    monkeypatch.setattr(Background, "start", lambda self: None)
    with served(store) as client:
        yield client


def ids(text: str) -> list[str]:
    """The trials that a page lists with their reasons."""
    return re.findall(r'<li>\s*<a href="/trial/(NCT\d+)"', text)


def test_trials_that_share_something_rare_come_first_with_what_it_is(store: str) -> None:
    found = shared.found(opened(store), f"{BASE}trial/NCT00000001", 10)
    assert found is not None
    assert [each.id for each in found.neighbours] == ["NCT00000002", "NCT00000003", "NCT00000004"]
    rare, asthma = found.neighbours[0].reasons
    assert (rare.kind, rare.label) == ("condition", "Rare <b>disease</b> (in 2 trials)")
    assert rare.thing == f"{BASE}condition/rare-b-disease-b"
    assert asthma.label == "Asthma (in 4 trials)"
    assert [why.label for why in found.neighbours[1].reasons] == ["Aspirin (in 2 trials)", "Asthma (in 4 trials)"]


def test_a_placebo_and_what_very_many_have_are_no_reasons(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "COMMON", 3)
    found = shared.found(opened(store), f"{BASE}trial/NCT00000004", 10)
    assert found is not None
    assert found.neighbours == []


def test_no_more_are_given_than_asked_for(store: str) -> None:
    found = shared.found(opened(store), f"{BASE}trial/NCT00000001", 1)
    assert found is not None
    assert [each.id for each in found.neighbours] == ["NCT00000002"]


def test_a_trial_that_is_not_there_has_none(store: str) -> None:
    assert shared.found(opened(store), f"{BASE}trial/NCT00000009", 10) is None


def test_what_a_captured_page_lists_counts_both_ways_and_may_have_no_record() -> None:
    store = pyoxigraph.Store()
    one, other, away = (pyoxigraph.NamedNode(f"{BASE}trial/NCT0000000{number}") for number in (1, 2, 3))
    for each in (one, other):
        store.add(pyoxigraph.Quad(each, nodes.TYPE, nodes.TRIAL))
        store.add(pyoxigraph.Quad(each, nodes.LABEL, pyoxigraph.Literal(f"Title of {each.value[-1]}")))
    for each in (other, away):
        store.add(pyoxigraph.Quad(one, nodes.tg("similarTo"), each))
    found, back = (shared.found(store, each.value, 10) for each in (one, other))
    assert found is not None
    assert found.listed == [Listed("NCT00000002", "Title of 2", True), Listed("NCT00000003", "", False)]
    assert back is not None
    assert back.listed == [Listed("NCT00000001", "Title of 1", True)]


def test_the_file_has_each_trial_s_nearest_as_they_are_found(store: str, file: str) -> None:
    from trialgraph.similar import Corpus

    corpus = Corpus(opened(store))
    for each in corpus.ids:
        kept = related._kept(file, each)
        assert kept is not None
        nearest = corpus.similar(each, 10)
        assert [(one.id, one.score) for one in kept.neighbours] == [
            (one.nct_id, round(one.score, 4)) for one in nearest
        ]
        for one, whole in zip(kept.neighbours, nearest, strict=True):
            assert [why.label for why in one.reasons] == [reason.label for reason in whole.telling[:6]]


def test_what_is_packed_comes_out_again() -> None:
    kept = Kept("T", [Neighbour("NCT1", "É", 1.5, [Why("condition", "A", 1.5, "a:b")])], [Listed("NCT2", "", False)])
    assert making.unpacked(making.packed(kept)) == kept


def test_too_many_trials_are_not_compared(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_MOST", 4)
    with pytest.raises(UsageError, match="the graph has 5 trials, and 4 are the most"):
        making.make(store, str(tmp_path / "x"), lambda done, total: None)


def test_without_the_extra_it_is_said_how_to_get_it(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = sys.modules["trialgraph.similar"]
    for name in ("corpus", "shared"):
        monkeypatch.delitem(sys.modules, f"trialgraph.similar.{name}", raising=False)
        monkeypatch.delattr(package, name, raising=False)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(UsageError, match=r"pip install 'trialgraph\[similar\]'"):
        making.make(store, str(tmp_path / "x"), lambda done, total: None)


def test_until_the_file_is_there_the_page_shows_what_is_shared_and_says_so(waiting: httpx.Client) -> None:
    text = waiting.get("/trial/NCT00000001/related").text
    assert ids(text) == ["NCT00000002", "NCT00000003", "NCT00000004"]
    assert "share the rarest" in text
    assert "are being compared as a whole" in text
    assert "Rare &lt;b&gt;disease&lt;/b&gt; (in 2 trials)" in text


def test_with_the_file_the_page_shows_the_nearest_and_what_each_reason_counts(store: str, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    background = Background(store, store, stamp(store), [related.file()])
    background.start()
    background.wait()
    with served(store) as client:
        text = client.get("/trial/NCT00000001/related").text
        assert client.get("/trial/NCT00000009/related").status_code == 404
    assert ids(text)[0] == "NCT00000002"
    assert "these are most like this one" in text
    assert "being compared" not in text
    assert re.search(r'class="chip"[^>]*>\d\.\d\d<', text)
    assert "<b>disease" not in text


@pytest.mark.parametrize("address", ["/trial/NCT00000009/related", "/trial/<b>/related", "/trial/a%20b%22/related"])
def test_a_trial_that_is_not_there_is_404(waiting: httpx.Client, address: str) -> None:
    answer = waiting.get(address)
    assert answer.status_code == 404
    assert "<b>" not in answer.text
