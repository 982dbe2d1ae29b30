"""`tipstaff topics lag`: how far the workers are behind."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from streams.cli.alerts import Json
from streams.cli.kafka import Bootstrap, kafka_settings_of, names_of, tell
from streams.cli.screen import Failed, as_json, err, out, table, told
from streams.dead_letters import clipped
from streams.quantities import span
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.topics.lag import PartitionLag, behind, lags, total, unread_from

_LONGEST = 120  # characters of an owner

Group = Annotated[str | None, typer.Option("--group", help="another consumer group than the workers'")]


def lag(bootstrap: Bootstrap = None, group: Group = None, json: Json = False) -> None:
    """How far the workers are behind on each partition of the events topic, in messages and in seconds.

    Seconds: since when the first unread record has been waiting, by the broker's stamp and this machine's clock. In a
    history topic, whose stamps are the producers': from the first unread record's stamp to the partition's newest.
    """
    names = names_of(group=group)
    with told():
        each = _measured(kafka_settings_of(bootstrap=bootstrap), names)
    if json:
        return as_json({"topic": names.events, "group": names.group, "partitions": [_document(one) for one in each],
                        "total": _total(each)})  # fmt: skip
    table("", ["partition>", "committed>", "end>", "messages behind>", "time behind>", "read by"],
          [(one.partition, "nobody yet" if one.committed is None else f"{one.committed:,}", f"{one.end:,}",
            f"{one.unread:,}", _time(one.behind_ms), one.owner or "nobody now") for one in each])  # fmt: skip
    _say(names, each)
    return None


def _measured(kafka: KafkaSettings, names: Names) -> list[PartitionLag]:
    from streams.worker.topics.admin import (
        open_admin,  # kafka-python takes 0.2 s to import: only its commands wait for it
    )
    from streams.worker.topics.first_unread import stamps_at

    with open_admin(kafka, tell) as admin:
        found = admin.topics([names.events]).get(names.events)
        if found is None:
            raise Failed(f"there is no topic {names.events} at {kafka.bootstrap}: make it with tipstaff topics apply")
        committed = admin.committed(names.group, names.events)
        first, end = admin.bounds(names.events, found.partitions)
        stamps = stamps_at(kafka, names.events, unread_from(committed, first, end))
        history = any(not stamp.by_broker for stamp in stamps.values())
        newest = admin.newest(names.events, found.partitions) if history else {}
        owners = {p: clipped(who, _LONGEST) for p, who in admin.owners(names.group, names.events).items()}
    now = time.time_ns() // 1_000_000
    return lags(committed, first, end, {p: behind(s, now, newest.get(p)) for p, s in stamps.items()}, owners)


def _time(ms: int | None) -> str:
    if ms is None:
        return "unknown"
    return span(ms) if ms >= 60_000 else f"{ms / 1000:.1f} s" if ms else "0 s"


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def _document(one: PartitionLag) -> dict[str, Any]:
    return {"partition": one.partition, "committed": one.committed, "first": one.first, "end": one.end,
            "lag_messages": one.unread, "lag_s": _seconds(one.behind_ms), "lost_messages": one.lost,
            "beyond_end": one.beyond, "owner": one.owner}  # fmt: skip


def _total(each: list[PartitionLag]) -> dict[str, Any]:
    parts = asdict(total(each))
    return {"lag_messages": parts["unread"], "lag_s": _seconds(parts["behind_ms"]), "lost_messages": parts["lost"],
            "never_committed": parts["never_committed"], "beyond_end": parts["beyond"]}  # fmt: skip


def _say(names: Names, each: list[PartitionLag]) -> None:
    """The totals in a sentence, and what is wrong on standard error."""
    whole = total(each)
    furthest = "time unknown" if whole.behind_ms is None else f"the furthest {_time(whole.behind_ms)}"
    out.print(f"group {names.group} is {whole.unread:,} messages behind on {names.events}, {furthest}", markup=False)
    if whole.never_committed:
        err.print(f"{whole.never_committed} of {len(each)} partitions: group {names.group} has not committed yet",
                  markup=False)  # fmt: skip
    if whole.lost:
        err.print(f"{whole.lost:,} messages were deleted before group {names.group} read them: keep events longer "
                  "(--retention-days) than the longest outage", markup=False)  # fmt: skip
    if whole.beyond:
        err.print(f"{whole.beyond} partitions: more is committed than there is: {names.events} was made anew. Give the "
                  "workers a fresh group (TIPSTAFF_TOPIC_GROUP) and fresh snapshots", markup=False)  # fmt: skip
