"""The legend of a drawing: communities, areas, widths, and in words what is drawn of how much."""

from collections.abc import Sequence
from typing import Any

from trialgraph.network.lettering import lines, width
from trialgraph.network.measures import sizes
from trialgraph.network.projection import Graph
from trialgraph.network.scales import GREY, RADIUS, radius, thickness
from trialgraph.svg import decimal, escaped

#: The width of the legend.
WIDTH = 270

_PLURALS = {"organization": "organisations", "facility": "facilities", "country": "countries"}


class _Column:
    """Marks below one another; `y` is how far down the next one goes."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self.y = 4.0

    def words(self, text: str, class_: str = "", indent: float = 0) -> None:
        """A text in as many lines as it takes."""
        room = (WIDTH - indent) / (1.12 if class_ == "strong" else 1)
        for line in lines(text, 11, room, 20):
            self.y += 14.3
            self.marks.append(
                f'<text class="legend {class_}" x="{decimal(indent)}" y="{decimal(self.y)}" font-size="11">'
                f"{escaped(line)}</text>"
            )

    def entry(self, colour: str, text: str) -> None:
        """A text beside a colour."""
        self.y += 5
        self.marks.append(f'<circle cx="6" cy="{decimal(self.y + 10.5)}" r="6" fill="{colour}"/>')
        self.words(text, indent=20)

    def number(self, x: float, count: int) -> float:
        """A number at a height between two lines; where the next mark beside it begins."""
        self.marks.append(
            f'<text class="legend" x="{decimal(x)}" y="{decimal(self.y + 4)}" font-size="11">{count:,}</text>'
        )
        return x + width(f"{count:,}", 11) + 15


def legend(
    graph: Graph, drawn: Graph, rows: Sequence[dict[str, Any]], most: int, heaviest: int, colours: dict[int, str]
) -> tuple[list[str], float]:
    """The legend's marks, and how tall it is."""
    column = _Column()
    _communities(column, graph, drawn, rows, colours)
    column.y += 12
    _areas(column, most)
    if drawn.number_of_edges():
        _widths(column, graph, drawn, heaviest)
    column.y += 10
    column.words(summary(graph, drawn), class_="soft")
    return column.marks, column.y + 8


def _communities(
    column: _Column, graph: Graph, drawn: Graph, rows: Sequence[dict[str, Any]], colours: dict[int, str]
) -> None:
    column.words("Communities", class_="strong")
    members = sizes(graph)
    for community in sorted(community for community, colour in colours.items() if colour != GREY):
        labels = [lines(row["label"], 11, 1.5 * WIDTH, 1)[0] for row in rows if row["community"] == community]
        more = f" and {members[community] - 3:,} more" if members[community] > 3 else ""
        column.entry(colours[community], f"{'; '.join(labels[:3])}{more}")
    if any(colours[graph.nodes[node]["community"]] == GREY for node in drawn):
        column.entry(GREY, "smaller communities and singles")


def _areas(column: _Column, most: int) -> None:
    column.words("Area of a node: its trials", class_="strong")
    column.y += 8 + RADIUS
    x = 0.0
    for count in sorted({1, max(most // 4, 1), most}):
        r = radius(count, most)
        column.marks.append(f'<circle cx="{decimal(x + r)}" cy="{decimal(column.y)}" r="{decimal(r)}" fill="{GREY}"/>')
        x = column.number(x + 2 * r + 5, count)
    column.y += RADIUS + 6


def _widths(column: _Column, graph: Graph, drawn: Graph, heaviest: int) -> None:
    column.words("Width of an edge: the trials shared", class_="strong")
    column.y += 14
    x = 0.0
    for count in sorted({1, (heaviest + 1) // 2, heaviest}):
        column.marks.append(
            f'<path d="M{decimal(x)} {decimal(column.y)}h26" stroke="{GREY}"'
            f' stroke-width="{decimal(thickness(count, heaviest))}"/>'
        )
        x = column.number(x + 31, count)
    column.y += 8
    communities = graph.nodes(data="community")
    if any(communities[one] != communities[other] for one, other in drawn.edges):
        column.words("Grey edges run between communities.")
    if graph.is_directed():
        column.words("Arrows lead from lead sponsors to collaborators.")


def summary(graph: Graph, drawn: Graph) -> str:
    """What is drawn of how much, in words."""
    about = graph.graph
    kind = about.get("kind", "node")
    plural = _PLURALS.get(kind, f"{kind}s")
    weaker = drawn.graph["edges"] - drawn.number_of_edges()
    communities = "1 community" if about["communities"] == 1 else f"{about['communities']:,} communities"
    text = [
        f"Drawn: all {len(graph):,} {plural}."
        if len(drawn) == len(graph)
        else f"Drawn: {len(drawn):,} of {len(graph):,} {plural}, the ends of the strongest edges first.",
        f"Edges of fewer than {drawn.graph['least']:,} trials are drawn only where they alone keep a part together;"
        f" {counted(weaker, 'edge')} between these {plural} {'is' if weaker == 1 else 'are'} not."
        if weaker
        else "All edges between them are drawn.",
        f"The whole network: {counted(about.get('trials', 0), 'trial')}, {counted(graph.number_of_edges(), 'edge')},"
        f" {communities} of two or more (Louvain, modularity {about['modularity']:.2f}).",
    ]
    if about.get("min_weight", 1) > 1:
        text.append(f"It has no edges of fewer than {about['min_weight']:,} trials.")
    if about.get("trials_not_joined"):
        text.append(
            f"Trials with more than {about['largest_joined']:,} {plural}, {about['trials_not_joined']:,} in all,"
            f" join none of them."
        )
    if left := about.get("names_left_out"):
        like = "Research Site" if kind == "facility" else "Study Director"
        text.append(f"Left out: {counted(left, 'name')} that no single {kind} has, such as {like}.")
    return " ".join(text)


def counted(number: int, noun: str) -> str:
    """A number of things: "1 trial", "2,000 trials"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
