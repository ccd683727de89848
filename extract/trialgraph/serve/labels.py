"""The words for the tokens of the registry: "Active, not recruiting" for ACTIVE_NOT_RECRUITING."""

from functools import cache

from pyoxigraph import Literal, NamedNode

from trialgraph import resources
from trialgraph.iris import SKOS

#: The facets whose values are tokens, and the scheme of each.
SCHEMES = {"status": "overallStatus", "phase": "phase", "type": "studyType", "sex": "sex"}


def label(scheme: str, token: str) -> str:
    """The preferred label of a token of a scheme, with a capital letter; the token itself where there is none."""
    words = _labels().get(f"{scheme}-{token}", "") or token
    return words[:1].upper() + words[1:]


@cache
def _labels() -> dict[str, str]:
    graph, preferred = resources.graph("vocabulary.ttl"), NamedNode(f"{SKOS}prefLabel")
    return {
        quad.subject.value.rpartition("#")[2]: quad.object.value
        for quad in graph.quads_for_pattern(None, preferred, None)
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
    }
