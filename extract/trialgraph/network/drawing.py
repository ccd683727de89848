"""A network as a picture: the strongest nodes, their strongest edges, communities in colour, and a legend."""

from typing import Any, NamedTuple

from trialgraph.network import layout
from trialgraph.network.layout import Box, Point
from trialgraph.network.legend import WIDTH, counted, legend, summary
from trialgraph.network.lettering import FONTS, lines, width
from trialgraph.network.measures import measured, table
from trialgraph.network.projection import Graph
from trialgraph.network.scales import GREY, RADIUS, radius, thickness
from trialgraph.network.scales import colours as community_colours
from trialgraph.network.selection import selection
from trialgraph.svg import decimal, escaped

#: How many nodes are drawn, if the reader does not ask for another number.
TOP = 40

_STYLE = (
    f"text{{font-family:{FONTS};fill:#1f2328}}"
    ".label{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round;text-anchor:middle}"
    ".soft{fill:#59636e}.strong{font-weight:600}.node{stroke:#fff;stroke-width:1.2px}"
)
_SMALL, _LARGE = 10.5, 13.0
_ROOM = 120  # the width of a label
_UNIT = 92.0  # the length of an edge before labels are parted
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
    drawn = selection(known, rows, top)
    most = max((row["trials"] for row in rows), default=1)
    nodes = {node: _node(known.nodes[node], most) for node in drawn}
    places, above, (wide, tall) = _places(drawn, nodes)
    colours = community_colours(known, drawn)
    heaviest = max((drawn.edges[edge]["weight"] for edge in drawn.edges), default=1)
    key, key_height = legend(known, drawn, rows, most, heaviest, colours)
    heading = title or _title(known)
    height = max(tall, key_height) + 2 * _MARGIN + 28
    sheet = wide + WIDTH + 3 * _MARGIN
    body = [
        f'<rect width="{decimal(sheet)}" height="{decimal(height)}" fill="#fff"/>',
        f'<text class="strong" x="{_MARGIN}" y="{_MARGIN + 8}" font-size="16">'
        f"{escaped(lines(heading, 16, sheet - 2 * _MARGIN, 1)[0])}</text>",
        f'<g transform="translate({_MARGIN} {decimal(_MARGIN + 28 + max(0.0, (key_height - tall) / 2))})">',
        *_edges(drawn, nodes, places, colours, heaviest),
        *_circles(nodes, places, colours),
        *_labels(nodes, places, above),
        "</g>",
        f'<g transform="translate({decimal(wide + 2 * _MARGIN)} {_MARGIN + 28})">',
        *key,
        "</g>",
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{decimal(sheet)}" height="{decimal(height)}"'
        f' viewBox="0 0 {decimal(sheet)} {decimal(height)}" role="img">\n'
        f"<title>{escaped(heading)}</title>\n<desc>{escaped(summary(known, drawn))}</desc>\n<style>{_STYLE}</style>\n"
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _title(graph: Graph) -> str:
    title = graph.graph.get("title", "Network")
    return f"{title}: {graph.graph['condition']}" if graph.graph.get("condition") else title


def _node(attributes: dict[str, Any], most: int) -> _Node:
    reach = radius(attributes["trials"], most)
    size = _SMALL + (_LARGE - _SMALL) * reach / RADIUS
    name = attributes["label"]
    longest = max(width(word, size) for word in name.split() or [""])
    for room in (_ROOM, 1.2 * _ROOM, 1.4 * _ROOM):
        label = lines(name, size, room, 3)
        if longest <= room and not label[-1].endswith("…"):
            break
    return _Node(attributes, reach, size, label)


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


def _edges(
    drawn: Graph, nodes: dict[str, _Node], places: dict[str, Point], colours: dict[int, str], heaviest: int
) -> list[str]:
    marks = []
    for one, other, edge in sorted(drawn.edges(data=True), key=lambda each: each[2]["weight"]):
        communities = {nodes[end].attributes["community"] for end in (one, other)}
        colour = colours[communities.pop()] if len(communities) == 1 else GREY
        thick = thickness(edge["weight"], heaviest)
        (x1, y1), (x2, y2) = places[one], places[other]
        length = layout.distance(places[one], places[other]) or 1.0
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        x1, y1 = x1 + dx * nodes[one].radius, y1 + dy * nodes[one].radius
        head = 5 + thick if drawn.is_directed() else 0.0
        reach = nodes[other].radius + head
        x2, y2 = x2 - dx * reach, y2 - dy * reach
        labels = [nodes[end].attributes["label"] for end in (one, other)]
        names = " → ".join(labels) if head else " – ".join(sorted(labels))
        path = f"M{decimal(x1)} {decimal(y1)}L{decimal(x2)} {decimal(y2)}"
        faint = 0.4 if colour == GREY else 0.6
        said = f"<title>{escaped(names)}: {counted(edge['weight'], 'trial')}</title>"
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


def _circles(nodes: dict[str, _Node], places: dict[str, Point], colours: dict[int, str]) -> list[str]:
    return [
        f'<circle class="node" cx="{decimal(places[name][0])}" cy="{decimal(places[name][1])}"'
        f' r="{decimal(node.radius)}" fill="{colours[node.attributes["community"]]}">'
        f"<title>{escaped(node.attributes['label'])}: {counted(node.attributes['trials'], 'trial')},"
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
