"""Pages of both layouts, made from a Study as the real captures look, and the damage that real captures show.

FIELDS is what each layout shows of a Study; `shown` is the part of a Study that it shows, which is what a reader should
find in a rendered page.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from trialgraph.study import ArmGroup, Contact, EligibilityModule, EnrollmentInfo, Intervention, Location, Sponsor, Study

Layout = Literal["meddatax", "veeva"]
#: What a layout shows of a field: the value and the struct that holds it in, the value as the page has it out.
Shows = Callable[[Any, Any], Any]


def same(value: Any, _: Any) -> Any:
    return value


def plain(value: str, _: Any = None) -> str:
    """A text without the registry's markdown escapes, as Veeva shows it."""
    return re.sub(r"\\([\\`*_{}\[\]()#+.!<>~|^&-])", r"\1", value)


def age(value: str, _: Any) -> str | None:
    return value if re.fullmatch(r"\d+ (Year|Month|Week|Day|Hour|Minute)s?", value) else None


def upper(value: str, _: Any) -> str:
    return value.casefold()


def unless_commas(value: str, site: Location) -> str | None:
    """A city or state; with a comma inside, "City, State, Country" does not tell one from the other."""
    return None if "," in f"{site.city}{site.state}" else value


def only_actual(value: str, _: Any) -> bool | None:
    return {"x": True}.get(value)


def typed(value: Any, info: EnrollmentInfo) -> Any:
    """A number of patients, which are estimated or not: Veeva's words always say which."""
    return value if info.type else None


def two_lists(value: str, _: EligibilityModule) -> str | None:
    """Criteria under the registry's two headings. Veeva shows these two lists; how it shows others is not known."""
    match = re.fullmatch(r"Inclusion Criteria:\n\n(.+)\n\nExclusion Criteria:\n\n(.+)", value, re.DOTALL)
    return plain(value) if match and value.count("clusion Criteria:") == 2 else None


def no_semicolon(value: str, _: Any) -> str | None:
    return None if ";" in value else value


#: Where a layout does not show a field.
NOT = None

#: Each field of the protocol section, and how meddatax and Veeva show it.
FIELDS: dict[str, tuple[Shows | None, Shows | None]] = {
    "identification_module.nct_id": (same, same),
    "identification_module.nct_id_aliases": (same, NOT),
    "identification_module.org_study_id_info.id": (same, same),
    "identification_module.org_study_id_info.type": (same, NOT),
    "identification_module.secondary_id_infos.id": (same, same),
    "identification_module.secondary_id_infos.type": (same, NOT),
    "identification_module.brief_title": (same, plain),
    "status_module.overall_status": (same, same),
    "status_module.start_date_struct.date": (same, NOT),
    "status_module.completion_date_struct.date": (same, NOT),
    "sponsor_collaborators_module.responsible_party.type": (same, NOT),
    "sponsor_collaborators_module.responsible_party.investigator_full_name": (same, NOT),
    "sponsor_collaborators_module.responsible_party.investigator_title": (same, NOT),
    "sponsor_collaborators_module.lead_sponsor.name": (same, same),
    "sponsor_collaborators_module.lead_sponsor.class_": (same, same),
    "sponsor_collaborators_module.collaborators.name": (same, same),
    "sponsor_collaborators_module.collaborators.class_": (same, NOT),  # Veeva lists the classes, not whose they are
    "description_module.brief_summary": (same, plain),
    "description_module.detailed_description": (same, plain),
    "conditions_module.conditions": (same, plain),
    "design_module.study_type": (same, same),
    "design_module.phases": (same, same),
    "design_module.design_info.allocation": (same, same),
    "design_module.design_info.intervention_model": (same, same),
    "design_module.design_info.intervention_model_description": (same, NOT),
    "design_module.design_info.primary_purpose": (same, same),
    "design_module.design_info.observational_model": (same, same),
    "design_module.design_info.time_perspective": (same, same),
    "design_module.design_info.masking_info.masking": (same, same),
    "design_module.design_info.masking_info.masking_description": (same, NOT),
    "design_module.design_info.masking_info.who_masked": (same, NOT),
    "design_module.enrollment_info.count": (same, typed),
    "design_module.enrollment_info.type": (NOT, same),
    "arms_interventions_module.arm_groups.label": (same, plain),
    "arms_interventions_module.arm_groups.type": (same, same),
    "arms_interventions_module.arm_groups.description": (same, plain),
    "arms_interventions_module.arm_groups.intervention_names": (upper, upper),
    "arms_interventions_module.interventions.type": (same, same),
    "arms_interventions_module.interventions.name": (same, plain),
    "arms_interventions_module.interventions.description": (same, NOT),
    "arms_interventions_module.interventions.arm_group_labels": (same, plain),
    "eligibility_module.eligibility_criteria": (same, two_lists),
    "eligibility_module.healthy_volunteers": (same, same),
    "eligibility_module.sex": (same, same),
    "eligibility_module.minimum_age": (age, age),
    "eligibility_module.maximum_age": (age, age),
    "contacts_locations_module.central_contacts.name": (same, no_semicolon),
    "contacts_locations_module.central_contacts.role": (same, NOT),
    "contacts_locations_module.central_contacts.phone": (same, same),
    "contacts_locations_module.central_contacts.phone_ext": (same, same),
    "contacts_locations_module.central_contacts.email": (same, same),
    "contacts_locations_module.locations.facility": (same, same),
    "contacts_locations_module.locations.status": (same, same),
    "contacts_locations_module.locations.city": (unless_commas, unless_commas),
    "contacts_locations_module.locations.state": (unless_commas, unless_commas),
    "contacts_locations_module.locations.zip": (NOT, same),
    "contacts_locations_module.locations.country": (same, same),
}
