"""Whoever asks for something that reaches others sees first whom it reaches and what would become of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer

from streams.cli.ledger_options import Desk, Request, reason, request, tell
from streams.cli.screen import Failed, as_json, safe, say, table
from streams.enforcement.obeying.errand import Answer, Ending
from streams.enforcement.people.two_people import people_needed

_MOST_SHOWN = 50


@dataclass(frozen=True)
class Preview:
    """What something reaches: a table for people, the same for programs, and a title. also: lines below the table."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    data: Sequence[dict[str, Any]]
    also: Sequence[str] = ()

    def show(self, would: Answer) -> None:
        """Print it, and what would become of it."""
        table(self.title, self.columns, self.rows[:_MOST_SHOWN])
        if len(self.rows) > _MOST_SHOWN:
            say(f"and {len(self.rows) - _MOST_SHOWN:,} more (--json shows all)")
        for line in self.also:
            say(line)
        say(f"this {'would be done' if would.ending is Ending.DONE else 'would wait'}: {would.detail}")


def for_ever(verb: str, reached: Preview) -> Preview:
    """The same of what nobody can undo, which says so, and how many people it takes."""
    people = people_needed(verb)
    told = {"can_be_undone": False, "people": people}
    return replace(reached, title=f"{reached.title}; nobody can undo it, and it takes {people} people",
                   data=[{**one, **told} for one in reached.data])  # fmt: skip


def ask(at: Desk, verb: str, args: dict[str, Any], why: str | None, preview: Preview, *, yes: bool,
        json: bool) -> None:  # fmt: skip
    """Show what it would do, then do it where the person agrees.

    Exits with 3 where it waits, 1 where nobody said yes. Raises Failed where it would be refused.
    """
    with request(at, verb, args, reason(why)) as asked:
        would = asked.rehearsed()
        if would.ending is Ending.REFUSED:
            raise Failed(safe(would.detail))
        if not json:
            preview.show(would)
        if yes or _agreed(json):
            return _do(asked, preview, json)
    if json:
        as_json({"preview": list(preview.data), "would": str(would.ending), "detail": would.detail})
    raise Failed("nothing was done: this is what it would do; --yes does it")


def _do(asked: Request, preview: Preview, json: bool) -> None:
    tell(asked.sent(), json, **({"preview": list(preview.data)} if json else {}))


def _agreed(json: bool) -> bool:
    return not json and sys.stdin.isatty() and typer.confirm("do it?")
