"""The sample trials of the package: they decode, cover the registry's model, name no real person, and stay small."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from trialgraph.study import AdverseEventsModule, FlowPeriod, Study

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "extract" / "trialgraph" / "samples"
FILES = sorted(path for path in SAMPLES.iterdir() if path.suffix in {".json", ".ndjson", ".txt"})
NCT_ID = re.compile(r"NCT\d{8}")

STATUSES = """ACTIVE_NOT_RECRUITING COMPLETED ENROLLING_BY_INVITATION NOT_YET_RECRUITING RECRUITING SUSPENDED TERMINATED
    WITHDRAWN AVAILABLE NO_LONGER_AVAILABLE TEMPORARILY_NOT_AVAILABLE APPROVED_FOR_MARKETING WITHHELD UNKNOWN"""
INTERVENTION_TYPES = """BEHAVIORAL BIOLOGICAL COMBINATION_PRODUCT DEVICE DIAGNOSTIC_TEST DIETARY_SUPPLEMENT DRUG GENETIC
    PROCEDURE RADIATION OTHER"""
ARM_TYPES = "EXPERIMENTAL ACTIVE_COMPARATOR PLACEBO_COMPARATOR SHAM_COMPARATOR NO_INTERVENTION OTHER"
AGENCY_CLASSES = "NIH FED OTHER_GOV INDIV INDUSTRY NETWORK AMBIG OTHER UNKNOWN"
OBSERVATIONAL_MODELS = """COHORT CASE_CONTROL CASE_ONLY CASE_CROSSOVER ECOLOGIC_OR_COMMUNITY FAMILY_BASED
    DEFINED_POPULATION NATURAL_HISTORY OTHER"""


class ApiPage(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """One page of answers of the registry's API."""

    studies: list[Study]
    next_page_token: str


@cache
def studies() -> tuple[Study, ...]:
    """The studies of all JSON samples."""
    return tuple(study for path in FILES for study in decoded(path))


def decoded(path: Path) -> Iterator[Study]:
    """The studies of one sample, none of a captured page. An unknown field is an error."""
    data = path.read_bytes()
    if path.name == "api-page.json":
        yield from msgspec.json.decode(data, type=ApiPage).studies
    elif path.suffix == ".ndjson":
        yield from msgspec.json.Decoder(Study).decode_lines(data)
    elif path.suffix == ".json":
        yield msgspec.json.decode(data, type=Study)


def nct_id(study: Study) -> str:
    return study.protocol_section.identification_module.nct_id or ""


def stated(values: Iterable[str | None]) -> set[str]:
    return {value for value in values if value}


def page_id(path: Path) -> str:
    """The NCT id in the name of a captured page."""
    return path.stem.split("-")[1]


def test_every_json_sample_decodes() -> None:
    assert all(NCT_ID.fullmatch(nct_id(study)) for study in studies())
    assert max(Counter(map(nct_id, studies())).values()) == 1


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".txt"], ids=lambda path: path.name)
def test_a_page_states_the_nct_id_of_its_name(path: Path) -> None:
    first = NCT_ID.search(path.read_text(encoding="utf-8"))
    assert first is not None
    assert first[0] == page_id(path)


def test_at_least_25_trials_from_the_unused_range() -> None:
    ids = {nct_id(study) for study in studies()} | {page_id(path) for path in FILES if path.suffix == ".txt"}
    assert len(ids) >= 25
    assert all(each.startswith("NCT99") for each in ids)


def test_one_trial_has_all_three_forms() -> None:
    forms = {kind: {page_id(path) for path in SAMPLES.glob(f"{kind}-*.txt")} for kind in ("meddatax", "veeva")}
    assert {nct_id(study) for study in studies()} & forms["meddatax"] & forms["veeva"] == {"NCT99000003"}


def test_all_statuses() -> None:
    assert stated(study.protocol_section.status_module.overall_status for study in studies()) == set(STATUSES.split())


def test_all_study_types_and_phases() -> None:
    designs = [study.protocol_section.design_module for study in studies()]
    assert stated(design.study_type for design in designs) == {"INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"}
    assert {design.phases for design in designs} == {
        (),
        ("NA",),
        ("EARLY_PHASE1",),
        ("PHASE1",),
        ("PHASE1", "PHASE2"),
        ("PHASE2",),
        ("PHASE2", "PHASE3"),
        ("PHASE3",),
        ("PHASE4",),
    }


