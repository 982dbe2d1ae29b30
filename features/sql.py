"""SQL expressions of one row, checked against an allow-list and typed: features' `where` and rules' `when`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl
import sqlglot
from sqlglot import exp

from features.listing import Listing, UnknownList, expanded, outlined

MOST_CHARACTERS = 2_000
MOST_PATTERN = 200
"""Longest LIKE or REGEXP_LIKE pattern, in characters: matching is linear in it."""

_ALLOWED: tuple[type[exp.Expr], ...] = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
    exp.Between, exp.In, exp.Is, exp.Like, exp.ILike, exp.RegexpLike, exp.Add, exp.Sub, exp.Mul,
    exp.Div, exp.Mod, exp.Neg, exp.Literal, exp.Boolean, exp.Null, exp.Column, exp.Identifier,
    exp.Coalesce, exp.Abs, exp.Lower,
)  # fmt: skip

_ADVICE = (
    "use AND, OR, NOT, comparisons, BETWEEN, IN, IS NULL, LIKE, ILIKE, REGEXP_LIKE, + - * /, COALESCE, ABS, LOWER, "
    "LISTED(column, 'list')"
)


class SqlProblem(Exception):
    """What is wrong with an expression: message, what to do, and where (offset and length in characters)."""

    def __init__(self, message: str, hint: str = "", at: int = 0, length: int = 1) -> None:
        super().__init__(message)
        self.message, self.hint, self.at, self.length = message, hint, at, length


@dataclass(frozen=True)
class Sql:
    """A checked expression: its text, syntax tree, polars form, the columns it names, and its dtype.

    whole: the text as polars is given it, with the lists that it names written out.
    """

    text: str
    whole: str
    tree: exp.Expr
    expr: pl.Expr
    names: tuple[str, ...]
    dtype: pl.DataType


def nearest(name: str, known: Mapping[str, object] | list[str]) -> str:
    """A hint that names the most similar valid name, or the empty string."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {found[0]}?" if found else ""


def compile_sql(text: str, columns: Mapping[str, pl.DataType], lists: Mapping[str, Listing] | None = None) -> Sql:
    """Check an expression over one row of `columns`, which may name lists. Raises SqlProblem."""
    if len(text) > MOST_CHARACTERS:
        raise SqlProblem(f"longer than {MOST_CHARACTERS} characters", "split it")
    outline = outlined(text)
    tree = _parse(outline)
    _check_nodes(tree, outline)
    names = _check_names(tree, columns)
    whole = _expanded(text, lists or {})
    whole = _multiplied(_parse(whole)) if tree.find(exp.Div) else whole
    expr, dtype = _typed(whole, tuple((name, columns[name]) for name in names))
    return Sql(text, whole, tree, expr, names, dtype)


def parsed(text: str) -> exp.Expr:
    """The syntax tree of a checked expression; lists that it names stand as IN. Raises SqlProblem."""
    return _parse(outlined(text))


def _expanded(text: str, lists: Mapping[str, Listing]) -> str:
    try:
        return expanded(text, lists)
    except UnknownList as unknown:
        hint = nearest(unknown.name, lists) or "put it into lists/ of the pack"
        raise SqlProblem(f"there is no list {unknown.name}", hint, unknown.at, len(unknown.name)) from None


def compile_condition(text: str, columns: Mapping[str, pl.DataType],
                      lists: Mapping[str, Listing] | None = None) -> Sql:  # fmt: skip
    """As `compile_sql`, and the result must be a truth value."""
    sql = compile_sql(text, columns, lists)
    if sql.dtype != pl.Boolean:
        raise SqlProblem(f"this is a value ({sql.dtype}), not a condition", "compare it with a constant", 0, len(text))
    return sql


