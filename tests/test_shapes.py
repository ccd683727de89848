"""The shapes: each rule finds what breaks it and nothing else, and both engines find the same."""

import copy
import dataclasses
import datetime
import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS

import trialgraph
from trialgraph import once
from trialgraph.engines import Engine, across, page_trials, validate_text
from trialgraph.errors import GraphError, InputError, UsageError
from trialgraph.findings import Finding, validation
from trialgraph.gate import judge
from trialgraph.iris import PREFIXES
from trialgraph.rules import SHAPE, Rules, Severities, across_turtle, dated, profiles, rules

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
FILES = sorted((ROOT / "shapes").glob("*.ttl"))
AS_OF = datetime.date(2026, 3, 15)
ALL = ("core", "who24")  # who24 has the one shape that core leaves out

#: In the test graphs, <> is the trial and <#a> a part of it.
HEADER = "@base <https://w3id.org/trialgraph/trial/NCT00000001> .\n" + "".join(
    f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items()
)

#: A shape, a graph that conforms to it and one that does not, and what is then said.
CASES = [
    (
        "Trial-nctId",
        '<> a tg:Trial ; tg:nctId "NCT00000001" .',
        '<> a tg:Trial ; tg:nctId "NCT1" .',
        "A trial has exactly one NCT id: the letters NCT and eight digits.",
    ),
    (
        "Trial-nctIdOnce",
        '<> a tg:Trial ; tg:nctId "NCT00000001" . <other> a tg:Trial ; tg:nctId "NCT00000002" .',
        '<> a tg:Trial ; tg:nctId "NCT00000001" . <other> a tg:Trial ; tg:nctId "NCT00000001" .',
        "No two trials have the same NCT id.",
    ),
    (
        "Trial-briefTitle",
        f'<> a tg:Trial ; tg:briefTitle "{300 * "é"}" .',
        f'<> a tg:Trial ; tg:briefTitle "{301 * "e"}" .',
        "A trial has one brief title, of at most 300 characters.",
    ),
    (
        "Trial-officialTitle",
        '<> a tg:Trial ; tg:officialTitle "A" ; tg:startDateLatest "2017-01-18"^^xsd:date .'
        ' <b> a tg:Trial ; tg:startDateLatest "2017-01-17"^^xsd:date .',
        '<> a tg:Trial ; tg:startDateLatest "2017-01-18"^^xsd:date .',
        "A trial that started on or after 18 January 2017 has an official title, of at most 600 characters.",
    ),
    (
        "Trial-officialTitleEarlier",
        '<> a tg:Trial ; tg:startDateLatest "2017-01-18"^^xsd:date .',
        f'<> a tg:Trial ; tg:officialTitle "{601 * "e"}" .',
        "A trial that is not known to have started on or after 18 January 2017 has an official title, too, of at most"
        " 600 characters.",
    ),
    (
        "Trial-acronym",
        '<> tg:acronym "FOURTEEN-CHARS" .',
        '<> tg:acronym "FIFTEEN-LETTERS" .',
        "An acronym has at most 14 characters.",
    ),
    (
        "Trial-orgStudyId",
        f'<> tg:orgStudyId <#i> ; tg:secondaryId <#j> . <#i> tg:value "{30 * "1"}" . <#j> tg:value "{31 * "1"}" .',
        f'<> tg:orgStudyId <#i> . <#i> tg:value "{31 * "1"}" .',
        "The organization's own id of a study has at most 30 characters.",
    ),
    (
        "Identifier-issuer",
        '<> tg:secondaryId <#i>, <#j> . <#i> tg:value "A1" ; tg:domain "Acme" .'
        " <#j> tg:identifierType tgv:identifierType-NIH .",
        '<> tg:secondaryId <#i> . <#i> tg:value "A1" ; tg:identifierType tgv:identifierType-OTHER .',
        "A secondary id says who issued it: by its type, such as EudraCT, or by name.",
    ),
    (
        "Identifier-pattern",
        "<> tg:secondaryId <#i>, <#j>, <#k> ; tg:orgStudyId <#o> . <#k> tg:value 'anything' ."
        " <#o> tg:value '2009-15000' ; tg:identifierType tgv:identifierType-EUDRACT_NUMBER ."
        " <#i> tg:value '2023-510139-12-00' ; tg:identifierType tgv:identifierType-CTIS ."
        " <#j> tg:value 'ISRCTN12345678' ; tg:domain 'ISRCTN registry' .",
        "<> tg:secondaryId <#i> . <#i> tg:value '2009-15000' ; tg:identifierType tgv:identifierType-EUDRACT_NUMBER .",
        "A secondary id of EudraCT, CTIS, ISRCTN, jRCT, ChiCTR, DRKS or of WHO (UTN) has the form of that registry's"
        " ids.",
    ),
    (
        "Trial-leadSponsor",
        "<> a tg:Trial ; tg:leadSponsor <#o> . <#o> a tg:Organization .",
        "<> a tg:Trial ; tg:leadSponsor <#o>, <#p> . <#o> a tg:Organization . <#p> a tg:Organization .",
        "A trial has exactly one lead sponsor, an organization.",
    ),
    (
        "Trial-leadSponsorClass",
        "<> tg:leadSponsor <#o> . <#o> tg:organizationClass tgv:organizationClass-NIH .",
        "<> tg:leadSponsor <#o> . <#o> tg:organizationClass tgv:organizationClass-CHARITY .",
        "A lead sponsor has a class, one of the registry's nine.",
    ),
    (
        "Organization-oneClass",
        "<#o> a tg:Organization ; tg:organizationClass tgv:organizationClass-NIH .",
        "<#o> a tg:Organization ; tg:organizationClass tgv:organizationClass-NIH, tgv:organizationClass-OTHER .",
        "All trials give an organization the same class.",
    ),
    (
        "Trial-responsibleParty",
        "<> a tg:Trial ; tg:responsibleParty <#r> .",
        "<> a tg:Trial .",
        "A trial has a responsible party.",
    ),
    (
        "ResponsibleParty-affiliation",
        "<#r> a tg:ResponsibleParty ; tg:responsiblePartyType tgv:responsiblePartyType-SPONSOR .",
        "<#r> a tg:ResponsibleParty ; tg:responsiblePartyType tgv:responsiblePartyType-SPONSOR_INVESTIGATOR .",
        "A responsible party that is an investigator has an affiliation.",
    ),
    (
        "Trial-overallStatus",
        "<> a tg:Trial ; tg:overallStatus tgv:overallStatus-WITHHELD .",
        "<> a tg:Trial ; tg:overallStatus tgv:overallStatus-PAUSED .",
        "A trial has exactly one overall status, one of the registry's fourteen.",
    ),
    (
        "Trial-studyType",
        "<> a tg:Trial ; tg:studyType tgv:studyType-OBSERVATIONAL .",
        "<> a tg:Trial .",
        "A trial has one study type: interventional, observational or expanded access.",
    ),
    (
        "InterventionalTrial-phase",
        "<> a tg:InterventionalTrial ; tg:phase tgv:phase-PHASE1, tgv:phase-PHASE2 . <b> a tg:ObservationalStudy .",
        "<> a tg:InterventionalTrial .",
        'An interventional trial has a phase, which may be "not applicable".',
    ),
    (
        "InterventionalTrial-primaryPurpose",
        "<> a tg:InterventionalTrial ; tg:primaryPurpose tgv:primaryPurpose-TREATMENT .",
        "<> a tg:InterventionalTrial .",
        "An interventional trial has a primary purpose.",
    ),
    (
        "InterventionalTrial-interventionModel",
        "<> a tg:InterventionalTrial ; tg:interventionModel tgv:interventionModel-PARALLEL .",
        "<> a tg:InterventionalTrial .",
        "An interventional trial has an intervention model, such as parallel or crossover.",
    ),
    (
        "InterventionalTrial-allocation",
        "<> a tg:InterventionalTrial ; tg:allocation tgv:allocation-NA .",
        "<> a tg:InterventionalTrial .",
        "An interventional trial states its allocation: randomized, non-randomized or not applicable.",
    ),
    (
        "InterventionalTrial-masking",
        "<> a tg:InterventionalTrial ; tg:masking tgv:masking-NONE .",
        "<> a tg:InterventionalTrial .",
        "An interventional trial states its masking, which may be none.",
    ),
    (
        "Trial-startDate",
        '<> a tg:ObservationalStudy ; tg:startDate "2025-02"^^xsd:gYearMonth . <b> a tg:ExpandedAccess .',
        '<> a tg:ObservationalStudy ; tg:startDate "soon" .',
        "An interventional or observational study has one start date: a day, a month or a year.",
    ),
    (
        "Trial-startDateType",
        '<> tg:startDateLatest "2017-01-18"^^xsd:date ; tg:startDateType tgv:dateType-ACTUAL .'
        ' <b> tg:startDateLatest "2016-12-31"^^xsd:date .',
        '<> tg:startDateLatest "2017-01-18"^^xsd:date .',
        "A start date on or after 18 January 2017 is said to be actual or estimated.",
    ),
    (
        "Trial-startDateTypeEarlier",
        '<> tg:startDateLatest "2017-01-18"^^xsd:date .',
        '<> tg:startDateLatest "2016-12-31"^^xsd:date .',
        "A start date before 18 January 2017, when the registry began to ask for it, is said to be actual or"
        " estimated, too.",
    ),
    (
        "Trial-primaryCompletionDate",
        '<> a tg:InterventionalTrial ; tg:primaryCompletionDate "2025"^^xsd:gYear .',
        "<> a tg:InterventionalTrial .",
        "An interventional or observational study has one primary completion date: a day, a month or a year.",
    ),
    (
        "Trial-primaryCompletionDateType",
        '<> tg:primaryCompletionDate "2025"^^xsd:gYear ; tg:primaryCompletionDateType tgv:dateType-ACTUAL .',
        '<> tg:primaryCompletionDate "2025"^^xsd:gYear .',
        "A primary completion date is said to be actual or estimated.",
    ),
    (
        "Trial-startBeforePrimaryCompletion",
        '<> tg:startDateLatest "2025-03-15"^^xsd:date ; tg:primaryCompletionDateLatest "2025-03-31"^^xsd:date .',
        '<> tg:startDateLatest "2025-04-01"^^xsd:date ; tg:primaryCompletionDateLatest "2025-03-31"^^xsd:date .',
        "A trial does not start after its primary completion date; of a partial date, the last day that it can mean"
        " counts.",
    ),
    (
        "Trial-primaryCompletionBeforeCompletion",
        '<> tg:primaryCompletionDateLatest "2025-04-01"^^xsd:date ; tg:completionDateLatest "2025-04-01"^^xsd:date .',
        '<> tg:primaryCompletionDateLatest "2025-04-01"^^xsd:date ; tg:completionDateLatest "2025-03-31"^^xsd:date .',
        "A trial's primary completion is not after its completion; of a partial date, the last day that it can mean"
        " counts.",
    ),
    (
        "Trial-startBeforeCompletion",
        '<> tg:startDateLatest "2025-04-01"^^xsd:date ; tg:completionDateLatest "2025-04-01"^^xsd:date .',
        '<> tg:startDateLatest "2025-04-01"^^xsd:date ; tg:completionDateLatest "2025-03-31"^^xsd:date .',
        "A trial without a primary completion date does not start after its completion; of a partial date, the last"
        " day that it can mean counts.",
    ),
    (
        "Trial-primaryCompletionActual",
        "<> tg:primaryCompletionDateType tgv:dateType-ACTUAL ; tg:overallStatus tgv:overallStatus-COMPLETED ."
        " <b> tg:primaryCompletionDateType tgv:dateType-ESTIMATED ; tg:overallStatus tgv:overallStatus-RECRUITING .",
        "<> tg:primaryCompletionDateType tgv:dateType-ESTIMATED ; tg:overallStatus tgv:overallStatus-TERMINATED .",
        "The primary completion date of a completed or terminated trial is actual, not estimated.",
    ),
    (
        "Trial-enrollmentActual",
        "<> tg:enrollmentType tgv:enrollmentType-ESTIMATED ; tg:overallStatus tgv:overallStatus-TERMINATED .",
        "<> tg:enrollmentType tgv:enrollmentType-ESTIMATED ; tg:overallStatus tgv:overallStatus-COMPLETED .",
        "The enrollment of a completed trial is actual, not estimated.",
    ),
    (
        "Trial-enrollment",
        "<> a tg:InterventionalTrial ; tg:enrollment 0 .",
        '<> a tg:InterventionalTrial ; tg:enrollment "about 20" .',
        "An interventional or observational study has one enrollment, a whole number that is not negative.",
    ),
    (
        "Trial-enrollmentType",
        "<> tg:enrollment 20 ; tg:enrollmentType tgv:enrollmentType-ACTUAL .",
        "<> tg:enrollment 20 .",
        "An enrollment is said to be actual or estimated.",
    ),
    (
        "Trial-enrollmentZero",
        "<> tg:enrollment 0 ; tg:overallStatus tgv:overallStatus-WITHDRAWN .",
        "<> tg:enrollment 0 ; tg:overallStatus tgv:overallStatus-COMPLETED .",
        "Only a withdrawn trial has an enrollment of 0.",
    ),
    (
        "Trial-startPast",
        '<> tg:overallStatus tgv:overallStatus-NOT_YET_RECRUITING ; tg:startDateLatest "2026-03-15"^^xsd:date .',
        '<> tg:overallStatus tgv:overallStatus-NOT_YET_RECRUITING ; tg:startDateLatest "2026-03-14"^^xsd:date .',
        "A trial that does not recruit yet has a start date that is not in the past.",
    ),
    (
        "Trial-primaryCompletionPast",
        '<> tg:overallStatus tgv:overallStatus-COMPLETED ; tg:primaryCompletionDateLatest "2026-03-14"^^xsd:date .',
        '<> tg:overallStatus tgv:overallStatus-RECRUITING ; tg:primaryCompletionDateLatest "2026-03-14"^^xsd:date .',
        "A trial that is open has a primary completion date that is not in the past.",
    ),
    (
        "Trial-statusVerified",
        '<> tg:overallStatus tgv:overallStatus-RECRUITING ; tg:statusVerified "2025-03"^^xsd:gYearMonth .',
        '<> tg:overallStatus tgv:overallStatus-RECRUITING ; tg:statusVerified "2025-02"^^xsd:gYearMonth .',
        "A trial that is open was verified within the last twelve months.",
    ),
    (
        "Trial-whyStopped",
        '<> a tg:Trial ; tg:overallStatus tgv:overallStatus-SUSPENDED ; tg:whyStopped "Funding" .'
        " <b> a tg:Trial ; tg:overallStatus tgv:overallStatus-COMPLETED .",
        "<> a tg:Trial ; tg:overallStatus tgv:overallStatus-WITHDRAWN .",
        "A suspended, terminated or withdrawn trial says why it stopped.",
    ),
    (
        "Trial-condition",
        "<> a tg:Trial ; tg:condition <#c> .",
        "<> a tg:Trial .",
        "A trial has at least one condition.",
    ),
    (
        "Trial-conditionMesh",
        "<> tg:condition <#c> ; tg:conditionMesh mesh:D001249 .",
        "<> tg:condition <#c> .",
        "A condition of the trial is coded to MeSH.",
    ),
    (
        "Trial-intervention",
        "<> a tg:ExpandedAccess ; tg:intervention <#i> . <b> a tg:ObservationalStudy .",
        "<> a tg:ExpandedAccess .",
        "An interventional trial or an expanded access has at least one intervention.",
    ),
    (
        "Intervention-type",
        "<#i> a tg:Intervention ; tg:interventionType tgv:interventionType-DRUG .",
        "<#i> a tg:Intervention .",
        "An intervention has a type, such as drug or procedure.",
    ),
    (
        "Intervention-description",
        '<#i> a tg:Intervention ; tg:description "Tablets" .',
        "<#i> a tg:Intervention .",
        "An intervention has a description.",
    ),
    (
        "InterventionalTrial-arm",
        "<> a tg:InterventionalTrial ; tg:arm <#a> .",
        "<> a tg:InterventionalTrial .",
        "An interventional trial has at least one arm.",
    ),
    (
        "InterventionalTrial-armType",
        "<> a tg:InterventionalTrial ; tg:arm <#a> . <#a> tg:armType tgv:armType-OTHER ."
        " <b> a tg:ObservationalStudy ; tg:arm <#b> .",
        "<> a tg:InterventionalTrial ; tg:arm <#a> .",
        "An arm of an interventional trial has a type, such as experimental or active comparator.",
    ),
    (
        "Trial-armLabel",
        '<> a tg:Trial ; tg:arm <#a>, <#b> . <#a> rdfs:label "A" . <#b> rdfs:label "B" .',
        '<> a tg:Trial ; tg:arm <#a>, <#b> . <#a> rdfs:label "Placebo" . <#b> rdfs:label "PLACEBO" .',
        "No two arms of a trial have the same label, in any case of letters.",
    ),
    (
        "Arm-interventionName",
        "<#a> tg:usesIntervention <#i> .",
        '<#a> tg:unresolvedInterventionName "Drug: X" .',
        "Each intervention name that an arm gives is that of an intervention of the trial.",
    ),
    (
        "Intervention-armLabel",
        "<#a> tg:usesIntervention <#i> .",
        '<#i> tg:unresolvedArmGroupLabel "Arm 3" .',
        "Each arm label that an intervention gives is that of an arm of the trial.",
    ),
    (
        "InterventionalTrial-armIntervention",
        "<> a tg:InterventionalTrial ; tg:arm <#a>, <#b> . <#a> tg:armType tgv:armType-NO_INTERVENTION ."
        " <#b> tg:armType tgv:armType-EXPERIMENTAL ; tg:usesIntervention <#i> .",
        "<> a tg:InterventionalTrial ; tg:arm <#a> . <#a> tg:armType tgv:armType-EXPERIMENTAL .",
        'An arm of an interventional trial has an intervention, unless it is of the type "no intervention".',
    ),
    (
        "InterventionalTrial-armsSingleGroup",
        "<> a tg:InterventionalTrial ; tg:interventionModel tgv:interventionModel-SINGLE_GROUP ; tg:arm <#a> .",
        "<> a tg:InterventionalTrial ; tg:interventionModel tgv:interventionModel-SINGLE_GROUP ; tg:arm <#a>, <#b> .",
        "A trial of a single group has one arm.",
    ),
    (
        "InterventionalTrial-armsParallel",
        "<> a tg:InterventionalTrial ; tg:interventionModel tgv:interventionModel-PARALLEL ; tg:arm <#a>, <#b> .",
        "<> a tg:InterventionalTrial ; tg:allocation tgv:allocation-RANDOMIZED ; tg:arm <#a> .",
        "A trial of parallel groups, or with random allocation, has at least two arms.",
    ),
    (
        "InterventionalTrial-whoMasked",
        "<> tg:masking tgv:masking-DOUBLE ; tg:whoMasked tgv:whoMasked-PARTICIPANT, tgv:whoMasked-INVESTIGATOR ."
        " <b> tg:masking tgv:masking-NONE .",
        "<> tg:masking tgv:masking-TRIPLE ; tg:whoMasked tgv:whoMasked-PARTICIPANT, tgv:whoMasked-INVESTIGATOR .",
        "As many roles are masked as the masking says: none, one if single, two if double, three if triple, four if"
        " quadruple.",
    ),
    (
        "InterventionalTrial-openPlacebo",
        "<> tg:masking tgv:masking-SINGLE ; tg:arm <#a> . <#a> tg:armType tgv:armType-PLACEBO_COMPARATOR .",
        "<> tg:masking tgv:masking-NONE ; tg:arm <#a> . <#a> tg:armType tgv:armType-PLACEBO_COMPARATOR .",
        "A trial without masking has no placebo arm.",
    ),
    (
        "ObservationalStudy-title",
        '<> a tg:ObservationalStudy ; tg:briefTitle "A Non-Randomized Cohort" .',
        '<> a tg:ObservationalStudy ; tg:officialTitle "A Randomised Cohort" .',
        "An observational study is not called randomized in its title.",
    ),
    (
        "InterventionalTrial-primaryOutcome",
        "<> a tg:InterventionalTrial ; tg:primaryOutcome <#o> .",
        "<> a tg:InterventionalTrial .",
        "An interventional trial has at least one primary outcome.",
    ),
    (
        "Outcome-timeFrame",
        '<#o> a tg:Outcome ; tg:timeFrame "12 weeks" .',
        "<#o> a tg:Outcome .",
        "An outcome has a time frame.",
    ),
    (
        "Outcome-timeFrameUnit",
        '<#o> a tg:Outcome ; tg:timeFrame "12 weeks" .',
        '<#o> a tg:Outcome ; tg:timeFrame "12" .',
        "The time frame of an outcome is more than a number: it names a unit or an event.",
    ),
    (
        "Trial-vagueOutcome",
        '<> a tg:Trial ; tg:primaryOutcome <#o> . <#o> tg:measure "Safety events at week 12" .',
        '<> a tg:Trial ; tg:primaryOutcome <#o> . <#o> tg:measure "Safety and Tolerability" .',
        'An outcome says what is measured: "Safety", "Efficacy" and the like do not.',
    ),
    (
        "Trial-sex",
        "<> a tg:Trial ; tg:sex tgv:sex-ALL .",
        "<> a tg:Trial .",
        "A trial says which sex may take part: all, female or male.",
    ),
    (
        "Trial-healthyVolunteers",
        "<> a tg:InterventionalTrial ; tg:healthyVolunteers false .",
        "<> a tg:InterventionalTrial .",
        "An interventional or observational study says whether it accepts healthy volunteers.",
    ),
    (
        "Trial-ageLimits",
        '<> a tg:Trial ; tg:minimumAge "18 Years" .',
        "<> a tg:Trial .",
        "A trial says of which age its participants are: a minimum, a maximum or a standard age group.",
    ),
    (
        "Trial-ageOrder",
        "<> tg:minimumAgeYears 0.5 ; tg:maximumAgeYears 18.0 .",
        "<> tg:minimumAgeYears 65.0 ; tg:maximumAgeYears 9.0 .",
        "The minimum age of a trial's participants is not above the maximum age.",
    ),
    (
        "Trial-ageUnit",
        '<> tg:minimumAge "1 Year" ; tg:maximumAge "N/A" .',
        '<> tg:minimumAge "18" .',
        "An age limit is a number of years, months, weeks, days, hours or minutes, or says that there is none.",
    ),
    (
        "Trial-inclusion",
        "<> a tg:Trial ; tg:eligibilityCriterion <#c> . <#c> tg:criterionKind tgv:criterionKind-INCLUSION .",
        "<> a tg:Trial ; tg:eligibilityCriterion <#c> . <#c> tg:criterionKind tgv:criterionKind-EXCLUSION .",
        "The eligibility criteria of a trial have at least one for inclusion.",
    ),
    (
        "Trial-exclusion",
        '<> a tg:Trial ; tg:eligibilityText "Adults. Exclusion criteria: none." .',
        '<> a tg:Trial ; tg:eligibilityText "Adults." .',
        "The eligibility criteria of a trial have at least one for exclusion.",
    ),
    (
        "Trial-criterionText",
        '<> tg:eligibilityCriterion <#c>, <#d> . <#c> tg:text "Age ≥ 18 years" . <#d> tg:text "MG, for years" .',
        '<> tg:eligibilityCriterion <#c> . <#c> tg:text "≥ 18 years" .',
        "A criterion says what is compared: it does not begin with an operator or a bare unit.",
    ),
    (
        "Trial-siteOpen",
        "<> a tg:Trial ; tg:overallStatus tgv:overallStatus-RECRUITING ; tg:site <#s> .",
        "<> a tg:Trial ; tg:overallStatus tgv:overallStatus-RECRUITING .",
        "A trial that is open has at least one site.",
    ),
    (
        "Trial-site",
        "<> a tg:Trial ; tg:overallStatus tgv:overallStatus-RECRUITING .",
        "<> a tg:Trial ; tg:overallStatus tgv:overallStatus-COMPLETED .",
        "A trial that is not open has at least one site, too.",
    ),
    (
        "Site-facility",
        "<#s> a tg:Site ; tg:facility <#f> .",
        "<#s> a tg:Site .",
        "A site names its facility.",
    ),
    (
        "Site-city",
        "<#s> a tg:Site ; tg:facility <#f> . <#f> tg:locatedIn <#p> . <#p> tg:placeKind tgv:placeKind-CITY .",
        "<#s> a tg:Site ; tg:facility <#f> . <#f> tg:locatedIn <#p> . <#p> tg:placeKind tgv:placeKind-COUNTRY .",
        "A site is in a city.",
    ),
    (
        "Site-country",
        "<#s> a tg:Site ; tg:locatedIn <#p> . <#p> tg:within <#r> . <#r> tg:within <#c> ."
        " <#c> tg:placeKind tgv:placeKind-COUNTRY .",
        "<#s> a tg:Site ; tg:locatedIn <#p> . <#p> tg:placeKind tgv:placeKind-CITY .",
        "A site is in a country.",
    ),
    (
        "Trial-siteStatus",
        "<> tg:overallStatus tgv:overallStatus-COMPLETED ; tg:site <#s> .",
        "<> tg:overallStatus tgv:overallStatus-RECRUITING ; tg:site <#s> .",
        "Each site of a recruiting trial has a status.",
    ),
    (
        "Trial-siteRecruiting",
        "<> tg:overallStatus tgv:overallStatus-RECRUITING ; tg:site <#s>, <#t> ."
        " <#s> tg:siteStatus tgv:overallStatus-RECRUITING . <#t> tg:siteStatus tgv:overallStatus-COMPLETED .",
        "<> tg:overallStatus tgv:overallStatus-RECRUITING ; tg:site <#t> ."
        " <#t> tg:siteStatus tgv:overallStatus-COMPLETED .",
        "Of the sites of a recruiting trial, where each has a status, at least one recruits.",
    ),
    (
        "Trial-siteConflict",
        "<> tg:overallStatus tgv:overallStatus-RECRUITING ; tg:site <#s> ."
        " <#s> tg:siteStatus tgv:overallStatus-RECRUITING .",
        "<> tg:overallStatus tgv:overallStatus-COMPLETED ; tg:site <#s> ."
        " <#s> tg:siteStatus tgv:overallStatus-RECRUITING .",
        "A site recruits only if its trial does.",
    ),
    (
        "Trial-contact",
        "<> a tg:Trial ; tg:overallStatus tgv:overallStatus-RECRUITING ; tg:site <#s> . <#s> tg:siteContact <#c> ."
        ' <#c> tg:phone "1" . <b> a tg:Trial ; tg:overallStatus tgv:overallStatus-COMPLETED .',
        '<> a tg:Trial ; tg:overallStatus tgv:overallStatus-RECRUITING ; tg:centralContact <#c> . <#c> tg:name "A" .',
        "A recruiting trial has a central or a facility contact with a phone number or an e-mail address.",
    ),
    (
        "Trial-contactReach",
        "<> a tg:Trial ; tg:centralContact <#c> ; tg:site <#s> . <#s> tg:siteContact <#i> . <#c> tg:hasEmail true ."
        " <#i> tg:role tgv:contactRole-PRINCIPAL_INVESTIGATOR .",
        '<> a tg:Trial ; tg:facilityContact <#c> . <#c> tg:name "A" .',
        "A contact, unless it is an investigator, has a phone number or an e-mail address.",
    ),
    (
        "Trial-personName",
        '<> a tg:Trial ; tg:overallOfficial <#o> . <#o> tg:name "Calliope Directa, MD" .',
        '<> a tg:Trial ; tg:overallOfficial <#o> . <#o> tg:name "Acme CT.gov Call Center" .',
        "The name of an official or of a responsible investigator is that of a person: no digit, no role, no"
        " department and no call center.",
    ),
    (
        "Trial-siteName",
        '<> tg:site <#s> . <#s> tg:facility <#f> . <#f> rdfs:label "Southern Research Center ( Site 12)" .',
        '<> tg:site <#s> . <#s> tg:facility <#f> . <#f> rdfs:label "Acme Investigational Site 12" .',
        'The facility of a site has a name of its own, not "Research Site" or "Local Institution".',
    ),
    (
        "Place-isoCode",
        '<#c> tg:isoCode "CI" ; rdfs:label "Côte d’Ivoire" . <#d> tg:isoCode "TR" ; rdfs:label "Turkey", "Türkiye" .',
        '<#c> tg:isoCode "US" ; rdfs:label "China" .',
        "The code of a country is that of its name, under ISO 3166-1.",
    ),
    (
        "Site-latitude",
        "<#s> geo:lat -90.0 .",
        "<#s> geo:lat 90.5 .",
        "The latitude of a site is between -90 and 90 degrees.",
    ),
    (
        "Site-longitude",
        "<#s> geo:long 180.0 .",
        "<#s> geo:long -180.5 .",
        "The longitude of a site is between -180 and 180 degrees.",
    ),
    (
        "InterventionalTrial-resultsAct",
        "<> a tg:InterventionalTrial ; tg:isFdaRegulatedDrug true ; tg:phase tgv:phase-PHASE2 ;"
        ' tg:startDateLatest "2020-01-01"^^xsd:date ; tg:primaryCompletionDateLatest "2025-02-13"^^xsd:date .',
        "<> a tg:InterventionalTrial ; tg:isFdaRegulatedDrug true ; tg:phase tgv:phase-PHASE2 ;"
        ' tg:startDateLatest "2020-01-01"^^xsd:date ; tg:primaryCompletionDateLatest "2025-02-12"^^xsd:date .',
        "An applicable clinical trial (FDAAA 801) that started on or after 18 January 2017 submits results within a"
        " year of primary completion; 30 days more have passed.",
    ),
    (
        "InterventionalTrial-resultsPact",
        "<> a tg:InterventionalTrial ; tg:isFdaRegulatedDevice true ; tg:phase tgv:phase-NA ; tg:intervention <#i> ;"
        ' tg:startDateLatest "2016-01-01"^^xsd:date ; tg:completionDateLatest "2018-01-01"^^xsd:date ; tg:site <#s> .'
        " <#i> tg:interventionType tgv:interventionType-DEVICE . <#s> tg:locatedIn <#p> ."
        ' <#p> tg:within <#c> . <#c> tg:isoCode "CN" .',
        "<> a tg:InterventionalTrial ; tg:isFdaRegulatedDevice true ; tg:phase tgv:phase-NA ; tg:intervention <#i> ;"
        ' tg:startDateLatest "2016-01-01"^^xsd:date ; tg:completionDateLatest "2018-01-01"^^xsd:date ; tg:site <#s> .'
        " <#i> tg:interventionType tgv:interventionType-DEVICE . <#s> tg:locatedIn <#p> ."
        ' <#p> tg:within <#c> . <#c> tg:isoCode "PR" .',
        "A probably applicable clinical trial (FDAAA 801) that started before 18 January 2017 and was completed since"
        " submits results within a year of primary completion; 30 days more have passed.",
    ),
    (
        "InterventionalTrial-resultsWho",
        "<> a tg:InterventionalTrial ; tg:overallStatus tgv:overallStatus-COMPLETED ; tg:hasResults true ;"
        ' tg:primaryCompletionDateLatest "2020-01-01"^^xsd:date .',
        "<> a tg:InterventionalTrial ; tg:overallStatus tgv:overallStatus-COMPLETED ; tg:hasResults false ;"
        ' tg:primaryCompletionDateLatest "2020-01-01"^^xsd:date .',
        "A completed or terminated interventional trial posts results within twelve months of primary completion; 30"
        " days more have passed.",
    ),
    (
        "Trial-registeredInTime",
        '<> tg:firstSubmitted "2025-02-28"^^xsd:date ; tg:startDateLatest "2025-02-28"^^xsd:date .',
        '<> tg:firstSubmitted "2025-03-01"^^xsd:date ; tg:startDateLatest "2025-02-28"^^xsd:date .',
        "A trial is registered no later than it starts; of a partial date, the last day that it can mean counts.",
    ),
    (
        "Trial-ipdStatement",
        "<> a tg:InterventionalTrial ; tg:ipdStatement <#i> .",
        "<> a tg:InterventionalTrial .",
        "An interventional or observational study says whether it will share the data of individual participants.",
    ),
    (
        "Trial-overallOfficial",
        "<> a tg:Trial ; tg:overallOfficial <#o> .",
        "<> a tg:Trial .",
        "A trial names an overall official.",
    ),
    (
        "EventGroup-deaths",
        "<#g> tg:deathsNumAffected 9 ; tg:deathsNumAtRisk 10 .",
        "<#g> tg:deathsNumAffected 10 ; tg:deathsNumAtRisk 9 .",
        "In a group of participants, no more died than were at risk.",
    ),
    (
        "EventGroup-serious",
        "<#g> tg:seriousNumAffected 9 ; tg:seriousNumAtRisk 10 .",
        "<#g> tg:seriousNumAffected 10 ; tg:seriousNumAtRisk 9 .",
        "In a group of participants, no more had a serious adverse event than were at risk.",
    ),
    (
        "EventGroup-other",
        "<#g> tg:otherNumAffected 9 ; tg:otherNumAtRisk 10 .",
        "<#g> tg:otherNumAffected 10 ; tg:otherNumAtRisk 9 .",
        "In a group of participants, no more had another adverse event than were at risk.",
    ),
    (
        "EventCount-affected",
        "<#g> tg:numAffected 9 ; tg:numAtRisk 10 . <#h> tg:numAffected 1 .",
        "<#g> tg:numAffected 10 ; tg:numAtRisk 9 .",
        "No more participants of a group had an adverse event than were at risk of it.",
    ),
    (
        "Result-group",
        "<#n> tg:group <#g> .",
        '<#n> tg:unresolvedGroupId "OG009" .',
        "A number of the results is of a group that the results describe.",
    ),
    (
        "Trial-record",
        '<> a tg:Trial . <#r> tg:about <> ; dcterms:source "ctgov" .',
        "<> a tg:Trial . <#r> tg:about <> .",
        "A trial has a registry record that names its source.",
    ),
    (
        "Trial-recordTime",
        '<> a tg:Trial . <#r> tg:about <> ; tg:retrieved "2026-03-01"^^xsd:date .',
        "<> a tg:Trial . <#r> tg:about <> .",
        "A trial has a registry record that says when it was updated or captured.",
    ),
    (
        "Trial-facilityContact",
        "<> tg:facilityContact <#c> ; tg:site <#s> . <#s> tg:siteContact <#d> .",
        "<> tg:facilityContact <#c> ; tg:site <#s> . <#s> tg:siteContact <#c> .",
        "A contact that the source does not tie to a site is not paired with one.",
    ),
]
each_engine = pytest.mark.parametrize("engine", ["shacl", "pyshacl"])


