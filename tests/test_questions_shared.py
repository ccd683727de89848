"""Every question over the real records: those with their examples that the data can answer give rows."""

from io import BytesIO
from typing import cast

import pyoxigraph
import pytest
from tests.conftest import SHARED

import trialgraph
from trialgraph.questions import Question, questions

RECORDS = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"

#: The questions that these records cannot answer, and why.
WITHOUT_ROWS = {
    "unreachable-trials": "every trial among them that recruits has a phone or an e-mail",
}


@pytest.fixture(scope="session")
def store() -> pyoxigraph.Store:
    """The graph of the records, in memory."""
    if not RECORDS.is_file():
        pytest.skip("the shared records are not at hand")
    text = "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements([str(RECORDS)]))
    held = pyoxigraph.Store()
    held.bulk_load(BytesIO(text.encode()), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return held


@pytest.mark.parametrize("each", questions().values(), ids=questions())
def test_a_question_with_its_examples_has_rows(store: pyoxigraph.Store, each: Question) -> None:
    required = {parameter.name: parameter.example for parameter in each.parameters if parameter.required}
    found = store.query(each.bound(required))
    rows = list(cast("pyoxigraph.QuerySolutions", found))
    assert bool(rows) != (each.name in WITHOUT_ROWS)
    assert len({str(row) for row in rows}) == len(rows), "a row that is there twice"
