"""How well and how fast similar trials are found, beside two other ways to rank them in the same run.

    python benchmarks/similar.py [SOURCE...] [--trials 2000]

Quality, without an opinion of ours: trials that share a rare thing (2 to 5 trials have it) should be found by all else
that they share. So one kind of thing is withheld from the score, and for each trial with a rare thing of that kind it
is measured where the first trial stands that shares it: first (hit@1), among ten (hit@10), and one divided by its place
(MRR), each as a mean in percent. Ties are broken at random, 20 times. The words of a record tell of its conditions and
interventions too; for these, there is a second task in which no text keeps a word that names one.

The others are Scholia's score of related trials (3 for each condition shared, 2 for each intervention, 1 for the
sponsor: https://github.com/WDscholia/scholia, clinical-trial_related-trials.sparql, which asks Wikidata; here a
condition or an intervention is its MeSH descriptor, or its name where the trial has no descriptor), and the cosine of
TF-IDF over the same texts.

Times are of the given trials, and of copies of them under new NCT ids in a store on disk.
"""

import argparse
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyoxigraph

import trialgraph
from trialgraph import resources
from trialgraph.iris import RDFS, TG
from trialgraph.similar import WEIGHTS, Corpus
from trialgraph.similar.features import Concepts, Features, Pairs

Scores: TypeAlias = Callable[[int], np.ndarray[Any, Any]]

RARE = range(2, 6)
SCHOLIA = {"condition": 3, "intervention": 2, "sponsor": 1}
SHUFFLES = 20
WORD = re.compile(r"[^\W\d_][\w-]*\w")
TEXTS = ("briefTitle", "officialTitle", "briefSummary", "keyword", "description", "eligibilityText")


class Task(NamedTuple):
    """What is shared and withheld: its kind, the properties that lead to it, and whether its words are withheld too."""

    name: str
    kind: str
    path: tuple[str, ...]
    words: bool = False


TASKS = [
    Task("a condition's descriptor", "condition", ("conditionMesh",)),
    Task("... and the words of conditions", "condition", ("conditionMesh",), words=True),
    Task("an intervention's descriptor", "intervention", ("interventionMesh",)),
    Task("... and the words of interventions", "intervention", ("interventionMesh",), words=True),
    Task("a collaborator", "collaborator", ("collaborator",)),
    Task("a reference", "reference", ("reference", "pmid")),
]