@cache
def counting(*names: str, only: tuple[str, ...] = ()) -> Rules:
    return rules(names or ALL, AS_OF, only=only)


#: The shapes over several trials.
ACROSS = {rule.local for rule, _ in counting().across}


def validated(text: str, shape: str, engine: Engine) -> list[Finding]:
    """What a small graph breaks of one shape, also of one that needs several trials."""
    one = counting(only=(shape,))
    if one.across:
        one = Rules(across_turtle(one), one.table, one.as_of)
    return validate_text(HEADER + text, one, engine)


@pytest.mark.parametrize(("shape", "good", "bad", "message"), CASES, ids=[case[0] for case in CASES])
def test_in_both_engines_a_shape_finds_what_breaks_it(shape: str, good: str, bad: str, message: str) -> None:
    assert validated(good, shape, "shacl") == validated(good, shape, "pyshacl") == []
    found = validated(bad, shape, "shacl")
    assert found == validated(bad, shape, "pyshacl")
    assert {finding.message for finding in found} == {message}
    assert {finding.shape.removeprefix(SHAPE) for finding in found} == {shape}


@pytest.mark.parametrize("case", [case for case in CASES if case[0] in ACROSS], ids=lambda case: case[0])
def test_a_query_over_a_whole_graph_finds_what_its_shape_finds(case: tuple[str, str, str, str]) -> None:
    shape, good, bad, _ = case
    for text in (good, bad):
        store = pyoxigraph.Store()
        store.load((HEADER + text).encode(), format=pyoxigraph.RdfFormat.TURTLE)
        assert across(store, counting(only=(shape,))) == validated(text, shape, "shacl")


