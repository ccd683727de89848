"""A network as a picture: the strongest nodes, their strongest edges, communities in colour, and a legend."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from trialgraph.network import layout
from trialgraph.network.layout import Box, Point
from trialgraph.network.lettering import FONTS, lines, width
from trialgraph.network.measures import measured, sizes, table
from trialgraph.network.projection import Graph
from trialgraph.svg import decimal, escaped

#: How many nodes are drawn, if the reader does not ask for another number.
TOP = 40

# The colours that Okabe and Ito chose for all kinds of colour vision (https://jfly.uni-koeln.de/color/), without
# black, which is the text's, and yellow, which is faint on white. Smaller communities share the grey.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_GREY = "#8c959f"
_STYLE = (
    f"text{{font-family:{FONTS};fill:#1f2328}}"
    ".label{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round;text-anchor:middle}"
    ".soft{fill:#59636e}.strong{font-weight:600}.node{stroke:#fff;stroke-width:1.2px}"
)
_SMALL, _LARGE = 10.5, 13.0
_ROOM = 120  # the width of a label
_RADIUS = 22.0
_UNIT = 92.0  # the length of an edge before labels are parted
_EDGES = 2.5  # edges a node that are drawn, if a weight parts them from the rest
_MOST_EDGES = 8  # edges a node that are drawn if none does
_LEGEND = 270
_MARGIN = 24


class _Node(NamedTuple):
    """A node on the sheet: its circle, and its label in lines below or above it."""

    attributes: dict[str, Any]
    radius: float
    size: float
    lines: list[str]

    def box(self, above: bool) -> Box:
        across = max(self.radius, *(width(line, self.size) / 2 for line in self.lines))
        reach = self.radius + 3 + len(self.lines) * self.size * 1.2
        return Box(across, reach, across, self.radius) if above else Box(across, self.radius, across, reach)


def drawing(graph: Graph, top: int = TOP, title: str = "") -> str:
    """An SVG of the `top` nodes of most strength, with a legend that says what is not drawn.

    Colours are communities, the area of a node is the number of its trials, the width of an edge its weight. Of many
    edges the strongest are drawn, and as many as keep together what is together. No label overlaps another.
    """
    known = graph if "communities" in graph.graph else measured(graph)
    rows = table(known)
    drawn = _backbone(known, _chosen(known, rows, top))
    most = max((row["trials"] for row in rows), default=1)
    nodes = {node: _node(known.nodes[node], most) for node in drawn}
    places, above, (wide, tall) = _places(drawn, nodes)
    colours = _colours(known, drawn)
    heaviest = max((drawn.edges[edge]["weight"] for edge in drawn.edges), default=1)
    key, key_height = _legend(known, drawn, rows, most, heaviest, colours)
    heading = title or _title(known)
    height = max(tall, key_height) + 2 * _MARGIN + 28
    sheet = wide + _LEGEND + 3 * _MARGIN
    body = [
        f'<rect width="{decimal(sheet)}" height="{decimal(height)}" fill="#fff"/>',
        f'<text class="strong" x="{_MARGIN}" y="{_MARGIN + 8}" font-size="16">'
        f"{escaped(lines(heading, 16, sheet - 2 * _MARGIN, 1)[0])}</text>",
        f'<g transform="translate({_MARGIN} {decimal(_MARGIN + 28 + max(0.0, (key_height - tall) / 2))})">',
        *_edges(drawn, nodes, places, colours, heaviest),
        *_circles(known, nodes, places, colours),
        *_labels(nodes, places, above),
        "</g>",
        f'<g transform="translate({decimal(wide + 2 * _MARGIN)} {_MARGIN + 28})">',
        *key,
        "</g>",
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{decimal(sheet)}" height="{decimal(height)}"'
        f' viewBox="0 0 {decimal(sheet)} {decimal(height)}" role="img">\n'
        f"<title>{escaped(heading)}</title>\n<desc>{escaped(_summary(known, drawn))}</desc>\n<style>{_STYLE}</style>\n"
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _title(graph: Graph) -> str:
    title = graph.graph.get("title", "Network")
    return f"{title}: {graph.graph['condition']}" if graph.graph.get("condition") else title


def _node(attributes: dict[str, Any], most: int) -> _Node:
    radius = max(_RADIUS * (attributes["trials"] / most) ** 0.5, 4)
    size = _SMALL + (_LARGE - _SMALL) * radius / _RADIUS
    name = attributes["label"]
    longest = max(width(word, size) for word in name.split() or [""])
    for room in (_ROOM, 1.2 * _ROOM, 1.4 * _ROOM):
        label = lines(name, size, room, 3)
        if longest <= room and not label[-1].endswith("…"):
            break
    return _Node(attributes, radius, size, label)


def _chosen(graph: Graph, rows: list[dict[str, Any]], top: int) -> list[str]:
    """The nodes to draw: the ends of the strongest edges, then the strongest of the rest; in the order of the rows.

    Of edges with the same weight, those between strong nodes come first. So a picture of few nodes still has edges.
    """
    order = {row["id"]: place for place, row in enumerate(rows)}
    chosen: dict[str, None] = {}
    for one, other, _ in sorted(graph.edges(data=True), key=lambda edge: _rank(edge, order)):
        if len(chosen.keys() | {one, other}) <= top:
            chosen |= {one: None, other: None}
        if len(chosen) == top:
            break
    chosen |= dict.fromkeys([node for node in order if node not in chosen][: top - len(chosen)])
    return sorted(chosen, key=order.__getitem__)


def _rank(edge: tuple[str, str, dict[str, Any]], order: dict[str, int]) -> tuple[Any, ...]:
    one, other, attributes = edge
    return (-attributes["weight"], *sorted((order[one], order[other]), reverse=True), one)


def _backbone(graph: Graph, chosen: Sequence[str]) -> Graph:
    """The chosen nodes with the edges to draw; its attributes say how many there are, and from which weight on.

    Of too many edges the light ones are left out, all of one weight or none: which of several equal edges is drawn
    would look like a difference between nodes. The strongest that keep each part together are drawn in any case.
    """
    import networkx as nx

    inner = graph.subgraph(chosen)
    order = {node: place for place, node in enumerate(chosen)}
    edges = sorted(inner.edges(data=True), key=lambda edge: (-edge[2]["weight"], -edge[2]["share"], _rank(edge, order)))
    counts = Counter(edge["weight"] for _, _, edge in edges)
    least, total = max(counts, default=1) + 1, 0
    for weight in sorted(counts, reverse=True):
        if total + counts[weight] > (_EDGES if total > len(chosen) / 2 else _MOST_EDGES) * len(chosen):
            break
        least, total = weight, total + counts[weight]
    drawn: Graph = graph.__class__(edges=len(edges), least=least)
    drawn.add_nodes_from(chosen)
    parts = nx.utils.UnionFind(chosen)
    for one, other, edge in edges:
        if edge["weight"] >= least or parts[one] != parts[other]:
            drawn.add_edge(one, other, **edge)
            parts.union(one, other)
    return drawn


def _places(drawn: Graph, nodes: dict[str, _Node]) -> tuple[dict[str, Point], set[str], Point]:
    """Where each node goes, which labels stand above their nodes, and the size of the sheet that they all need."""
    import networkx as nx

    both = drawn.to_undirected(as_view=True)
    order = {node: place for place, node in enumerate(nodes)}
    parts = [sorted(part, key=order.__getitem__) for part in nx.connected_components(both)]
    parts.sort(key=lambda part: (-len(part), order[part[0]]))
    laid = []
    above: set[str] = set()
    for part in parts:
        distances = dict(nx.all_pairs_dijkstra_path_length(both.subgraph(part), weight=_length(nodes)))
        points = layout.stress([[distances[one][other] * _UNIT for other in part] for one in part])
        points = layout.spread(points, [nodes[node].box(above=False) for node in part])
        for _ in range(3):  # labels change sides as the nodes move, and the nodes move for the labels
            above = above - {*part} | _lifted(both, nodes, dict(zip(part, points, strict=True)))
            boxes = [nodes[node].box(node in above) for node in part]
            points = layout.parted(points, boxes, gap=6)
        laid.append((part, boxes, points))
    corners = []
    for _, boxes, points in laid:
        left = min(x - box.left for (x, _), box in zip(points, boxes, strict=True))
        top = min(y - box.top for (_, y), box in zip(points, boxes, strict=True))
        right = max(x + box.right for (x, _), box in zip(points, boxes, strict=True))
        bottom = max(y + box.bottom for (_, y), box in zip(points, boxes, strict=True))
        corners.append(Box(left, top, right, bottom))
    spots = layout.packed([(c.right - c.left, c.bottom - c.top) for c in corners], gap=14)
    places: dict[str, Point] = {}
    for (part, _, points), corner, (x, y) in zip(laid, corners, spots, strict=True):
        for node, (px, py) in zip(part, points, strict=True):
            places[node] = (px - corner.left + x, py - corner.top + y)
    wide = max((x + c.right - c.left for (x, _), c in zip(spots, corners, strict=True)), default=0.0)
    tall = max((y + c.bottom - c.top for (_, y), c in zip(spots, corners, strict=True)), default=0.0)
    return places, above, (max(wide, 240.0), max(tall, 120.0))


def _lifted(drawn: Graph, nodes: dict[str, _Node], points: dict[str, Point]) -> set[str]:
    """The nodes whose label is crossed by fewer edges above them than below."""
    edges = [(points[one], points[other]) for one, other in drawn.edges(points)]
    result = set()
    for name, (x, y) in points.items():
        node = nodes[name]
        below, above = node.box(above=False), node.box(above=True)
        under = Box(x - below.left, y + node.radius, x + below.right, y + below.bottom)
        over = Box(x - above.left, y - above.top, x + above.right, y - node.radius)
        if sum(layout.crosses(edge, over) for edge in edges) < sum(layout.crosses(edge, under) for edge in edges):
            result.add(name)
    return result


def _length(nodes: dict[str, _Node]) -> Any:
    def length(one: str, other: str, edge: dict[str, Any]) -> float:
        # Longer edges between communities set them apart.
        return 1.0 if nodes[one].attributes["community"] == nodes[other].attributes["community"] else 1.7

    return length


def _colours(graph: Graph, drawn: Graph) -> dict[int, str]:
    """The colour of each community: those with most nodes on the sheet have one of their own."""
    members = sizes(graph)
    seen = Counter(graph.nodes[node]["community"] for node in drawn)
    ranked = sorted(seen, key=lambda community: (-seen[community], community))
    first = [community for community in ranked if members[community] > 1][: len(_COLOURS)]
    return dict.fromkeys(members, _GREY) | dict(zip(sorted(first), _COLOURS, strict=False))


def _edges(
    drawn: Graph, nodes: dict[str, _Node], places: dict[str, Point], colours: dict[int, str], heaviest: int
) -> list[str]:
    marks = []
    for one, other, edge in sorted(drawn.edges(data=True), key=lambda each: each[2]["weight"]):
        communities = {nodes[end].attributes["community"] for end in (one, other)}
        colour = colours[communities.pop()] if len(communities) == 1 else _GREY
        thick = _thickness(edge["weight"], heaviest)
        (x1, y1), (x2, y2) = places[one], places[other]
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1.0
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        x1, y1 = x1 + dx * nodes[one].radius, y1 + dy * nodes[one].radius
        head = 5 + thick if drawn.is_directed() else 0.0
        reach = nodes[other].radius + head
        x2, y2 = x2 - dx * reach, y2 - dy * reach
        labels = [nodes[end].attributes["label"] for end in (one, other)]
        names = " → ".join(labels) if head else " – ".join(sorted(labels))
        path = f"M{decimal(x1)} {decimal(y1)}L{decimal(x2)} {decimal(y2)}"
        faint = 0.4 if colour == _GREY else 0.6
        said = f"<title>{escaped(names)}: {_counted(edge['weight'], 'trial')}</title>"
        marks.append(
            f'<path d="{path}" stroke="{colour}" stroke-width="{decimal(thick)}" stroke-opacity="{faint}">{said}</path>'
        )
        if head:
            wing = head * 0.55
            corners = [
                (x2 + dx * head, y2 + dy * head),
                (x2 - dy * wing, y2 + dx * wing),
                (x2 + dy * wing, y2 - dx * wing),
            ]
            points = " ".join(f"{decimal(x)},{decimal(y)}" for x, y in corners)
            marks.append(f'<polygon points="{points}" fill="{colour}" fill-opacity="0.8"/>')
    return marks


def _thickness(weight: int, heaviest: int) -> float:
    return 1 + 6 * (weight - 1) / max(heaviest - 1, 4)


def _circles(graph: Graph, nodes: dict[str, _Node], places: dict[str, Point], colours: dict[int, str]) -> list[str]:
    return [
        f'<circle class="node" cx="{decimal(places[name][0])}" cy="{decimal(places[name][1])}"'
        f' r="{decimal(node.radius)}" fill="{colours[node.attributes["community"]]}">'
        f"<title>{escaped(node.attributes['label'])}: {_counted(node.attributes['trials'], 'trial')},"
        f" community {node.attributes['community']}</title></circle>"
        for name, node in nodes.items()
    ]


def _labels(nodes: dict[str, _Node], places: dict[str, Point], above: set[str]) -> list[str]:
    marks = []
    for name, node in nodes.items():
        x, y = places[name]
        y += -node.box(above=True).top if name in above else node.radius + 3
        for number, line in enumerate(node.lines):
            baseline = decimal(y + node.size * (0.9 + 1.2 * number))
            marks.append(
                f'<text class="label" x="{decimal(x)}" y="{baseline}" font-size="{decimal(node.size)}">'
                f"{escaped(line)}</text>"
            )
    return marks


def _legend(
    graph: Graph, drawn: Graph, rows: list[dict[str, Any]], most: int, heaviest: int, colours: dict[int, str]
) -> tuple[list[str], float]:
    """The legend's marks, and how tall it is."""
    marks: list[str] = []
    y = 4.0

    def words(text: str, size: float = 11, class_: str = "", indent: float = 0, lines_: int = 9) -> None:
        nonlocal y
        room = (_LEGEND - indent) / (1.12 if class_ == "strong" else 1)
        for line in lines(text, size, room, lines_):
            y += size * 1.3
            marks.append(
                f'<text class="legend {class_}" x="{decimal(indent)}" y="{decimal(y)}" font-size="{decimal(size)}">'
                f"{escaped(line)}</text>"
            )

    words("Communities", class_="strong")
    members = sizes(graph)
    seen = [community for community, colour in colours.items() if colour != _GREY]
    for community in sorted(seen):
        y += 5
        labels = [lines(row["label"], 11, 1.5 * _LEGEND, 1)[0] for row in rows if row["community"] == community]
        marks.append(f'<circle cx="6" cy="{decimal(y + 10.5)}" r="6" fill="{colours[community]}"/>')
        more = f" and {members[community] - 3:,} more" if members[community] > 3 else ""
        words(f"{'; '.join(labels[:3])}{more}", indent=20, lines_=5)
    if any(colours[graph.nodes[node]["community"]] == _GREY for node in drawn):
        y += 5
        marks.append(f'<circle cx="6" cy="{decimal(y + 10.5)}" r="6" fill="{_GREY}"/>')
        words("smaller communities and singles", indent=20)
    y += 12
    words("Area of a node: its trials", class_="strong")
    y += 8
    x, middle = 0.0, y + _RADIUS
    for count in sorted({1, max(most // 4, 1), most}):
        radius = max(_RADIUS * (count / most) ** 0.5, 4)
        marks.append(
            f'<circle cx="{decimal(x + radius)}" cy="{decimal(middle)}" r="{decimal(radius)}" fill="{_GREY}"/>'
            f'<text class="legend" x="{decimal(x + 2 * radius + 5)}" y="{decimal(middle + 4)}" font-size="11">'
            f"{count:,}</text>"
        )
        x += 2 * radius + 20 + width(f"{count:,}", 11)
    y = middle + _RADIUS + 6
    if drawn.number_of_edges():
        words("Width of an edge: the trials shared", class_="strong")
        y += 14
        x = 0.0
        for count in sorted({1, (heaviest + 1) // 2, heaviest}):
            marks.append(
                f'<path d="M{decimal(x)} {decimal(y)}h26" stroke="{_GREY}"'
                f' stroke-width="{decimal(_thickness(count, heaviest))}"/>'
                f'<text class="legend" x="{decimal(x + 31)}" y="{decimal(y + 4)}" font-size="11">{count:,}</text>'
            )
            x += 50 + width(f"{count:,}", 11)
        y += 8
        communities = graph.nodes(data="community")
        if any(communities[one] != communities[other] for one, other in drawn.edges):
            words("Grey edges run between communities.")
        if graph.is_directed():
            words("Arrows lead from lead sponsors to collaborators.")
    y += 10
    words(_summary(graph, drawn), class_="soft", lines_=20)
    return marks, y + 8


_PLURALS = {"organization": "organisations", "facility": "facilities", "country": "countries"}


def _summary(graph: Graph, drawn: Graph) -> str:
    """What is drawn of how much, in words."""
    about = graph.graph
    kind = about.get("kind", "node")
    plural = _PLURALS.get(kind, f"{kind}s")
    weaker = drawn.graph["edges"] - drawn.number_of_edges()
    text = [
        f"Drawn: {len(drawn):,} of {len(graph):,} {plural}, the ends of the strongest edges first.",
        f"Edges of fewer than {drawn.graph['least']:,} trials are drawn only where they alone keep a part together;"
        f" {_counted(weaker, 'edge')} between these {plural} {'is' if weaker == 1 else 'are'} not."
        if weaker
        else "All edges between them are drawn.",
        f"The whole network: {_counted(about.get('trials', 0), 'trial')}, {_counted(graph.number_of_edges(), 'edge')},"
        f" {about['communities']:,} communities of two or more (Louvain, modularity {about['modularity']:.2f}).",
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
        text.append(f"Left out: {_counted(left, 'name')} that no single {kind} has, such as {like}.")
    return " ".join(text)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
