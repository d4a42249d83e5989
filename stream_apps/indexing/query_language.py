"""What a person types, as a plain tree. Pure: nothing here knows of Elasticsearch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from stream_apps.indexing.quantities import Quantity, quantities
from wirecopy.errors import WirecopyError

TextField = Literal["headline", "body", "byline", "page"]
NameField = Literal["person", "org", "place"]
TermField = Literal["agency", "outlet"]
FieldName = Literal[TextField, NameField, TermField]
FIELDS: Final[tuple[str, ...]] = tuple(name for group in get_args(FieldName) for name in (get_args(group) or (group,)))

MAX_CHARACTERS: Final = 1_000
MAX_WORDS: Final = 60
MAX_DEPTH: Final = 15
"""Parentheses within parentheses."""
SHORTEST_START: Final = 3
"""Letters before a `*`: fewer would be half of all words."""


class BadQuery(WirecopyError):  # as BadInput is
    """What was asked for is not an id, a time or a query, or does not single out one story: bad usage."""

    exit_code = 2


@dataclass(frozen=True)
class Word:
    """One word as it was typed, without punctuation around it. ``start``: other endings count as well."""

    text: str
    start: bool = False


@dataclass(frozen=True)
class Phrase:
    """Words in a row."""

    text: str


@dataclass(frozen=True)
class Number:
    """A number by its value: ``terms`` must all be found, two for the ends of a range. ``text`` as it was typed."""

    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Within:
    """Only in one field."""

    field: FieldName
    node: Node


@dataclass(frozen=True)
class Without:
    node: Node


@dataclass(frozen=True)
class AllOf:
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    nodes: tuple[Node, ...]


Node: TypeAlias = Word | Phrase | Number | Within | Without | AllOf | AnyOf


def parse(text: str) -> Node | None:
    """The tree of a query; none of an empty one. Raises ``BadQuery``, which shows where."""
    if not text.strip():
        return None
    if len(text) > MAX_CHARACTERS:
        raise BadQuery(f"the query has more than {MAX_CHARACTERS} characters")
    _check_depth(text)
    tree = _tree(text)
    if tree is None:
        raise BadQuery(f"there is no word to look for in {text[:80]!r}")
    if sum(1 for _ in leaves(tree)) > MAX_WORDS:
        raise BadQuery(f"the query has more than {MAX_WORDS} words")
    return tree


def leaves(node: Node) -> Iterator[Word | Phrase | Number]:
    """Words, phrases and numbers, in order."""
    match node:
        case Within(node=inner) | Without(node=inner):
            yield from leaves(inner)
        case AllOf(nodes) | AnyOf(nodes):
            for each in nodes:
                yield from leaves(each)
        case Word() | Phrase() | Number():
            yield node


def _tree(text: str) -> Node | None:
    try:
        tree: Any = _grammar().parse(text)  # what `_Reader` makes of it
    except UnexpectedInput as error:
        raise _explained(text, error) from error
    except _Misplaced as error:
        raise BadQuery(_shown(text, error.at, error.problem)) from error
    return cast("Node | None", tree)


@cache
def _grammar() -> Lark:
    grammar = resources.files(__package__).joinpath("query_grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", maybe_placeholders=True, transformer=_Reader())


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    """Tree nodes from the grammar's; None is what has no word in it, such as a dash between words."""

    def start(self, node: Node | None) -> Node | None:
        return _settled(node)

    def word(self, token: Token) -> Node | None:
        text = _TRIM.sub("", token)
        if not _LETTER.search(text):
            return None
        if token.endswith("*"):
            return _beginning(token, text)
        return Word(text)

    def phrase(self, token: Token) -> Node | None:
        text = " ".join(token[1:-1].split())
        if not _LETTER.search(text):
            return None
        as_number = list(_numbers_of([Word(text)]))
        return as_number[0] if isinstance(as_number[0], Number) else Phrase(text)

    def without(self, node: Node | None) -> Node | None:
        node = _settled(node)
        return node and Without(node)

    def within(self, token: Token, node: Node | None) -> Node | None:
        name = token[:-1].lower()
        if name not in FIELDS:
            raise _Misplaced(
                token, f"there is no field {name!r}: it takes one of {', '.join(FIELDS)}; or quote the words"
            )
        node = _settled(node)
        return node and Within(name, node)  # type: ignore[arg-type]  # among FIELDS

    def together(self, *nodes: Node | None) -> Node | None:
        kept = tuple(node for node in nodes if node is not None)
        return AllOf(kept) if kept else None

    def alternatives(self, *nodes: Node | None) -> Node | None:
        kept = tuple(settled for node in nodes if (settled := _settled(node)) is not None)
        return (AnyOf(kept) if len(kept) > 1 else kept[0]) if kept else None