def test_a_query_that_is_asked_once_finds_what_it_finds_node_by_node() -> None:
    cases = enumerate(text for _, good, bad, _ in CASES for text in (good, bad))
    text = "".join(HEADER.replace("NCT00000001", f"NCT{number:08}") + case for number, case in cases)
    found = validate_text(text, counting())
    assert found == validate_text(text, dataclasses.replace(counting(), quick=""))
    queries = [rule for rule in counting().table if f"<{rule.shape}> <{SH.sparql}> " in counting().turtle]
    assert {rule.shape for rule in queries} <= {finding.shape for finding in found}
    assert counting().quick.count(f"<{SH.targetNode}> {once.ALL} .") == len(queries)


def test_every_shape_has_its_case() -> None:
    assert sorted(shape for shape, *_ in CASES) == sorted(rule.local for rule in counting().table)


#: A recruiting trial that breaks no rule.
COMPLETE: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT00000001",
            "orgStudyIdInfo": {"id": "ACME-1"},
            "secondaryIdInfos": [{"id": "2023-510139-12-00", "type": "CTIS"}],
            "organization": {"fullName": "Acme", "class": "INDUSTRY"},
            "briefTitle": "A Trial of X in Asthma",
            "officialTitle": "A Randomized, Double-blind Trial of X in Adults With Asthma",
            "acronym": "AXIS",
        },
        "statusModule": {
            "statusVerifiedDate": "2026-01",
            "overallStatus": "RECRUITING",
            "startDateStruct": {"date": "2025-06", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2027-06-30", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2027-12", "type": "ESTIMATED"},
            "studyFirstSubmitDate": "2025-05-02",
            "lastUpdatePostDateStruct": {"date": "2026-01-20", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {
            "responsibleParty": {
                "type": "PRINCIPAL_INVESTIGATOR",
                "investigatorFullName": "Ada Lovelace",
                "investigatorAffiliation": "Acme",
            },
            "leadSponsor": {"name": "Acme", "class": "INDUSTRY"},
        },
        "oversightModule": {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False},
        "descriptionModule": {"briefSummary": "X is compared with placebo."},
        "conditionsModule": {"conditions": ["Asthma"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2", "PHASE3"],
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
            },
            "enrollmentInfo": {"count": 120, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "X", "type": "EXPERIMENTAL", "interventionNames": ["Drug: X"]},
                {"label": "Placebo", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Placebo"]},
            ],
            "interventions": [
                {"type": "DRUG", "name": "X", "description": "Tablets", "armGroupLabels": ["X"]},
                {"type": "DRUG", "name": "Placebo", "description": "Tablets", "armGroupLabels": ["Placebo"]},
            ],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": "FEV1", "timeFrame": "12 weeks"}]},
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Asthma\n\nExclusion Criteria:\n\n* Smoking",
            "healthyVolunteers": False,
            "sex": "ALL",
            "minimumAge": "18 Years",
            "maximumAge": "65 Years",
            "stdAges": ["ADULT"],
        },
        "contactsLocationsModule": {
            "centralContacts": [{"name": "Grace Hopper", "role": "CONTACT", "email": "g@example.org"}],
            "overallOfficials": [{"name": "Ada Lovelace", "role": "PRINCIPAL_INVESTIGATOR", "affiliation": "Acme"}],
            "locations": [
                {
                    "facility": "Acme Hospital",
                    "status": "RECRUITING",
                    "city": "Boston",
                    "state": "Massachusetts",
                    "country": "United States",
                    "contacts": [{"name": "Mary Jackson", "role": "CONTACT", "phone": "555-0100"}],
                    "geoPoint": {"lat": 42.36, "lon": -71.06},
                }
            ],
        },
        "ipdSharingStatementModule": {"ipdSharing": "NO"},
    },
    "derivedSection": {
        "miscInfoModule": {"versionHolder": "2026-03-13"},
        "conditionBrowseModule": {"meshes": [{"id": "D001249", "term": "Asthma"}]},
    },
    "hasResults": False,
}

