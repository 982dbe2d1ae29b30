"""Conditions on single events in words: what their SQL says of an event, for whoever reads no SQL."""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import exp

_SIGNS: dict[type[exp.Expr], tuple[str, str]] = {
    exp.EQ: ("is", "is not"), exp.NEQ: ("is not", "is"), exp.GT: ("is above", "is at most"),
    exp.GTE: ("is at least", "is below"), exp.LT: ("is below", "is at least"), exp.LTE: ("is at most", "is above"),
}  # fmt: skip
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "−", exp.Mul: "×", exp.Div: "÷"}
_JOINED: dict[type[exp.Expr], tuple[str, str]] = {exp.And: ("and", "or"), exp.Or: ("or", "and")}
_MOST_TOLD = 6
_READ = 80  # a pattern is cut where it is longer than anyone reads


class _Beyond(Exception):
    """A part of the SQL has no words here."""


@lru_cache(maxsize=2048)
def in_words(sql: str) -> str | None:
    """A condition in words: command line contains "stratum+tcp://"; None where only its SQL tells it rightly."""
    try:
        return _said(sqlglot.parse_one(sql), True)
    except (sqlglot.errors.SqlglotError, RecursionError, _Beyond):
        return None


def _said(node: exp.Expr, holds: bool) -> str:
    """What it says, or, where it must not hold, the opposite."""
    if isinstance(node, exp.Paren):
        return _said(node.this, holds)
    if isinstance(node, exp.Not):
        return _said(node.this, not holds)
    if isinstance(node, exp.And | exp.Or):
        return f" {_JOINED[type(node)][not holds]} ".join(_part(one, node, holds) for one in (node.left, node.right))
    if type(node) in _SIGNS:
        return f"{_named(node.this)} {_SIGNS[type(node)][not holds]} {_named(node.expression)}"
    return _matched(node, holds)


def _part(one: exp.Expr, whole: exp.Expr, holds: bool) -> str:
    """A part of several, in brackets where they would not be read as meant."""
    said, inner = _said(one, holds), one.unnest()
    core = inner
    while isinstance(core, exp.Not | exp.Paren):
        core = core.this
    return said if type(inner) is type(whole) or not isinstance(core, exp.And | exp.Or) else f"({said})"


def _matched(node: exp.Expr, holds: bool) -> str:
    if isinstance(node, exp.Like | exp.ILike):
        return f"{_named(node.this)} {_like(node, holds != bool(node.args.get('negate')))}"
    if isinstance(node, exp.RegexpLike):
        return f"{_named(node.this)} {'matches' if holds else 'does not match'} the pattern {_text(node.expression)}"
    if isinstance(node, exp.In) and node.expressions:
        return f"{_named(node.this)} {_among([_named(one) for one in node.expressions], holds)}"
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return f"{_named(node.this)} is {'not told' if holds else 'told'}"
    if isinstance(node, exp.Anonymous) and node.name.upper() == "LISTED" and len(node.expressions) == 2:
        column, name = node.expressions
        return f"{_named(column)} is {'' if holds else 'not '}on the list {name.name}"
    if isinstance(node, exp.Column):
        return f"{_named(node)}: {'yes' if holds else 'no'}"
    raise _Beyond


def _like(node: exp.Like | exp.ILike, holds: bool) -> str:
    pattern = node.expression.name
    parts = [part for part in pattern.split("%") if part]
    if not parts or "\\" in pattern:
        raise _Beyond
    first, last = not pattern.startswith("%"), not pattern.endswith("%")
    if first and last and len(parts) > 1:
        raise _Beyond
    verb = _VERBS[first, last][not holds]
    notes = ["upper or lower case"] if isinstance(node, exp.ILike) else []
    notes += ["_ is any character"] if "_" in pattern else []
    return f"{verb} {', then '.join(map(_quoted, parts))}" + (f" ({'; '.join(notes)})" if notes else "")


_VERBS = {
    (False, False): ("contains", "does not contain"), (True, False): ("begins with", "does not begin with"),
    (False, True): ("ends with", "does not end with"), (True, True): ("is", "is not"),
}  # fmt: skip


def _among(told: list[str], holds: bool) -> str:
    if len(told) == 1:
        return f"is {'' if holds else 'not '}{told[0]}"
    more = f" and {len(told) - _MOST_TOLD:,} more" if len(told) > _MOST_TOLD else ""
    return f"is {'one' if holds else 'none'} of {', '.join(told[:_MOST_TOLD])}{more}"


def _named(node: exp.Expr) -> str:
    """A value, as people call it."""
    if isinstance(node, exp.Column):
        return node.name.replace("_", " ")
    if isinstance(node, exp.Literal):
        return _quoted(node.name) if node.is_string else node.name
    if isinstance(node, exp.Boolean):
        return "yes" if node.this else "no"
    if isinstance(node, exp.Neg):
        return f"−{_named(node.this)}"
    if isinstance(node, exp.Paren):
        return f"({_named(node.this)})"
    if type(node) in _ARITHMETIC:
        return f"{_named(node.this)} {_ARITHMETIC[type(node)]} {_named(node.expression)}"
    return _made(node)


def _made(node: exp.Expr) -> str:
    if isinstance(node, exp.Lower):
        return f"{_named(node.this)} in small letters"
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1:
        instead = node.expressions[0]
        if isinstance(instead, exp.Literal):
            return _named(node.this) + (f" ({_named(instead)} where not told)" if instead.name else "")
        return f"{_named(node.this)}, or else {_named(instead)},"
    raise _Beyond


def _text(node: exp.Expr) -> str:
    if not isinstance(node, exp.Literal):
        raise _Beyond
    return _quoted(node.name if len(node.name) <= _READ else node.name[: _READ - 1] + "…")


def _quoted(text: str) -> str:
    return f'"{text}"'
