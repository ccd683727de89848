"""The share of records that break each rule, beside the shares that were measured on 545 full records of the registry.

    python benchmarks/rules.py SOURCE... [--profile core] [--as-of DAY]

A share is of the records that the rule is about: of the open ones, of those with sites, and so on, as each line says;
where it says nothing, of all. A rule of several shapes has a line for each. The 545 records were another sample, so
that only large differences mean something. Of a sample that was captured months before the day of judgement, more open
trials are out of date (R16, R17, R18); of one with more records from before 2008, more lack a responsible party, arms
or who is masked (R07, R24, R29); and a trial with hundreds of sites decides the share of contacts (R41).
"""

import argparse
import datetime
from collections import Counter, defaultdict
from typing import cast

import pyoxigraph

import trialgraph
from trialgraph.engines import across, validate_text
from trialgraph.findings import local
from trialgraph.rules import rules

#: By shape, the share of the 545 records, in percent, what it is of, and the query pattern of that ("" for all trials).
MEASURED: dict[str, tuple[float | None, str, str]] = {
    "Trial-officialTitle": (0.7, "trials, with the next line", ""),
    "Trial-responsibleParty": (0.9, "trials", ""),
    "Trial-primaryCompletionActual": (2.0, "completed or terminated trials", "STATUS(COMPLETED TERMINATED)"),
    "Trial-enrollmentActual": (2.8, "completed trials", "STATUS(COMPLETED)"),
    "Trial-startPast": (73.7, "trials not yet recruiting", "STATUS(NOT_YET_RECRUITING)"),
    "Trial-primaryCompletionPast": (21.8, "open trials", "OPEN"),
    "Trial-statusVerified": (12.4, "open trials", "OPEN"),
    "Trial-whyStopped": (3.8, "stopped trials", "STATUS(SUSPENDED TERMINATED WITHDRAWN)"),
    "Trial-conditionMesh": (20.6, "trials", ""),
    "InterventionalTrial-arm": (1.3, "interventional trials", "?focus a tg:InterventionalTrial"),
    "InterventionalTrial-armsSingleGroup": (
        5.6,
        "trials of a single group",
        "?focus tg:interventionModel tgv:interventionModel-SINGLE_GROUP",
    ),
    "InterventionalTrial-armsParallel": (
        0.8,
        "trials of parallel groups",
        "?focus tg:interventionModel tgv:interventionModel-PARALLEL",
    ),
    "InterventionalTrial-whoMasked": (0.7, "trials with a masking", "?focus tg:masking ?masking"),
    "Outcome-timeFrame": (0.6, "outcomes", "?focus a tg:Outcome"),
    "Trial-inclusion": (0.7, "trials, with the next line", ""),
    "Trial-siteOpen": (9.4, "open trials", "OPEN"),
    "Site-country": (0.0, "sites", "?focus a tg:Site"),
    "Trial-contactReach": (
        27.9,
        "contacts at sites",
        "?site tg:siteContact ?focus . ?focus tg:role tgv:contactRole-CONTACT",
    ),
    "Trial-siteName": (17.2, "trials with sites, where 17.2% is of the sites", "?focus tg:site ?site"),
    "Trial-armLabel": (0.0, "trials", ""),
    "Arm-interventionName": (0.0, "trials", ""),
    "Trial-registeredInTime": (32.3, "trials", ""),
    "Trial-ipdStatement": (31.0, "trials", ""),
    "Trial-overallOfficial": (31.4, "trials", ""),
}
#: Shapes whose breaches are counted by the value that is wrong: a trial can have many.
BY_VALUE = {"Trial-contactReach"}
PREFIXES = "PREFIX tg: <https://w3id.org/trialgraph/ontology#> PREFIX tgv: <https://w3id.org/trialgraph/vocabulary#> "


def main() -> None:
    """Print a line a shape."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("sources", nargs="+")
    arguments.add_argument("--profile", action="append")
    arguments.add_argument("--as-of", type=datetime.date.fromisoformat)
    given = arguments.parse_args()
    counting = rules(given.profile or ["core"], given.as_of)
    text = "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements(given.sources))
    store = pyoxigraph.Store()
    store.load(text.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    broken: dict[str, set[str]] = defaultdict(set)
    findings: Counter[str] = Counter()
    for finding in (*validate_text(text, counting), *across(store, counting)):
        by_focus = local(finding.shape).startswith(("Outcome", "Site")) or not finding.trial
        thing = finding.value if local(finding.shape) in BY_VALUE else finding.focus if by_focus else finding.trial
        broken[local(finding.shape)].add(thing)
        findings[local(finding.shape)] += 1
    print(f"{count(store, ''):,} trials as of {counting.as_of}")
    print(f"{'rule':4} {'shape':40} {'severity':9} {'findings':>8} {'share':>7} {'of 545':>7}  share of")
    for rule in counting.table:
        measured, what, pattern = MEASURED.get(rule.local, (None, "", ""))
        if not what:
            what, pattern = whole(rule.local)
        total = count(store, pattern)
        share = f"{100 * len(broken[rule.local]) / total:.1f}%" if total else ""
        beside = f"{measured:.1f}%" if measured is not None else ""
        print(f"{rule.id:4} {rule.local:40} {rule.severity:9} {findings[rule.local]:8,} {share:>7} {beside:>7}  {what}")


def whole(shape: str) -> tuple[str, str]:
    """What the share of a shape is of."""
    for name, what in (("Outcome", "outcomes"), ("Site", "sites")):
        if shape.startswith(f"{name}-"):
            return what, f"?focus a tg:{name}"
    return "trials", ""


def count(store: pyoxigraph.Store, pattern: str) -> int:
    """How many things there are of which a share is meant."""
    pattern = pattern.replace("OPEN", "STATUS(RECRUITING NOT_YET_RECRUITING ENROLLING_BY_INVITATION)")
    if pattern.startswith("STATUS("):
        values = " ".join(f"tgv:overallStatus-{token}" for token in pattern[7:-1].split())
        pattern = f"VALUES ?status {{ {values} }} ?focus a tg:Trial ; tg:overallStatus ?status"
    query = f"{PREFIXES} SELECT (COUNT(DISTINCT ?focus) AS ?n) WHERE {{ {pattern or '?focus a tg:Trial'} }}"
    [row] = cast("pyoxigraph.QuerySolutions", store.query(query))
    return int(cast("pyoxigraph.Literal", row["n"]).value)


if __name__ == "__main__":
    main()