FINISHED = {
    "statusModule.overallStatus": "COMPLETED",
    "statusModule.startDateStruct.date": "2020-01",
    "statusModule.studyFirstSubmitDate": "2020-01-02",
    "statusModule.primaryCompletionDateStruct": {"date": "2024-06-30", "type": "ACTUAL"},
    "statusModule.completionDateStruct": {"date": "2024-07-31", "type": "ACTUAL"},
    "statusModule.resultsFirstSubmitDate": "2025-06-30",
    "designModule.enrollmentInfo.type": "ACTUAL",
    "contactsLocationsModule.locations.0.status": "COMPLETED",
}
OPEN_LABEL = {"designModule.designInfo.maskingInfo": {"masking": "NONE"}}
OBSERVATIONAL = {
    "designModule.studyType": "OBSERVATIONAL",
    "designModule.phases": None,
    "designModule.designInfo": {"observationalModel": "COHORT"},
    "identificationModule.officialTitle": "A Cohort With Asthma",
}
EVENTS = {
    "/resultsSection": {
        "adverseEventsModule": {
            "eventGroups": [{"id": "EG000", "title": "X", "deathsNumAffected": 0, "deathsNumAtRisk": 50,
                             "seriousNumAffected": 1, "seriousNumAtRisk": 50,
                             "otherNumAffected": 2, "otherNumAtRisk": 50}],
            "seriousEvents": [{"term": "Asthma", "stats": [{"groupId": "EG000", "numAffected": 1, "numAtRisk": 50}]}],
        }
    }
}  # fmt: skip
GROUP = "/resultsSection.adverseEventsModule.eventGroups.0"
EVENT = "/resultsSection.adverseEventsModule.seriousEvents.0.stats.0"
SITE = "contactsLocationsModule.locations.0"
ARM = "armsInterventionsModule.armGroups"
TRIAL = "<https://w3id.org/trialgraph/trial/NCT00000001>"
TG = "https://w3id.org/trialgraph/ontology#"