# Currency and per cent signs belong to a number.
_TRIM = re.compile(r"^[^\w₹$€£]+|[^\w%]+$")
_LETTER = re.compile(r"[^\W_]")


def _settled(node: Node | None) -> Node | None:
    """With the numbers among its words read. One alone needs no list around it."""
    match node:
        case Word():
            (found,) = _with_numbers([node])
            return found
        case AllOf(nodes):
            read = tuple(_with_numbers(nodes))
            return read[0] if len(read) == 1 else AllOf(read)
    return node


def _with_numbers(nodes: Sequence[Node]) -> Iterator[Node]:
    """Neighbouring words that are a number (`Rs 1,250 crore`) become one; all others stay."""
    at = 0
    while at < len(nodes):
        run = _plain_words(nodes[at:])
        if not run:
            yield nodes[at]
        yield from _numbers_of(run)
        at += len(run) or 1


def _plain_words(nodes: Iterable[Node]) -> list[Word]:
    run = []
    for node in nodes:
        if not isinstance(node, Word) or node.start:
            break
        run.append(node)
    return run


def _numbers_of(words: Sequence[Word]) -> Iterator[Node]:
    text = " ".join(word.text for word in words)
    spans: dict[tuple[int, int], list[Quantity]] = {}
    for quantity in quantities(text):
        spans.setdefault((quantity.start, quantity.end), []).append(quantity)
    numbers = {start: (end, found) for (start, end), found in spans.items() if _is_number(text, start, end, found)}
    start = until = 0
    for word in words:
        if start in numbers:
            until, found = numbers[start]
            yield Number(text[start:until], tuple(sorted({quantity.term for quantity in found})))
        elif start >= until:
            yield word
        start += len(word.text) + 1


def _is_number(text: str, start: int, end: int, found: Sequence[Quantity]) -> bool:
    """Whole words; and no score (`3-2`) or date, which are no range of anything."""
    whole = text[start - 1 : start] in {"", " "} and text[end : end + 1] in {"", " "}
    return whole and (len(found) == 1 or any(one.unit or one.value != one.bare for one in found))


def _beginning(token: Token, text: str) -> Word:
    if len(text) < SHORTEST_START or not text.isalnum():
        raise _Misplaced(token, f"before a * it takes {SHORTEST_START} letters or digits, and nothing else")
    return Word(text, start=True)


class _Misplaced(Exception):
    """A token that cannot stand, for ``parse`` to show where."""

    def __init__(self, token: Token, problem: str) -> None:
        super().__init__(problem)
        self.at, self.problem = token.start_pos or 0, problem


def _check_depth(text: str) -> None:
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth > MAX_DEPTH:
            raise BadQuery(_shown(text, at, f"more than {MAX_DEPTH} parentheses within each other"))


def _explained(text: str, error: UnexpectedInput) -> BadQuery:
    at = error.pos_in_stream or 0
    if isinstance(error, UnexpectedCharacters):
        problem = "this quotation mark has no partner"
    elif isinstance(error, UnexpectedToken) and error.token.type == "$END":
        at, problem = len(text.rstrip()), "something is missing at the end: a word, or a closing parenthesis"
    elif text[at] == ")":
        problem = "this parenthesis closes nothing, or nothing stands before it"
    else:
        problem = "a word is missing before this"
    return BadQuery(_shown(text, at, problem))


def _shown(text: str, at: int, problem: str) -> str:
    """The problem, the text around it on one line, and a mark below."""
    first = max(0, at - 60)
    line = "".join(" " if c.isspace() else c if c.isprintable() else "?" for c in text[first : at + 20])
    return f"{problem}:\n  {line}\n  {' ' * (at - first)}^"
