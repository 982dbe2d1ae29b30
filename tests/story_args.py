"""What a person in a story would have looked up before a command: ids, and the hash of what they saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playing import BEGIN_MS, Play
from story import ms

from streams.enforcement.ledger.schema import actions, appeals, cases, pending, reports
from streams.enforcement.obeying.actions import preview_hash, to_undo

_TABLES = {
    "action": (actions, "action_id"), "case": (cases, "case_id"), "appeal": (appeals, "appeal_id"),
    "report": (reports, "report_id"),
}  # fmt: skip
_NAMED = {"until": "until_ms", "since": "since_ms", "lasts": "lasts_ms"}


def command_args(play: Play, verb: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """A command's arguments. `{the: action, rung: …}` is the id of the only one that is so, `{the: actions, …}` in a
    list are those of all; `waiting: true` is the only change that waits for another person; `rule_version: RULE` is
    the version in force; `until`, `since` are times of the story, `lasts` is a span.
    """
    args = {_NAMED.get(key, key): _value(play, key, value) for key, value in told.items()}
    if args.pop("waiting", False):
        (change,) = [row["change"] for row in play.rows(pending)]
        return {"ids": [change], "change": change} if verb == "action.approve" else {"ids": [change]}
    if verb == "action.approve":
        rows = [row for row in play.actions() if row["action_id"] in args["ids"]]
        return {**args, "change": preview_hash(rows, "approve")}
    if verb == "action.undo" and "ids" not in args:
        return {**args, "change": _preview(play, args)}
    return args


def _preview(play: Play, args: Mapping[str, Any]) -> str:
    with play.ledger.reading() as tx:
        rows = to_undo(tx, (), args.get("rule"), args.get("rule_version"), args.get("since_ms"), args.get("until_ms"))
        return preview_hash(rows, "undo")


def _value(play: Play, key: str, value: Any) -> Any:
    if key in ("until", "since"):
        return BEGIN_MS + ms(value)
    if key == "lasts":
        return ms(value)
    if key == "rule_version":
        return play.enforcer.in_force.rules[value]
    if isinstance(value, list):
        return [one for part in value for one in _found(play, part)]
    return _only(play, value)


def _only(play: Play, value: Any) -> Any:
    found = _found(play, value)
    assert len(found) == 1, f"{len(found)} are {value}"
    return found[0]


def _found(play: Play, part: Any) -> list[Any]:
    if not isinstance(part, Mapping) or "the" not in part:
        return [part]
    table, key = _TABLES[part["the"].removesuffix("s")]
    wanted = {column: value for column, value in part.items() if column != "the"}
    return [row[key] for row in play.rows(table) if all(row[column] == value for column, value in wanted.items())]