#: What breaks a shape and no other rule: edits of the record by path (None deletes), or of its graph's lines.
MUTATIONS: list[tuple[str, dict[str, Any]]] = [
    ("Trial-nctId", {"graph": (f'{TRIAL} <{TG}nctId> "NCT00000001"', f'{TRIAL} <{TG}nctId> "NCT1"')}),
    ("Trial-nctIdOnce", {"graph": ("", f'<http://example.org/trial/1> <{TG}nctId> "NCT00000001" .\n')}),
    ("Trial-briefTitle", {"identificationModule.briefTitle": 301 * "x"}),
    ("Trial-officialTitle", {"identificationModule.officialTitle": None}),
    (
        "Trial-officialTitleEarlier",
        FINISHED
        | {
            "statusModule.startDateStruct.date": "2016-01",
            "statusModule.studyFirstSubmitDate": "2016-01-02",
            "identificationModule.officialTitle": None,
        },
    ),
    ("Trial-acronym", {"identificationModule.acronym": "MORE-THAN-ENOUGH"}),
    ("Trial-orgStudyId", {"identificationModule.orgStudyIdInfo.id": 31 * "1"}),
    ("Identifier-issuer", {"identificationModule.secondaryIdInfos.0.type": None}),
    ("Identifier-pattern", {"identificationModule.secondaryIdInfos.0.id": "510139"}),
    ("Trial-leadSponsor", {"sponsorCollaboratorsModule.leadSponsor": None}),
    (
        "Trial-leadSponsorClass",
        {"sponsorCollaboratorsModule.leadSponsor": {"name": "Foundation X", "class": "CHARITY"}},
    ),
    ("Organization-oneClass", {"identificationModule.organization.class": "OTHER"}),
    ("Trial-responsibleParty", {"sponsorCollaboratorsModule.responsibleParty": None}),
    (
        "ResponsibleParty-affiliation",
        {"sponsorCollaboratorsModule.responsibleParty.investigatorAffiliation": None},
    ),
    ("Trial-overallStatus", {"statusModule.overallStatus": "PAUSED"}),
    ("Trial-studyType", {"designModule.studyType": None}),
    ("InterventionalTrial-phase", {"designModule.phases": None}),
    ("InterventionalTrial-primaryPurpose", {"designModule.designInfo.primaryPurpose": None}),
    ("InterventionalTrial-interventionModel", {"designModule.designInfo.interventionModel": None}),
    ("InterventionalTrial-allocation", {"designModule.designInfo.allocation": None}),
    ("InterventionalTrial-masking", {"designModule.designInfo.maskingInfo": None}),
    ("Trial-startDate", {"statusModule.startDateStruct": None}),
    ("Trial-startDateType", {"statusModule.startDateStruct.type": None}),
    (
        "Trial-startDateTypeEarlier",
        FINISHED
        | {"statusModule.startDateStruct": {"date": "2016-01"}, "statusModule.studyFirstSubmitDate": "2016-01-02"},
    ),
    ("Trial-primaryCompletionDate", {"statusModule.primaryCompletionDateStruct": None}),
    ("Trial-primaryCompletionDateType", {"statusModule.primaryCompletionDateStruct.type": None}),
    ("Trial-startBeforePrimaryCompletion", {"statusModule.startDateStruct.date": "2027-07"}),
    ("Trial-primaryCompletionBeforeCompletion", {"statusModule.completionDateStruct.date": "2027-05"}),
    (
        "Trial-primaryCompletionActual",
        FINISHED | {"statusModule.primaryCompletionDateStruct.type": "ESTIMATED"},
    ),
    ("Trial-enrollmentActual", FINISHED | {"designModule.enrollmentInfo.type": "ESTIMATED"}),
    ("Trial-enrollment", {"designModule.enrollmentInfo.count": None}),
    ("Trial-enrollmentType", {"designModule.enrollmentInfo.type": None}),
    ("Trial-enrollmentZero", {"designModule.enrollmentInfo.count": 0}),
    (
        "Trial-startPast",
        {"statusModule.overallStatus": "NOT_YET_RECRUITING", f"{SITE}.status": "NOT_YET_RECRUITING"},
    ),
    (
        "Trial-primaryCompletionPast",
        {"statusModule.primaryCompletionDateStruct.date": "2026-02"},
    ),
    ("Trial-statusVerified", {"statusModule.statusVerifiedDate": "2025-02"}),
    ("Trial-whyStopped", FINISHED | {"statusModule.overallStatus": "TERMINATED"}),
    ("Trial-condition", {"conditionsModule": None}),
    ("Trial-conditionMesh", {"/derivedSection.conditionBrowseModule": None}),
    (
        "Trial-intervention",
        {
            "armsInterventionsModule.interventions": None,
            f"{ARM}.0": {"label": "X", "type": "NO_INTERVENTION"},
            f"{ARM}.1": {"label": "Y", "type": "NO_INTERVENTION"},
        },
    ),
    ("Intervention-type", {"armsInterventionsModule.interventions.0.type": None, f"{ARM}.0.interventionNames": None}),
    ("Intervention-description", {"armsInterventionsModule.interventions.0.description": None}),
    (
        "InterventionalTrial-arm",
        {
            ARM: None,
            "armsInterventionsModule.interventions": [{"type": "DRUG", "name": "X", "description": "Tablets"}],
        },
    ),
    ("InterventionalTrial-armType", {f"{ARM}.0.type": None}),
    ("Trial-armLabel", {f"{ARM}.1.label": "x", "armsInterventionsModule.interventions.1.armGroupLabels": ["x"]}),
    ("Arm-interventionName", {f"{ARM}.0.interventionNames": ["Drug: X", "Drug: Y"]}),
    ("Intervention-armLabel", {"armsInterventionsModule.interventions.0.armGroupLabels": ["X", "Y"]}),
    (
        "InterventionalTrial-armIntervention",
        {f"{ARM}.0.interventionNames": None, "armsInterventionsModule.interventions.0.armGroupLabels": None},
    ),
    (
        "InterventionalTrial-armsSingleGroup",
        {"designModule.designInfo.interventionModel": "SINGLE_GROUP", "designModule.designInfo.allocation": "NA"},
    ),
    (
        "InterventionalTrial-armsParallel",
        {
            ARM: COMPLETE["protocolSection"]["armsInterventionsModule"]["armGroups"][:1],
            "armsInterventionsModule.interventions.1.armGroupLabels": None,
        },
    ),
    ("InterventionalTrial-whoMasked", {"designModule.designInfo.maskingInfo.masking": "TRIPLE"}),
    ("InterventionalTrial-openPlacebo", OPEN_LABEL),
    ("ObservationalStudy-title", OBSERVATIONAL | {"identificationModule.officialTitle": "A Randomized Cohort"}),
    ("InterventionalTrial-primaryOutcome", {"outcomesModule": None}),
    ("Outcome-timeFrame", {"outcomesModule.primaryOutcomes.0.timeFrame": None}),
    ("Outcome-timeFrameUnit", {"outcomesModule.primaryOutcomes.0.timeFrame": "12"}),
    ("Trial-vagueOutcome", {"outcomesModule.primaryOutcomes.0.measure": "Efficacy"}),
    ("Trial-sex", {"eligibilityModule.sex": None}),
    ("Trial-healthyVolunteers", {"eligibilityModule.healthyVolunteers": None}),
    (
        "Trial-ageLimits",
        {f"eligibilityModule.{name}": None for name in ("minimumAge", "maximumAge", "stdAges")},
    ),
    ("Trial-ageOrder", {"eligibilityModule.maximumAge": "9 Years"}),
    ("Trial-ageUnit", {"eligibilityModule.maximumAge": "65"}),
    ("Trial-inclusion", {"eligibilityModule.eligibilityCriteria": "Exclusion Criteria:\n\n* Smoking"}),
    ("Trial-exclusion", {"eligibilityModule.eligibilityCriteria": "Inclusion Criteria:\n\n* Asthma"}),
    (
        "Trial-criterionText",
        {"eligibilityModule.eligibilityCriteria": "Inclusion Criteria:\n\n* > 40 kg\n\nExclusion Criteria:\n\n* No"},
    ),
    ("Trial-siteOpen", {"contactsLocationsModule.locations": None}),
    ("Trial-site", FINISHED | {"contactsLocationsModule.locations": None}),
    ("Site-facility", {f"{SITE}.facility": None}),
    ("Site-city", {f"{SITE}.city": None}),
    ("Site-country", {f"{SITE}.country": None}),
    ("Trial-siteStatus", {f"{SITE}.status": None}),
    ("Trial-siteRecruiting", {f"{SITE}.status": "COMPLETED"}),
    ("Trial-siteConflict", FINISHED | {f"{SITE}.status": "RECRUITING"}),
    ("Trial-contact", {"contactsLocationsModule.centralContacts": None, f"{SITE}.contacts": None}),
    ("Trial-contactReach", {f"{SITE}.contacts.0.phone": None}),
    ("Trial-personName", {"contactsLocationsModule.overallOfficials.0.name": "Acme Call Center"}),
    ("Trial-siteName", {f"{SITE}.facility": "Research Site"}),
    ("Place-isoCode", {f"{SITE}.countryCode": "CN"}),
    ("Site-latitude", {"graph": ('pos#lat> "42.36"', 'pos#lat> "142.36"')}),
    ("Site-longitude", {"graph": ('pos#long> "-71.06"', 'pos#long> "-271.06"')}),
    ("InterventionalTrial-resultsAct", FINISHED | {"statusModule.resultsFirstSubmitDate": None}),
    (
        "InterventionalTrial-resultsPact",
        FINISHED
        | {
            "statusModule.startDateStruct.date": "2016-01",
            "statusModule.studyFirstSubmitDate": "2016-01-02",
            "statusModule.resultsFirstSubmitDate": None,
        },
    ),
    ("Trial-registeredInTime", {"statusModule.studyFirstSubmitDate": "2025-07-01"}),
    ("Trial-ipdStatement", {"ipdSharingStatementModule": None}),
    ("Trial-overallOfficial", {"contactsLocationsModule.overallOfficials": None}),
    ("EventGroup-deaths", EVENTS | {f"{GROUP}.deathsNumAffected": 51}),
    ("EventGroup-serious", EVENTS | {f"{GROUP}.seriousNumAffected": 51}),
    ("EventGroup-other", EVENTS | {f"{GROUP}.otherNumAffected": 51}),
    ("EventCount-affected", EVENTS | {f"{EVENT}.numAffected": 51}),
    ("Result-group", EVENTS | {f"{EVENT}.groupId": "EG001"}),
    ("Trial-record", {"graph": ("<http://purl.org/dc/terms/source>", "<http://purl.org/dc/terms/publisher>")}),
    ("Trial-recordTime", {"graph": (re.compile(r"(recordUpdated|versionHolder)>"), "uploadDate>")}),
    (
        "Trial-facilityContact",
        {"graph": (re.compile(rf"(.+) <{TG}siteContact> (.+) \.\n"), rf"\g<0>{TRIAL} <{TG}facilityContact> \2 .\n")},
    ),
]


