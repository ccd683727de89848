"""The questions across registries."""

from typing import Any

from tests.asking import ask, lines
from tests.conftest import study

import trialgraph
from trialgraph import resources


def known(number: int, org: str, *secondary: dict[str, str], **more: Any) -> dict[str, Any]:
    """A study with ids that its sponsor and others gave."""
    nct_id = f"NCT0000000{number}"
    module = {
        "nctId": nct_id,
        "briefTitle": f"Trial {number}",
        "orgStudyIdInfo": {"id": org},
        "secondaryIdInfos": list(secondary),
    }
    return study(nct_id, identificationModule=module, **more)


EUDRACT = {"id": "2020-1-1", "type": "EUDRACT_NUMBER", "domain": "EMA", "link": "https://example.org/"}


def test_other_registries_tells_the_sponsors_id_from_the_ids_of_others() -> None:
    graph = lines(known(1, "A-1", EUDRACT), known(2, "A-2"))
    eudract = ("NCT00000001", "OTHER", "2020-1-1", "EUDRACT_NUMBER", "EMA", "https://example.org/")
    sponsors = [(f"NCT0000000{number}", "SPONSOR", f"A-{number}", "", "", "") for number in (1, 2)]
    assert ask(graph, "other-registries") == [eudract, *sponsors]
    assert ask(graph, "other-registries", type="EUDRACT_NUMBER") == [eudract]
    assert ask(graph, "other-registries", nctId="NCT00000002") == sponsors[1:]


def test_same_secondary_id_gives_the_trials_of_a_shared_id_once_each() -> None:
    graph = lines(
        known(1, "A-1", EUDRACT), known(2, "a-1", {"id": "A-1", "type": "OTHER"}, {"id": "A-1"}), known(3, "A-3")
    )
    assert ask(graph, "same-secondary-id") == [
        ("A-1", "2", "NCT00000001", "Trial 1", ""),
        ("A-1", "2", "NCT00000002", "Trial 2", "OTHER"),
    ]
    assert ask(lines(known(1, "A-1", {"id": "A-1"})), "same-secondary-id") == []


def test_expanded_access_prefers_the_status_of_the_programs_own_record() -> None:
    def access(nct_id: str) -> dict[str, Any]:
        info = {"hasExpandedAccess": True, "nctId": nct_id, "statusForNctId": "AVAILABLE"}
        module = {"interventions": [{"type": "DRUG", "name": "Drug A"}, {"type": "DRUG", "name": "Drug Ab"}]}
        status = {"overallStatus": "RECRUITING", "expandedAccessInfo": info}
        return {"statusModule": status, "armsInterventionsModule": module}

    program = known(3, "A-3", statusModule={"overallStatus": "NO_LONGER_AVAILABLE"})
    graph = lines(known(1, "A-1", **access("NCT00000003")), known(2, "A-2", **access("NCT00000009")), program)
    rows = [
        ("NCT00000001", "Trial 1", "NCT00000003", "Trial 3", "NO_LONGER_AVAILABLE"),
        ("NCT00000002", "Trial 2", "NCT00000009", "", "AVAILABLE"),
    ]
    assert ask(graph, "expanded-access") == rows
    assert ask(graph, "expanded-access", intervention="drug a") == rows
    assert ask(graph, "expanded-access", intervention="drug b") == []


def test_related_on_pages_gives_what_a_page_lists() -> None:
    pages = [str(path) for path in sorted(resources.folder("samples").glob("meddatax-*.txt"))]
    graph = "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements(pages))
    rows = ask(graph, "related-on-pages", nctId="NCT99000003")
    assert rows
    assert all(row[0] == "NCT99000003" != row[2] for row in rows)
    assert set(rows) <= set(ask(graph, "related-on-pages"))
    assert ask(graph, "related-on-pages", nctId="NCT00000001") == []
