"""`serve --contacts names|none`: the served copy of a full store is what `build` makes with that mode."""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph
import pytest
from tests.conftest import SHARED, Input, run, written
from tests.test_privacy import EVERYWHERE, LEAK, reachable

from trialgraph import resources
from trialgraph.iris import BASE
from trialgraph.serve.withhold import withhold
from trialgraph.statements import Contacts

STUDIES = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"
SAMPLES = [each for each in resources.folder("samples").iterdir() if each.suffix != ".md"]
#: Keys of a trial's parts are digests of texts, which `build` cleans first.
KEY = re.compile(r"(/trial/NCT[0-9]{8}/[a-z-]+/)[0-9a-f]{12}(?:-\d+)?")


def full_and_built(folder: Path, inputs: Iterable[Input], mode: Contacts) -> tuple[set[str], set[str]]:
    """The statements of a full store from which contacts were withheld, and of a store built without them."""
    paths = written(folder, inputs)
    stores = []
    for contacts in ("full", mode):
        out = folder / f"{contacts}.store"
        assert run("build", *paths, "-o", out, "--contacts", contacts, "--workers", "1", "--quiet").exit_code == 0
        stores.append(pyoxigraph.Store(str(out)))
    withhold(stores[0], mode, BASE)
    withheld, built = ({str(quad) for quad in store} for store in stores)
    return withheld, built


@pytest.mark.parametrize("mode", ["names", "none"])
@pytest.mark.parametrize("inputs", [[reachable()], SAMPLES], ids=["one record", "samples"])
def test_the_statements_are_those_of_a_store_built_in_that_mode(
    tmp_path: Path, inputs: list[Input], mode: Contacts
) -> None:
    withheld, built = full_and_built(tmp_path, inputs, mode)
    assert (withheld - built, built - withheld) == (set(), set())


@pytest.mark.parametrize("mode", ["names", "none"])
def test_details_in_other_texts_go_and_only_the_keys_of_parts_stay_as_they_were(tmp_path: Path, mode: Contacts) -> None:
    withheld, built = ({KEY.sub(r"\1*", each) for each in s} for s in full_and_built(tmp_path, [EVERYWHERE], mode))
    # In a token that no organisation's class should be, `build` takes a number for what it is and not for a phone's.
    assert {each for each in withheld ^ built if "#organizationClass-" not in each} == set()
    text = re.sub(r"[0-9a-f]{64}|Jane Doe", "", " ".join(withheld))
    assert LEAK.findall(text) == []


@pytest.mark.skipif(not STUDIES.exists(), reason="the captured records are not at hand")
@pytest.mark.parametrize(("mode", "first"), [("names", 0), ("none", 3)])
def test_real_records_differ_only_in_the_keys_of_parts(tmp_path: Path, mode: Contacts, first: int) -> None:
    with gzip.open(STUDIES) as studies:
        records = list(studies)[first::6]  # all of them take half a minute
    withheld, built = (
        {KEY.sub(r"\1*", each) for each in s} for s in full_and_built(tmp_path, [b"".join(records)], mode)
    )
    assert len(records) > 40
    assert (withheld - built, built - withheld) == (set(), set())