def edited(record: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """A copy of a record with values put in by path, below the protocol section or, after a slash, below the top."""
    copied = copy.deepcopy(record)
    for path, value in edits.items():
        if path == "graph":
            continue
        steps = path.removeprefix("/").split(".")
        node: Any = copied if path.startswith("/") else copied["protocolSection"]
        for step in steps[:-1]:
            node = node[int(step)] if step.isdigit() else node[step]
        last = int(steps[-1]) if steps[-1].isdigit() else steps[-1]
        if value is None and isinstance(node, dict):
            node.pop(last, None)
        else:
            node[last] = copy.deepcopy(value)
    return copied


def lines(folder: Path, record: dict[str, Any]) -> str:
    """The graph of a record, as N-Triples."""
    path = folder / "record.json"
    path.write_text(json.dumps(record))
    return "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements([str(path)]))


def all_findings(text: str, counting: Rules) -> list[Finding]:
    """What a graph breaks of all rules, also of those over several trials."""
    store = pyoxigraph.Store()
    store.load(text.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return [*validate_text(text, counting), *across(store, counting)]


@pytest.mark.parametrize("edits", [{}, FINISHED, FINISHED | EVENTS], ids=["recruiting", "finished", "with results"])
def test_a_complete_record_breaks_no_rule(tmp_path: Path, edits: dict[str, Any]) -> None:
    assert all_findings(lines(tmp_path, edited(COMPLETE, edits)), rules(as_of=AS_OF)) == []


@pytest.mark.parametrize(("shape", "edits"), MUTATIONS, ids=[mutation[0] for mutation in MUTATIONS])
def test_one_fault_breaks_one_rule(tmp_path: Path, shape: str, edits: dict[str, Any]) -> None:
    text = lines(tmp_path, edited(COMPLETE, edits))
    if "graph" in edits:
        old, new = edits["graph"]
        text = text + new if not old else re.sub(old if isinstance(old, re.Pattern) else re.escape(old), new, text)
    found = all_findings(text, rules(as_of=AS_OF))
    assert {finding.shape.removeprefix(SHAPE) for finding in found} == {shape}


def test_a_fault_is_tried_for_every_rule() -> None:
    broken = {shape for shape, _ in MUTATIONS}
    assert {rule.local for rule in rules(as_of=AS_OF).table} - broken == {"Trial-startBeforeCompletion"}
    assert {rule.id for rule in rules().table if rule.local in broken} == {f"R{number:02}" for number in range(1, 48)}


@cache
def shapes_graph() -> Graph:
    merged = Graph()
    for path in FILES:
        merged.parse(path)
    return merged


def named_shapes() -> set[URIRef]:
    graph = shapes_graph()
    found = {subject for kind in (SH.PropertyShape, SH.NodeShape) for subject in graph.subjects(RDF.type, kind)}
    return {shape for shape in found if isinstance(shape, URIRef)}


def test_the_rules_are_r01_to_r47_each_a_named_shape_or_some() -> None:
    identifiers = {str(shapes_graph().value(shape, DCTERMS.identifier)) for shape in named_shapes()}
    assert identifiers == {f"R{number:02}" for number in range(1, 48)}


def test_no_shape_is_blank() -> None:
    graph = shapes_graph()
    parameters = (SH.property, SH.node, SH["not"], SH.qualifiedValueShape, SH.sparql)
    used = [object_ for predicate in parameters for object_ in graph.objects(None, predicate)]
    for predicate in (SH["and"], SH["or"], SH.xone):
        used += [member for members in graph.objects(None, predicate) for member in Collection(graph, members)]
    shapes = [subject for kind in (SH.PropertyShape, SH.NodeShape) for subject in graph.subjects(RDF.type, kind)]
    assert [node for node in [*used, *shapes] if isinstance(node, BNode)] == []
    assert {str(node)[: len(SHAPE)] for node in [*used, *shapes]} == {SHAPE}


@pytest.mark.parametrize("predicate", [DCTERMS.identifier, DCTERMS.source, SH.name, SH.message, SH.severity], ids=str)
def test_a_shape_says_what_reports_need(predicate: URIRef) -> None:
    assert [shape for shape in named_shapes() if len(list(shapes_graph().objects(shape, predicate))) != 1] == []


def test_messages_and_names_are_english_and_messages_are_sentences_of_their_own() -> None:
    messages = [message for shape in named_shapes() for message in shapes_graph().objects(shape, SH.message)]
    assert len(set(messages)) == len(messages)
    for message in messages:
        assert isinstance(message, Literal)
        assert message.language == "en"
        assert re.fullmatch(r'["A-Z].*\.', message), message
    names = [name for shape in named_shapes() for name in shapes_graph().objects(shape, SH.name)]
    assert {name.language for name in names if isinstance(name, Literal)} == {"en"}


def test_terms_of_the_shapes_are_those_of_the_ontology() -> None:
    ontology = "".join(
        (ROOT / "ontology" / f"{name}.ttl").read_text() for name in ("trialgraph", "results", "vocabulary")
    )
    for path in FILES:
        text = re.sub(r"^#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        used = set(re.findall(r"\b(tgv?:[A-Za-z][\w-]*)", text))
        assert [term for term in sorted(used) if not re.search(rf"^{term}$", ontology, re.MULTILINE)] == [], path.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_shapes_stand_in_the_order_of_the_rules(path: Path) -> None:
    numbers = re.findall(r'dcterms:identifier "(R\d\d)"', path.read_text(encoding="utf-8"))
    assert numbers == sorted(numbers)


def test_the_profiles_are_four_and_core_has_every_rule() -> None:
    assert list(profiles()) == ["core", "who24", "fdaaa", "page"]
    assert len({rule.id for rule in counting("core").table}) == 47


def test_a_profile_sets_severities() -> None:
    def severity(profile: str, shape: str) -> str:
        return next((rule.severity for rule in counting(profile).table if rule.local == shape), "")

    asked = ["Trial-ipdStatement", "Trial-statusVerified", "InterventionalTrial-resultsWho", "Trial-site"]
    assert {profile: [severity(profile, shape) for shape in asked] for profile in profiles()} == {
        "core": ["info", "warning", "", "info"],
        "who24": ["violation", "", "warning", "info"],
        "fdaaa": ["", "violation", "", ""],
        "page": ["info", "warning", "", "info"],
    }


def test_the_worst_severity_counts_where_profiles_differ() -> None:
    severities = {rule.local: rule.severity for rule in counting("core", "who24", "fdaaa").table}
    assert [severities[name] for name in ("Trial-ipdStatement", "Trial-statusVerified")] == ["violation", "violation"]


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ({"R45": "violation"}, ["violation", "violation", "violation"]),
        ({"R45": "off"}, []),
        ({"R45": "off", "Trial-ipdStatement": "warning"}, ["warning"]),
    ],
)
def test_the_user_sets_severities_by_rule_and_by_shape(severities: Severities, expected: list[str]) -> None:
    assert [rule.severity for rule in rules(severities=severities).table if rule.id == "R45"] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"names": ["who"]}, "--profile who: not one of core, who24, fdaaa, page"),
        ({"severities": {"R48": "info"}}, "R48: neither a rule (R01 to R47) nor a shape"),
        ({"severities": {"R03": "bad"}}, "R03: bad: a severity is violation, warning, info or off"),
        ({"only": ["R3"]}, "R3: neither a rule (R01 to R47) nor a shape; did you mean R03?"),
        ({"only": ["Trial-sites"]}, "Trial-sites: neither a rule (R01 to R47) nor a shape; did you mean Trial-site?"),
    ],
)
def test_a_wrong_name_is_a_usage_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        rules(**arguments)
    assert str(caught.value) == message


