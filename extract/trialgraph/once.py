"""Shapes with queries, put to a graph once in the place of once a trial.

An engine prepares the query of a constraint anew for each node that it puts the shape to, which takes several times as
long as to answer it. Here such a shape is put to one node that stands for all, and its query looks for them itself.
It gives what breaks the rule as ?path, because a result has no other variable to carry it beside ?value.
"""

from typing import cast

from pyoxigraph import Literal, NamedNode, Quad, Store

from trialgraph.iris import SH

#: The one node that these shapes are put to.
ALL = NamedNode("https://w3id.org/trialgraph/shapes#all")

#: How a query tells the nodes that its shape is for. Those of a class have that once, and a property many times.
_TARGETS = {
    "targetClass": "?path a {} .",
    "targetSubjectsOf": "FILTER EXISTS {{ ?path {} [] }}",
    "targetObjectsOf": "FILTER EXISTS {{ [] {} ?path }}",
}


def asked_once(shapes: Store) -> Store:
    """The shapes, those with a query and one target changed: for graphs that state each class of a thing.

    A query must begin with what binds $this, so that it gives every breach if $this is free, as those of across.ttl do.
    """
    changed = Store()
    changed.extend(shapes)
    for shape, _, query, _ in shapes.quads_for_pattern(None, sh("sparql"), None):
        targets = [
            (quad, pattern.format(quad.object))
            for kind, pattern in _TARGETS.items()
            for quad in shapes.quads_for_pattern(shape, sh(kind), None)
        ]
        if len(targets) != 1:
            continue
        [(target, pattern)] = targets
        changed.remove(target)
        changed.add(Quad(shape, sh("targetNode"), ALL))
        for select in shapes.quads_for_pattern(query, sh("select"), None):
            asked = cast("Literal", select.object).value.replace("$this", "?path")
            asked = asked.replace("WHERE {", f"WHERE {{ {pattern}", 1)
            changed.remove(select)
            changed.add(Quad(select.subject, select.predicate, Literal(asked)))
    return changed


def sh(name: str) -> NamedNode:
    """A term of SHACL's vocabulary: sh("select")."""
    return NamedNode(SH + name)
