"""What `tipstaff enforcement status` prints for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.cli.screen import say, table
from streams.tally import tally

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def span(seconds: float | None) -> str:
    """A span in its largest fitting unit."""
    if seconds is None:
        return "unknown"
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{_short(seconds / size)} {unit}"
    return f"{_short(seconds)} s"


def _short(figure: float) -> str:
    return f"{figure:,.1f}".removesuffix(".0")


def say_status(found: Mapping[str, Any], ledger: str) -> None:
    """The status in words and tables."""
    say(f"ledger {ledger}, as of {found['as_of']}, pack {found['pack']}")
    if (pack := found["followed_pack"]) is not None:
        say(f"published pack {pack['pack']} is followed since {pack['since']}")
    _switch(found["switch"])
    stream, audit = found["stream"], found["audit"]
    untold = stream["untold_partitions"]
    silent = f" ({untold:,} of them never told)" if untold else ""
    say(f"stream: lag {span(stream['lag_s'])} over {stream['partitions']:,} partitions{silent}, told "
        f"{span(stream['told_s_ago'])} ago; {_or_unknown(stream['active_accounts'])} active accounts")  # fmt: skip
    say("rules: " + ", ".join(f"{count:,} {stage}" for stage, count in found["stages"].items()))
    say(f"audit: {audit['records']:,} records, head {(audit['head'] or 'none')[:12]}, last {audit['at'] or 'never'}")
    writer = found["writer"]
    say(f"writer: {writer['holder']}, token {writer['token']}, until {writer['until']}" if writer else
        "writer: no process holds the lease")  # fmt: skip
    cases = found["cases"]
    say(f"cases: {cases['open']:,} open, {cases['urgent']:,} urgent, {cases['overdue']:,} overdue, "
        f"{cases['unassigned']:,} unassigned")  # fmt: skip
    _models(found["models"])
    say(f"people: waiting for a second person: {tally(found['waiting_for_second_person'], 'request')}")
    _tables(found)


def _models(found: Mapping[str, Any]) -> None:
    say(f"models: people were told of {tally(found['told_today'], 'alert')} today ({found['alerts_per_day']:,} a day, "
        f"{found['allowed_so_far_today']:,} by now), {found['waiting']:,} waiting; within 24 h "
        f"{found['joined_cases_24h']:,} joined a case, {found['lapsed_24h']:,} lapsed")  # fmt: skip


def _or_unknown(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _switch(switch: Mapping[str, Any]) -> None:
    if not switch["scopes"]:
        say("enforcement: OFF, since nobody has switched it on yet (tipstaff enforcement resume)")
        return
    partly = f", but not for {', '.join(switch['off'])}" if switch["on"] and switch["off"] else ""
    say(f"enforcement: {'on' if switch['on'] else 'OFF'}{partly}")
    for one in switch["scopes"]:
        say(f"  {one['scope']}: {'on' if one['on'] else 'OFF'} by {one['by']} at {one['at']}: {one['why'] or '-'}")


def _tables(found: Mapping[str, Any]) -> None:
    for one in found["open_breakers"]:
        say(f"budget {one['purse']} of {one['scope']}: SPENT, holding back {one['holding_back_actions']:,} actions for "
            f"{span(one['age_s'])} until a person closes it (tipstaff enforcement budget-close)")  # fmt: skip
    table("actions", ["rung", "state", "actions>"], [(one["rung"], one["state"], f"{one['actions']:,}")
                                                     for one in found["actions"]])  # fmt: skip
    table("budgets", ["purse", "scope", "spent>", "limit>", "within"],
          [(one["purse"], one["scope"], f"{one['spent']:,}", f"{one['limit']:,}", span(one["window_s"]))
           for one in found["budgets"]])  # fmt: skip
    table("outbox", ["sink", "waiting messages>", "oldest>", "most attempts>", "never delivered>"],
          [(one["sink"], f"{one['waiting_messages']:,}", "-" if one["oldest_age_s"] is None else
            span(one["oldest_age_s"]), f"{one['most_attempts']:,}", f"{one['undelivered_messages']:,}")
           for one in found["outbox"]])  # fmt: skip