def test_all_intervention_and_arm_types() -> None:
    modules = [study.protocol_section.arms_interventions_module for study in studies()]
    interventions = stated(intervention.type for module in modules for intervention in module.interventions)
    assert interventions == set(INTERVENTION_TYPES.split())
    assert stated(arm.type for module in modules for arm in module.arm_groups) == set(ARM_TYPES.split())


def test_all_designs() -> None:
    designs = [study.protocol_section.design_module.design_info for study in studies()]
    masking = {"NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"}
    models = {"SINGLE_GROUP", "PARALLEL", "CROSSOVER", "FACTORIAL", "SEQUENTIAL"}
    assert stated(design.masking_info.masking for design in designs) == masking
    assert stated(design.intervention_model for design in designs) == models
    assert stated(design.observational_model for design in designs) == set(OBSERVATIONAL_MODELS.split())


def test_all_agency_classes() -> None:
    modules = [study.protocol_section.sponsor_collaborators_module for study in studies()]
    parties = [party for module in modules for party in (module.lead_sponsor, *module.collaborators)]
    assert stated(party.class_ for party in parties) == set(AGENCY_CLASSES.split())


def test_a_study_without_sites_and_one_with_more_than_60() -> None:
    counts = {len(study.protocol_section.contacts_locations_module.locations) for study in studies()}
    assert {0, 1} < counts
    assert max(counts) > 60


def test_an_expanded_access_record_is_the_one_that_its_trial_names() -> None:
    status = {nct_id(study): study.protocol_section.status_module for study in studies()}
    links = [module.expanded_access_info for module in status.values() if module.expanded_access_info.nct_id]
    assert len(links) == 4
    for link in links:
        assert status[link.nct_id or ""].overall_status == link.status_for_nct_id


def test_every_arm_label_and_intervention_name_resolves() -> None:
    for study in studies():
        module = study.protocol_section.arms_interventions_module
        labels = {arm.label for arm in module.arm_groups}
        names = {(intervention.name or "").casefold() for intervention in module.interventions}
        assert {label for intervention in module.interventions for label in intervention.arm_group_labels} <= labels
        for arm in module.arm_groups:
            assert {name.partition(": ")[2].casefold() for name in arm.intervention_names} <= names


def test_at_least_four_trials_have_results_that_add_up() -> None:
    posted = [study.results_section for study in studies() if study.has_results]
    assert len(posted) >= 4
    for results in posted:
        assert_flow_adds_up(results.participant_flow_module.periods)
        assert_no_more_affected_than_at_risk(results.adverse_events_module)
        for outcome in results.outcome_measures_module.outcome_measures:
            groups = {group.id for group in outcome.groups}
            assert {group_id for analysis in outcome.analyses for group_id in analysis.group_ids} <= groups


def assert_flow_adds_up(periods: Iterable[FlowPeriod]) -> None:
    for period in periods:
        counts = {
            milestone.type: {stats.group_id: int(stats.num_subjects or 0) for stats in milestone.achievements}
            for milestone in period.milestones
        }
        left: Counter[str | None] = Counter()
        for drop in period.drop_withdraws:
            left.update({stats.group_id: int(stats.num_subjects or 0) for stats in drop.reasons})
        for group, started in counts["STARTED"].items():
            assert started == counts["COMPLETED"][group] + counts["NOT COMPLETED"][group]
            assert left[group] == counts["NOT COMPLETED"][group]


def assert_no_more_affected_than_at_risk(module: AdverseEventsModule) -> None:
    for group in module.event_groups:
        assert int(group.deaths_num_affected or 0) <= int(group.deaths_num_at_risk or 0)
        assert int(group.serious_num_affected or 0) <= int(group.serious_num_at_risk or 0)
        assert int(group.other_num_affected or 0) <= int(group.other_num_at_risk or 0)
    for event in (*module.serious_events, *module.other_events):
        assert {stats.group_id for stats in event.stats} <= {group.id for group in module.event_groups}
        assert all(int(stats.num_affected or 0) <= int(stats.num_at_risk or 0) for stats in event.stats)


def test_the_samples_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 600_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_e_mail_addresses_are_of_example_domains(path: Path) -> None:
    domains = re.findall(r"@([\w.-]*\w)", path.read_text(encoding="utf-8"))
    assert set(domains) <= {"example.com", "example.net", "example.org"}


def test_the_readme_names_every_file_and_every_trial() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    pages = [path for path in FILES if path.suffix == ".txt"]
    assert all(f"`{path.name}`" in readme for path in FILES if path not in pages)
    assert {nct_id(study) for study in studies()} | {page_id(path) for path in pages} <= set(NCT_ID.findall(readme))