def test_the_day_of_judgement_is_put_into_queries() -> None:
    assert dated('"$asOf" "$asOf-30d"', datetime.date(2026, 3, 1)) == '"2026-03-01" "2026-01-30"'
    assert "$asOf" not in counting("core").turtle
    late, early = (rules(as_of=datetime.date(year, 1, 1), only=["R16"]) for year in (2026, 2024))
    text = (
        HEADER
        + '<> tg:overallStatus tgv:overallStatus-NOT_YET_RECRUITING ; tg:startDateLatest "2025-01-01"^^xsd:date .'
    )
    assert [finding.rule for finding in validate_text(text, late)] == ["R16"]
    assert validate_text(text, early) == []


PAGE = (
    '<> a tg:Trial ; tg:nctId "NCT00000001" ; tg:briefTitle "A" ; tg:acronym "MORE-THAN-ENOUGH" .'
    ' <record/veeva/NCT00000001> a tg:RegistryRecord ; tg:about <> ; dcterms:source "veeva" ; tg:notStated tg:site .'
)


def test_what_a_page_does_not_show_is_no_fault() -> None:
    found = validate_text(HEADER + PAGE, counting("core"))
    assert {finding.severity for finding in found} == {"info", "warning"}
    assert [finding.shape for finding in found if finding.severity == "warning"] == [SHAPE + "Trial-acronym"]
    judged = validation(found, counting("core").table, 1, AS_OF.isoformat(), ["core"])
    assert judge(judged).passed
    assert not judged.conforms


