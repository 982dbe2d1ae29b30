"""One entry of a rule's `when`: an expression compared with a constant."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlglot import exp

from features.catalog import Value
from features.listing import Listing
from features.sql import Sql, SqlProblem, compile_condition, compile_sql

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=", exp.EQ: "=", exp.NEQ: "<>",
}  # fmt: skip
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "=": "=", "<>": "<>"}
_MATCHES = (exp.Like, exp.ILike, exp.RegexpLike, exp.In, exp.Is)

_NOT_ONE = "each entry compares one expression with one constant"


@dataclass(frozen=True)
class Condition:
    """`left operator constant`, or for single events also a match against patterns or lists.

    left: the measured side, None for a match; whole: whether it takes whole numbers only; history: the
    values whose windows must be covered before it may hold (none where more history could not undo it).
    """

    sql: Sql
    left: Sql | None
    operator: str
    constant: Any
    whole: bool
    history: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it was written."""
        return self.sql.text

    @property
    def name(self) -> str:
        """The measured side as it was written."""
        return self.left.text if self.left else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self.sql.names


def on_values(text: str, values: Mapping[str, Value]) -> Condition:
    """A condition over feature values. Raises SqlProblem."""
    schema = {name: value.dtype for name, value in values.items()}
    sql = compile_condition(text, schema)
    left, operator, constant = _sides(sql)
    if not isinstance(constant, int | float) or isinstance(constant, bool):
        raise SqlProblem("a feature is compared with a number", "", 0, len(text))
    measured = compile_sql(left.sql(), schema)
    whole = all(schema[name] == pl.Int64 for name in sql.names) and measured.dtype.is_integer()
    only_rises = operator in (">", ">=") and _only_rises(left, values)
    return Condition(_finite(sql, measured), measured, operator, constant, whole, () if only_rises else sql.names)


def on_events(text: str, columns: Mapping[str, pl.DataType],
              lists: Mapping[str, Listing] | None = None) -> Condition:  # fmt: skip
    """A condition over the columns of one event. Raises SqlProblem."""
    sql = compile_condition(text, columns, lists)
    inner = sql.tree
    while isinstance(inner, exp.Not | exp.Paren):
        inner = inner.this
    if isinstance(inner, (*_MATCHES, exp.Column)):
        return Condition(sql, None, "matches", text, False, ())
    left, operator, constant = _sides(sql)
    measured = compile_sql(left.sql(), columns)
    return Condition(_finite(sql, measured), measured, operator, constant, False, ())


def _finite(sql: Sql, measured: Sql) -> Sql:
    """The condition, never true of what is not a finite number; a bare column always is one."""
    if not measured.dtype.is_float() or isinstance(measured.tree.unnest(), exp.Column):
        return sql
    return replace(sql, expr=sql.expr & measured.expr.is_finite())


def _sides(sql: Sql) -> tuple[exp.Expr, str, Any]:
    tree = sql.tree.unnest()
    operator = _OPERATORS.get(type(tree))
    if operator is None:
        raise SqlProblem(_NOT_ONE, "make two entries of it, or use any: for alternatives", 0, len(sql.text))
    first, second = tree.this, tree.expression
    for left, other, found in ((first, second, operator), (second, first, _FLIPPED[operator])):
        constant = _constant(other)
        if isinstance(constant, float) and not math.isfinite(constant):
            raise SqlProblem("the constant is beyond what a number can be", "", 0, len(sql.text))
        if constant is not None and next(left.find_all(exp.Column), None) is not None:
            return left, found, constant
    raise SqlProblem(_NOT_ONE, "declare a feature for what is compared (aggregate: ratio)", 0, len(sql.text))


def _constant(node: exp.Expr) -> Any:
    node = node.unnest()
    if isinstance(node, exp.Neg):
        inner = _constant(node.this)
        return -inner if isinstance(inner, int | float) else None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return node.this
    return float(node.this) if any(c in node.this for c in ".eE") else int(node.this)


def _only_rises(node: exp.Expr, values: Mapping[str, Value]) -> bool:
    """Whether more history could only raise it: a count, sum, max or distinct, or a sum of such."""
    node = node.unnest()
    if isinstance(node, exp.Column):
        return values[node.name].monotone
    return isinstance(node, exp.Add) and _only_rises(node.this, values) and _only_rises(node.expression, values)


def clearing(condition: Condition, value: float) -> tuple[float, bool, float]:
    """For a condition that held: the nearest value that clears it, whether that one does, and the nearest constant."""
    limit, up = condition.constant, condition.operator in (">", ">=")
    if condition.operator in (">", "<"):
        return limit, True, value
    if condition.operator == "<>":
        return limit, True, value
    if condition.operator == "=":
        return limit, False, _next(limit, condition.whole, not up)
    return limit, False, _next(value, condition.whole, up)


def _next(value: float, whole: bool, up: bool) -> float:
    if whole:
        return value + 1 if up else value - 1
    return math.nextafter(value, math.inf if up else -math.inf)