def main() -> None:
    """Print the quality, a line a task and a way, and the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sample_files = sorted(str(path) for path in resources.folder("samples").iterdir() if path.suffix != ".md")
    parser.add_argument("sources", nargs="*", default=sample_files)
    parser.add_argument("--trials", type=int, default=2000, help="how many trials the times are of")
    given = parser.parse_args()
    lines = [f"{s} {p} {o} .\n" for s, p, o in trialgraph.statements(given.sources)]
    store = pyoxigraph.Store()
    store.bulk_load("".join(lines).encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    quality(store)
    times(store)
    with tempfile.TemporaryDirectory() as folder:
        times(copied(lines, given.trials, folder))


def quality(store: pyoxigraph.Store) -> None:
    """Where the trials that share a rare thing stand, when its kind is withheld."""
    features = Features(store)
    concepts = {"condition": features.conditions(), "intervention": features.interventions()}
    print(f"{'shared by 2 to 5 trials, and withheld':38}{'trials':>6}  {'way':17}{'hit@1':>6}{'hit@10':>7}{'MRR':>5}")
    for task in TASKS:
        wanted = sharers(features.follow(*task.path))
        left = without_words(store, concepts[task.kind]) if task.words else store
        kept = {kind: weight for kind, weight in WEIGHTS.items() if not kind.startswith(task.kind)}
        ways: dict[str, Scores] = {
            "trialgraph": Corpus(left, kept).scores,
            "TF-IDF alone": Corpus(left, {"text": 1}).scores,
            "Scholia's 3-2-1": scholia(features, concepts, task.kind),
        }
        measured = {way: measure(scores, wanted) for way, scores in ways.items()}
        for way, figures in measured.items():
            one, ten, mrr = (f"{100 * figure:.0f}" for figure in figures)
            ratio = figures[2] and f"{measured['trialgraph'][2] / figures[2]:.2f} times this"
            print(f"{task.name:38}{len(wanted):6}  {way:17}{one:>6}{ten:>7}{mrr:>5}  {ratio}")


def sharers(pairs: Pairs) -> dict[int, set[int]]:
    """The trials that share a rare thing with each trial that has one."""
    having: defaultdict[str, set[int]] = defaultdict(set)
    for number, thing in pairs:
        having[thing].add(number)
    found: defaultdict[int, set[int]] = defaultdict(set)
    for numbers in having.values():
        if len(numbers) in RARE:
            for number in numbers:
                found[number] |= numbers - {number}
    return dict(found)


def measure(scores: Scores, wanted: Mapping[int, set[int]]) -> tuple[float, float, float]:
    """hit@1, hit@10 and MRR: means over the trials, and over some orders of ties; zeros if no trial is wanted."""
    shuffle = np.random.default_rng(0)
    places = []
    for number, others in wanted.items():
        of_all = np.round(scores(number), 9)
        of_all[number] = -1  # last
        for _ in range(SHUFFLES):
            order = np.lexsort((shuffle.random(len(of_all)), -of_all))
            places.append(1 + int(np.flatnonzero(np.isin(order, list(others)))[0]))
    if not places:
        return (0.0, 0.0, 0.0)
    ranks = np.array(places, dtype=np.float64)
    return float(np.mean(ranks == 1)), float(np.mean(ranks <= 10)), float(np.mean(1 / ranks))


def without_words(store: pyoxigraph.Store, concepts: Concepts) -> pyoxigraph.Store:
    """The graph without the words of any of the concepts in the texts of its trials."""
    texts = {f"{TG}{name}" for name in TEXTS}
    words = {word.lower() for label in concepts.labels.values() for word in WORD.findall(label)}
    quads = []
    for subject, predicate, term, graph in store:
        # The names of conditions and interventions are texts, too.
        names = {f"{RDFS}label": "/condition/", f"{TG}name": "/intervention/"}.get(predicate.value)
        if isinstance(term, pyoxigraph.Literal) and (predicate.value in texts or (names and names in str(subject))):
            left = WORD.sub(lambda word: "" if word[0].lower() in words else word[0], term.value)
            quads.append(pyoxigraph.Quad(subject, predicate, pyoxigraph.Literal(left), graph))
        else:
            quads.append(pyoxigraph.Quad(subject, predicate, term, graph))
    found = pyoxigraph.Store()
    found.bulk_extend(quads)
    return found


def scholia(features: Features, concepts: Mapping[str, Concepts], withheld: str) -> Scores:
    """Scholia's score, without the kind that is withheld."""
    kinds: dict[str, Pairs] = {"sponsor": features.follow("leadSponsor")}
    for kind, of_kind in concepts.items():
        coded = {number for number, _ in of_kind.coded}
        kinds[kind] = of_kind.coded | {pair for pair in of_kind.named if pair[0] not in coded}
    having: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    things: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for kind, pairs in kinds.items():
        for number, thing in pairs if kind != withheld else ():
            having[kind, thing].append(number)
            things[number].append((kind, thing))

    def scores(number: int) -> np.ndarray[Any, Any]:
        total = np.zeros(len(features.trials))
        for kind, thing in things[number]:
            total[having[kind, thing]] += SCHOLIA[kind]
        return total

    return scores


def copied(lines: list[str], count: int, folder: str) -> pyoxigraph.Store:
    """A store on disk with a number of trials: those of N-Triples again and again, under new NCT ids."""
    subjects = {line.partition(" ")[0] for line in lines}
    known = [iri[-12:-1] for iri in sorted(subjects) if re.search(r"/trial/NCT\d{8}>$", iri)]
    store, path = pyoxigraph.Store(str(Path(folder, "store"))), Path(folder, "copy.nt")
    for first in range(0, count, len(known)):
        renamed = {nct_id: f"NCT{90_000_000 + first + place}" for place, nct_id in enumerate(known[: count - first])}
        left_out = set(known[count - first :]) if count - first < len(known) else set()
        with path.open("w", encoding="utf-8") as out:
            for line in lines:
                if left_out.isdisjoint(re.findall(r"NCT\d{8}", line)):
                    out.write(re.sub(r"NCT\d{8}", lambda found, ids=renamed: ids.get(found[0], found[0]), line))  # type: ignore[misc]
        store.bulk_load(path=str(path), format=pyoxigraph.RdfFormat.N_TRIPLES)
    store.optimize()
    return store


def times(store: pyoxigraph.Store) -> None:
    """Print how long the trials take to read, and the lists of all."""
    start = time.perf_counter()
    corpus = Corpus(store)
    read = time.perf_counter()
    found = sum(len(similar) for _, similar in corpus.all())
    seconds = time.perf_counter() - read
    each = 1000 * seconds / len(corpus)
    print(f"{len(corpus):,} trials: {read - start:.1f} s to read, {each:.1f} ms for the ten of one,", end=" ")
    print(f"{seconds:.1f} s for the {found:,} of all")


if __name__ == "__main__":
    main()
