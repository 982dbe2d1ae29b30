"""What Grafana makes of a panel's SQL before PostgreSQL sees it: its variables first, then its macros."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

ALL = object()
"""Of a variable of several values: all of them; Grafana puts in its `allValue`, unquoted."""

Values = Mapping[str, Any]
"""What variables stand at: a text, a list of texts, or ALL."""

_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(?!__)(\w+)")
_SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def expanded(sql: str, values: Values, since_ms: int, until_ms: int) -> str:
    """The SQL that is run over a time range (ms since 1970). Raises KeyError for a variable that has no value."""
    return _macros(_VARIABLE.sub(lambda found: _interpolated(found, values), sql), since_ms, until_ms)


def variables_in(text: str) -> set[str]:
    """The names of the board's variables that a text reads; Grafana's own (`__…`) are not among them."""
    named = {one or plain for one, _, plain in _VARIABLE.findall(text)}
    return {name for name in named if not name.startswith("__")}


def _interpolated(found: re.Match[str], values: Values) -> str:
    value, shape = values[found[1] or found[3]], found[2]
    if value is ALL:
        return ".+"
    several = list(value) if isinstance(value, (list, tuple)) else [value]
    if shape == "sqlstring":
        return ",".join("'" + one.replace("'", "''") + "'" for one in several)
    if shape == "regex":
        escaped = [_SPECIAL.sub(r"\\\g<0>", one) for one in several]
        return escaped[0] if isinstance(value, str) else f"({'|'.join(escaped)})"
    if len(several) > 1:
        raise AssertionError(f"{found[0]} of several values has no format that quotes it")
    return str(several[0])


def _macros(sql: str, since_ms: int, until_ms: int) -> str:
    since, until = _literal(since_ms), _literal(until_ms)
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {since} AND {until}", sql)
    sql = sql.replace("$__timeFrom()", since).replace("$__timeTo()", until)
    sql = re.sub(r"\$__timeGroup\((\w+), *'(\d+)([dhms])'\)", _grouped, sql)
    if "$__" in sql:
        raise AssertionError(f"a macro that is not known here: {sql}")
    return sql


def _grouped(found: re.Match[str]) -> str:
    span = int(found[2]) * _SECONDS[found[3]]
    return f"floor(extract(epoch from {found[1]})/{span})*{span}"


def _literal(time_ms: int) -> str:
    return "'" + datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") + "'"