def test_a_trial_that_the_registry_tells_of_too_is_judged_in_full() -> None:
    both = PAGE + ' <record/ctgov/NCT00000001> a tg:RegistryRecord ; tg:about <> ; dcterms:source "ctgov" .'
    assert "violation" in {finding.severity for finding in validate_text(HEADER + both, counting("core"))}
    store = pyoxigraph.Store()
    store.load((HEADER + PAGE).encode(), format=pyoxigraph.RdfFormat.TURTLE)
    assert page_trials(store) == {"NCT00000001"}


def test_a_finding_says_where_and_what() -> None:
    bad = "<> tg:leadSponsor <#o> . <#o> tg:organizationClass tgv:organizationClass-CHARITY ."
    assert validated(bad, "Trial-leadSponsorClass", "shacl") == [
        Finding(
            trial="NCT00000001",
            rule="R06",
            shape=f"{SHAPE}Trial-leadSponsorClass",
            severity="violation",
            focus="https://w3id.org/trialgraph/trial/NCT00000001",
            path=f"(<{TG}leadSponsor>/<{TG}organizationClass>)",
            value="https://w3id.org/trialgraph/vocabulary#organizationClass-CHARITY",
            message="A lead sponsor has a class, one of the registry's nine.",
        )
    ]


@pytest.mark.parametrize("fail_on", ["violation", "warning", "info", "never"])
def test_a_gate_opens_below_its_threshold(fail_on: Any) -> None:
    found = validated('<> tg:acronym "MORE-THAN-ENOUGH" .', "Trial-acronym", "shacl")
    judged = validation(found, counting().table, 1, AS_OF.isoformat(), ALL)
    assert judge(judged, fail_on).passed == (fail_on in ("violation", "never"))


@pytest.mark.parametrize(
    ("shape", "name", "broken"),
    [
        ("Trial-personName", "Ann Lee, PharmD", False),
        ("Trial-personName", "Ann Lee, Doctor of Pharmacy", False),
        ("Trial-personName", "Ann Lee, MSc Clinical Research", False),
        ("Trial-personName", "Ann Lee, MD, Acme University Hospital", False),
        ("Trial-personName", "Acme Pharma", True),
        ("Trial-personName", "Acme Pharmaceuticals", True),
        ("Trial-personName", "Clinical Trials, Study Management", True),
        ("Trial-personName", "Acme, Inc.", True),
        ("Trial-personName", "Acme Research & Development, LLC Clinical Trial", True),
        ("Trial-siteName", "Diagnostic Consultative Center 20", False),
        ("Trial-siteName", "City Clinic 3", False),
        ("Trial-siteName", "Acme Hospital ( Site 2107)", False),
        ("Trial-siteName", "Acme Lab Site 1001", True),
        ("Trial-siteName", "Study Center 12", True),
        ("Trial-siteName", "Site Reference ID/Investigator# 45123", True),
        ("Trial-siteName", "For additional information regarding investigative sites for this trial, call", True),
    ],
)
def test_names_of_people_and_sites(shape: str, name: str, broken: bool) -> None:
    part = (
        "tg:overallOfficial <#o> . <#o> tg:name"
        if shape == "Trial-personName"
        else "tg:site <#s> . <#s> tg:facility <#f> . <#f> rdfs:label"
    )
    text = f'{HEADER}<> a tg:Trial ; {part} "{name}" .'
    assert bool(validate_text(text, rules(only=[shape]))) is broken


OWN = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix tg: <https://w3id.org/trialgraph/ontology#> .
<http://example.org/Trial-keyword> a sh:PropertyShape ; sh:targetClass tg:Trial ; sh:path tg:keyword ; sh:minCount 1 .
"""


def test_a_user_adds_shapes(tmp_path: Path) -> None:
    (tmp_path / "own.ttl").write_text(OWN)
    counting = rules(own=[tmp_path / "own.ttl"], only=["R01"])
    found = validate_text(HEADER + '<> a tg:Trial ; tg:nctId "NCT00000001" .', counting)
    assert [(finding.rule, finding.path, finding.severity) for finding in found] == [
        ("Trial-keyword", f"{TG}keyword", "violation")
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("minCount 1 .", "minCount 1", "own.ttl: Parser error at line"),
        ("sh:path tg:keyword ;", "", "own.ttl: the property shape <http://example.org/Trial-keyword> has no sh:path"),
        ("minCount 1", 'minCount "one"', "own.ttl line 4: invalid shapes graph: sh:minCount is not"),
        (
            "minCount 1",
            "sparql <http://q> . <http://q> sh:select 'SELECT'",
            "own.ttl line 4: the query of <http://q>: ",
        ),
        (
            "minCount 1",
            "sparql [ sh:select 'SELECT $this { $this a a:b }' ]",
            "own.ttl line 4: the query: it has a prefix that sh:prefixes does not declare",
        ),
    ],
)
@each_engine
def test_a_fault_in_shapes_is_no_finding(tmp_path: Path, old: str, new: str, message: str, engine: Engine) -> None:
    path = tmp_path / "own.ttl"
    path.write_text(OWN.replace(old, new))
    with pytest.raises(GraphError) as caught:
        validate_text(HEADER, rules(own=[path]), engine)
    assert message in str(caught.value)


def test_a_file_that_holds_no_shapes_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"own\.ttl: cannot be read: No such file"):
        rules(own=[tmp_path / "own.ttl"])
    (tmp_path / "own.ttl").write_text(HEADER + "<> a tg:Trial .")
    with pytest.raises(GraphError, match=r"own\.ttl: there is no shape in it"):
        rules(own=[tmp_path / "own.ttl"])
    (tmp_path / "own.ttl").write_bytes(b"\xff\xfe")
    with pytest.raises(GraphError, match=r"own\.ttl: not Turtle"):
        rules(own=[tmp_path / "own.ttl"])


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        ("[] a sh:NodeShape ; sh:targetClass tg:Trial ; sh:property [ sh:path tg:keyword ; sh:minCount 1 ] .", "own-1"),
        ("[] sh:targetClass tg:Trial ; sh:property [ sh:path tg:keyword ; sh:minCount 1 ] .", "own-1"),
        ("<http://example.org/Key> sh:targetClass tg:Trial ; sh:path tg:keyword ; sh:minCount 1 .", "Key"),
        (
            "<http://example.org/Key> sh:targetClass tg:Trial ; sh:sparql [ sh:message 'A keyword.' ;"
            " sh:prefixes <https://w3id.org/trialgraph/ontology> ;"
            " sh:select 'SELECT $this { FILTER NOT EXISTS { $this tg:keyword ?word } }' ] .",
            "Key",
        ),
    ],
)
@each_engine
def test_shapes_without_a_class_or_a_name_count_too(tmp_path: Path, shape: str, rule: str, engine: Engine) -> None:
    path = tmp_path / "own.ttl"
    path.write_text(OWN.partition("<http://example.org")[0] + shape)
    counting = rules(own=[path], only=["R01"])
    found = validate_text(HEADER + '<> a tg:Trial ; tg:nctId "NCT00000001" .', counting, engine)
    assert [finding.rule for finding in found] == [rule]
    assert found[0].path in {f"{TG}keyword", ""}
    assert rules(own=[path], only=["R01"], severities={rule: "info"}).by_shape[found[0].shape].severity == "info"


@each_engine
def test_a_text_that_is_no_graph_is_an_input_error(engine: Engine) -> None:
    with pytest.raises(InputError, match=r"^not RDF: "):
        validate_text("<a> <b", counting("core"), engine)


def findings_in_both(paths: Iterable[Path], *profiles: str) -> list[Finding]:
    """What both engines find in the graph of some sources, which must be the same."""
    text = "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements([str(path) for path in paths]))
    found = validate_text(text, counting(*profiles), syntax="ntriples")  # which rdflib reads faster than Turtle
    assert found == validate_text(text, counting(*profiles), "pyshacl", syntax="ntriples")
    return found


def test_both_engines_find_the_same_in_the_samples() -> None:
    samples = ROOT / "extract" / "trialgraph" / "samples"
    assert findings_in_both(path for path in samples.iterdir() if path.suffix != ".md")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared studies are not beside the checkout")
@pytest.mark.parametrize("part", [2, 3])  # which together break every rule that all four quarters break
@pytest.mark.long
def test_both_engines_find_the_same_in_real_studies(tmp_path: Path, part: int) -> None:
    with gzip.open(SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz", "rt") as studies:
        (tmp_path / "part.ndjson").write_text("".join(islice(studies, part, None, 4)))
    assert findings_in_both([tmp_path / "part.ndjson"])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the captured pages are not beside the checkout")
def test_captured_pages_break_nothing_that_they_do_not_show() -> None:
    found = findings_in_both(sorted((SHARED / "data" / "pages").glob("*.txt")), "core")
    assert "violation" not in {finding.severity for finding in found}
