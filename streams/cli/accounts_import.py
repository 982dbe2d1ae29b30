"""`tipstaff accounts import`: what the operator knows of accounts, from a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import (
    WAITS_CODE,
    As,
    Desk,
    LedgerUrl,
    Request,
    Sinks,
    Why,
    desk,
    now_ms,
    reason,
    request,
    tell,
)
from streams.cli.screen import Failed, PackDir, as_json, err, safe, say
from streams.enforcement.facts_file import read_facts
from streams.enforcement.ledger.facts_taking import AHEAD_MS, TakenFacts, Unlisted, take_all
from streams.enforcement.obeying.errand import Answer, Ending
from streams.enforcement.policy.facts import Facts
from streams.located import Flaw
from streams.tally import agrees, tally

_MOST_TOLD = 100
_AT_ONCE = 1_000
"""Accounts that one change takes off the allow list: a second person can still look through them."""


def import_facts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV (.csv) or JSON lines, plain or compressed")],
    why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Take in what is known of accounts: plan, owner's contact, age, spend, contract, dependants, allow-list.

    A wrong line is told with its number, and the rest is taken in; then the exit code is 1. What is older (as_of)
    never replaces what is newer. Who imported which file, by its SHA-256, is in the audit. Whom the file takes off the
    allow list stays on it until a second person agrees; then, and where one is still needed, the exit code is 3.
    """
    told, flaws, digest = _read(file)
    for flaw in flaws[:_MOST_TOLD]:
        err.print(safe(str(flaw)), markup=False)
    if len(flaws) > _MOST_TOLD:
        err.print(f"and {len(flaws) - _MOST_TOLD:,} more", markup=False)
    if not told:
        raise Failed(f"{file}: no account's facts could be read; nothing was changed")
    at = desk(ledger, data_dir, as_file, pack, sinks)
    args, because = {"sha256": digest, "accounts": len(told)}, reason(why)
    with request(at, "facts.import", args, because) as asked:
        answer = asked.sent()  # recorded before anything is changed
        if answer.ending is not Ending.DONE:
            return tell(answer, json)
        taken = _taken(asked, told)
    shorter = [_unlist(at, digest, taken.unlisted[first : first + _AT_ONCE], because)
               for first in range(0, len(taken.unlisted), _AT_ONCE)]  # fmt: skip
    wrong = sum(not flaw.warning for flaw in flaws)
    _say(taken, shorter, wrong, digest, json)
    if wrong or taken.early or any(one.ending is Ending.REFUSED for one in shorter):
        raise typer.Exit(1)
    if any(one.ending is Ending.WAITS for one in shorter):
        raise typer.Exit(WAITS_CODE)
    return None


def _unlist(at: Desk, digest: str, accounts: Sequence[Unlisted], why: str) -> Answer:
    told = [{key: value for key, value in asdict(one).items() if value is not None} for one in accounts]
    with request(at, "facts.unlist", {"sha256": digest, "accounts": told}, why) as asked:
        return asked.sent()


def _read(file: Path) -> tuple[list[Facts], list[Flaw], str]:
    try:
        before = _digest(file)
        told, flaws = read_facts(file)
        if _digest(file) != before:
            raise Failed(f"{file}: was changed while it was read; nothing was taken in. Try again.")
    except OSError as error:
        raise Failed(f"{file}: cannot be read: {error.strerror}") from None
    return told, flaws, before


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _taken(asked: Request, told: Sequence[Facts]) -> TakenFacts:
    taken = TakenFacts()
    with _bar(len(told)) as show:
        for taken in take_all(asked.ledger, told, now_ms()):
            show(taken.total)
    return taken


@contextmanager
def _bar(total: int) -> Iterator[Any]:
    """Accounts so far; nothing where standard error is no terminal."""
    columns = (TextColumn("accounts"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("", total=total)
        yield lambda done: progress.update(task, completed=done)


def _say(taken: TakenFacts, shorter: Sequence[Answer], wrong: int, digest: str, json: bool) -> None:
    counts = {"new": taken.new, "changed": taken.changed, "same": taken.same, "older": taken.older}
    if json:
        return as_json({"accounts": taken.total, **counts, "from_the_future": taken.early, "wrong": wrong,
                        "off_the_allow_list": {"accounts": [one.account_id for one in taken.unlisted], "asked": [
                            {"ending": str(one.ending), "detail": one.detail, **one.found} for one in shorter]},
                        "sha256": digest})  # fmt: skip
    say(f"{tally(taken.total, 'account')}: {taken.new:,} new, {taken.changed:,} changed, {taken.same:,} as before, "
        f"{taken.older:,} older than what is known and left alone; {tally(wrong, 'mistake')}")  # fmt: skip
    if taken.unlisted:
        names = _some([one.account_id for one in taken.unlisted])
        say(f"the file takes {tally(len(taken.unlisted), 'account')} off the allow list, or off it sooner: {names}")
    for one in shorter:
        say(f"that {one.detail}" if one.ending is Ending.WAITS else one.detail)
    if taken.early:
        count = len(taken.early)
        who, ahead = f"{tally(count, 'account')} {agrees(count, 'has', 'have')}", AHEAD_MS // 60_000
        say(f"{who} facts of more than {ahead} min from now, which were not taken in: {_some(taken.early)}. "
            "Check as_of and the clocks.")  # fmt: skip
    return None


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")
