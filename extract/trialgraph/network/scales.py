"""What the marks of a drawing stand for: a colour for a community, an area for trials, a width for trials shared."""

from collections import Counter
from math import sqrt

from trialgraph.network.measures import sizes
from trialgraph.network.projection import Graph

# The colours that Okabe and Ito chose for all kinds of colour vision (https://jfly.uni-koeln.de/color/), without
# black, which is the text's, and yellow, which is faint on white. Smaller communities share the grey.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
GREY = "#8c959f"
#: The radius of the node with most trials.
RADIUS = 22.0
#: Where all things are in few trials, none is drawn as large as that.
_MANY = 8


def radius(trials: int, most: int) -> float:
    """The radius of a node whose area stands for its trials; the smallest can still be seen."""
    return max(RADIUS * sqrt(trials / max(most, _MANY)), 4)


def thickness(weight: int, heaviest: int) -> float:
    """The width of an edge."""
    return 1 + 6 * (weight - 1) / max(heaviest - 1, 4)


def colours(graph: Graph, drawn: Graph) -> dict[int, str]:
    """The colour of each community: those with most nodes on the sheet have one of their own."""
    members = sizes(graph)
    seen = Counter(graph.nodes[node]["community"] for node in drawn)
    ranked = sorted(seen, key=lambda community: (-seen[community], community))
    first = [community for community in ranked if members[community] > 1][: len(_COLOURS)]
    return dict.fromkeys(members, GREY) | dict(zip(sorted(first), _COLOURS, strict=False))
