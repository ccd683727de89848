"""Similar trials: what is a reason and what it counts, the order, the statements, and the registry's own records."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import SHARED, Input, parsed, study, written
from tests.test_ontology_use import NOT_BUILT, classes, defined, ontology, undefined

import trialgraph
from trialgraph import resources
from trialgraph.errors import UsageError
from trialgraph.iris import BASE, PREFIXES
from trialgraph.similar import WEIGHTS, Corpus, Reason, Similar, statements

STUDIES = SHARED / "data" / "ctgov-v2" / "studies.ndjson.gz"
PAGES = SHARED / "data" / "pages"

ASTHMA = {"id": "D001249", "term": "Asthma"}
BRONCHIAL = {"id": "D001982", "term": "Bronchial Diseases"}
RESPIRATORY = {"id": "D012140", "term": "Respiratory Tract Diseases"}
COPD = {"id": "D029424", "term": "Pulmonary Disease, Chronic Obstructive"}
FLU = {"id": "D007251", "term": "Influenza, Human"}

#: Makes a corpus of records and files.
Made: TypeAlias = Callable[..., Corpus]


def trial(number: int, **modules: Any) -> dict[str, Any]:
    """A record that shares nothing with others but what is put in."""
    alone: dict[str, Any] = {
        "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": f"Title{number}"},
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": f"Sponsor{number}"}},
        "conditionsModule": {"conditions": [f"Disease{number}"]},
        "designModule": {"studyType": None},
    }
    for name, module in modules.items():
        alone[name] = alone.get(name, {}) | module
    return study(f"NCT{number:08}", **alone)


def about(number: int, *conditions: str) -> dict[str, Any]:
    return trial(number, conditionsModule={"conditions": list(conditions)})


def coded(number: int, mesh: dict[str, str], *ancestors: dict[str, str], name: str = "") -> dict[str, Any]:
    """A trial of which the registry found a descriptor, and those above it."""
    browse = {"conditionBrowseModule": {"meshes": [mesh], "ancestors": ancestors}}
    return trial(number, derivedSection=browse, conditionsModule={"conditions": [name or f"Disease{number}"]})


def loaded(*sources: str) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements(sources))
    store.bulk_load(lines.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return store


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(*inputs: Input) -> Corpus:
        return Corpus(loaded(*written(tmp_path, inputs)))

    return make


@cache
def samples() -> pyoxigraph.Store:
    """The graph of the samples that ship with the package."""
    return loaded(*sorted(str(path) for path in resources.folder("samples").iterdir() if path.suffix != ".md"))


@cache
def every_similar_sample() -> dict[str, list[Similar]]:
    """All samples that share anything with each sample."""
    corpus = Corpus(samples())
    return dict(corpus.all(len(corpus)))


def ids(found: list[Similar]) -> list[str]:
    return [each.nct_id for each in found]


def reasons(found: list[Similar], nct_id: str) -> dict[str, str]:
    """What a trial of the list shares: the label of each reason, by its kind."""
    [one] = [each for each in found if each.nct_id == nct_id]
    assert len({reason.kind for reason in one.reasons}) == len(one.reasons)
    return {reason.kind: reason.label for reason in one.reasons}


def test_a_rare_concept_that_is_shared_beats_a_common_one(made: Made) -> None:
    common = [about(number, "Asthma", f"Other{number}") for number in range(3, 9)]
    found = made(about(1, "Asthma", "Gout"), about(2, "Gout", "Other2"), *common).similar("NCT00000001")
    assert ids(found)[0] == "NCT00000002"
    assert found[0].score > 2 * found[1].score
    assert reasons(found, "NCT00000002")["condition"] == "Gout (2 of 8 trials)"
    assert reasons(found, "NCT00000003")["condition"] == "Asthma (7 of 8 trials)"


def test_an_ancestor_counts_less_than_the_concept(made: Made) -> None:
    corpus = made(
        coded(1, ASTHMA, BRONCHIAL, RESPIRATORY),
        coded(2, ASTHMA, BRONCHIAL, RESPIRATORY),
        coded(3, {"id": "D001987", "term": "Bronchiectasis"}, BRONCHIAL, RESPIRATORY),
        coded(4, {"id": "D012130", "term": "Pneumonia"}, RESPIRATORY),
        trial(5),
    )
    found = corpus.similar("NCT00000001")
    assert ids(found) == ["NCT00000002", "NCT00000003", "NCT00000004"]
    assert [reasons(found, each) for each in ids(found)] == [
        {"condition": "Asthma (2 of 5 trials)"},
        {"condition ancestor": "Bronchial Diseases (3 of 5 trials)"},
        {"condition ancestor": "Respiratory Tract Diseases (4 of 5 trials)"},
    ]
    assert found[0].score > found[1].score > found[2].score


def test_a_concept_of_one_trial_that_is_an_ancestor_in_the_other_counts_as_an_ancestor(made: Made) -> None:
    found = made(coded(1, BRONCHIAL, RESPIRATORY), coded(2, ASTHMA, BRONCHIAL, RESPIRATORY)).similar("NCT00000001")
    assert reasons(found, "NCT00000002") == {"condition ancestor": "Bronchial Diseases (2 of 2 trials)"}


#: The descriptor above each of seven: 1 and 2 below 0, 3 and 4 below 1, 5 below 2, 6 below 5.
PARENTS = {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 5}


def ancestors(mesh: int) -> set[int]:
    return {PARENTS[mesh]} | ancestors(PARENTS[mesh]) if mesh in PARENTS else set()


@given(st.lists(st.sets(st.integers(0, 6), min_size=1, max_size=3), min_size=2, max_size=7))
@settings(max_examples=25, deadline=None)
def test_trials_that_share_a_branch_say_so_once_at_its_most_specific_concept(drawn: list[set[int]]) -> None:
    # The registry leaves a descriptor out of the ancestors if the trial has it anyway: some trials show the branch.
    meshes = [*drawn, *({mesh} for mesh in range(7))]
    closures = [each | {above for mesh in each for above in ancestors(mesh)} for each in meshes]
    lines = [
        f"<{BASE}trial/NCT{number:08}> a tg:Trial ; rdfs:label 'T' "
        + "".join(f"; tg:conditionMesh mesh:D{mesh} " for mesh in each)
        + "".join(f"; tg:conditionMeshAncestor mesh:D{mesh} " for mesh in closure - each)
        + "."
        for number, (each, closure) in enumerate(zip(meshes, closures, strict=True))
    ]
    prefixes = "".join(f"@prefix {prefix}: <{iri}> . " for prefix, iri in PREFIXES.items())
    store = pyoxigraph.Store()
    store.load((prefixes + "\n".join(lines)).encode(), format=pyoxigraph.RdfFormat.TURTLE)
    for nct_id, found in Corpus(store, {"condition": 3, "condition ancestor": 1}).all(len(meshes)):
        one = int(nct_id[3:])
        for similar_trial in found:
            other = int(similar_trial.nct_id[3:])
            told = {int(reason.things[0].partition("mesh/D")[2][:-1]): reason for reason in similar_trial.reasons}
            assert all(mesh not in ancestors(below) for mesh in told for below in told)
            # Whatever else is shared is above what is told.
            shared = closures[one] & closures[other]
            assert shared == told.keys() | {above for mesh in told for above in ancestors(mesh)}
            for mesh, reason in told.items():
                assert (reason.kind == "condition") == (mesh in meshes[one] & meshes[other])
        assert {each.nct_id for each in found} == {
            f"NCT{other:08}" for other in range(len(meshes)) if other != one and closures[one] & closures[other]
        }


def test_a_name_and_its_descriptor_count_once(made: Made) -> None:
    corpus = made(
        coded(1, COPD, RESPIRATORY, name="COPD"),
        coded(2, COPD, RESPIRATORY, name="COPD"),
        coded(3, COPD, RESPIRATORY, name="Chronic bronchitis"),
        coded(4, ASTHMA, RESPIRATORY, name="Asthma"),
        about(5, "asthma"),
        trial(6),
    )
    found = corpus.similar("NCT00000001")
    assert reasons(found, "NCT00000002")["condition"] == "COPD (2 of 6 trials)"
    assert reasons(found, "NCT00000003") == {"condition": "Pulmonary Disease, Chronic Obstructive (3 of 6 trials)"}
    # A page has no descriptors, but may use their words.
    assert reasons(corpus.similar("NCT00000005"), "NCT00000004")["condition"] == "Asthma (2 of 6 trials)"


def test_interventions_are_compared_as_conditions_are(made: Made) -> None:
    def given_drug(number: int, name: str) -> dict[str, Any]:
        return trial(number, armsInterventionsModule={"interventions": [{"type": "DRUG", "name": name}]})

    found = made(given_drug(1, "Omalizumab"), given_drug(2, "omalizumab"), given_drug(3, "Gum")).similar("NCT00000001")
    assert ids(found) == ["NCT00000002"]
    assert reasons(found, "NCT00000002") == {
        "intervention": "omalizumab (2 of 3 trials)",
        "text": "words: omalizumab",
    }


@pytest.mark.parametrize(
    ("kind", "label", "modules"),
    [
        ("phase", "phase 2 (2 of 3 trials)", {"designModule": {"phases": ["PHASE2"]}}),
        (
            "design",
            "allocation: randomized, masking: double",
            {"designModule": {"designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}}}},
        ),
        (
            "sponsor",
            "Acme (2 of 3 trials)",
            {"sponsorCollaboratorsModule": {"leadSponsor": {"name": "Acme"}}},
        ),
        (
            "collaborator",
            "Helper (2 of 3 trials)",
            {"sponsorCollaboratorsModule": {"collaborators": [{"name": "Helper"}]}},
        ),
        (
            "facility",
            "Inselspital (2 of 3 trials)",
            {"contactsLocationsModule": {"locations": [{"facility": "Inselspital"}]}},
        ),
        (
            "country",
            "Switzerland (2 of 3 trials)",
            {"contactsLocationsModule": {"locations": [{"city": "Bern", "country": "Switzerland"}]}},
        ),
        (
            "eligibility",
            "minimum age: 18 Years, sex: female",
            {"eligibilityModule": {"sex": "FEMALE", "minimumAge": "18 Years"}},
        ),
        ("reference", "PMID 123 (2 of 3 trials)", {"referencesModule": {"references": [{"pmid": "123"}]}}),
        ("text", "words: surfactant", {"descriptionModule": {"briefSummary": "The surfactant."}}),
    ],
)
def test_what_two_trials_share_is_a_reason(made: Made, kind: str, label: str, modules: dict[str, Any]) -> None:
    found = made(trial(1, **modules), trial(2, **modules), trial(3)).similar("NCT00000001")
    assert ids(found) == ["NCT00000002"]
    assert reasons(found, "NCT00000002") == {kind: label}


def test_what_says_nothing_is_no_reason(made: Made) -> None:
    same: dict[str, Any] = {
        "designModule": {"phases": ["NA"]},
        "contactsLocationsModule": {"locations": [{"facility": "Research Site"}, {"facility": "Local Institution 12"}]},
        "descriptionModule": {"briefSummary": "This is the one."},
    }
    assert made(trial(1, **same), trial(2, **same)).similar("NCT00000001") == []


def test_many_facilities_are_one_reason_that_names_the_rarest(made: Made) -> None:
    def at(number: int, *names: str) -> dict[str, Any]:
        return trial(number, contactsLocationsModule={"locations": [{"facility": name} for name in names]})

    corpus = made(at(1, "A", "B", "C", "D", "E"), at(2, "A", "B", "C", "D", "E"), at(3, "A", "B"))
    [first, _] = corpus.similar("NCT00000001")
    [reason] = first.reasons
    assert reason.label == "C, D, E, 2 more"
    assert len(reason.things) == 5


PAGE = resources.folder("samples") / "meddatax-NCT99000003.txt"


def test_a_trial_that_a_page_lists_is_similar_if_it_has_a_record(made: Made) -> None:
    [listed, *_] = sorted(
        str(quad.object)[1:-1].rpartition("/")[2]
        for quad in samples().quads_for_pattern(
            None, pyoxigraph.NamedNode("https://w3id.org/trialgraph/ontology#similarTo"), None
        )
        if str(quad.subject).endswith("NCT99000003>")
    )
    alone = made(PAGE, trial(1))
    assert len(alone) == 2
    with pytest.raises(UsageError, match=rf"{listed}: no trial of the graph with a record of its own"):
        alone.similar(listed)
    found = made(PAGE, study(listed, identificationModule={"briefTitle": "Other"})).similar("NCT99000003")
    assert reasons(found, listed)["related on a page"] == "a page lists one with the other"


def test_the_score_is_the_sum_of_the_reasons_and_the_same_both_ways() -> None:
    corpus = Corpus(samples())
    scores = {(one, other.nct_id): other.score for one, found in corpus.all(len(corpus)) for other in found}
    assert len(scores) > 100
    assert all(isclose(score, scores[other, one]) for (one, other), score in scores.items())
    for number, (_, found) in enumerate(corpus.all(len(corpus))):
        by_matrix = dict(zip(corpus.ids, corpus.scores(number), strict=True))
        for each in found:
            assert isclose(each.score, sum(reason.weight for reason in each.reasons))
            assert isclose(each.score, by_matrix[each.nct_id])
            assert all(reason.weight > 0 for reason in each.reasons)


def test_the_best_come_first_and_the_trial_itself_never() -> None:
    corpus = Corpus(samples())
    for nct_id, found in corpus.all(4):
        assert nct_id not in ids(found)
        assert len(found) <= 4
        assert [(-round(each.score, 9), each.nct_id) for each in found] == sorted(
            (-round(each.score, 9), each.nct_id) for each in found
        )
        every = corpus.similar(nct_id, len(corpus))
        assert every[:4] == found


def test_ties_are_in_the_order_of_the_ids(made: Made) -> None:
    corpus = made(*(about(number, "Gout") for number in (5, 3, 9, 1)))
    assert ids(corpus.similar("NCT00000005")) == ["NCT00000001", "NCT00000003", "NCT00000009"]
    assert ids(corpus.similar("NCT00000005", k=1)) == ["NCT00000001"]


def test_two_corpora_of_a_graph_say_the_same_whatever_its_order() -> None:
    first, second = Corpus(samples()), pyoxigraph.Store()
    for quad in sorted(samples(), key=str, reverse=True):
        second.add(quad)
    assert list(first.all()) == list(Corpus(second).all())


@given(st.sets(st.sampled_from(sorted(WEIGHTS)), min_size=1))
@settings(max_examples=10, deadline=None)
def test_without_a_kind_exactly_its_reasons_are_gone(withheld: set[str]) -> None:
    left = Corpus(samples(), {kind: weight for kind, weight in WEIGHTS.items() if kind not in withheld})
    for nct_id, whole in every_similar_sample().items():
        expected = {
            each.nct_id: rest
            for each in whole
            if (rest := rounded(reason for reason in each.reasons if reason.kind not in withheld))
        }
        assert {each.nct_id: rounded(each.reasons) for each in left.similar(nct_id, len(left))} == expected


def rounded(given: Any) -> list[tuple[float, str, str]]:
    return sorted((round(reason.weight, 7), reason.kind, reason.label) for reason in given)


def test_a_trial_that_is_not_there_is_an_error_that_names_the_nearest(made: Made) -> None:
    corpus = made(trial(123), trial(45678901))
    with pytest.raises(UsageError, match=r"^NCT00000132: .*; the nearest are NCT00000123$"):
        corpus.similar("NCT00000132")
    with pytest.raises(UsageError, match=r"^asthma: .*; the graph has 2 trials$"):
        corpus.similar("asthma")
    assert corpus.id(" nct00000123 ") == "NCT00000123"
    assert corpus.similar(" nct00000123 ") == []


@pytest.mark.parametrize("k", [0, -1])
def test_no_trials_at_all_cannot_be_asked_for(made: Made, k: int) -> None:
    with pytest.raises(UsageError, match=f"^{k} similar trials: ask for 1 or more$"):
        made(trial(1)).similar("NCT00000001", k)


def test_weights_are_of_known_kinds_and_not_negative() -> None:
    with pytest.raises(UsageError, match=r"^colour: no kind of reason; there are condition, "):
        Corpus(pyoxigraph.Store(), {"colour": 1})
    with pytest.raises(UsageError, match="counts 0 or more"):
        Corpus(pyoxigraph.Store(), {"text": -1})


def test_a_graph_without_trials_or_words_has_nothing_similar(made: Made) -> None:
    assert list(Corpus(pyoxigraph.Store()).all()) == []
    nameless: dict[str, Any] = {"identificationModule": {"briefTitle": "123"}, "conditionsModule": {"conditions": []}}
    assert list(made(trial(1, **nameless), trial(2, **nameless)).all()) == [("NCT00000001", []), ("NCT00000002", [])]


def test_without_scikit_learn_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['sklearn'] = None; from trialgraph.similar import Corpus"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "trialgraph.errors.UsageError: similar trials need scikit-learn; pip install 'trialgraph[similar]'"
    )


def test_similarities_are_statements_with_their_reasons() -> None:
    found = [
        Similar(
            "NCT00000002",
            "Title",
            1.25,
            (
                Reason("sponsor", "Acme (2 of 3 trials)", 1.0, ("<https://w3id.org/trialgraph/organization/acme>",)),
                Reason("text", 'words: "quoted"', 0.25),
            ),
            "<https://w3id.org/trialgraph/trial/NCT00000002>",
        )
    ]
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in statements("NCT00000001", found))
    graph = parsed(lines.encode())
    [node] = graph.things("tg:Similarity")
    assert node.startswith("trial/NCT00000001/similarity/")
    assert graph.objects("tg:about", node) == ["trial/NCT00000001"]
    assert graph.objects("tg:similarTrial", node) == ["trial/NCT00000002"]
    assert graph.objects("tg:rank", node) == ['"1"^^xsd:integer']
    assert graph.objects("tg:score", node) == ['"1.25"^^xsd:decimal']
    told = {
        (*graph.objects("tg:reasonKind", part), *graph.objects("rdfs:label", part), *graph.objects("tg:weight", part))
        for part in graph.objects("tg:reason", node)
    }
    assert told == {
        ('"sponsor"', '"Acme (2 of 3 trials)"', '"1.0"^^xsd:decimal'),
        ('"text"', '"words: "quoted""', '"0.25"^^xsd:decimal'),
    }
    assert graph.objects("tg:shares") == ["organization/acme"]


def test_the_iris_stay_when_other_trials_come(made: Made) -> None:
    same: dict[str, Any] = {
        "conditionsModule": {"conditions": ["Gout"]},
        "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "Colchicine (low dose)"}]},
        "designModule": {"phases": ["PHASE2"], "designInfo": {"allocation": "RANDOMIZED"}},
        "referencesModule": {"references": [{"pmid": "1"}, {"pmid": "2"}]},
    }
    few = [trial(1, **same), trial(2, **same)]
    before, after = (
        {s for s, _, _ in statements("NCT00000001", made(*given).similar("NCT00000001", 1))}
        for given in (few, [*few, *(about(number, "Gout", "Pain") for number in range(3, 9))])
    )
    assert before == after
    assert len(before) == 1 + len(["condition", "intervention", "phase", "design", "1", "2", "text"])


def test_the_statements_keep_to_the_ontology_and_name_each_thing_once() -> None:
    corpus = Corpus(samples())
    rows = [row for nct_id, found in corpus.all(3) for row in statements(nct_id, found)]
    assert len(rows) == len(set(rows))
    graph = parsed("".join(f"{s} {p} {o} .\n" for s, p, o in rows).encode())
    assert len(graph) == len(rows)
    assert undefined(graph) == set()
    assert {p for _, p, _ in graph} >= {*NOT_BUILT} & defined("ObjectProperty") - {"tg:completeness"}
    of, domains = classes(graph), {s: o for s, p, o in ontology() if p == "rdfs:domain"}
    assert {(p, s) for s, p, _ in graph if p in domains and domains[p] not in of[s]} == set()
    # One node a pair, and one a reason.
    assert len(graph.things("tg:Similarity")) == sum(len(found) for _, found in corpus.all(3))
    assert len(graph.things("tg:SimilarityReason")) == sum(
        len(each.reasons) for _, found in corpus.all(3) for each in found
    )


@pytest.mark.skipif(not STUDIES.is_file(), reason="the registry's records are not beside the checkout")
def test_nearly_every_real_trial_has_ten_with_reasons() -> None:
    corpus = Corpus(loaded(str(STUDIES), *map(str, PAGES.iterdir())))
    lists = list(corpus.all())
    assert len(lists) == len(corpus) > 260
    assert sum(len(found) == 10 for _, found in lists) == len(lists)
    kinds = {reason.kind for _, found in lists for each in found for reason in each.reasons}
    assert kinds >= WEIGHTS.keys() - {"related on a page"}
    # The two trials of one interleukin in asthma, by one sponsor.
    assert corpus.similar("NCT00001908")[0].nct_id == "NCT00001909"
    # A page's trial of a disease and a treatment that no other record has.
    assert "text" in {reason.kind for reason in corpus.similar("NCT07131150")[0].reasons}
