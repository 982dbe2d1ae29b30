"""Whom to act upon, from a CSV file: all of its lines are sound, or nothing is done."""

from __future__ import annotations

from pathlib import Path

from streams.cli.screen import Failed, safe
from streams.enforcement.facts_formats import csv_records
from streams.enforcement.people.args import MOST_TARGETS
from streams.enforcement.policy.rungs import ACCOUNT, TARGETS
from streams.formulas import unguarded
from streams.local.blocks import Unreadable

_COLUMNS = ("account_id", "kind", "id")
_MOST_TOLD = 20

Target = dict[str, str]
"""kind, account_id and id."""


def read_targets(path: Path, rung: str) -> list[Target]:
    """The targets in a file of the columns account_id[,kind,id]; a line that is there twice counts once.

    Raises Failed with every mistake: a list of whom to act upon that is half wrong is wrong.
    """
    try:
        found = [(line, _target(record, rung)) for line, record in csv_records(path)]
    except (OSError, Unreadable) as error:
        raise Failed(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    wrong = [f"{path}:{line}: {safe(one)}" for line, one in found if isinstance(one, str)]
    if wrong:
        more = [f"and {len(wrong) - _MOST_TOLD:,} more"] if len(wrong) > _MOST_TOLD else []
        raise Failed("\n".join([f"{len(wrong):,} lines are wrong, so nothing is done", *wrong[:_MOST_TOLD], *more]))
    targets = {tuple(one.values()): one for _, one in found if isinstance(one, dict)}
    if not 0 < len(targets) <= MOST_TARGETS:
        raise Failed(f"{path}: names {len(targets):,} targets; one command takes 1 to {MOST_TARGETS:,}")
    return list(targets.values())


def _target(record: object, rung: str) -> Target | str:
    if not isinstance(record, dict):
        return str(record)
    unknown = [name for name in record if name not in _COLUMNS]
    if unknown:
        return f"unknown column {unknown[0]}: known are {', '.join(_COLUMNS)}"
    account, kind = unguarded(record.get("account_id", "")), record.get("kind", ACCOUNT)
    if not account:
        return "account_id is empty"
    if kind not in TARGETS[rung]:
        return f"{rung} is for {' or '.join(TARGETS[rung])}, not for {kind}"
    own = unguarded(record["id"]) if "id" in record else account if kind == ACCOUNT else ""
    if not own:
        return f"the id of the {kind} is missing"
    if kind == ACCOUNT and own != account:
        return "an account's id is its account_id: leave it empty, or say which kind it is"
    return {"kind": kind, "account_id": account, "id": own}
