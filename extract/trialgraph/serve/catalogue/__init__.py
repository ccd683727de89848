"""The catalogue: an index of a graph for pages, to search it, to count it and to list its trials."""

from trialgraph.serve.catalogue.build import build
from trialgraph.serve.catalogue.catalogue import Catalogue, is_catalogue
from trialgraph.serve.catalogue.keeping import prepared
from trialgraph.serve.catalogue.model import KINDS, NAMES, Count, Kind, Thing, TrialRow
from trialgraph.serve.catalogue.search import alike, called, things, titled
from trialgraph.serve.catalogue.selection import FACETS, SORTS, Selection
from trialgraph.serve.catalogue.sparql import sparql

__all__ = [
    "FACETS",
    "KINDS",
    "NAMES",
    "SORTS",
    "Catalogue",
    "Count",
    "Kind",
    "Selection",
    "Thing",
    "TrialRow",
    "alike",
    "build",
    "called",
    "is_catalogue",
    "prepared",
    "sparql",
    "things",
    "titled",
]
