"""A page of results of meddatax (".../results"): a few fields at its head, and tables.

The tables are flattened to one cell a line and do not say which cell is whose, so they are left out and reported.
"""

import re
from collections.abc import Sequence

from trialgraph.readers.page import Line
from trialgraph.readers.reading import Labelled, Reading
from trialgraph.study import (
    DateStruct,
    DesignModule,
    EnrollmentInfo,
    IdentificationModule,
    ProtocolSection,
    StatusModule,
    Study,
)

#: The title: "Trial Outcomes & Findings for Dupilumab in Asthma (NCT NCT03077919)".
TITLE = re.compile(r"Trial Outcomes & Findings for\s+(\S.*?)(?: ?\((?:NCT )?(NCT[0-9]{8})\))?")
LABELS = {
    "Recruitment status": "overallStatus",
    "Study phase": "phase",
    "Target enrollment": "participants",
    "Primary outcome timeframe": "time frame",
    "Results posted on": "date",
}
_TABLES = re.compile(r"(?:Participant Flow|Baseline Characteristics|(?:Primary )?Outcome Measures?)\b.*", re.IGNORECASE)


def study(reading: Reading, title: str, lines: Sequence[Line]) -> Study:
    """What the head of the page states, all of whose filled lines are given."""
    tables = next((n for n, line in enumerate(lines) if _TABLES.fullmatch(line.bare)), len(lines))
    labels = (n for n, line in enumerate(lines[:tables]) if line.bare.startswith(tuple(LABELS)))
    head = Labelled(reading, lines[next(labels, tables) : tables], LABELS)
    reading.drop(head.lines.get("Primary outcome timeframe", []), "it is not told which outcome this belongs to")
    if tables < len(lines):
        message = f"{len(lines) - tables} lines of results tables; take results from the registry"
        reading.note("dropped", message, lines[tables])
    return Study(
        ProtocolSection(
            identification_module=IdentificationModule(nct_id=reading.nct_id, brief_title=title),
            status_module=StatusModule(
                overall_status=head.value("Recruitment status"),
                results_first_post_date_struct=DateStruct(head.value("Results posted on")),
            ),
            design_module=DesignModule(
                phases=head.phases("Study phase"), enrollment_info=EnrollmentInfo(head.count("Target enrollment"))
            ),
        ),
        has_results=True,
    )
