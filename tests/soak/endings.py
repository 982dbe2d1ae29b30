"""What lies where once nothing is sent any more: all records accounted for."""

from __future__ import annotations

import time
from collections import Counter

import sqlalchemy as sa
from soak.crew import PARTITIONS, Crew
from soak.figures import Ends
from soak.watching import Watch
from workers import TIE_PARTITIONS

from streams.enforcement.ledger import schema
from streams.worker.connection import KafkaSettings
from streams.worker.topics.admin import open_admin

_OBEYED = 'tipstaff_enforce_commands_total{ending="done"}'
_COMES_WITHIN_S, _AGAIN_S = 90.0, 1.0


def settled(crew: Crew, watch: Watch, produced: int, commands: int) -> Ends:
    """The figures as they are once all has been passed on, or, where that does not happen, as they stay.

    Heartbeats go on being written, each of them a record: figures count that no heartbeat changed while they were read.
    """
    deadline = time.monotonic() + _COMES_WITHIN_S
    while True:
        before = _stored(crew)
        found = _ends(crew, watch, produced, commands)
        quiet = before == _stored(crew)
        if (quiet and _all_passed(found)) or time.monotonic() > deadline:
            return found
        time.sleep(_AGAIN_S)


def _all_passed(ends: Ends) -> bool:
    taken = ends.taken + ends.dead == ends.stored and not ends.left and ends.dead == ends.graves
    passed = ends.alerts == ends.alerts_passed and ends.ties == ends.ties_passed
    return taken and passed and ends.obeyed >= ends.commands and ends.produced + ends.heartbeats == ends.stored


def _ends(crew: Crew, watch: Watch, produced: int, commands: int) -> Ends:
    for name in crew.addresses:
        watch.look(name, 0.0)
    graves = [(one.source, one.partition, one.offset, one.reason) for one in crew.site.graves()]
    reasons = Counter(reason for *_, reason in set(graves))
    ties, ties_passed = _ties(crew)
    names = (crew.site.names["alerts"], crew.site.names["restricted_alerts"])
    return Ends(
        produced=produced, heartbeats=watch.total("worker", "tipstaff_heartbeats_total"), stored=_stored(crew),
        taken=watch.total("worker", "tipstaff_events_total"),
        dead=watch.total("worker", "tipstaff_dead_letters_total"), graves=reasons.total(),
        left=watch.total("worker", "tipstaff_lag_records"), alerts=sum(_end(crew, name, 1) for name in names),
        alerts_passed=_passed(crew, *names), ties=ties, ties_passed=ties_passed, reasons=frozenset(reasons),
        commands=commands, obeyed=int(watch.metrics["enforce"].get(_OBEYED, 0)),
        delivered=len(crew.post.desired.effects()),
    )  # fmt: skip


def _stored(crew: Crew) -> int:
    return _end(crew, crew.site.names["events"], PARTITIONS)


def _end(crew: Crew, topic: str, partitions: int) -> int:
    with open_admin(KafkaSettings(bootstrap=crew.site.bootstrap)) as admin:
        return sum(admin.bounds(topic, partitions)[1].values())


def _ties(crew: Crew) -> tuple[int, int]:
    """Records of ties, and how many of them the second stage has committed."""
    topic, group = crew.site.names["ties"], f"{crew.site.environment['TIPSTAFF_TOPIC_GROUP']}-clusters"
    with open_admin(KafkaSettings(bootstrap=crew.site.bootstrap)) as admin:
        return sum(admin.bounds(topic, TIE_PARTITIONS)[1].values()), sum(admin.committed(group, topic).values())


def _passed(crew: Crew, *topics: str) -> int:
    where = sa.column("topic").in_(topics)
    return sum(row["next_offset"] for row in crew.post.rows(schema.sources, where))
