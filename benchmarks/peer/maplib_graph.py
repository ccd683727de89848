"""The tables of records mapped by maplib: a stOTTR template for each rule of the mapping, and its table as a frame.

python -m peer.maplib_graph FOLDER OUT.nt
"""

import sys
from pathlib import Path
from urllib.parse import quote

import polars
from maplib import Model

from peer.rules import REFERENCE, Rule, Term, rules

_XSD = "http://www.w3.org/2001/XMLSchema#"


def main(folder: str, out: str) -> None:
    """Map every table and write the graph."""
    model, frames = Model(), dict[str, polars.DataFrame]()
    for rule in rules():
        if rule.table not in frames:
            frames[rule.table] = polars.read_csv(Path(folder, f"{rule.table}.csv"), infer_schema=False)
        model.add_template(template(rule))
        model.map(f"urn:{rule.name}", arguments(rule, frames[rule.table]))
    model.write(out, format="ntriples")


def template(rule: Rule) -> str:
    """The template of a rule: its arguments are the subject and, by number, the objects."""
    types = [f"<{term.datatype or f'{_XSD}string'}>" if term.column else "ottr:IRI" for _, term in rule.said]
    parameters = ["ottr:IRI ?subject", *(f"? {type_} ?o{number}" for number, type_ in enumerate(types))]
    triples = [f"ottr:Triple(?subject, <{name}>, ?o{number})" for number, (name, _) in enumerate(rule.said)]
    if rule.class_:
        triples.append(f"ottr:Triple(?subject, a, <{rule.class_}>)")
    return (
        "@prefix ottr: <http://ns.ottr.xyz/0.4/> .\n"
        f"<urn:{rule.name}> [ {', '.join(parameters)} ] :: {{ {', '.join(triples)} }} ."
    )


def arguments(rule: Rule, table: polars.DataFrame) -> polars.DataFrame:
    """The arguments of the template, a row each."""
    subject = _value(rule.subject, table).alias("subject")
    objects = [_value(term, table).alias(f"o{number}") for number, (_, term) in enumerate(rule.said)]
    return table.select(subject, *objects).drop_nulls("subject").unique()


def _value(term: Term, table: polars.DataFrame) -> polars.Expr:
    if term.column:
        column = polars.col(term.column)
        typed = {
            "date": column.str.to_date(strict=False),
            "integer": column.cast(polars.Int64),
            "decimal": column.cast(polars.Decimal(38, 12)),
            "boolean": column == "true",
        }
        return typed.get(term.datatype.removeprefix(_XSD), column)
    parts: list[polars.Expr] = []
    for place, part in enumerate(REFERENCE.split(term.template)):
        if place % 2 == 0:
            parts.append(polars.lit(part))
        else:
            known = table[part].drop_nulls().unique().to_list()
            spelled = [quote(each, safe="") for each in known]
            parts.append(polars.col(part).replace_strict(known, spelled, default=None))
    return polars.concat_str(parts)


if __name__ == "__main__":
    main(*sys.argv[1:])
