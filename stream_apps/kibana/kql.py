"""The part of Kibana's query language (KQL) that our definitions use: parser, and translation as Kibana's."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Final

from lark import Lark, Token, Transformer, Tree
from lark.exceptions import UnexpectedInput

from wirecopy.errors import BadInput

Clause = dict[str, Any]
_BOUNDS: Final = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt"}


def parse(expression: str) -> Tree[Token]:
    """Parse an expression. Raises ``BadInput`` that shows the position of the fault."""
    try:
        return _grammar().parse(expression)
    except UnexpectedInput as error:
        raise BadInput("kql", f"{expression!r} cannot be read:\n{error.get_context(expression)}") from None


def fields(expression: str) -> set[str]:
    """Return the fields of an expression.

    >>> sorted(fields("undisclosed: true and not agencies: (PTI or ANI)"))
    ['agencies', 'undisclosed']
    """
    tokens = parse(expression).scan_values(lambda token: isinstance(token, Token) and token.type == "FIELD")
    return {str(token) for token in tokens}


def clause(expression: str) -> Clause:
    """Return the Elasticsearch query that Kibana makes of an expression over keyword, number, boolean and date fields.

    >>> clause("lag > 60")
    {'range': {'lag': {'gt': 60.0}}}
    """
    found: Clause = _Clauses().transform(parse(expression))
    return found


@cache
def _grammar() -> Lark:
    return Lark(resources.files(__package__).joinpath("kql.lark").read_text(encoding="utf-8"), parser="lalr")


class _Clauses(Transformer[Token, Clause]):
    def either(self, found: list[Clause]) -> Clause:
        return {"bool": {"should": found, "minimum_should_match": 1}}

    def both(self, found: list[Clause]) -> Clause:
        return {"bool": {"filter": found}}

    def negated(self, found: list[Clause]) -> Clause:
        return {"bool": {"must_not": found}}

    def exists(self, found: list[Token]) -> Clause:
        return {"exists": {"field": str(found[0])}}

    def equals(self, found: list[Token]) -> Clause:
        return _value(*found)

    def any_of(self, found: list[Token]) -> Clause:
        field, *values = found
        return {"bool": {"should": [_value(field, value) for value in values], "minimum_should_match": 1}}

    def compares(self, found: list[Token]) -> Clause:
        field, comparison, number = found
        return {"range": {str(field): {_BOUNDS[comparison]: float(number)}}}


def _value(field: Token, value: Token) -> Clause:
    text = value.strip('"')
    if value.type == "TEXT" and "*" in text:
        return {"wildcard": {str(field): {"value": text}}}
    return {"match_phrase" if value.type == "QUOTED" else "match": {str(field): text}}