@lru_cache(maxsize=8192)
def _parse(text: str) -> exp.Expr:
    try:
        trees = sqlglot.parse(text)
    except sqlglot.errors.ParseError as error:
        first = error.errors[0] if error.errors else {}
        at = max(int(first.get("col", 1)) - len(str(first.get("highlight", " "))), 0)
        raise SqlProblem("not a complete SQL expression", "", at, len(str(first.get("highlight", " ")))) from None
    except sqlglot.errors.SqlglotError:
        raise SqlProblem("not readable as SQL", "is a quote left open?", 0, len(text)) from None
    except RecursionError:
        raise SqlProblem("nested too deep", "split it") from None
    if len(trees) != 1 or trees[0] is None:
        raise SqlProblem("needs exactly one expression", "remove the ';'" if ";" in text else "", text.find(";"))
    tree = trees[0]
    assert isinstance(tree, exp.Expr)
    return tree


def _check_nodes(tree: exp.Expr, text: str) -> None:
    for node in tree.walk():
        if not isinstance(node, _ALLOWED):
            word = _word(node)
            raise SqlProblem(f"{word} is not allowed here", _ADVICE, max(text.upper().find(word), 0), len(word))
        if isinstance(node, exp.Div | exp.Mod) and not _is_nonzero_constant(node.expression):
            at = max(text.find("/"), text.find("%"), 0)
            raise SqlProblem("a division by something that can be 0", "declare a feature with aggregate: ratio", at)
        if isinstance(node, exp.Like | exp.ILike | exp.RegexpLike):
            _check_pattern(node, text)


def _check_pattern(node: exp.Expr, text: str) -> None:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal) or not pattern.is_string:
        raise SqlProblem("a pattern must be a quoted text", "", 0, len(text))
    if len(pattern.this) > MOST_PATTERN:
        raise SqlProblem(f"a pattern longer than {MOST_PATTERN} characters", "split it with OR", 0, len(text))


def _word(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).upper()
    return {"Select": "SELECT", "Subquery": "SELECT", "Window": "OVER"}.get(type(node).__name__, node.key.upper())


def _is_nonzero_constant(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.this) != 0


def _check_names(tree: exp.Expr, columns: Mapping[str, pl.DataType]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for column in tree.find_all(exp.Column):
        at = int(column.this.meta.get("start", 0))
        if column.args.get("table"):
            raise SqlProblem(f"{column.sql()} names a table", "use the bare name", at, len(column.name))
        if column.name not in columns:
            raise SqlProblem(f"unknown name {column.name}", nearest(column.name, columns), at, len(column.name))
        names[column.name] = None
    return tuple(sorted(names))


def _multiplied(tree: exp.Expr) -> str:
    """The expression with each division by a constant as a multiplication by its inverse.

    Polars divides a single row otherwise than many, in the last digit; it multiplies all alike.
    """

    def inverted(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Div):
            return node
        return exp.Mul(this=node.this, expression=exp.Literal.number(repr(1 / float(node.expression.this))))

    return tree.transform(inverted).sql()


@lru_cache(maxsize=8192)  # a pack asks the same of each clause, and a process may read several packs
def _typed(text: str, columns: tuple[tuple[str, pl.DataType], ...]) -> tuple[pl.Expr, pl.DataType]:
    expr = _translate(text)
    return expr, _result_type(expr, dict(columns))


def _translate(text: str) -> pl.Expr:
    try:
        return pl.sql_expr(text)
    except pl.exceptions.PolarsError as error:
        raise SqlProblem(f"not understood: {_first_line(error)}", "", 0, len(text)) from None


def _result_type(expr: pl.Expr, columns: Mapping[str, pl.DataType]) -> pl.DataType:
    # A row of nulls beside the empty frame: some type errors appear only when a value is compared.
    for rows in (0, 1):
        frame = pl.DataFrame({"": [None] * rows, **{n: pl.Series([None] * rows, dtype=t) for n, t in columns.items()}})
        try:
            found = frame.select(expr.alias("result"))
        except pl.exceptions.PolarsError as error:
            raise SqlProblem(f"types do not fit: {_first_line(error)}", "", 0, 1) from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise SqlProblem("polars cannot evaluate this", "write it differently", 0, 1) from None
    return found.schema["result"]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
